"""People who use Coldframe: who they are and what they may do.

What must not live here: anything about leads. Start with ``models``.
"""
