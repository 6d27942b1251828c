"""From YAML text to a playbook, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import ValidationError

from coldframe.kernel.playbook import checking, conditions, reshaping, source
from coldframe.kernel.playbook.doubts import Names
from coldframe.kernel.playbook.model import Part, Playbook
from coldframe.kernel.playbook.problems import BadParts, BadValue, PlaybookInvalid, Problem, shown, suggestion
from coldframe.kernel.playbook.source import Node

__all__ = ["LANGUAGE", "Examination", "PlaybookInvalid", "Problem", "examine", "parse"]

#: Version of the language that this program speaks.
LANGUAGE = 1

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What became of a text: a playbook when nothing blocks it, and the problems in the order of the text."""

    playbook: Playbook | None
    problems: tuple[Problem, ...]
    #: The text's plain tree in the model's shape, from which ``from_tree`` makes the playbook again, quickly.
    tree: Any = None

    @property
    def mistakes(self) -> tuple[Problem, ...]:
        """The problems that keep the playbook from being used."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that do not."""
        return tuple(problem for problem in self.problems if problem.is_warning)


def parse(text: str, *, file: str = "playbook.yaml") -> Playbook:
    """
    Return the playbook that a YAML (or JSON) text spells.

    Raises ``PlaybookInvalid`` with every mistake found. Scalars are text until the model types them, so
    ``NO`` stays Norway where a country stands, and is no where yes or no stands. ``file`` is only named
    in messages.
    """
    examination = examine(text, file=file)
    if examination.playbook is None:
        raise PlaybookInvalid(examination.problems)
    return examination.playbook


def examine(text: str, *, file: str = "playbook.yaml") -> Examination:
    """Return the playbook, if nothing blocks it, and all mistakes and warnings."""
    root, problems = source.read(text, file=file)
    if root is None:
        return Examination(playbook=None, problems=in_order(problems))
    refusal = refuse_whole(root, file=file)
    if refusal is not None:
        return Examination(playbook=None, problems=in_order([*problems, refusal]))
    shaped, early = reshaping.reshape(root)
    problems += [problem_at(node, mistake, file) for node, mistake in early]
    playbook, found, dropped = validated(shaped, file=file)
    problems += found
    if playbook is not None:
        remains = Remains(shaped, dropped)
        for doubt in checking.check(playbook, names=names_of(shaped), cut=cut_sections(shaped, dropped)):
            problems.append(
                problem_at(remains.deepest(doubt.path), doubt.mistake, file, is_warning=doubt.is_warning)
            )
        playbook = with_every_list(playbook)
    blocked = any(not problem.is_warning for problem in problems)
    return Examination(
        playbook=None if blocked else playbook,
        problems=in_order(problems),
        tree=None if blocked else shaped.plain(),
    )


def from_tree(tree: Any) -> Playbook:
    """Return the playbook of an ``Examination``'s tree; raise ``ValidationError`` for what is none."""
    return with_every_list(Playbook.model_validate(tree))


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    return tuple(
        sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column, problem.code))
    )


def problem_at(node: Node, mistake: BadValue, file: str, *, is_warning: bool = False) -> Problem:
    return Problem(
        file=file, line=node.line, column=node.column, code=mistake.code, where=node.where, expected=mistake.expected,
        got=mistake.got, advice=mistake.advice, is_warning=is_warning,
    )  # fmt: skip


