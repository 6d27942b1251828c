"""Coldframe nurtures B2B leads until fit, intent, stage and timing are clear.

What lives here: one package per room of the house (see docs/explanation/architecture.md).
What must not: code that belongs to a room. Start with ``kernel/vocabulary.py``.
"""

__version__ = "0.1.0"
