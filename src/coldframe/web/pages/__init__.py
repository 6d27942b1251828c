"""What each page shows, as one frozen dataclass of plain values, and how it is put together.

What must not live here: queries (they are in the apps), HTML (it is in the templates). Start with ``today``.
"""
