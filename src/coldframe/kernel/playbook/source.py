"""YAML text as a tree that knows the place of everything in it; every scalar stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from coldframe.kernel.playbook.problems import Problem, shown

MOST_BYTES = 256 * 1024
DEEPEST = 24
#: A text with so many slips of form is read no further.
MOST_PROBLEMS = 100
#: What no text may hold, even escaped: control characters, and halves of surrogate pairs.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
SURROGATE = re.compile("[\ud800-\udfff]")
#: The key under which a list's items are told apart in the path to a place.
ITEM_NAMES = ("name", "reason", "key")
LONGEST_LABEL = 40

PathKey = str | int


@dataclass
class Node:
    """A scalar (``text``), a sequence (``items``) or a mapping (``entries``, with ``keys`` for their places)."""

    line: int
    column: int
    where: str = ""
    text: str | None = None
    items: list[Node] | None = None
    entries: dict[str, Node] | None = None
    keys: dict[str, Node] = field(default_factory=dict)
    #: How a scalar is written: ``|`` and ``>`` for blocks, a quotation mark, or nothing.
    style: str = ""
    #: What it holds was refused already; nothing more is said of it.
    is_refused: bool = False

    def plain(self) -> Any:
        """Return the tree as plain text, lists and dicts; a scalar left empty is None."""
        if self.entries is not None:
            return {key: node.plain() for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.text


class Unreadable(Exception):
    """Reading cannot go on after this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass
class Frame:
    """A sequence or mapping under construction."""

    node: Node
    #: Path to the node.
    where: str
    key: Node | None = None

    def next_where(self) -> str:
        """Return the path to what comes next inside."""
        if self.node.items is not None:
            return f"{self.where}[{len(self.node.items) + 1}]"
        return joined(self.where, self.key.text or "") if self.key else self.where


@dataclass
class Reader:
    """Builds the tree from parser events, without recursion, and gathers problems."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    open_frames: list[Frame] = field(default_factory=list)
    root: Node | None = None

    def problem(self, node: Node, code: str, expected: str, got: str, advice: str = "") -> Problem:
        return Problem(
            file=self.file,
            line=node.line,
            column=node.column,
            code=code,
            where=self.where(),
            expected=expected,
            got=got,
            advice=advice,
        )

    def where(self) -> str:
        return self.open_frames[-1].next_where() if self.open_frames else ""

    def take(self, event: Any) -> None:
        """Take one parser event into the tree."""
        if isinstance(event, DocumentStartEvent) and self.root is not None:
            raise Unreadable(
                self.problem(
                    place(event), "PB109", "one document", "a second one", "Remove the line of three dashes."
                )
            )
        if isinstance(event, AliasEvent):
            self.refuse_reference(event)
            self.add(Node(*marks(event), text="", is_refused=True))
        elif isinstance(event, ScalarEvent):
            self.refuse_reference(event)
            self.add(self.scalar(event))
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self.refuse_reference(event)
            self.open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.open_frames.pop()

    def scalar(self, event: ScalarEvent) -> Node:
        text = whole(event.value)
        empty = text == "" and event.style is None
        node = Node(*marks(event), text=None if empty else text, style=event.style or "")
        if UNFIT.search(text):
            node.text, node.is_refused = UNFIT.sub("\ufffd", text), True
            self.problems.append(
                self.problem(node, "PB104", "readable text", "a control character", "Remove it.")
            )
        return node

    def refuse_reference(self, event: Any) -> None:
        """Refuse anchors, aliases and tags: they make one text mean another, or a small one huge."""
        node = place(event)
        advice = "Write the value out where it is needed."
        if getattr(event, "anchor", None):
            sign = "*" if isinstance(event, AliasEvent) else "&"
            got = f'"{sign}{event.anchor}"'
            self.problems.append(
                self.problem(node, "PB105", "no anchors or aliases in a playbook", got, advice)
            )
        if getattr(event, "tag", None) and event.tag != "!":
            self.problems.append(
                self.problem(node, "PB106", "no tags in a playbook", shown(str(event.tag)), "Remove it.")
            )

    def open(self, event: Any) -> None:
        node = Node(*marks(event))
        if len(self.open_frames) >= DEEPEST:
            got = "one more"
            raise Unreadable(
                self.problem(node, "PB108", f"at most {DEEPEST} levels", got, "Flatten the innermost part.")
            )
        if isinstance(event, MappingStartEvent):
            node.entries = {}
        else:
            node.items = []
        where = self.where()
        self.add(node)
        self.open_frames.append(Frame(node, where))

    def add(self, node: Node) -> None:
        """Put a finished or opened node where it belongs."""
        if not self.open_frames:
            self.root = node
            return
        frame = self.open_frames[-1]
        if frame.node.items is not None:
            frame.node.items.append(node)
        elif frame.key is None:
            self.start_entry(frame, node)
        else:
            self.finish_entry(frame, node)

    def start_entry(self, frame: Frame, node: Node) -> None:
        if node.text is None:
            raise Unreadable(
                self.problem(
                    node, "PB112", "a name before the colon", shown(node.plain()), "Write `name: value`."
                )
            )
        frame.key = node

    def finish_entry(self, frame: Frame, node: Node) -> None:
        key, entries = frame.key or node, frame.node.entries if frame.node.entries is not None else {}
        name = key.text or ""
        if name in entries:
            first = frame.node.keys[name].line
            advice = f"Keep one of the two; the first is in line {first}."
            self.problems.append(
                self.problem(key, "PB107", "each key once", f'"{name}" a second time', advice)
            )
        else:
            entries[name] = node
            frame.node.keys[name] = key
        frame.key = None


def whole(text: str) -> str:
    """Return a text with the halves of characters joined that JSON writes as two escapes."""
    if not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def marks(event: Any) -> tuple[int, int]:
    """Return line and column of an event, from 1."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def place(event: Any) -> Node:
    return Node(*marks(event))


