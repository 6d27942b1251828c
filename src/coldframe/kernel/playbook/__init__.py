"""The language of the policy: its model, parsing, checking, printing, and conditions as expressions.

What must not live here: what an assessment does with it. Start with ``model`` and ``fields``.
"""
