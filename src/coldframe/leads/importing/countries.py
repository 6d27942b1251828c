"""Countries: ISO 3166 alpha-2 codes from what people write."""

from __future__ import annotations

from typing import NamedTuple


class Country(NamedTuple):
    """What a cell says of a country."""

    #: ISO 3166 alpha-2; None: missing or not recognized.
    code: str | None
    #: What was guessed, or why nothing was recognized.
    note: str | None = None


def find(text: str | None) -> Country:
    """Return the country a cell names."""
    raise NotImplementedError
