"""A template cut into literal text, outputs and tags, before Liquid sees any of it; limits of size among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from coldframe.kernel.playbook.source import UNFIT

#: Longest source of one text, in characters: some 1,300 words.
MOST_SOURCE = 8 * 1024
MOST_LINES = 300
#: Characters that Markdown may take for more than themselves. What it makes of many takes time that grows with their square.
MARKS = "[]()*_`<>&!\\#~|"
MOST_MARKS = 400
#: Outputs and tags of one text.
MOST_TAGS = 200
LONGEST_TAG = 300
DEEPEST = 8
#: So far back a link is looked for.
LONGEST_LINK = 300

OPENERS = ("if", "unless", "case")
TAGS = (*OPENERS, "elsif", "else", "when", "endif", "endunless", "endcase")
TAG = re.compile(r"^-?\s*([a-zA-Z_]*)\s*(.*?)\s*-?$", re.DOTALL)
#: What stands before something in the words or the address of a Markdown link.
IN_LINK = re.compile(r"(?:\[[^\]]*|\]\([^)\s]*|<)$")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a template, ``offset`` characters into it."""

    offset: int
    code: str
    expected: str
    got: str
    advice: str = ""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a template: literal text, ``{{ an output }}`` or ``{% a tag %}``."""

    kind: str
    #: The whole of it, as written.
    text: str
    offset: int
    #: Of an output the expression; of a tag its name, and the rest in ``rest``.
    inner: str = ""
    rest: str = ""
    #: What the tags around it ask.
    around: tuple[str, ...] = ()
    #: It stands within a Markdown link already.
    is_in_link: bool = False
    #: Nothing else stands on its line.
    is_alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A template cut into pieces, and what is wrong with it."""

    pieces: tuple[Piece, ...]
    faults: tuple[Fault, ...]

    @property
    def has_tags(self) -> bool:
        """Whether the text depends on more than what is put into it."""
        return any(piece.kind == "tag" for piece in self.pieces)


@lru_cache(maxsize=512)
def scan(source: str) -> Scan:
    """Cut a template into pieces; what it may not hold is a fault, and Liquid never sees it."""
    beyond = oversize(source)
    if beyond:
        return Scan(pieces=(), faults=(beyond,))
    pieces: list[Piece] = []
    faults: list[Fault] = []
    open_tags: list[tuple[Piece, str]] = []
    for piece in cut(source, faults):
        if piece.kind == "tag":
            faults += nest(piece, open_tags)
        pieces.append(replace(piece, around=tuple(rest for _, rest in open_tags)))
        if len(pieces) > 2 * MOST_TAGS + 1:
            faults.append(
                limit(piece.offset, f"at most {MOST_TAGS} outputs and tags in a text", "more of them")
            )
            break
    if open_tags and not faults:
        last, _ = open_tags[-1]
        faults.append(malformed(last.offset, f"{{% end{last.inner} %}} behind it", "the end of the text"))
    return Scan(pieces=tuple(pieces), faults=tuple(faults))


def oversize(source: str) -> Fault | None:
    """Return that a text is too long, has too many lines or marks, or something unreadable in it, if it has."""
    for most, count, what in (
        (MOST_SOURCE, len(source), "characters"),
        (MOST_LINES, source.count("\n"), "lines"),
        (MOST_MARKS, sum(map(source.count, MARKS)), "marks of Markdown, such as * and ["),
    ):
        if count > most:
            return limit(0, f"a text of at most {most} {what}", str(count))
    unfit = UNFIT.search(source)
    return malformed(unfit.start(), "readable text", "a control character") if unfit else None


def cut(source: str, faults: list[Fault]) -> Iterator[Piece]:
    """Yield the pieces of a source up to the first that cannot be read."""
    position = 0
    while position < len(source):
        starts = [at for mark in ("{{", "{%") if (at := source.find(mark, position)) >= 0]
        start = min(starts, default=len(source))
        if start > position:
            yield Piece(kind="literal", text=source[position:start], offset=position)
        if start == len(source):
            return
        closer = "}}" if source[start + 1] == "{" else "%}"
        end = source.find(closer, start + 2, start + 2 + LONGEST_TAG + 2)
        inner = source[start + 2 : end]
        if end < 0:
            faults.append(malformed(start, f"{closer} within {LONGEST_TAG} characters", "none"))
            return
        if "{{" in inner or "{%" in inner or inner.startswith("{"):
            faults.append(malformed(start, f"{closer} before the next tag", "none"))
            return
        position = end + 2
        yield made(source, start, position)


def made(source: str, start: int, end: int) -> Piece:
    """Return the output or tag that stands there."""
    text, inner = source[start:end], source[start + 2 : end - 2]
    if text.startswith("{{"):
        before = source[source.rfind("\n", 0, start) + 1 : start]
        after = source[end:].partition("\n")[0]
        return Piece(
            kind="output",
            text=text,
            offset=start,
            inner=inner.strip(),
            is_in_link=bool(IN_LINK.search(before[-LONGEST_LINK:])),
            is_alone=not before.strip() and not after.strip(),
        )
    words = TAG.sub(r"\1 \2", inner)
    name, _, rest = words.partition(" ")
    return Piece(kind="tag", text=text, offset=start, inner=name, rest=rest)


def nest(piece: Piece, open_tags: list[tuple[Piece, str]]) -> Iterator[Fault]:
    """Follow a tag into or out of a block."""
    name = piece.inner
    if name not in TAGS:
        got = f"{{% {name or piece.rest[:20]} %}}"
        yield Fault(
            offset=piece.offset,
            code="PB602",
            expected="if, unless or case",
            got=got,
            advice="Templates have no loops and no variables of their own.",
        )
    elif name in OPENERS:
        open_tags.append((piece, piece.rest))
        if len(open_tags) > DEEPEST:
            yield limit(piece.offset, f"at most {DEEPEST} tags in each other", "one more")
    elif not open_tags or (name.startswith("end") and name != f"end{open_tags[-1][0].inner}"):
        expected = f"end{open_tags[-1][0].inner}" if open_tags else "an open tag before"
        yield malformed(piece.offset, expected, name)
    elif name.startswith("end"):
        open_tags.pop()
    else:
        opener, rest = open_tags[-1]
        open_tags[-1] = (opener, f"{rest} {piece.rest}")


def limit(offset: int, expected: str, got: str) -> Fault:
    return Fault(offset=offset, code="PB605", expected=expected, got=got, advice="Say it in fewer words.")


def malformed(offset: int, expected: str, got: str, advice: str = "") -> Fault:
    return Fault(offset=offset, code="PB601", expected=expected, got=got, advice=advice)
