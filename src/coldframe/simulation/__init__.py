"""A seeded model of buyers, scanners and sales: the demo company, and rehearsals to come.

What must not live here: tables; it knows the kernel alone. Start with ``company``.
"""
