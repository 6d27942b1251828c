"""How many leads each rule, path, segment, stage and level of the playbook concerns now."""

from __future__ import annotations

from collections import Counter

from coldframe.nurture import listing, remembering, summaries

#: What is counted: columns of where leads stand, none of which holds text of strangers.
COLUMNS = ("reason", "path", "segment", "stage", "fit_level", "intent_level")
#: What is remembered is never older than so many seconds, or so many times what it cost.
FRESH_FOR, PATIENCE = 30.0, 100.0

Counts = dict[str, Counter[str]]


def get_counts() -> Counts:
    """Return for each column of ``COLUMNS`` how many leads stand under each value, remembered or new."""
    return remembering.remember("standing counts", count, seconds=FRESH_FOR, patience=PATIENCE)


def count() -> Counts:
    """Return the counts of this moment: the base is read once."""
    found: Counts = {name: Counter() for name in COLUMNS}
    for values, number in summaries.counted(listing.standings(), *COLUMNS):
        for name, value in zip(COLUMNS, values, strict=True):
            found[name][value] += number
    return found
