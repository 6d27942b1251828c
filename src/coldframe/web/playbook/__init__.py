"""The playbook on pages: read it, change it as text or by forms, see what a change would do, and activate it.

What must not live here: what a playbook may say (``kernel.playbook``) and how drafts are kept (``library.drafting``).
"""
