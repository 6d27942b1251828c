"""What a check found: passed, worth knowing, or in the way of sending."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How much a finding matters."""

    PASSED = "PASSED"
    #: Worth mending; sending goes on.
    WARNS = "WARNS"
    #: Nothing is sent for real until it is mended.
    BLOCKS = "BLOCKS"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    #: Names the finding for ever, such as ``SPF_MISSING``.
    code: str
    weight: Weight
    #: What was found, for people.
    what: str
    #: What to do about it; empty where nothing is to be done.
    advice: str = ""


def passed(code: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(code=code, weight=Weight.PASSED, what=what)


def warns(code: str, what: str, advice: str) -> Finding:
    """Return a finding that is worth mending."""
    return Finding(code=code, weight=Weight.WARNS, what=what, advice=advice)


def blocks(code: str, what: str, advice: str) -> Finding:
    """Return a finding that is in the way of sending for real."""
    return Finding(code=code, weight=Weight.BLOCKS, what=what, advice=advice)
