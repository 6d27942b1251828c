"""
Measurement: what came of what was decided, as counts, shares and their intervals.

No policy is read here and nothing is stored: outcomes in, figures out. Start with ``acceptance``.
"""
