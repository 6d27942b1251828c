"""What came of the rows of a file, or would come of them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from coldframe.web import faults, wording
from coldframe.web.imports import words

NOWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many rows came to the same."""

    label: str | Promise
    number: str
    is_bad: bool = False
    #: Where these are; empty where nothing keeps which they were.
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Also:
    """Something else that came of the rows, in words with its number."""

    text: str
    #: Where these are; empty where nothing keeps which they were.
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the file."""

    line: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of the rows."""

    sentence: str
    rows: str
    counts: tuple[Count, ...]
    also: tuple[Also, ...]
    #: Who may be written to, one sentence each; empty: nobody was asked about.
    permission: tuple[str, ...]
    #: How many nobody may write to, because nothing says why.
    without_basis: int
    reasons: tuple[Case, ...]
    refused_count: int
    #: The first of them.
    refused: tuple[Case, ...]
    conflicts: tuple[Case, ...]
    merged: tuple[Case, ...]
    not_recognized: tuple[str, ...]
    notes: tuple[str, ...]


def build_outcome(document: Mapping[str, Any], *, places: Mapping[str, str] = NOWHERE) -> Outcome:
    """Return what a summary of an import says; ``places`` are where the rows of a count are."""
    counts = document.get("counts", {})
    permission = document.get("permission") or {}
    refused = document.get("refused") or {}
    return Outcome(
        sentence=sentence(counts),
        rows=wording.number(counts.get("rows", document.get("rows", 0))),
        counts=tuple(
            Count(
                label=label,
                number=wording.number(counts.get(name, 0)),
                is_bad=name in {"refused", "conflicting"},
                href=places.get(name, "") if counts.get(name) else "",
            )
            for name, label in words.COUNTS.items()
        ),
        also=tuple(
            Also(text=words.ALSO[name](count), href=places.get(name, ""))
            for name, count in document.get("also", {}).items()
            if name in words.ALSO
        ),
        permission=(*permission_of(permission), *map(doubted, document.get("taken_as_opt_outs", ()))),
        without_basis=permission.get("without_basis", 0),
        reasons=tuple(
            Case(line=wording.number(count), text=faults.said(reason))
            for reason, count in refused.get("reasons", {}).items()
        ),
        refused_count=counts.get("refused", 0),
        refused=tuple(
            Case(line=str(each["line"]), text=faults.said(each["reason"])) for each in refused.get("rows", ())
        ),
        conflicts=tuple(conflict(each) for each in document.get("conflicts", ())),
        merged=tuple(
            Case(
                line=str(each["line"]),
                text=_("speaks of the same one as line %(line)s") % {"line": each["into_line"]},
            )
            for each in document.get("merged", ())
        ),
        not_recognized=tuple(
            f"{each['column']}: {each['text']} ({wording.number(each['rows'])})"
            for each in document.get("not_recognized", ())
        ),
        notes=tuple(map(faults.said, document.get("notes", ()))),
    )


def sentence(counts: Mapping[str, int]) -> str:
    """Return the counts in one line; those that are zero say nothing, but for what is new."""
    shown = [(name, counts.get(name, 0)) for name in words.COUNTS]
    return ", ".join(
        f"{wording.number(count)} {str(words.COUNTS[name]).lower()}"
        for name, count in shown
        if count or name == "new"
    )


def permission_of(permission: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who may be written to and who may not, one sentence each."""
    if not permission:
        return ()
    lines = [_("%(count)s may be written to.") % {"count": wording.number(permission["mailable"])}]
    for name, text in (
        ("suppressed", _("%(count)s are never written to; no import lifts that.")),
        ("opted_out_before", _("%(count)s of them had opted out before.")),
        ("without_address", _("%(count)s have no address.")),
    ):
        if permission.get(name):
            lines.append(text % {"count": wording.number(permission[name])})
    return tuple(lines)


def doubted(case: Mapping[str, Any]) -> str:
    """Return what a column of opt-outs says that is neither yes nor no."""
    said = {"column": case["column"], "text": case["text"], "count": wording.number(case["rows"])}
    return _("%(column)s: “%(text)s” (%(count)s) is neither yes nor no, and counts as an opt-out.") % said


def conflict(case: Mapping[str, Any]) -> Case:
    """Return a value of the file that differs from a known one."""
    values = {
        "field": words.field(str(case["field"]).rpartition(".")[2]), "known": case["known"], "given": case["given"],
    }  # fmt: skip
    if case["kept"] == "given":
        return Case(line=str(case["line"]), text=_("%(field)s: “%(known)s” becomes “%(given)s”") % values)
    return Case(line=str(case["line"]), text=_("%(field)s: “%(known)s” stays, not “%(given)s”") % values)
