"""Pages for people without a login: leaving, coming back, and saying what one wants. A signed link opens each.

What must not live here: anything that shows more of a person than the person needs. Start with ``views``.
"""
