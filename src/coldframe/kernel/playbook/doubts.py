"""A mistake or a doubt about the meaning of a playbook, and the names it is judged by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coldframe.kernel.playbook.problems import BadValue, shown, suggestion

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Doubt:
    """A mistake, or something that may be one, and the path to it in the model."""

    path: Path
    mistake: BadValue
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the text gives names to; None where the section that would is beyond reading."""

    signals: frozenset[str] | None
    lists: frozenset[str] | None
    has_lists: bool
    segments: frozenset[str] | None
    paths: frozenset[str] | None
    assets: frozenset[str] | None = None
    #: Fields that are asked for.
    questions: frozenset[str] | None = None


def mistake(path: Path, code: str, expected: str, got: str, advice: str = "") -> Doubt:
    return Doubt(path, BadValue(expected, got, advice=advice, code=code))


def warning(path: Path, code: str, expected: str, got: str, advice: str = "") -> Doubt:
    return Doubt(path, BadValue(expected, got, advice=advice, code=code), is_warning=True)


def check_references(
    path: Path, key: str, value: object, known: Iterable[str] | None, expected: str, *, doubtful: bool = False
) -> Iterator[Doubt]:
    if known is None:
        return
    known = sorted(known)
    many = isinstance(value, tuple)
    for index, name in enumerate(value if isinstance(value, tuple) else (value,)):
        if name not in known:
            place = (*path, key, index) if many else (*path, key)
            code = "PB502" if doubtful else "PB413"
            yield Doubt(
                place,
                BadValue(expected, shown(name), advice=suggestion(str(name), known), code=code),
                doubtful,
            )
