"""What a mail that came in is: read within limits, and told apart. Bytes and frozen values; no table, no clock.

What must not live here: what follows from a mail (``activity.mail_effects``). Start with ``classifying``.
"""
