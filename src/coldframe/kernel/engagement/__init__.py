"""
Engagement evidence: was it a person who clicked, or a machine; and when a click may decide anything.

No policy is read here, and nothing is stored: hits in, judgements out. Start with ``judge``.
"""
