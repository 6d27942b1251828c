"""One source, two parts: Markdown as the HTML and as the plain text of a message. Raw HTML stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: The only addresses that a link of a message may lead to.
SAFE_URL = re.compile(r"^(?:https?://[^\s/]|mailto:[^\s@]+@)", re.IGNORECASE)
WEB = re.compile(r"^https?://", re.IGNORECASE)
RULE = "-" * 20
#: Rules of the parser that letters do without.
LEFT_OUT = ["image", "html_block", "html_inline", "code", "reference"]


def is_web(url: str) -> bool:
    """Return whether an address leads to the web, and not to a mailbox."""
    return WEB.match(url) is not None


@lru_cache(maxsize=8)
def parser(also: str) -> MarkdownIt:
    """Return the parser; links may lead to the web, to addresses, and to what begins with ``also``."""
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).disable(LEFT_OUT)
    made.validateLink = lambda url: bool(SAFE_URL.match(url)) or (bool(also) and url.startswith(also))  # type: ignore[method-assign]
    return made


def both(source: str, *, also: str = "") -> tuple[str, str]:
    """Return the HTML and the plain text of a Markdown source."""
    made = parser(also)
    tokens = made.parse(source)
    return made.renderer.render(tokens, made.options, {}), as_text(tokens)


def as_text(tokens: Sequence[Token]) -> str:
    """Return plain text: paragraphs apart, list items with their marks, links with their address behind them."""
    lines: list[str] = []
    marks: list[str] = []
    pending: list[str] = []
    numbers: list[int | None] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrs.get("start", 1)) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
            apart(lines)
        elif token.type == "list_item_open":
            number = numbers[-1]
            mark = "- " if number is None else f"{number}. "
            numbers[-1] = None if number is None else number + 1
            marks.append(" " * len(mark))
            pending.append(mark)
        elif token.type == "list_item_close":
            marks.pop()
        elif token.type == "blockquote_open":
            marks.append("> ")
        elif token.type == "blockquote_close":
            marks.pop()
            apart(lines)
        elif token.type in ("paragraph_close", "heading_close") and not token.hidden:
            apart(lines)
        elif token.type == "hr":
            lines += [RULE, ""]
        elif token.type in ("inline", "fence"):
            text = inline_text(token.children or []) if token.type == "inline" else token.content
            lines += marked(text.rstrip("\n").split("\n"), marks, pending)
            if token.type == "fence":
                apart(lines)
    return "\n".join(lines).rstrip("\n") + "\n"


def apart(lines: list[str]) -> None:
    """Put one empty line between what was and what comes."""
    if lines and lines[-1]:
        lines.append("")


def marked(texts: list[str], marks: list[str], pending: list[str]) -> list[str]:
    """Return lines with what stands before them: the mark of a list item once, then its width."""
    behind = "".join(marks)
    first = behind
    if pending:
        opening = "".join(pending)
        first = behind[: len(behind) - len(opening)] + opening
        pending.clear()
    return [(first if number == 0 else behind) + text for number, text in enumerate(texts)]


def inline_text(children: Sequence[Token]) -> str:
    """Return the text of a line: emphasis dropped, a link as ``words <address>``."""
    out: list[str] = []
    opened: list[tuple[int, str]] = []
    for token in children:
        if token.type in ("text", "code_inline"):
            out.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            out.append("\n")
        elif token.type == "link_open":
            opened.append((len(out), str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            start, url = opened.pop()
            words = "".join(out[start:])
            out[start:] = [url if words in (url, url.removeprefix("mailto:")) else f"{words} <{url}>"]
    return "".join(out)
