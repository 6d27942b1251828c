"""
Changing one value in a playbook's text and leaving everything else as its owner wrote it.

A form knows what the text should say afterwards; this puts it there by exchanging the fewest characters it
can, so that comments, order and spelling stay. What was written is read again before it is given back: a text
that would say anything but the old one with this change is never returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from coldframe.kernel.playbook import printing, source, spans
from coldframe.kernel.playbook.spans import Span
from coldframe.kernel.vocabulary import Refusal

Path = tuple[str | int, ...]


class NotEditable(Refusal):
    """A value cannot be put into a text without touching anything else."""


@dataclass(frozen=True)
class Splice:
    """Characters of the text that give way to others."""

    start: int
    end: int
    text: str


def put(text: str, path: Path, value: Any) -> str:
    """
    Return the text with this value (texts, lists and dicts of texts) at the path; None takes away what is there.

    Parts of the path that the text does not have are written. Raises ``NotEditable`` as ``rewritten`` does.
    """
    return rewritten(text, replaced(plain(text), path, value))


def rewritten(text: str, wanted: Any) -> str:
    """
    Return the text made to say ``wanted``, a whole playbook as ``plain`` gives it.

    Where a change cannot be made within a section, the section is written anew. Raises ``NotEditable`` for a text
    that cannot be read, and where no way was found to say it.
    """
    root = readable(text)
    if root.plain() == wanted:
        return text
    for whole in (False, True):
        written = spliced(text, section_changes(root, wanted) if whole else changes(root, wanted, text))
        if said(written) == wanted:
            return written
    raise NotEditable(
        "The form cannot change this place without touching others.", advice="Change it in the text."
    )


def plain(text: str) -> Any:
    """Return what a text says, as texts, lists and dicts; raise ``NotEditable`` where it cannot be read."""
    return readable(text).plain()


@lru_cache(maxsize=4)
def readable(text: str) -> Span:
    """
    Return the spans of a text, for reading alone; raise ``NotEditable`` where it cannot be read.

    Every form of a draft is made of the same text, and to read it takes longer than all the rest.
    """
    passed: list[Any] = []
    root, problems = source.read(text, file="playbook.yaml", passed=passed)
    if problems or root is None:
        first = problems[0] if problems else None
        raise NotEditable(
            "The text cannot be read, so no form can change it.",
            where=f"line {first.line}" if first else None,
            expected=first.expected if first else "a playbook",
            got=first.got if first else "an empty text",
            advice="Mend it in the text first.",
        )
    return spans.read(passed, text)


def said(text: str) -> Any:
    """Return what a text says, or None where it cannot be read."""
    root, problems = source.read(text, file="playbook.yaml")
    return None if problems or root is None else root.plain()


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path, or None where nothing does."""
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a plain value with another one at the path; None takes away what is there."""
    if not path:
        return new
    key, *rest = path
    if isinstance(key, int):
        items = list(value) if isinstance(value, list) else []
        made = replaced(items[key] if key < len(items) else None, tuple(rest), new)
        return [*items[:key], *([] if made is None else [made]), *items[key + 1 :]]
    entries = dict(value) if isinstance(value, dict) else {}
    made = replaced(entries.get(key), tuple(rest), new)
    if made is None:
        entries.pop(key, None)
    else:
        entries[key] = made
    return entries


def inserted(value: Any, path: Path, index: int, item: Any) -> Any:
    """Return the list at a path of a plain value with one item more."""
    items = at(value, path) or []
    return [*items[:index], item, *items[index:]]


# From what should be said to the characters that say it


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with every splice made."""
    for splice in sorted(splices, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def section_changes(root: Span, wanted: Any) -> Iterator[Splice]:
    """Yield each section that is to say something else giving way as a whole."""
    entries = root.entries or {}
    if not isinstance(wanted, dict) or not entries.keys() & wanted.keys():
        yield exchanged(root, wanted)
        return
    for name, span in entries.items():
        if name in wanted and span.plain() != wanted[name]:
            yield unfolded(root, name, wanted[name])


def changes(span: Span, wanted: Any, text: str) -> Iterator[Splice]:
    """Yield what must give way for a span to say what is wanted."""
    if isinstance(wanted, dict) and span.entries and wanted:
        yield from mapping_changes(span, wanted, text)
    elif isinstance(wanted, list) and span.items and wanted:
        yield from sequence_changes(span, wanted, text)
    elif span.plain() != wanted:
        yield exchanged(span, wanted)


def exchanged(span: Span, wanted: Any) -> Splice:
    """Return the whole of a span giving way, written in one line."""
    return Splice(span.start, span.end, f"{' ' if span.is_empty else ''}{printing.flow(wanted)}")


# Mappings


def mapping_changes(span: Span, wanted: dict[str, Any], text: str) -> Iterator[Splice]:
    entries = span.entries or {}
    kept = [name for name in entries if name in wanted]
    if not kept:
        yield exchanged(span, wanted)
        return
    for name in kept:
        if (
            not span.is_flow
            and wanted[name]
            and not entries[name].parts
            and isinstance(wanted[name], dict | list)
        ):
            yield unfolded(span, name, wanted[name])
        else:
            yield from changes(entries[name], wanted[name], text)
    for name in entries:
        if name not in wanted:
            yield without_entry(text, span, name)
    new = {name: value for name, value in wanted.items() if name not in entries}
    if new:
        yield with_entries(text, span, new)


def unfolded(span: Span, name: str, wanted: Any) -> Splice:
    """Return an entry with nothing in it giving way to one written over as many lines as it takes."""
    lines = printing.entry(name, wanted, " " * span.column)
    return Splice(span.keys[name].start, (span.entries or {})[name].end, "\n".join(lines).lstrip())


def with_entries(text: str, span: Span, new: dict[str, Any]) -> Splice:
    """Return new entries at the end of a mapping."""
    if span.is_flow:
        return after_last(
            text, span, ", ".join(f"{printing.quoted(n)}: {printing.flow(v)}" for n, v in new.items())
        )
    indent = " " * span.column
    lines = [line for name, value in new.items() for line in section(name, value, indent)]
    return below(text, span.end, lines)


def section(name: str, value: Any, indent: str) -> list[str]:
    """Return the lines of an entry; at the top with an empty line before it."""
    return printing.entry(name, value, indent) if indent else ["", *printing.entry(name, value)]


def without_entry(text: str, span: Span, name: str) -> Splice:
    names = list(span.entries or {})
    place = names.index(name)
    key, value = span.keys[name], (span.entries or {})[name]
    begins = text.rfind("\n", 0, key.start) + 1
    stands_alone = not text[begins : key.start].strip()
    if not span.is_flow and stands_alone:
        return Splice(begins, end_of_line(text, value.end) + 1, "")
    if place + 1 < len(names):
        return Splice(key.start, span.keys[names[place + 1]].start, "")
    return Splice((span.entries or {})[names[place - 1]].end, value.end, "")


# Sequences


def sequence_changes(span: Span, wanted: list[Any], text: str) -> Iterator[Splice]:
    items = span.items or []
    now = [item.plain() for item in items]
    head = same(now, wanted)
    tail = same(now[head:][::-1], wanted[head:][::-1])
    old, new = items[head : len(items) - tail], wanted[head : len(wanted) - tail]
    for item, value in zip(old, new, strict=False):
        yield from changes(item, value, text)
    for item in old[len(new) :]:
        yield without_item(text, span, item)
    if len(new) > len(old):
        yield with_items(text, span, head + len(old), new[len(old) :])


def same(some: Sequence[Any], others: Sequence[Any]) -> int:
    """Return how many first items are the same."""
    pairs = zip(some, others, strict=False)
    return next((i for i, (one, other) in enumerate(pairs) if one != other), min(len(some), len(others)))


def with_items(text: str, span: Span, index: int, new: list[Any]) -> Splice:
    """Return new items at a place of a sequence, written like its neighbors."""
    items = span.items or []
    if span.is_flow:
        line = ", ".join(map(printing.flow, new))
        if index < len(items):
            return Splice(items[index].start, items[index].start, f"{line}, ")
        return after_last(text, span, line)
    indent = " " * span.column
    is_line = all(item.is_flow for item in items)
    lines = [f"{indent}- {printing.flow(each)}" for each in new] if is_line else printing.block(new, indent)
    if index:
        return below(text, items[index - 1].end, lines)
    begins = text.rfind("\n", 0, span.start) + 1
    return Splice(begins, begins, "".join(f"{line}\n" for line in lines))


def without_item(text: str, span: Span, item: Span) -> Splice:
    items = span.items or []
    place = next(i for i, each in enumerate(items) if each is item)
    if not span.is_flow:
        dash = text.rfind("-", 0, item.start)
        begins = text.rfind("\n", 0, dash) + 1
        return Splice(begins, end_of_line(text, item.end) + 1, "")
    if place + 1 < len(items):
        return Splice(item.start, items[place + 1].start, "")
    return Splice(items[place - 1].end if place else item.start, item.end, "")


# Places


def after_last(text: str, span: Span, new: str) -> Splice:
    """Return something new behind the last part in brackets; a comma that ends the list already is used."""
    last = span.parts[-1].end
    has_comma = text[last : span.end - 1].strip().startswith(",")
    place = span.end - 1 if has_comma else last
    return Splice(place, place, f" {new}" if has_comma else f", {new}")


def below(text: str, end: int, lines: list[str]) -> Splice:
    """Return lines below the one in which something ends, whose comment stays with it."""
    place = end_of_line(text, end)
    return Splice(place, place, "".join(f"\n{line}" for line in lines))


def end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
