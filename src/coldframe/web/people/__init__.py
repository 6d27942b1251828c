"""
People at the door: who asks, what is open to them, how they sign in, and the pages on which an admin lets them in.

What must not live here: what a person may do (``team.rights``). Start with ``middleware``.
"""
