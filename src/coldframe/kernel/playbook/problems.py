"""What can be wrong with a playbook, said so that its owner can put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from coldframe.kernel.vocabulary import Refusal

#: What each code means; the reference page shows it.
CODES: dict[str, str] = {
    "PB101": "the text is larger than 256 KiB",
    "PB102": "the text is no YAML",
    "PB103": "a tab where spaces belong",
    "PB104": "a control character",
    "PB105": "an anchor or alias",
    "PB106": "a tag",
    "PB107": "a key twice",
    "PB108": "too many levels",
    "PB109": "more than one document",
    "PB110": "no language version, or another than this program speaks",
    "PB111": "the text is no mapping of names to values",
    "PB112": "a key that is no name",
    "PB201": "an unknown key",
    "PB202": "a key that must be there is not",
    "PB203": "a quantity without its unit, or of the wrong kind",
    "PB204": "a value that its place cannot hold",
    "PB206": "a list or mapping where something else belongs, or the other way round",
    "PB301": "an unknown field",
    "PB302": "an unknown comparison, or none",
    "PB303": "a comparison that does not fit the field",
    "PB304": "a value that does not fit the comparison",
    "PB305": "an unknown list",
    "PB306": "a field that is not known yet at that step",
    "PB307": "a condition that is not well formed",
    "PB308": "an unknown signal",
    "PB401": "a name twice, or one that is taken",
    "PB402": "fit levels that do not descend",
    "PB403": "intent levels that do not ascend",
    "PB404": "a cap below the points",
    "PB405": "a floor below the ceiling",
    "PB406": "no last path that takes everybody left",
    "PB407": "no sunset: leads would be stored for ever",
    "PB408": "no trigger: nobody would come to sales",
    "PB409": "a signal on what was not the lead's own doing, such as an open",
    "PB410": "a stage order that is not complete",
    "PB411": "too many rules of a kind",
    "PB413": "a segment, path, asset or question that does not exist",
    "PB414": "a template that is for nothing, or for several sorts of content",
    "PB415": "a variant for everybody",
    "PB501": "warning: a list that is not given; it is empty",
    "PB502": "warning: a stage that no lead can be in",
    "PB503": "warning: a kind of event that looks misspelt",
    "PB504": "warning: a stage to be taken from assets, of which there are none",
    "PB505": "warning: paths that are never reached",
    "PB506": "warning: no last segment for everybody left",
    "PB507": "warning: no trigger on hand raises",
    "PB508": "warning: stages without content",
    "PB509": "warning: a path without content",
    "PB510": "warning: content without a template",
    "PB511": "warning: a message that speaks more of its sender than of its reader",
    "PB512": "warning: a merge field without a fallback; messages to leads without it are held",
    "PB513": "warning: HTML, which the reader would see as such",
    "PB514": "warning: a link that is none",
    "PB601": "a template that is not well formed",
    "PB602": "a tag that templates do not have",
    "PB603": "a filter that templates do not have, or one used wrongly",
    "PB604": "an unknown merge field, or one that this sort of content does not have",
    "PB605": "a template beyond the limits",
    "PB606": "a fallback that shows nothing",
    "PB607": "a message that cannot be made",
    "PB608": "a link to where no message may lead",
}


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
        return "a list" if value else "an empty list"
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
