"""What the person who imports a file has decided about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from coldframe.kernel.vocabulary import ConsentBasis, Refusal
from coldframe.leads.importing.dates import DateOrder
from coldframe.leads.importing.headers import Kind


class Rule(StrEnum):
    """What a cell does to a value that is already known. An empty cell never does anything."""

    #: What the file says wins.
    REPLACE = "replace"
    #: The file fills what is empty; what is known stays.
    FILL = "fill"
    #: A record that is already there keeps this column as it is, even if empty.
    KEEP = "keep"


class BadOption(Refusal):
    """An option of an import makes no sense."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every decision of one import. The same file with the same options is the same import."""

    kind: Kind
    #: (column, field) pairs that override the recognized mapping; an empty field leaves the column out.
    mapping: tuple[tuple[str, str], ...] = ()
    #: Keep every column that nothing maps as a typed field of one's own.
    keep_rest: bool = False
    #: The system the rows come from; None: as recognized.
    source: str | None = None
    #: None: decided for each column from its values.
    dates: DateOrder | None = None
    #: (column, order) pairs, for columns that differ.
    column_dates: tuple[tuple[str, DateOrder], ...] = ()
    #: Time zone of times without one.
    zone: str = "UTC"
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    #: (column, rule) pairs.
    collisions: tuple[tuple[str, Rule], ...] = ()
    #: Why these people may be contacted; None: they come in as not mailable.
    basis: ConsentBasis | None = None
    basis_source: str | None = None
    basis_wording: str | None = None

    @property
    def tzinfo(self) -> tzinfo:
        """Return the time zone."""
        return ZoneInfo(self.zone)

    def as_json(self) -> dict[str, Any]:
        """Return the options as plain values, for the batch's record."""
        return {
            "mapping": [list(pair) for pair in self.mapping],
            "keep_rest": self.keep_rest,
            "source": self.source,
            "dates": self.dates and self.dates.value,
            # Only where there are any: an import that was stopped under an earlier version is still found.
            **(
                {"column_dates": [[column, order.value] for column, order in self.column_dates]}
                if self.column_dates
                else {}
            ),
            "zone": self.zone,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "collisions": [[column, rule.value] for column, rule in self.collisions],
            "basis": self.basis and self.basis.value,
            "basis_source": self.basis_source,
            "basis_wording": self.basis_wording,
        }

    def fingerprint(self) -> str:
        """Return a hash of kind and options."""
        text = json.dumps({"kind": self.kind, **self.as_json()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def mapping_of(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return ``COLUMN=FIELD`` words as pairs; the last ``=`` separates, so that a column may hold one."""
    return tuple(split(word, option="--map", example='--map "Company size=employees"') for word in words)


def collisions_of(words: Iterable[str]) -> tuple[tuple[str, Rule], ...]:
    """Return ``COLUMN=RULE`` words as pairs."""
    pairs = []
    for word in words:
        column, rule = split(word, option="--collision", example='--collision "Job title=keep"')
        if rule not in set(Rule):
            raise BadOption(
                "There is no such rule.",
                where="--collision",
                expected="keep, replace or fill",
                got=f'"{rule}"',
            )
        pairs.append((column, Rule(rule)))
    return tuple(pairs)


def split(word: str, *, option: str, example: str) -> tuple[str, str]:
    """Return what stands before and after the last ``=``."""
    column, sign, value = word.rpartition("=")
    if not sign or not column.strip():
        raise BadOption(
            "The option needs a column and a value.",
            where=option,
            expected="COLUMN=…",
            got=f'"{word}"',
            advice=example,
        )
    return column.strip(), value.strip()


def dates_of(words: Iterable[str]) -> tuple[DateOrder | None, tuple[tuple[str, DateOrder], ...]]:
    """Return the order of dates that was asked for all columns, and those for single ones (``COLUMN=ORDER``)."""
    for_all, pairs = None, []
    for word in words:
        if "=" in word:
            column, order = split(word, option="--dates", example='--dates "Create Date=day-first"')
            pairs.append((column, order_of(order)))
        else:
            for_all = order_of(word)
    return for_all, tuple(pairs)


def order_of(word: str) -> DateOrder:
    """Return an order of dates; raises BadOption where it is none that one may ask for."""
    known = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
    if word not in known:
        raise BadOption(
            "There is no such order.", where="--dates", expected=" or ".join(known), got=f'"{word}"'
        )
    return DateOrder(word)


def zone_of(name: str) -> str:
    """Return the name of a time zone that there is."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadOption(
            "There is no such time zone.",
            where="--time-zone",
            expected="such as Europe/Warsaw",
            got=f'"{name}"',
        ) from None
    return name


def basis_of(word: str | None) -> ConsentBasis | None:
    """Return the basis that was asked for."""
    if word is None:
        return None
    name = word.upper().replace("-", "_")
    if name not in set(ConsentBasis):
        known = ", ".join(each.value.lower() for each in ConsentBasis)
        raise BadOption("There is no such basis.", where="--basis", expected=known, got=f'"{word}"')
    return ConsentBasis(name)
