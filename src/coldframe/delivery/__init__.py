"""Connections to the outside that only send, and the channels that use them, one folder each.

What must not live here: who gets what, and why. Start with ``models`` and ``channels``.
"""
