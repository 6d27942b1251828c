"""What happens when a file and the database differ: a rule per column, and every difference shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coldframe.leads.importing import companies
from coldframe.leads.importing.options import Rule

#: Column -> when two different texts mean the same, so that the difference is none.
SAME: dict[str, Callable[[Any, Any], bool]] = {
    "name": lambda known, given: companies.name_key(known) == companies.name_key(given),
}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A value of the file that differs from a known one."""

    line: int
    #: lead, account, opportunity.
    entity: str
    field: str
    known: Any
    given: Any
    #: Whether the file's value won.
    is_replaced: bool

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "line": self.line,
            "field": f"{self.entity}.{self.field}",
            "known": self.known,
            "given": self.given,
            "kept": "given" if self.is_replaced else "known",
        }


def settle(
    known: dict[str, Any],
    given: Mapping[str, Any],
    *,
    rules: Mapping[str, Rule],
    default: Rule,
    is_new: bool,
) -> tuple[dict[str, Any], list[tuple[str, Any, Any, bool]]]:
    """
    Put the given values into the known ones, in place, by the rules.

    ``given`` holds no empty values. Returns what changed (field -> value before) and the differences:
    (field, known, given, whether the given value won).
    """
    before: dict[str, Any] = {}
    differences = []
    for name, value in given.items():
        current = known.get(name)
        if current == value:
            continue
        rule = rules.get(name, default)
        if current is None:
            if rule is Rule.KEEP and not is_new:
                continue
        elif name in SAME and SAME[name](current, value):
            continue
        else:
            differences.append((name, current, value, rule is Rule.REPLACE))
            if rule is not Rule.REPLACE:
                continue
        before[name] = current
        known[name] = value
    return before, differences
