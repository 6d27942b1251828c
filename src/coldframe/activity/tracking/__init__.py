"""
Tracking of one's own: what links, pixels and the site's script carry, and how what they see is written down.

Nothing here decides who a hit was of (``kernel.engagement``), and nothing a hit needs at the moment it comes asks
the database. Start with ``tokens``, then ``spool``.
"""
