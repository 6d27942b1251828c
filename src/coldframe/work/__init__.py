"""The loop that gives turns to the cycle, the outbox and whatever else runs by itself.

What must not live here: tables, or a decision of any kind. Start with ``loop``.
"""
