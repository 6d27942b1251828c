"""
Who is meant by a call: visitors, user ids, addresses and companies, and which lead they are.

What calls say is kept (``sayings``), and who is who is concluded from all of it, by the calls' own clocks: whatever
order they arrive in, and however often, the same follows. What must not live here: how calls look on the wire, and
merging leads (``leads.merging``). Start with ``resolving``.
"""
