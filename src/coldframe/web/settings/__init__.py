"""How the house runs, what leaves it and what comes in: health, connections, sending, sources, settings in force.

What must not live here: people and keys (``web.people``). Start with ``views``.
"""
