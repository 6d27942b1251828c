"""Bulk reads and writes, and the column that holds an instant, the same on SQLite and PostgreSQL.

What must not live here: tables, or any word of the domain. Start with ``reads`` and ``writes``.
"""
