"""From YAML text to a playbook, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coldframe.kernel.playbook import checking, conditions, reshaping, source, validation
from coldframe.kernel.playbook.doubts import Names
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.problems import BadValue, PlaybookInvalid, Problem, shown
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
    #: The tree with the place of everything in it; None where the text could not be read.
    root: Node | None = None

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
    if root is None and not problems:
        root = Node(line=1, column=1)
    if root is None:
        return Examination(playbook=None, problems=in_order(problems))
    refusal = refuse_whole(root, file=file)
    if refusal is not None:
        return Examination(playbook=None, problems=in_order([*problems, refusal]))
    shaped, early = reshaping.reshape(root)
    problems += [problem_at(node, mistake, file) for node, mistake in early]
    validated = validation.validated(shaped)
    problems += [problem_at(node, mistake, file) for node, mistake in validated.mistakes]
    for doubt in checking.check(validated.playbook, names=names_of(shaped), cut=validated.cut):
        node = validated.remains.deepest(doubt.path)
        problems.append(problem_at(node, doubt.mistake, file, is_warning=doubt.is_warning))
    blocked = any(not problem.is_warning for problem in problems)
    return Examination(
        playbook=None if blocked else with_every_list(validated.playbook),
        problems=in_order(problems),
        tree=None if blocked else shaped.plain(),
        root=shaped,
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


def names_of(root: Node) -> Names:
    """Return what the text gives names to, whether or not all of it could be read."""
    sections = root.entries or {}

    def keys(section: str) -> frozenset[str] | None:
        node = sections.get(section)
        entries = node.entries if node else {}
        return None if entries is None else frozenset(entries)

    def item_names(section: str, key: str = "name") -> frozenset[str] | None:
        node = sections.get(section)
        if node is None or node.items is None:
            return None
        entries = [item.entries for item in node.items if item.entries]
        return frozenset(entry[key].text or "" for entry in entries if key in entry)

    completeness = sections.get("completeness")
    questions = (completeness.entries or {}).get("questions") if completeness else None

    return Names(
        signals=keys("signals"),
        lists=keys("lists"),
        has_lists="lists" in sections,
        segments=item_names("segments"),
        paths=item_names("paths"),
        assets=item_names("assets", "key"),
        questions=None if questions is None or questions.entries is None else frozenset(questions.entries),
    )


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
