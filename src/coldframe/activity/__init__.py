"""What leads did: events, append-only, and who stands behind them.

What must not live here: what an event is worth (the playbook says that). Start with ``models``.
"""
