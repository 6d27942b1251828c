"""Settings and URLs; the only place that sees everything.

What must not live here: behavior. Start with ``settings``.
"""
