"""A text as a tree that knows from where to where everything in it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from coldframe.kernel.playbook import source


@dataclass
class Span:
    """A scalar, a sequence (``items``) or a mapping (``entries``, with ``keys``), as a stretch of the text."""

    start: int
    end: int
    #: Where its first character stands in its line, from 0.
    column: int
    #: Written in brackets, and not over indented lines.
    is_flow: bool = False
    #: What a scalar says; None for one that was left empty.
    text: str | None = None
    items: list[Span] | None = None
    entries: dict[str, Span] | None = None
    keys: dict[str, Span] = field(default_factory=dict)
    #: The key whose value comes next, while the mapping is read.
    key: tuple[str, Span] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands there."""
        return self.text is None and self.items is None and self.entries is None

    @property
    def parts(self) -> list[Span]:
        """The items, or the values of the entries, in the order of the text."""
        return self.items if self.items is not None else list((self.entries or {}).values())

    def plain(self) -> Any:
        """Return what it says, as ``source.Node.plain`` does."""
        if self.entries is not None:
            return {name: each.plain() for name, each in self.entries.items()}
        return [each.plain() for each in self.items] if self.items is not None else self.text


def read(events: Iterable[Any], text: str) -> Span:
    """
    Return the spans of a text that ``source.read`` takes without a problem, and in which there is something.

    ``events``: those of the parser, as ``source.read`` passes them on.
    """
    root = Span(0, 0, 0)
    inside: list[Span] = []
    for event in events:
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            close(inside.pop(), event)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent | ScalarEvent):
            span = opened(event, text)
            if inside:
                put_in(inside[-1], span, event, text)
            else:
                root = span
            if not isinstance(event, ScalarEvent):
                inside.append(span)
    return root


def opened(event: Any, text: str) -> Span:
    """Return the span that an event begins."""
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, ScalarEvent):
        if event.style in ("|", ">"):
            # A block reaches up to the next line with something in it; what is empty belongs to nobody.
            end = start + len(text[start:end].rstrip())
        value = None if event.style is None and event.value == "" else source.whole(event.value)
        return Span(start, end, event.start_mark.column, text=value)
    span = Span(start, end, event.start_mark.column, is_flow=bool(event.flow_style))
    if isinstance(event, MappingStartEvent):
        span.entries = {}
    else:
        span.items = []
    return span


def put_in(around: Span, span: Span, event: Any, text: str) -> None:
    """Put what begins into what is open around it: as an item, a key, or the value of the last key."""
    if around.items is not None:
        around.items.append(span)
    elif around.key is None:
        around.key = (event.value, span)
    else:
        name, key = around.key
        if span.is_empty:
            # The parser names the next thing there is; the value would stand behind the colon.
            span.start = span.end = text.index(":", key.end) + 1
        if around.entries is not None:
            around.entries[name] = span
        around.keys[name], around.key = key, None


def close(span: Span, event: Any) -> None:
    """Set where a sequence or mapping ends: with its bracket, or with the last thing in it."""
    last = span.parts[-1] if span.parts else None
    span.end = last.end if last is not None and not span.is_flow else event.end_mark.index
