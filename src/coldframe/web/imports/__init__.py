"""Files taken in through the browser: bring one, say what its columns are, see what would happen, do it, take it back.

What must not live here: reading of files, or writes; ``leads.uploads`` and ``work.uploads`` do those. Start with ``views``.
"""
