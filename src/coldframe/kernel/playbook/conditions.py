"""Conditions: trees of all / any / none over leaves ``{field, op: value}``."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from coldframe.kernel.playbook.units import Duration


class Op(StrEnum):
    """What a leaf compares. Text is compared without regard to case."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    #: The value names a list under ``lists``.
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"
    #: Two numbers, both included.
    BETWEEN = "between"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    #: Strictly; for levels, worse than.
    BELOW = "below"
    ABOVE = "above"
    STARTS = "starts"
    CONTAINS = "contains"
    #: Any of these phrases, as whole words.
    MENTIONS = "mentions"
    #: A date within so long from now, in the future; a signal within so long before now.
    WITHIN = "within"
    #: A date that has come.
    REACHED = "reached"
    #: A signal that happened at least so often, optionally ``within`` a time.
    COUNT_AT_LEAST = "count_at_least"
    #: Whether the field is known at all; the one leaf that is never unknown.
    KNOWN = "known"


#: A leaf's value after validation: text, number, switch, duration, or a list of texts or numbers.
Value = str | int | float | bool | Duration | tuple[str, ...] | tuple[float, ...]


class Leaf(BaseModel):
    """One comparison. A missing field makes it unknown: it never holds, and the explanation says so."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    field: str
    op: Op
    value: Any
    #: Beside ``count_at_least`` or ``at_least``: only what happened within so long before now.
    within: Duration | None = None


class Tree(BaseModel):
    """All, any or none of some conditions, under Kleene's three-valued logic. All of nothing holds."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    #: all, any or none.
    kind: str
    of: tuple[Leaf | Tree, ...]


Condition = Leaf | Tree
