"""
A playbook made ready for plans, and how their working frames are computed.

To build the expressions of a playbook takes longer than to plan for a hundred leads with them. So they are kept, and
serve every plan under the playbook at any instant: the instant is a column, ``now``, of the working frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import polars as pl

from coldframe.kernel.playbook.model import Playbook

#: The instant that a plan speaks for.
NOW = pl.col("now")
#: Playbooks kept ready, those used last.
PLAYBOOKS = 16
#: Results of steps that are kept for one; frames differ in their columns' types, but not in so many ways.
KEPT = 512

Made = TypeVar("Made")
#: The types of a frame's columns by name, as a key.
Types = tuple[tuple[str, pl.DataType], ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """One playbook, and what planning has made of it so far. Threads may share it."""

    playbook: Playbook
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    def kept(self, make: Callable[..., Made], *about: Any) -> Made:
        """Return ``make(prepared, *about)``, made once and kept; what is made is never changed."""
        key = (make, *about)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= KEPT:
                self._made.clear()
            made = self._made[key] = make(self, *about)
        return made


@dataclass(frozen=True, eq=False)
class _Itself:
    """A playbook as a key: the same object, which never changes, is the same playbook."""

    playbook: Playbook

    def __hash__(self) -> int:
        return id(self.playbook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.playbook is self.playbook


def prepared_of(playbook: Playbook) -> Prepared:
    """Return what earlier plans have made of a playbook."""
    return _prepared(_Itself(playbook))


@lru_cache(maxsize=PLAYBOOKS)
def _prepared(key: _Itself) -> Prepared:
    return Prepared(key.playbook)


def with_columns_of(frame: pl.LazyFrame, other: pl.DataFrame, on: str, prepared: Prepared) -> pl.LazyFrame:
    """
    Add the columns of another frame, which has at most one row for each value of ``on``; null where it has none.

    A frame without rows, as most are in a cycle of a few accounts, is not joined at all: that takes longer.
    """
    if other.is_empty():
        return frame.with_columns(prepared.kept(_missing, types_of(other), on))
    return frame.join(other.lazy(), on=on, how="left", maintain_order="left")


def _missing(prepared: Prepared, types: Types, on: str) -> list[pl.Expr]:
    return [pl.lit(None, dtype=dtype).alias(name) for name, dtype in types if name != on]


def types_of(frame: pl.DataFrame) -> Types:
    """Return the types of a frame's columns."""
    return tuple(zip(frame.columns, frame.dtypes, strict=True))
