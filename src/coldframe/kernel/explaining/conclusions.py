"""What sales and people said of a lead, and what keeps it where it is, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import wording
from coldframe.kernel.assessment.card import Hold
from coldframe.kernel.frames import Facts
from coldframe.kernel.vocabulary import LeadStatus, Verdict

Row = dict[str, Any]
AWAITING, ACCEPTED, VERDICT = "awaiting_verdict", "accepted", "verdict"
SAID = {
    Verdict.ACCEPTED: "accepted it",
    Verdict.NOT_NOW: "said that it is not the time",
    Verdict.NEEDS_EDUCATION: "said that it needs education",
    Verdict.WRONG_PERSON: "said that it is the wrong person",
    Verdict.NOT_A_FIT: "said that it is not a fit",
}
STATUSES = {
    LeadStatus.NEW: "as new",
    LeadStatus.SALES_REVIEW: "before sales",
    LeadStatus.NURTURE: "in nurture",
    LeadStatus.RE_ENGAGED: "as re-engaged",
    LeadStatus.SALES_ACCEPTED: "with sales",
    LeadStatus.DISQUALIFIED: "out",
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What stands behind a conclusion beside the lead's own row."""

    as_of: datetime
    #: Of the override that holds the status, in force; None: nobody set one.
    held_until: datetime | None
    held_because: str
    #: ``frames.WAITING`` of the lead; None: it does not wait.
    waits: Row | None


def setting_of(lead_id: int, facts: Facts, waiting: pl.DataFrame, *, as_of: datetime) -> Setting:
    """Return what stands behind the conclusions about a lead."""
    found = facts.overrides.filter(
        (pl.col("lead_id") == lead_id)
        & (pl.col("set_at") <= as_of)
        & (pl.col("until") > as_of)
        & pl.col("status").is_not_null()
    ).sort("set_at", "until")
    held = found.row(-1, named=True) if found.height else None
    line = waiting.filter(pl.col("lead_id") == lead_id)
    return Setting(
        as_of=as_of,
        held_until=held["until"] if held else None,
        held_because=(held["reason"] or "") if held else "",
        waits=line.row(0, named=True) if line.height else None,
    )


def hold(row: Row, about: Setting) -> Hold | None:
    """
    Return what keeps a lead where it is, whatever happens or becomes known; None where nothing does.

    ``row``: the settled working frame's of the lead.
    """
    match row["status_reason"]:
        case lifecycle.OVERRIDE:
            return Hold(by="override", text=held_by_a_person(row, about), until=about.held_until)
        case lifecycle.WAITS_FOR_ROOM if about.waits is not None:
            waits = about.waits
            text = f"Sales has no room: number {waits['rank']} in line; {waits['reason']}. Room may come on {wording.day(waits['room_at'])}; whoever asks for sales does not wait."
            return Hold(by="waits_for_room", text=text, until=waits["room_at"], rank=waits["rank"])
        case _ if row["status"] == LeadStatus.SALES_REVIEW and row["is_open"]:
            day = wording.day(row["deadline_at"])
            return Hold(
                by=AWAITING, text=f"Sales looks at it, and has until {day}.", until=row["deadline_at"]
            )
        case lifecycle.NOTHING_NEW | "verdict:not_now" | "verdict:needs_education" if waits_for_date(
            row, about
        ):
            text = f"Sales asked to wait until {wording.day(row['return_not_before'])}; whoever asks for sales goes there all the same."
            return Hold(by=VERDICT, text=text, until=row["return_not_before"])
    return None


def waits_for_date(row: Row, about: Setting) -> bool:
    return row["return_not_before"] is not None and bool(row["return_not_before"] > about.as_of)


def headline(row: Row, about: Setting) -> str | None:
    """Return why the lead is here, where sales or a person was heard; None where a rule alone decided."""
    reason = row["status_reason"]
    match reason:
        case lifecycle.OVERRIDE:
            return held_by_a_person(row, about)
        case lifecycle.WAITS_FOR_ROOM:
            return f"For sales, by {rule_of(row)}, as soon as sales has room; nurture goes on until then."
        case lifecycle.LAPSED:
            return f"Sales let its deadline of {wording.day(row['deadline_at'])} pass. {here(row)}"
        case lifecycle.THIRD_RETURN:
            return "Let go: sales returned it for the third time for the same reason."
        case lifecycle.NOTHING_NEW:
            return f"Sales has seen what speaks for it ({rule_of(row)}): back there by something new, an action of its own or a date that comes."
    if row["verdict"] is not None and reason == f"verdict:{row['verdict'].lower()}":
        return f"Sales {SAID[Verdict(row['verdict'])]}{on(row['verdict_at'])}. {here(row)}"
    if row["status"] == LeadStatus.SALES_REVIEW and row["is_open"]:
        return f"Before sales{on(row['handoff_opened_at'])}: it has until {wording.day(row['deadline_at'])}."
    if row["status"] == LeadStatus.SALES_ACCEPTED and reason == ACCEPTED:
        return "Accepted by sales, which works on it."
    return None


def held_by_a_person(row: Row, about: Setting) -> str:
    until = f" until {wording.day(about.held_until)}" if about.held_until else ""
    because = f": {about.held_because}" if about.held_because else ""
    return f"Kept {STATUSES[LeadStatus(row['status'])]} by a person{until}{because}."


def rule_of(row: Row) -> str:
    kind, _, name = row["reason"].partition(":")
    return f"the {kind} \u201c{wording.spaced(name)}\u201d"


def here(row: Row) -> str:
    if row["status"] == LeadStatus.DISQUALIFIED:
        return "Let go."
    path = row["path"] or row["path_if_nurtured"]
    return f"In nurture on the path \u201c{path}\u201d." if path else "In nurture."


def on(instant: datetime | None) -> str:
    return f" on {wording.day(instant)}" if instant else ""
