"""What is decided about each lead: assessments, transitions, and where each lead stands now.

What must not live here: arithmetic (``kernel.assessment``). Only this package changes a status.
Start with ``models``, then ``operations``.
"""
