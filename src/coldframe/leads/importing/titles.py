"""Job titles: role in the decision, and department."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from coldframe.kernel.vocabulary import StakeholderRole


class Reading(NamedTuple):
    """What a job title says."""

    #: UNKNOWN where the title does not say.
    role: StakeholderRole
    #: marketing, sales, it …; None where the title does not say.
    department: str | None


def read(title: str | None) -> Reading:
    """Return role and department of one title; never raises."""
    raise NotImplementedError


def read_all(titles: Iterable[str | None]) -> list[Reading]:
    """Return role and department of many titles, each distinct one read once."""
    raise NotImplementedError
