"""Values: what one cell says, or why it says nothing usable."""

from __future__ import annotations

from coldframe.kernel.vocabulary import Refusal


class BadValue(Refusal):
    """A cell that cannot be what its column holds."""

    @property
    def reason(self) -> str:
        """The sentence for the error file."""
        return self.what


def is_missing(text: str) -> bool:
    """Say whether a trimmed cell is empty or a placeholder such as ``Select`` or ``N/A``."""
    raise NotImplementedError


def text(value: object, *, limit: int) -> str | None:
    """Return a single-line text (line breaks become spaces), None when missing."""
    raise NotImplementedError


def yes_no(value: object) -> bool | None:
    """Return yes or no in several languages, None when missing; raises BadValue."""
    raise NotImplementedError


def number(value: object) -> float | None:
    """Return a number such as ``1.234,56`` or ``$342.09K``; raises BadValue."""
    raise NotImplementedError


def whole_number(value: object) -> int | None:
    """Return a number without fraction; raises BadValue."""
    raise NotImplementedError


def money_cents(value: object) -> int | None:
    """Return an amount of money in cents; raises BadValue."""
    raise NotImplementedError


def percentage(value: object) -> float | None:
    """Return a share 0 to 1 from ``20``, ``20 %`` or ``0.2``; raises BadValue."""
    raise NotImplementedError


def employees(value: object) -> int | None:
    """Return how many people work there; of a band such as ``51-200`` its lower end. Raises BadValue."""
    raise NotImplementedError
