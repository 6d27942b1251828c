"""Names of persons."""

from __future__ import annotations


def split(full_name: str) -> tuple[str | None, str | None]:
    """Return first and last name of a column that holds both."""
    raise NotImplementedError
