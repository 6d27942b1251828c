"""Quantities as people write them: ``14 days``, ``50%``, ``1 in 5 days``, ``7 to 14 days``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from coldframe.kernel.playbook.problems import BadValue, nearest, shown

#: Days in each unit. A month is a twelfth of 365.25 days; a cycle is looked up in the playbook.
DAYS: dict[str, float] = {
    "minute": 1 / 1440,
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "quarter": 365.25 / 4,
    "year": 365.25,
}
UNITS = (*DAYS, "cycle")
WORDS = {"one": 1, "a": 1, "an": 1, "two": 2, "three": 3}
RATE = re.compile(
    r"^([0-9]{1,9})\s+(?:in\s+([0-9]+\s+[A-Za-z]+)|an?\s+([A-Za-z]+))$", re.IGNORECASE | re.ASCII
)
PATTERN = re.compile(rf"^([0-9]+|{'|'.join(WORDS)})\s+({'|'.join(UNITS)})s?$", re.IGNORECASE | re.ASCII)

#: Units that people write and this language does not have: how many of which unit they are.
FOREIGN_UNITS = {
    "d": (1, "day"), "h": (1, "hour"), "hr": (1, "hour"), "m": (1, "minute"), "min": (1, "minute"), "w": (1, "week"), "wk": (1, "week"),
    "mo": (1, "month"), "mth": (1, "month"), "y": (1, "year"), "yr": (1, "year"), "fortnight": (2, "week"), "decade": (10, "year"),
}  # fmt: skip
#: Longer times are mistakes, and would not fit a calendar.
LONGEST_DAYS = 100 * 365.25


class BadQuantity(BadValue):
    """A text is no quantity of the kind expected; the message says which kind, and gives an example."""

    def __init__(self, expected: str, got: object, *, advice: str = "") -> None:
        super().__init__(expected, got, advice=advice, code="PB203")


def advice_for(text: object, *, example: str = "days") -> str:
    """Return what a slip in a quantity may have meant."""
    match = re.match(r"^\s*([0-9]+)\s*([a-z]*?)s?\s*$", str(text), re.IGNORECASE | re.ASCII)
    if match is None:
        return ""
    amount, unit = int(match.group(1)), match.group(2).lower()
    if not unit:
        return f'Write the unit: "{amount} {example}".'
    times, meant = FOREIGN_UNITS.get(unit) or (1, nearest(unit, UNITS) or "")
    return f'Did you mean "{Duration(amount * times, meant)}"?' if meant else f"Units: {', '.join(UNITS)}."


@dataclass(frozen=True, order=True)
class Duration:
    """A length of time as written: an amount and its unit."""

    amount: int
    unit: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """Return the duration; raise ``BadQuantity`` for anything but a whole number and a unit."""
        match = PATTERN.match(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise BadQuantity('a duration such as "14 days"', shown(text), advice=advice_for(text))
        word = match.group(1).lower()
        # Digits are cut so that no number is built that nobody could mean.
        length = cls(WORDS.get(word) or int(word[:9]), match.group(2).lower())
        if not 0 < length.days(cycle=cls(1, "day")) <= LONGEST_DAYS:
            raise BadQuantity("a duration longer than nothing and up to 100 years", shown(text))
        return length

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    def days(self, *, cycle: Duration | None = None) -> float:
        """Return the length in days of 86 400 s; a length in cycles needs the playbook's ``cycle``."""
        if self.unit == "cycle":
            if cycle is None:
                raise BadQuantity(
                    "the length of a cycle", "none", advice=f'"{self}" means nothing without it.'
                )
            return self.amount * cycle.days()
        return self.amount * DAYS[self.unit]

    def delta(self, *, cycle: Duration | None = None) -> timedelta:
        """Return the length as a ``timedelta``."""
        return timedelta(days=self.days(cycle=cycle))


@dataclass(frozen=True)
class DurationRange:
    """From one length of time to another: ``7 to 14 days``."""

    least: Duration
    most: Duration

    @classmethod
    def parse(cls, text: object) -> Self:
        match = (
            re.match(r"^([0-9]+)\s+to\s+([0-9]+)\s+([A-Za-z]+)$", text.strip())
            if isinstance(text, str)
            else None
        )
        if match is None:
            raise BadQuantity('a range such as "7 to 14 days"', shown(text))
        least, most = (Duration.parse(f"{match.group(i)} {match.group(3)}") for i in (1, 2))
        if least.amount > most.amount:
            raise BadQuantity(
                "the shorter time first", shown(text), advice=f'Did you mean "{cls(most, least)}"?'
            )
        return cls(least, most)

    def __str__(self) -> str:
        return f"{self.least.amount} to {self.most}"


@dataclass(frozen=True)
class Rate:
    """So many in a length of time: ``1 in 5 days``, ``10 a week``."""

    count: int
    per: Duration

    @classmethod
    def parse(cls, text: object) -> Self:
        match = RATE.match(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise BadQuantity('a rate such as "1 in 5 days" or "10 a week"', shown(text))
        if int(match.group(1)) == 0:
            raise BadQuantity("a rate of at least 1", shown(text))
        return cls(int(match.group(1)), Duration.parse(match.group(2) or f"1 {match.group(3)}"))

    def __str__(self) -> str:
        return f"{self.count} a {self.per.unit}" if self.per.amount == 1 else f"{self.count} in {self.per}"


@dataclass(frozen=True)
class Share:
    """A part of a whole, 0 to 1, written in percent."""

    value: float

    @classmethod
    def parse(cls, text: object) -> Self:
        match = (
            re.match(r"^([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*%$", text.strip()) if isinstance(text, str) else None
        )
        if match is None or float(match.group(1)) > 100:
            raise BadQuantity('a share of at most 100%, such as "50%"', shown(text))
        return cls(float(match.group(1)) / 100)

    def __str__(self) -> str:
        return f"{self.value * 100:.10g}%"
