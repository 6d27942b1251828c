"""
The pages of the paths: all of them, and who is where on one.

Counting is done in ``reports.paths``; here it is put into words. Start with ``views``.
"""
