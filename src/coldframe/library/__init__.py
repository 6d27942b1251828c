"""The playbook's versions, and what ships with Coldframe: the default and the starters.

What must not live here: what a playbook means (``kernel.playbook``). Start with ``models``.
"""