def place_within(node: Node, offset: int, lines: list[str]) -> tuple[int, int]:
    """
    Return line and column (from 1) of what stands ``offset`` characters into a scalar.

    ``lines`` are those of the whole text. Exact for blocks written with ``|`` and for texts on one line;
    else the place where the scalar begins.
    """
    text = node.text or ""
    _, _, last = text[:offset].rpartition("\n")
    if node.style == "|":
        number = node.line + 1 + text[:offset].count("\n")
        full = text[offset - len(last) :].partition("\n")[0]
        found = lines[number - 1].find(full) if number <= len(lines) else -1
        return (number, found + len(last) + 1) if found >= 0 else (node.line, node.column)
    if "\n" in text or node.style == ">" or node.line > len(lines):
        return node.line, node.column
    column = node.column - 1 + (1 if node.style else 0)
    is_there = lines[node.line - 1][column:].startswith(text[:offset])
    return (node.line, column + offset + 1) if is_there else (node.line, node.column)


def joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def name_places(node: Node, where: str = "") -> None:
    """Write into every node the path to it; items of a list go by their name where they have one."""
    node.where = where
    for name, child in (node.entries or {}).items():
        key = node.keys[name]
        if child.text is None:
            # A part of several lines is found by its name, not by what comes first in it.
            child.line, child.column = key.line, key.column
        name_places(child, joined(where, name))
        key.where = child.where
    for number, child in enumerate(node.items or [], start=1):
        named = [child.entries[key].text for key in ITEM_NAMES if child.entries and key in child.entries]
        label = (named[0] if named else None) or str(number)
        name_places(
            child, f"{where}[{label if len(label) <= LONGEST_LABEL else label[:LONGEST_LABEL] + '…'}]"
        )


def read(text: str, *, file: str, passed: list[Any] | None = None) -> tuple[Node | None, list[Problem]]:
    """
    Return the tree of a YAML (or JSON) text and the problems met; no tree when it cannot be read on.

    Anchors, aliases, tags, second documents, duplicate keys, control characters, more than
    ``MOST_BYTES`` and more than ``DEEPEST`` levels are problems. ``passed`` gets each event of the parser, for whoever
    makes something else of the same text: to parse it takes longer than all that is made of it.
    """
    reader = Reader(file)
    early = refuse_early(text, file=file)
    if early:
        return None, [early]
    try:
        for event in events(text):
            reader.take(event)
            if passed is not None:
                passed.append(event)
            if len(reader.problems) >= MOST_PROBLEMS:
                return None, reader.problems
    except Unreadable as unreadable:
        return None, [*reader.problems, unreadable.problem]
    except YAMLError as error:
        return None, [*reader.problems, syntax_problem(error, text, file=file)]
    if reader.root is not None:
        name_places(reader.root)
    return reader.root, reader.problems


def events(text: str) -> Iterator[Any]:
    """Yield parser events. The pure parser alone is used: no constructor, so no tag can make an object."""
    return YAML(typ="safe", pure=True).parse(text)  # type: ignore[no-any-return]


def refuse_early(text: str, *, file: str) -> Problem | None:
    """Return what is wrong with the text as a whole, before it is parsed."""
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MOST_BYTES:
        got, advice = (
            f"{size // 1024} KiB",
            "Keep long lists elsewhere, and the playbook a text that a person can read.",
        )
        return Problem(
            file=file,
            line=1,
            column=1,
            code="PB101",
            where="",
            expected="at most 256 KiB",
            got=got,
            advice=advice,
        )
    unfit = UNFIT.search(text)
    if unfit:
        line, column = line_and_column(text, unfit.start())
        got = f"the control character {ord(unfit.group()):#04x}"
        advice = "Save the file as plain UTF-8 text."
        return Problem(
            file=file,
            line=line,
            column=column,
            code="PB104",
            where="",
            expected="readable text",
            got=got,
            advice=advice,
        )
    return None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def syntax_problem(error: YAMLError, text: str, *, file: str) -> Problem:
    """Return the parser's complaint in the words of this project."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if isinstance(mark, StringMark) else (1, 1)
    said = str(getattr(error, "problem", None) or "text that is no YAML")
    lines = text.splitlines()
    indent = re.match(r"[ \t]*", lines[line - 1]) if line <= len(lines) else None
    if indent and "\t" in indent.group():
        column = indent.group().index("\t") + 1
        code, expected, got, advice = (
            "PB103",
            "indentation by spaces",
            "a tab",
            "Replace the tab by two spaces.",
        )
    else:
        code, expected, got = "PB102", "well-formed YAML", "something else"
        advice = f"The parser says: {said}. Check indentation, quotes, brackets and colons here and in the line above."
    return Problem(
        file=file, line=line, column=column, code=code, where="", expected=expected, got=got, advice=advice
    )
