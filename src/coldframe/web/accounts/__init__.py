"""Accounts: the list of companies, and one company with its people, deals and silence.

What must not live here: counts; they are ``nurture.accounts``'. Start with ``views``.
"""
