"""The playbook's versions, the messages that its templates make, and what ships with Coldframe: the default and the starters.

What must not live here: what a playbook means (``kernel.playbook``), and how a message travels (``delivery``). Start with
``models``; for messages with ``rendering``.
"""
