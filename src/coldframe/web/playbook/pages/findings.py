"""What the checker says of a text: each mistake and doubt at its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.playbook.problems import Problem
from coldframe.library import examining
from coldframe.web import faults

#: Findings shown; the rest is counted.
MOST = 60
#: Characters of a line that is quoted.
LONGEST_LINE = 160


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One mistake or doubt."""

    line: int
    column: int
    code: str
    where: str
    expected: str
    got: str
    advice: str
    is_warning: bool
    #: The line itself.
    quoted: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything that is wrong or doubtful."""

    sentence: str
    #: good, doubtful or wrong.
    tone: str
    items: tuple[Finding, ...]
    more: str
    can_be_used: bool


def look_at(text: str) -> Findings:
    """Return what the checker says of a text of any size."""
    examination = examining.examined(text)
    return found(examination.problems, text, can_be_used=examination.playbook is not None)


def found(problems: Sequence[Problem], text: str, *, can_be_used: bool) -> Findings:
    lines = text.splitlines()
    rest = len(problems) - MOST
    return Findings(
        sentence=sentence(problems, can_be_used=can_be_used),
        tone="wrong" if not can_be_used else "doubtful" if problems else "good",
        # What has to be mended comes before what may be left.
        items=tuple(finding(each, lines) for each in sorted(problems, key=lambda one: one.is_warning)[:MOST]),
        more=ngettext("%(count)d more", "%(count)d more", rest) % {"count": rest} if rest > 0 else "",
        can_be_used=can_be_used,
    )


def sentence(problems: Sequence[Problem], *, can_be_used: bool) -> str:
    """Return how many mistakes and doubts there are, and whether the text can be used."""
    mistakes = sum(not each.is_warning for each in problems)
    doubts = len(problems) - mistakes
    if not can_be_used:
        return ngettext(
            "One mistake: it cannot be activated yet.",
            "%(count)d mistakes: it cannot be activated yet.",
            mistakes,
        ) % {"count": mistakes}
    if doubts:
        return ngettext("No mistake, one doubt.", "No mistake, %(count)d doubts.", doubts) % {"count": doubts}
    return _("Nothing is wrong.")


def finding(problem: Problem, lines: Sequence[str]) -> Finding:
    """Return one problem with the line it is in."""
    quoted = lines[problem.line - 1].strip() if problem.line <= len(lines) else ""
    problem = faults.problem(problem)
    return Finding(
        line=problem.line,
        column=problem.column,
        code=problem.code,
        where=problem.where,
        expected=problem.expected,
        got=problem.got,
        advice=problem.advice,
        is_warning=problem.is_warning,
        quoted=quoted[:LONGEST_LINE],
    )
