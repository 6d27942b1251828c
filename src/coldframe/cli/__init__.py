"""The command line: ``coldframe …``. Each command parses, calls one operation or query, and prints.

What must not live here: policy, tables, arithmetic. Start with ``root``; a command that needs the
database imports what it needs inside, after ``root`` has set Django up, so that ``--help`` is quick.
"""
