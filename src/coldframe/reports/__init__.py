"""Read-only summaries over the apps: the audit.

What must not live here: a write of any kind. Start with ``audit``.
"""
