"""What the columns of a file are taken for, and what else each of them may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import headers, targets
from coldframe.leads.importing.looking import Column, Look
from coldframe.leads.uploads import Upload
from coldframe.web import faults, wording
from coldframe.web.imports import doing, words
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a list."""

    value: str
    label: str | Promise
    is_chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why an attempt came to nothing."""

    what: str
    expected: str
    got: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """One column of a file, and what may become of it."""

    place: int
    name: str
    samples: tuple[str, ...]
    fields: tuple[Option, ...]
    rules: tuple[Option, ...]
    #: Empty: its values are no dates.
    orders: tuple[Option, ...]
    #: Its dates can be read in two ways.
    is_asked: bool


@dataclass(frozen=True, kw_only=True)
class ChoosePage:
    """What the columns of a file are."""

    frame: parts.Frame
    upload: Upload
    sentence: str
    problem: Problem | None
    kinds: tuple[Option, ...]
    #: Names of sheets to choose from; empty: there is nothing to choose.
    sheets: tuple[Option, ...]
    encoding: str
    delimiter: str
    #: Empty: the file cannot be read as it is to be looked at.
    columns: tuple[ColumnRow, ...]
    notes: tuple[str, ...]
    missing: str
    #: What was said about the whole file.
    whole: Mapping[str, Any]
    bases: tuple[Option, ...]
    source: str


def build_choosing(upload: Upload, *, now: datetime) -> ChoosePage:
    """Return what the columns of a file are taken for; where it cannot be read, why, and what else it may be."""
    look, problem = None, problem_of(upload.problem)
    sheets: tuple[str, ...] = ()
    try:
        look = doing.look_at(upload)
    except Refusal as refusal:
        problem, sheets = problem_of(refusal.as_json()), getattr(refusal, "sheets", ())
    choice = upload.choice
    kind = look.kind if look else choice.get("kind", "")
    return ChoosePage(
        frame=parts.build_frame(section="imports", now=now),
        upload=upload,
        sentence=about(look) if look else "",
        problem=problem,
        kinds=options(words.KINDS, kind),
        sheets=options({name: name for name in sheets}, choice.get("sheet", "")),
        encoding=(look.encoding if look else "") or choice.get("encoding", ""),
        delimiter=(look.delimiter if look else "") or choice.get("delimiter", ""),
        columns=tuple(column_row(each, look, upload) for each in look.columns) if look else (),
        notes=tuple(map(faults.said, look.notes)) if look else (),
        missing=what_is_missing(look) if look else "",
        whole={name: choice.get(name, "") for name in ("source", "zone", "basis_source", "basis_wording")},
        bases=options(words.BASES, choice.get("basis", "")) if kind == "leads" else (),
        source=look.source if look else "",
    )


def about(look: Look) -> str:
    """Return what a file is, in one sentence."""
    known = sum(1 for column in look.columns if column.field)
    rows = ngettext("About %(rows)s row.", "About %(rows)s rows.", look.rows)
    columns = ngettext(
        "Of %(columns)d columns, %(known)d was recognized.",
        "Of %(columns)d columns, %(known)d were recognized.",
        known,
    )
    said = {"rows": wording.number(look.rows), "columns": len(look.columns), "known": known}
    return f"{rows} {columns}" % said


def what_is_missing(look: Look) -> str:
    """Return what a column must say and none does, in words."""
    return " · ".join(
        _(" or ").join(words.field(each) for each in choice.split(" or ")) for choice in look.missing
    )


def column_row(column: Column, look: Look, upload: Upload) -> ColumnRow:
    """Return a column with the choices there are for it, as they were made before."""
    asked = dict(upload.choice.get("mapping", ()))
    chosen = asked.get(column.name, column.field or "")
    chosen = "custom" if chosen.startswith("custom.") else chosen
    target = targets.TARGETS[look.kind].get(chosen)
    doubtful = upload.problem.get("columns", ())
    orders = dict(upload.choice.get("dates", ()))
    is_date = (
        column.name in doubtful or column.name in orders or bool(target and target.kind in targets.DATES)
    )
    return ColumnRow(
        place=column.index,
        name=column.name,
        samples=column.samples,
        fields=field_options(look.kind, chosen),
        rules=options(words.RULES, dict(upload.choice.get("rules", ())).get(column.name, "replace"))
        if look.kind != "events"
        else (),
        orders=options({"": _("as the values say"), **words.ORDERS}, orders.get(column.name, ""))
        if is_date
        else (),
        is_asked=column.name in doubtful,
    )


def field_options(kind: Any, chosen: str) -> tuple[Option, ...]:
    """Return what a column may be, by the alphabet of the words."""
    names = sorted(
        ((words.field(name), name) for name in headers.fields_of(kind)), key=lambda each: each[0].casefold()
    )
    own = {"custom": _("Keep as a field of your own")} if kind in targets.OWNERS else {}
    return options({"": _("Leave out"), **own, **{name: label for label, name in names}}, chosen)


def options(labels: Mapping[str, str | Promise], chosen: str) -> tuple[Option, ...]:
    """Return choices of a list."""
    return tuple(
        Option(value=value, label=label, is_chosen=value == chosen) for value, label in labels.items()
    )


def problem_of(said: Mapping[str, Any]) -> Problem | None:
    """Return a refusal as the page words it; advice that speaks of the command line is left out."""
    if not said:
        return None
    advice = said.get("advice") or ""
    if said.get("columns"):
        advice = _("Say below which comes first.")
    elif "--" in advice or "command again" in advice:
        advice = ""
    return Problem(
        what=faults.said(said.get("error") or ""),
        expected=faults.said(said.get("expected") or ""),
        got=faults.said(said.get("got") or ""),
        advice=faults.said(advice),
    )
