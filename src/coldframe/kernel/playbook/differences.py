"""What one playbook says otherwise than another, in the order of the language and by the names of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from coldframe.kernel.playbook.model import Part, Playbook
from coldframe.kernel.playbook.source import ITEM_NAMES

Path = tuple[str, ...]


class Sort(StrEnum):
    """How a part differs."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"
    #: The parts of a list stand in another order, in which the first that holds counts.
    MOVED = "MOVED"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One part that differs: where it stands, and its value in both; None where it is in one of them alone."""

    #: Keys as the text has them, and names for the items of a list: ``("triggers", "Ready", "answer_within")``.
    path: Path
    sort: Sort
    before: Any
    after: Any


def differences(before: Playbook, after: Playbook) -> list[Difference]:
    """Return everything that the two say otherwise; comments, spelling and what equals a default are nothing."""
    return list(between(before, after, ()))


def between(before: Any, after: Any, path: Path) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Part) and type(before) is type(after):
        for name, field in type(before).model_fields.items():
            place = (*path, field.alias or name)
            yield from between(getattr(before, name), getattr(after, name), place)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from of_names(named(before), named(after), path)
    elif are_parts(before) and are_parts(after) and (before or after):
        yield from of_names(by_name(before), by_name(after), path)
    else:
        sort = Sort.ADDED if before is None else Sort.REMOVED if after is None else Sort.CHANGED
        yield Difference(path=path, sort=sort, before=before, after=after)


def of_names(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[Difference]:
    """Yield the differences of two lists whose parts have names."""
    for name, value in before.items():
        if name in after:
            yield from between(value, after[name], (*path, name))
        else:
            yield Difference(path=(*path, name), sort=Sort.REMOVED, before=value, after=None)
    for name, value in after.items():
        if name not in before:
            yield Difference(path=(*path, name), sort=Sort.ADDED, before=None, after=value)
    order = [name for name in before if name in after]
    new_order = [name for name in after if name in before]
    if order != new_order:
        yield Difference(path=path, sort=Sort.MOVED, before=tuple(order), after=tuple(new_order))


def named(entries: Mapping[Any, Any]) -> dict[str, Any]:
    """Return entries by their names as the text has them."""
    return {str(getattr(key, "value", key)).lower(): value for key, value in entries.items()}


def are_parts(value: Any) -> bool:
    """Return whether a value is a list of parts."""
    return isinstance(value, tuple) and all(isinstance(each, Part) for each in value)


def by_name(parts: Sequence[Part]) -> dict[str, Part]:
    """Return the parts of a list by their names; where they have none, by their places."""
    return {name_of(part) or str(place): part for place, part in enumerate(parts, start=1)}


def name_of(part: Part) -> str:
    fields = type(part).model_fields
    return next((str(getattr(part, name)) for name in ITEM_NAMES if name in fields), "")
