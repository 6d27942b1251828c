"""
The pages of the content: the map of buyer questions, one content, and what it says to a lead.

Counting is done in ``reports`` and ``nurture``; here it is put into words. Start with ``views``.
"""
