"""What the playbook makes of each lead at one instant, with its reasons and what would move it.

What must not live here: planning of touches, or anything read from a database. Start with ``assess``.
"""
