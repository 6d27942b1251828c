"""
Messages with holes: what a text says once its tags are decided, made into HTML and text once, values put in later.

An output becomes a slot: a token that Markdown and the inliner pass on as a plain word. A value is put where
its token stood, escaped for that place, and never read as Markdown, HTML or template. The address of each link of
the HTML is kept apart, so that whoever sends may put another in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import quote

from coldframe.kernel.playbook import addresses
from coldframe.library import layout, markdown

#: Begins every token; what follows is the number of the slot, and an end that no digit continues.
TOKEN = re.compile(r"cfslot([0-9]+)e([0-9a-f]{16})z")
PREFIX = "cfslot"
HREF = re.compile(r'(?<=\shref=")[^"]*(?=")')
#: Stands for the address of a link until the message is written.
LINK = re.compile(r"cflink([0-9]+)e([0-9a-f]{16})z")


class UnsafeLink(Exception):
    """A value stands for the address of a link and is none that a message may lead to."""

    def __init__(self, slot: int) -> None:
        super().__init__(slot)
        self.slot = slot


def token(number: int, mark: str) -> str:
    """Return the token of a slot; ``mark`` (16 hex digits) belongs to the template, so that no text holds it by chance."""
    return f"{PREFIX}{number}e{mark}z"


@dataclass(frozen=True, slots=True)
class Holes:
    """Literal text with slots: every second part is empty, to be filled by ``(place, slot, manner)``."""

    parts: tuple[str, ...]
    slots: tuple[tuple[int, int, str], ...]

    def filled(self, values: Sequence[str], links: Sequence[str] = ()) -> str:
        """Return the text with a value in each slot, escaped for its place, and the addresses of its links."""
        if not self.slots:
            return self.parts[0]
        parts = list(self.parts)
        for place, slot, manner in self.slots:
            if manner == "link":
                value = escape(links[slot])
            elif manner == "html":
                value = escape(values[slot])
            elif manner == "url":
                value = values[slot].replace(" ", "%20")
            else:
                value = quote(values[slot], safe="") if manner == "part of url" else values[slot]
            parts[place] = value
        return "".join(parts)

    def address(self, values: Sequence[str]) -> str:
        """Return the address of a link. Raises ``UnsafeLink`` for one that a message must not lead to."""
        found = self.filled(values)
        if self.slots and not is_safe(found):
            raise UnsafeLink(self.slots[0][1])
        return found


def is_safe(address: str) -> bool:
    """Return whether a message may lead there: to a page of the web, or to a mailbox."""
    if not markdown.SAFE_URL.match(address):
        return False
    return not markdown.is_web(address) or addresses.fault_of(address) is None


def holes(text: str, mark: str, *, manner: str) -> Holes:
    """Return a text cut at its tokens; values are escaped in one manner, and links by themselves."""
    parts: list[str] = []
    slots: list[tuple[int, int, str]] = []
    position = 0
    for found in sorted((*TOKEN.finditer(text), *LINK.finditer(text)), key=lambda each: each.start()):
        if found.group(2) != mark:
            continue
        own = "link" if found.re is LINK else manner
        if own == "url" and found.start():
            own = "part of url"
        parts += [text[position : found.start()], ""]
        slots.append((len(parts) - 1, int(found.group(1)), own))
        position = found.end()
    return Holes(parts=(*parts, text[position:]), slots=tuple(slots))


def with_links_apart(html: str, mark: str) -> tuple[str, tuple[Holes, ...]]:
    """Return HTML with a token for the address of each link, and the addresses."""
    found: list[Holes] = []

    def apart(address: re.Match[str]) -> str:
        found.append(holes(unescape(address.group()), mark, manner="url"))
        return f"cflink{len(found) - 1}e{mark}z"

    return HREF.sub(apart, html), tuple(found)


def addresses_in(html: str, mark: str) -> list[str]:
    """Return the addresses of links that are the same for every reader."""
    _, links = with_links_apart(html, mark)
    return [each.parts[0] for each in links if not each.slots]


@dataclass(frozen=True, slots=True)
class Form:
    """A message with holes: its subject, its HTML, the addresses of the HTML's links, and its text."""

    subject: Holes
    html: Holes
    links: tuple[Holes, ...]
    text: Holes

    def addresses(self, values: Sequence[str]) -> list[str]:
        """Return where the links of the HTML lead, in their order. Raises ``UnsafeLink``."""
        return [each.address(values) for each in self.links]

    def shown(self) -> Iterator[int]:
        """Yield the slots that the message shows."""
        for part in (self.subject, self.html, *self.links, self.text):
            yield from (slot for _, slot, manner in part.slots if manner != "link")


def formed(*, subject: str, preheader: str, body: str, mark: str, language: str) -> Form:
    """Return the form of three decided texts with tokens in them: a line, a line, and Markdown."""
    inner, text = markdown.both(body, also=PREFIX)
    title, shown = one_line(subject), one_line(preheader)
    html = layout.dressed(language=escape(language), title=escape(title), preheader=escape(shown), body=inner)
    html, links = with_links_apart(html, mark)
    return Form(
        subject=holes(title, mark, manner="text"),
        html=holes(html, mark, manner="html"),
        links=links,
        text=holes(text, mark, manner="text"),
    )


def one_line(text: str) -> str:
    return " ".join(text.split())
