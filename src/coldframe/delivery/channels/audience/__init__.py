"""Retargeting lists: who is shown advertisements of a path, as hashed CSV for an ad platform.

What must not live here: an address or a number in plain text. Start with ``channel``; ``lists`` exports.
"""
