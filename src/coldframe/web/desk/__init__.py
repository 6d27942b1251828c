"""
The sales desk: what lies before sales, its brief, and what sales says of it.

What must not live here: who is put before whom, and what follows from an answer; that is ``handoff`` and the playbook.
Start with ``urls``, then ``views``; what a page shows is in ``pages``.
"""
