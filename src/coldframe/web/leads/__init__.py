"""Leads: the list with its filters, columns and changes of many, and one lead with what people decide for it.

What must not live here: rules about leads; they are ``nurture``'s. Start with ``urls``.
"""
