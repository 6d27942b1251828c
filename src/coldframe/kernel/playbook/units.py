"""Quantities as people write them: ``14 days``, ``50%``, ``1 in 5 days``, ``7 to 14 days``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

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
PATTERN = re.compile(rf"^(\d+|{'|'.join(WORDS)})\s+({'|'.join(UNITS)})s?$", re.IGNORECASE)


class BadQuantity(ValueError):
    """A text is no quantity of the kind expected; the message says which kind, and gives an example."""


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
            raise BadQuantity(f'expected a duration such as "14 days", got {shown(text)}')
        word = match.group(1).lower()
        return cls(WORDS.get(word) or int(word), match.group(2).lower())

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    def days(self, *, cycle: Duration | None = None) -> float:
        """Return the length in days of 86 400 s; a length in cycles needs the playbook's ``cycle``."""
        if self.unit == "cycle":
            if cycle is None:
                raise BadQuantity(f'"{self}" means nothing without the length of a cycle')
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
        match = re.match(r"^(\d+)\s+to\s+(\d+)\s+(\w+)$", text.strip()) if isinstance(text, str) else None
        if match is None:
            raise BadQuantity(f'expected a range such as "7 to 14 days", got {shown(text)}')
        least, most = (Duration.parse(f"{match.group(i)} {match.group(3)}") for i in (1, 2))
        if least.days() > most.days():
            raise BadQuantity(f'expected the shorter time first, got {shown(text)}')
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
        match = re.match(r"^(\d+)\s+(?:in\s+(\d+\s+\w+)|an?\s+(\w+))$", text.strip()) if isinstance(text, str) else None
        if match is None:
            raise BadQuantity(f'expected a rate such as "1 in 5 days" or "10 a week", got {shown(text)}')
        return cls(int(match.group(1)), Duration.parse(match.group(2) or f"1 {match.group(3)}"))

    def __str__(self) -> str:
        return f"{self.count} a {self.per.unit}" if self.per.amount == 1 else f"{self.count} in {self.per}"


@dataclass(frozen=True)
class Share:
    """A part of a whole, 0 to 1, written in percent."""

    value: float

    @classmethod
    def parse(cls, text: object) -> Self:
        match = re.match(r"^(\d+(?:\.\d+)?)\s*%$", text.strip()) if isinstance(text, str) else None
        if match is None or float(match.group(1)) > 100:
            raise BadQuantity(f'expected a share such as "50%", got {shown(text)}')
        return cls(float(match.group(1)) / 100)

    def __str__(self) -> str:
        return f"{self.value * 100:.10g}%"


def shown(value: object) -> str:
    """Return a value as a message quotes it."""
    return f'"{value}"' if isinstance(value, str) else f"{value}"
