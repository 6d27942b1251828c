"""What can be wrong with a playbook, said so that its owner can put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from coldframe.kernel.vocabulary import Refusal

REFERENCE = "docs/reference/playbook.md"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake (or doubt) and its place: line and column count from 1."""

    file: str
    line: int
    column: int
    #: Such as ``PB203``; the reference page lists them all.
    code: str
    #: The path to the place, such as ``signals.pricing_page.half_life``.
    where: str
    expected: str
    got: str
    advice: str = ""
    #: A warning does not keep a playbook from being used.
    is_warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}  {self.code}  {self.where}".rstrip()
        lines = [
            place + ("  (warning)" if self.is_warning else ""),
            f"expected {self.expected}, got {self.got}.",
        ]
        return "\n".join([*lines, self.advice] if self.advice else lines)

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return asdict(self)


class PlaybookInvalid(Refusal):
    """A text is no playbook; ``problems`` names every mistake found, in the order of the text."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        mistakes = [problem for problem in problems if not problem.is_warning]
        first = mistakes[0]
        what = f"The playbook has {len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}."
        super().__init__(
            what,
            where=f"{first.file}:{first.line}:{first.column}",
            expected=first.expected,
            got=first.got,
            advice=first.advice or None,
        )
        self.problems = problems

    def __str__(self) -> str:
        return "\n\n".join([*map(str, self.problems), self.what])

    def as_json(self) -> dict[str, Any]:
        """Return the refusal with all its problems."""
        return {**super().as_json(), "problems": [problem.as_json() for problem in self.problems]}


class BadValue(ValueError):
    """A value is not what its place needs; ``path`` leads to it from where validation stood."""

    def __init__(
        self,
        expected: str,
        got: object,
        *,
        advice: str = "",
        code: str = "PB204",
        path: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = str(got)
        self.advice = advice
        self.code = code
        self.path = path


class BadParts(ValueError):
    """Several values below one place are wrong."""

    def __init__(self, parts: list[BadValue]) -> None:
        super().__init__("; ".join(map(str, parts)))
        self.parts = parts


def shown(value: object) -> str:
    """Return a value as a message quotes it; a long one is cut."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    if not isinstance(value, str) or text.replace(".", "", 1).lstrip("-").isdigit():
        return text
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'


def nearest(name: str, options: Iterable[str]) -> str | None:
    """Return the option most like ``name``, or None when none is alike."""
    options = list(options)
    wanted = name.strip().lower()
    for option in options:
        if option.lower() == wanted or option.lower().rpartition(".")[2] == wanted.rpartition(".")[2] != "":
            return option
    lowered = {option.lower(): option for option in options}
    close = difflib.get_close_matches(wanted, lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def suggestion(name: str, options: Iterable[str], *, limit: int = 12) -> str:
    """Return advice: the nearest valid name, else the valid names where they are few."""
    options = list(options)
    close = nearest(name, options)
    if close is not None:
        return f'Did you mean "{close}"?'
    return f"Possible: {', '.join(options)}." if 0 < len(options) <= limit else ""
