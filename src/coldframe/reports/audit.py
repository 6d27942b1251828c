"""The audit: what a database of leads is worth working on, and what stands in the way."""

from __future__ import annotations

from datetime import datetime

from coldframe.nurture.grouping import Group
from coldframe.reports import (
    assessed,
    axes,
    duplicates,
    frames,
    interactions,
    mailing,
    missing,
    problems,
    sources,
    wording,
)
from coldframe.reports.findings import Audit, Chart, MissingField


def audit(*, as_of: datetime, whole: bool = False) -> Audit:
    """
    Return the audit at an instant.

    Uses the stored assessment where every lead has one; else the leads are assessed in memory, and nothing
    is stored. ``whole`` is for a command of its own, see ``storage.reads``.
    """
    people = frames.people(whole=whole)
    made = assessed.find(people, as_of=as_of, whole=whole)
    leads = people.join(made.frame, on="lead_id", how="left").with_columns(axes.group())
    events = interactions.until(frames.events(whole=whole), as_of, leads=people)
    suppressed = frames.suppressed(as_of, people=people, whole=whole)
    reasons = mailing.suppressions(suppressed, of=leads.height)
    dead = next(each.count for each in reasons.figures if each.key == "HARD_BOUNCE")
    addresses = mailing.addresses(leads, dead=dead)
    may_be_mailed = mailing.mailing(
        leads, suppressed=suppressed, with_basis=frames.leads_with_basis(as_of, whole=whole)
    )
    worth = axes.groups(leads, has_lists=made.is_stored)
    fields = missing.fields(
        leads, counts=frames.missing_counts(), playbook=made.playbook, has_lists=made.is_stored
    )
    by_source = sources.compare(leads, has_lists=made.is_stored)
    doubles = duplicates.find(people)
    silent = interactions.without(events, leads=people)
    asleep = axes.asleep(leads, as_of=as_of)
    dormant = axes.dormant(asleep, of=leads.height, has_lists=made.is_stored)
    return Audit(
        as_of=as_of,
        playbook=made.playbook.name,
        playbook_version=made.version,
        is_stored=made.is_stored,
        assessed_at=made.assessed_at,
        sentence=sentence(worth, may_be_mailed, undecided=axes.undecided(leads)),
        notes=made.notes + undated(fields, of=leads.height),
        lead_count=leads.height,
        account_count=people["account_id"].n_unique(),
        event_count=events.height,
        worth=worth,
        problems=problems.largest(
            leads=leads.height,
            missing=fields,
            sources=by_source,
            duplicates=doubles,
            addresses=addresses,
            mailing=may_be_mailed,
            without_interaction=silent,
            dormant=dormant,
        ),
        statuses=axes.statuses(leads, has_lists=made.is_stored),
        entries=axes.entries(leads),
        reasons=axes.reasons(leads, has_lists=made.is_stored),
        sources=by_source,
        interactions=interactions.kinds(events),
        without_interaction=silent,
        evidence=interactions.evidence(events),
        missing=fields,
        duplicates=doubles,
        addresses=addresses,
        mailing=may_be_mailed,
        suppressed=reasons,
        dormant=dormant,
        dormant_by_fit=axes.dormant_by_fit(asleep),
        axes=axes.charts_of(leads, has_lists=made.is_stored),
    )


def sentence(worth: Chart, mailing: Chart, *, undecided: int) -> str:
    """Return what the base is worth working on, in one sentence; ``undecided``: how many of those are no sure fit."""
    counts = {each.key: each.count for each in (*worth.figures, *mailing.figures)}
    total = worth.figures[0].of
    if not total:
        return "There are no leads yet: coldframe import leads FILE takes some in."
    sales, nurture = counts[Group.TO_SALES], counts[Group.NURTURE]
    workable = sales + nurture
    of_all = "the one lead" if total == 1 else wording.counted(total, "lead")
    opening = (
        f"Of {of_all} {wording.number(workable)} {wording.is_are(workable)} worth working on: "
        f"{wording.number(sales)} for sales now, {wording.number(nurture)} to nurture"
    )
    parts = [
        opening,
        f"the fit of {wording.number(undecided)} of them hangs on missing fields" if undecided else "",
        with_sales(counts[Group.WITH_SALES]),
        f"{wording.number(counts['suppressed'])} may not be mailed" if counts["suppressed"] else "",
        f"{wording.number(counts['no_basis'])} may not be mailed until a basis is stated"
        if counts["no_basis"]
        else "",
        f"{wording.number(counts['no_address'])} {has_have(counts['no_address'])} no address"
        if counts["no_address"]
        else "",
        f"{wording.number(counts[Group.LET_GO])} {wording.is_are(counts[Group.LET_GO])} let go",
    ]
    return "; ".join(filter(None, parts)) + "."


def with_sales(count: int) -> str:
    """Return the part of the sentence about the leads that sales works on; empty where there are none."""
    return f"{wording.number(count)} {wording.is_are(count)} with sales already" if count else ""


def has_have(count: int) -> str:
    """Return the verb of having that goes with a count."""
    return "has" if count == 1 else "have"


def undated(fields: tuple[MissingField, ...], *, of: int) -> tuple[str, ...]:
    """Return what to know where leads name no date of entry."""
    count = next((each.missing for each in fields if each.field == "lead.entered_at"), 0)
    if not count:
        return ()
    who = "All leads name" if count == of else wording.counted(count, "lead names", "leads name")
    return (f"{who} no date of entry; the day they were recorded here stands for it.",)
