"""From a playbook to YAML text. What is printed and parsed again is the same playbook."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any

from coldframe.kernel.playbook.conditions import Condition, Leaf, Tree
from coldframe.kernel.playbook.model import (
    AccountIntent,
    Cadence,
    DateSource,
    Exit,
    Experiment,
    Intent,
    Part,
    Path,
    PathLimit,
    Playbook,
    Stages,
)
from coldframe.kernel.playbook.units import Duration, DurationRange, Rate, Share
from coldframe.kernel.vocabulary import FitLevel

#: Parts of the top level that stand together; before each other one stands an empty line.
OPENING = ("playbook", "name", "about", "cycle")
#: Parts that are shown even where they equal the default: a reader looks for them.
SHOWN: dict[type[Part], tuple[str, ...]] = {
    Playbook: ("playbook", "cycle", "cadence", "experiment"),
    Intent: ("account",),
    AccountIntent: ("counts", "surge"),
    Cadence: ("at_most", "per_account", "quiet", "floor"),
}
#: Longest line that a part is folded into.
WIDTH = 110
#: Texts that mean themselves without quotes, wherever they stand.
PLAIN = re.compile(r"^(?:[^\W_]|/|_|-(?=\d))(?:[\w ./%+@&()'?!–-]|:(?=[\w/]))*$")
#: What YAML would read as a line break, or not at all.
ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]')
#: What keeps a text from standing in lines: a first space, and what YAML would read otherwise.
ODD_LINES = re.compile("\\A[ \t]|[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def print_playbook(playbook: Playbook) -> str:
    """Return the playbook as text in the shape people write; what equals its default is left out."""
    lines: list[str] = []
    for name, value in plain(playbook).items():
        lines += ([] if name in OPENING else [""]) + entry(name, value)
    return "\n".join(lines) + "\n"


def structure(value: Any) -> Any:
    """Return a playbook, or a part, as values for JSON: every default filled in, quantities as text."""
    if isinstance(value, Leaf | Tree | PathLimit | DateSource):
        return plain(value)
    if isinstance(value, Part):
        return {
            field.alias or name: structure(getattr(value, name))
            for name, field in type(value).model_fields.items()
        }
    if isinstance(value, dict):
        return {plain(key): structure(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [structure(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else plain_scalar(value)


# Values as plain texts, lists and dicts


def plain(value: Any) -> Any:
    """Return a value of the model in the shape of the text: dicts and lists of texts."""
    if isinstance(value, Leaf | Tree):
        return plain_condition(value)
    if isinstance(value, PathLimit):
        return plain_limit(value)
    if isinstance(value, DateSource):
        return f"{value.field} - {value.before}" if value.before else value.field
    if isinstance(value, Part):
        return plain_part(value)
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return plain_scalar(value)


def plain_scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value if isinstance(value, FitLevel) else value.value.lower()
    if isinstance(value, int | float):
        return number(value)
    if not isinstance(value, str | Duration | DurationRange | Rate | Share):
        raise TypeError(f"a playbook holds no {type(value).__name__}")
    return str(value)


def number(value: float) -> str:
    """Return a number without an exponent; nine decimals are all that the language has."""
    return str(int(value)) if value == int(value) else f"{value:.9f}".rstrip("0")


def plain_condition(condition: Condition) -> dict[str, Any]:
    if isinstance(condition, Tree):
        return {condition.kind: [plain_condition(child) for child in condition.of]}
    leaf: dict[str, Any] = {"field": condition.field, condition.op.value: plain(condition.value)}
    return {**leaf, "within": str(condition.within)} if condition.within else leaf


def plain_limit(limit: PathLimit) -> str:
    count, _, time = str(limit.first).partition(" ")
    then = f", then {limit.then}" if limit.then else ""
    return f"{count} {'touch' if limit.first.count == 1 else 'touches'} {time}{then}"


def plain_part(part: Part) -> dict[str, Any]:
    entries = {
        field.alias or name: plain(getattr(part, name))
        for name, field in type(part).model_fields.items()
        if field.is_required()
        or name in SHOWN.get(type(part), ())
        or getattr(part, name) != field.get_default(call_default_factory=True)
    }
    if isinstance(part, Experiment):
        return {"holdout": f"{part.holdout} of accounts"}
    if isinstance(part, Path):
        return plain_path(part, entries)
    if isinstance(part, Exit) and part.look_again_in:
        entries["then"] = f"look again in {entries.pop('look_again_in')}"
    if isinstance(part, Stages) and "needs" in entries:
        entries["needs"] += " points"
    return entries


def plain_path(path: Path, entries: dict[str, Any]) -> dict[str, Any]:
    """Put segments and condition back under ``for``."""
    whom = {"segments": list(path.segments)} if path.segments else {}
    rest = {key: value for key, value in entries.items() if key not in ("name", "segments", "when")}
    return {"name": path.name, "for": {**whom, **plain_condition(path.when)}, **rest}


# Plain values as YAML


def entry(name: str, value: Any, indent: str = "") -> list[str]:
    """Return ``name: value`` on one line where it fits, else over several."""
    if isinstance(value, str) and is_block(value):
        return literal(name, value, indent)
    short = f"{indent}{quoted(name)}: {flow(value)}"
    if is_short(value, short, indent):
        return [short]
    return [f"{indent}{quoted(name)}:", *block(value, indent + "  ")]


def is_block(text: str) -> bool:
    """Return whether a text of several lines can stand as it is, indented."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1 and bool(lines[0].strip()) and bool(lines[-1].strip()) and not ODD_LINES.search(text)
    )


def literal(name: str, text: str, indent: str) -> list[str]:
    """Return ``name: |`` and the lines of a text below it."""
    mark = "|" if text.endswith("\n") else "|-"
    lines = text.removesuffix("\n").split("\n")
    return [f"{indent}{quoted(name)}: {mark}", *(f"{indent}  {line}" if line else "" for line in lines)]


def is_short(value: Any, line: str, indent: str) -> bool:
    if holds_lines(value):
        return False
    if not isinstance(value, dict | list) or not value:
        return True
    # At the top a list of parts reads better with a line for each.
    is_table = not indent and any(isinstance(item, dict | list) for item in children(value))
    return len(line) <= WIDTH and not is_table


def holds_lines(value: Any) -> bool:
    """Return whether a list or mapping has a text of several lines in it, which wants a place of its own."""
    if isinstance(value, dict | list):
        return any(holds_lines(item) for item in children(value))
    return isinstance(value, str) and is_block(value)


def children(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def block(value: Any, indent: str) -> list[str]:
    """Return the lines of a list or mapping that does not fit one line."""
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in entry(name, item, indent)]
    lines: list[str] = []
    for item in value:
        short = f"{indent}- {flow(item)}"
        is_plain = not isinstance(item, dict | list) or not item
        if is_plain or (len(short) <= WIDTH and not holds_lines(item)):
            lines.append(short)
        elif isinstance(item, dict):
            first, *others = block(item, indent + "  ")
            lines += [f"{indent}- {first.lstrip()}", *others]
        else:
            lines += [f"{indent}-", *block(item, indent + "  ")]
    return lines


def flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return quoted(value)


def quoted(text: str) -> str:
    """Return a text, in quotes unless it means itself without."""
    if PLAIN.match(text) and not text.endswith(" ") and not text.endswith("\n"):
        return text
    return '"' + ESCAPED.sub(lambda match: escaped(match.group()), text) + '"'


def escaped(character: str) -> str:
    return SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"
