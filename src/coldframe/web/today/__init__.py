"""
Today, the first page: what changed, who needs a person, what is held, and how much sales has room for.

What must not live here: what other pages are made of (``web.pages``), and reads of tables (``reports``).
Start with ``page``.
"""
