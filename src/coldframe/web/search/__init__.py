"""Search over everything: the box at the top of every page, and its page.

What must not live here: queries of tables. Start with ``finding``.
"""
