"""
What the pages of the desk show: one frozen value for each, in words.

What must not live here: reads of tables (``handoff.queries``, ``reports``), and anything that writes.
Start with ``queue``.
"""
