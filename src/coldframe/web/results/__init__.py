"""
The results: what sales answered, and the handoffs behind each number.

Counting is done in ``reports``; here it is put into words. Start with ``views``.
"""
