"""From a tree to the model: every error of shape at its place, and the rest kept for the checks of meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from coldframe.kernel.playbook import source
from coldframe.kernel.playbook.model import Part, Playbook
from coldframe.kernel.playbook.problems import BadParts, BadValue, shown, suggestion
from coldframe.kernel.playbook.source import Node

Path = tuple[str | int, ...]

#: What stands for a section that lacks or is beyond reading, so that the others can still be checked.
STAND_INS: dict[str, Any] = {
    "name": "unnamed",
    "fit": {"levels": {"A": "3", "B": "2", "C": "1"}, "rules": []},
    "intent": {"levels": {"low": "1", "medium": "2", "high": "3"}},
    "stages": {"order": ["problem_awareness", "research", "comparison", "evaluation", "internal_alignment"]},
    "timing": {"now": {"all": []}, "later": {"date_from": []}},
    "completeness": {"sales_needs": []},
    "segments": [],
    "paths": [],
}


@dataclass(frozen=True, kw_only=True)
class Validated:
    """What could be read, what could not, and the sections of which something was left out."""

    playbook: Playbook
    mistakes: list[tuple[Node, BadValue]]
    remains: Remains
    cut: frozenset[str]


def validated(root: Node) -> Validated:
    """
    Return the playbook that a tree in the model's shape spells, and every error of shape.

    What is wrong is left out, what then lacks takes a stand-in, and the rest is validated again; with
    errors the playbook is good for further checks alone.
    """
    mistakes: list[tuple[Node, BadValue]] = []
    dropped, lacking = set(refused(root)), set[str]()
    while True:
        remains = Remains(root, dropped, lacking)
        try:
            playbook = Playbook.model_validate(remains.plain)
            break
        except ValidationError as error:
            before = len(dropped) + len(lacking)
            for fault in faults(error):
                node = remains.deepest(fault.path)
                if not (fault.is_gap and is_gap_we_made(node, fault, dropped)):
                    mistakes.append((named_node(node, fault), fault.mistake))
                if fault.is_gap and node is root:
                    lacking.add(str(fault.path[-1]))
                else:
                    dropped.add(id(remains.deepest(fault.within)))
            if len(dropped) + len(lacking) == before:
                raise RuntimeError("leaving out what is wrong leaves the same errors") from error
    return Validated(
        playbook=playbook, mistakes=mistakes, remains=remains, cut=cut_sections(root, dropped) | lacking
    )


def cut_sections(root: Node, dropped: set[int]) -> frozenset[str]:
    """Return the sections of which something was left out."""

    def is_cut(node: Node) -> bool:
        children = [*(node.entries or {}).values(), *(node.items or [])]
        return id(node) in dropped or any(map(is_cut, children))

    return frozenset(name for name, node in (root.entries or {}).items() if is_cut(node))


def refused(node: Node) -> Iterator[int]:
    """Yield what was refused before, by ``id``."""
    if node.is_refused:
        yield id(node)
    for child in [*(node.entries or {}).values(), *(node.items or [])]:
        yield from refused(child)


@dataclass(frozen=True)
class Fault:
    """One error of validation: where, what, and whether something is lacking there."""

    path: Path
    mistake: BadValue
    #: Path to what is left out for it; a condition goes as a whole.
    within: Path
    is_gap: bool = False


class Remains:
    """A tree without what was dropped: as plain values, and the node behind each path into them."""

    def __init__(self, root: Node, dropped: set[int], lacking: set[str]) -> None:
        self.dropped = dropped
        self.origins: dict[Path, Node] = {}
        self.plain = {**self.taken(root, ()), **{name: STAND_INS[name] for name in lacking}}

    def taken(self, node: Node, path: Path) -> Any:
        self.origins[path] = node
        if node.entries is not None:
            kept = {key: child for key, child in node.entries.items() if id(child) not in self.dropped}
            return {key: self.taken(child, (*path, key)) for key, child in kept.items()}
        if node.items is not None:
            left = [child for child in node.items if id(child) not in self.dropped]
            return [self.taken(child, (*path, index)) for index, child in enumerate(left)]
        return node.text

    def deepest(self, path: Path) -> Node:
        """Return the node at a path, or the nearest one above it."""
        while path not in self.origins:
            path = path[:-1]
        return self.origins[path]


def is_gap_we_made(node: Node, fault: Fault, dropped: set[int]) -> bool:
    """Return whether what lacks there was left out for a mistake of its own."""
    child = (node.entries or {}).get(str(fault.path[-1]))
    return child is not None and id(child) in dropped


def named_node(node: Node, fault: Fault) -> Node:
    """Return the node with the path to what lacks below it."""
    return replace(node, where=source.joined(node.where, str(fault.path[-1]))) if fault.is_gap else node


def faults(error: ValidationError) -> Iterator[Fault]:
    """Yield the errors of validation in the words of this project."""
    for each in error.errors(include_url=False):
        path: Path = tuple(part for part in each["loc"] if part != "[key]")
        raised = each.get("ctx", {}).get("error")
        if isinstance(raised, BadParts):
            yield from (Fault((*path, *part.path), part, path) for part in raised.parts)
        elif isinstance(raised, BadValue):
            yield Fault((*path, *raised.path), raised, path)
        elif each["type"] == "missing":
            yield Fault(path, BadValue(described(path), "nothing", code="PB202"), path, is_gap=True)
        elif each["type"] == "extra_forbidden":
            yield Fault(path, unknown_key(path), path)
        else:
            expected = EXPECTED.get(each["type"], str(each["msg"]))
            yield Fault(path, BadValue(expected, shown(each["input"]), code="PB206"), path)


EXPECTED = {
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
}


def unknown_key(path: Path) -> BadValue:
    part = part_at(path[:-1])
    known = [field.alias or name for name, field in part.model_fields.items()]
    known = [TEXT_KEYS.get((part.__name__, name), name) for name in known]
    key = str(path[-1])
    return BadValue(
        "a key that is known here", shown(key), advice=suggestion(key, known, limit=30), code="PB201"
    )


#: Keys that the text spells otherwise than the model.
TEXT_KEYS = {("Path", "when"): "for", ("Path", "segments"): "for", ("Exit", "look_again_in"): "then"}


def described(path: Path) -> str:
    """Return the missing key, with what it means."""
    field = field_of(part_at(path[:-1]), path[-1])
    about = field.description if field else None
    return f'"{path[-1]}": {about}' if about else f'"{path[-1]}"'


def part_at(path: Path) -> type[Part]:
    """Return the model that stands at a path into the playbook."""
    part: type[Part] = Playbook
    for key in path:
        field = field_of(part, key)
        inner = next(parts_in(field.annotation), None) if field else None
        part = inner or part
    return part


def field_of(part: type[Part], key: str | int) -> FieldInfo | None:
    """Return the field that a text spells so, by its alias where it has one."""
    named = {field.alias or name: field for name, field in part.model_fields.items()}
    return named.get(str(key))


def parts_in(annotation: Any) -> Iterator[type[Part]]:
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_in(argument)
