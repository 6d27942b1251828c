"""What happens next on a lead's path: the next touch and its instant, or the hold and its reason.

What must not live here: which path a lead is for (that is assessment), a clock, a table. Start with ``plan``.
"""
