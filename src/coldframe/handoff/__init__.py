"""Leads put before sales: handoffs, verdicts, and how much sales can take on.

What must not live here: who is put before sales, and why; that is policy. Start with ``models``, then ``operations``.
"""