def refuse_whole(root: Node, *, file: str) -> Problem | None:
    """Return why nothing of the text can be read: it is no mapping, or made for another language version."""
    if root.entries is None:
        advice = "Begin with `playbook: 1`, or copy a starter: coldframe playbook starters."
        return problem_at(
            root, BadValue("a playbook", shown(root.plain()), advice=advice, code="PB111"), file
        )
    version = root.entries.get("playbook")
    if version is None or version.text is None or not version.text.strip().isdecimal():
        advice = f"Write `playbook: {LANGUAGE}`, the version of the language, in the first line."
        got = shown(version.plain()) if version else "nothing"
        return problem_at(
            version or root, BadValue(f"playbook: {LANGUAGE}", got, advice=advice, code="PB110"), file
        )
    if int(version.text.strip()[:9]) != LANGUAGE:
        advice = f"It was made for {version.text.strip()}, this is {LANGUAGE}. Update Coldframe, or ask its author for an older form."
        mistake = BadValue(f"playbook language {LANGUAGE}", version.text.strip(), advice=advice, code="PB110")
        return problem_at(version, mistake, file)
    return None


def validated(shaped: Node, *, file: str) -> tuple[Playbook | None, list[Problem], set[int]]:
    """
    Return the playbook, the problems of shape, and the nodes left out for them (by ``id``).

    What is wrong is left out and the rest validated again, so that the checks of meaning can speak too;
    when too much is wrong for that there is no playbook.
    """
    problems: list[Problem] = []
    dropped = set(refused(shaped))
    while id(shaped) not in dropped:
        remains = Remains(shaped, dropped)
        try:
            return Playbook.model_validate(remains.plain), problems, dropped
        except ValidationError as error:
            for fault in faults(error):
                node = remains.deepest(fault.path)
                if not (fault.is_gap and is_gap_we_made(node, fault, dropped)):
                    problems.append(problem_at(named_node(node, fault), fault.mistake, file))
                dropped.add(id(remains.deepest(fault.within)))
    return None, problems, dropped


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

    def __init__(self, root: Node, dropped: set[int]) -> None:
        self.dropped = dropped
        self.origins: dict[Path, Node] = {}
        self.plain = self.taken(root, ())

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
    about = part_at(path[:-1]).model_fields[str(path[-1])].description
    return f'"{path[-1]}": {about}' if about else f'"{path[-1]}"'


def part_at(path: Path) -> type[Part]:
    """Return the model that stands at a path into the playbook."""
    part: type[Part] = Playbook
    for key in path:
        field = part.model_fields.get(str(key))
        inner = next(parts_in(field.annotation), None) if field else None
        part = inner or part
    return part


def parts_in(annotation: Any) -> Iterator[type[Part]]:
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from parts_in(argument)


def names_of(root: Node) -> Names:
    """Return what the text gives names to, whether or not all of it could be read."""

    def keys(section: str) -> frozenset[str]:
        node = (root.entries or {}).get(section)
        return frozenset(node.entries or ()) if node else frozenset()

    def items(section: str, key: str) -> frozenset[str]:
        node = (root.entries or {}).get(section)
        entries = [item.entries or {} for item in (node.items or [])] if node else []
        return frozenset(entry[key].text or "" for entry in entries if key in entry)

    return Names(
        signals=keys("signals"),
        lists=keys("lists"),
        has_lists="lists" in (root.entries or {}),
        offers=keys("offers"),
        segments=items("segments", "name"),
        paths=items("paths", "name"),
    )


def cut_sections(root: Node, dropped: set[int]) -> frozenset[str]:
    """Return the sections of which something was left out."""

    def is_cut(node: Node) -> bool:
        children = [*(node.entries or {}).values(), *(node.items or [])]
        return id(node) in dropped or any(map(is_cut, children))

    return frozenset(name for name, node in (root.entries or {}).items() if is_cut(node))


def with_every_list(playbook: Playbook) -> Playbook:
    """Return the playbook with an empty list for each that a condition names and the text does not give."""
    named = {
        str(leaf.value)
        for _, condition, _ in checking.conditions_of(playbook)
        for _, leaf in conditions.leaves(condition)
        if leaf.op in conditions.LISTED
    }
    lacking = sorted(named - set(playbook.lists))
    return (
        playbook.model_copy(update={"lists": {**playbook.lists, **dict.fromkeys(lacking, ())}})
        if lacking
        else playbook
    )
