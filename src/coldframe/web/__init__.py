"""The pages. Each answers one question first and leads to the rows behind it.

What must not live here: tables, queries, policy. Start with ``urls``; a view parses, asks, renders.
"""
