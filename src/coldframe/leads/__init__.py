"""Who the leads are: accounts, leads, identities, opportunities, consents, suppressions, imports.

What must not live here: what leads did (``activity``) or what is decided about them (``nurture``).
Start with ``models``; every write is in ``operations`` or, for files, in ``importing``.
"""
