"""Assessed leads with their because cards as texts, many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.kernel.assessment import assess, explain, wording
from coldframe.kernel.assessment.needs import needs
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.nurture import facts as nurture

#: Columns of an assessment that an export shows as they are.
PLAIN = (
    "disposition", "reason", "fit_level", "fit_level_best", "fit_score", "fit_verdict", "intent_level",
    "intent_points", "account_intent_points", "stage", "timing", "timing_at", "segment", "path", "missing_count",
    "last_meaningful_at", "leaves_at",
)  # fmt: skip
#: Digits of points that mean something to a reader.
DIGITS = 1


def cards(
    account_ids: Collection[int],
    *,
    wanted: Collection[int],
    playbook: Playbook,
    as_of: datetime,
    with_moves: bool,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """
    Yield each wanted lead of some accounts with the values of ``columns.ASSESSED`` and ``columns.CARD`` it computes.

    ``with_moves`` adds what would move it, which costs an assessment of many variations for each lead.
    """
    facts = nurture.load_facts(needs(playbook), as_of=as_of, account_ids=account_ids)
    shapes = {row[0]: " ".join(filter(None, row[1:])) for row in facts.shapes.iter_rows()}
    assessed = assess.assess(facts, playbook=playbook, as_of=as_of, detail=True)
    for row in assessed.filter(pl.col("lead_id").is_in(list(wanted))).iter_rows(named=True):
        values = texts(row, playbook=playbook, as_of=as_of, shapes=shapes)
        if with_moves:
            values["would_move_it"] = moves(facts, row, playbook=playbook, as_of=as_of)
        yield row["lead_id"], values


def texts(
    row: dict[str, Any], *, playbook: Playbook, as_of: datetime, shapes: dict[int, str]
) -> dict[str, Any]:
    """Return what an assessed row with detail says, without what would move it."""
    plain = {name: round(row[name], DIGITS) if isinstance(row[name], float) else row[name] for name in PLAIN}
    kind, _, name = row["reason"].partition(":")
    axes = (explain.fit_axis(row, playbook), explain.intent_axis(row, playbook))
    reasons = [
        *explain.deciding_reasons(row, playbook)[1:],
        *(each for axis in axes for each in axis.reasons),
    ]
    return plain | {
        "disqualification_reason": name if kind == "disqualify" else None,
        "last_meaningful_action": shapes.get(row["last_meaningful_shape"]),
        "why": explain.headline(row, playbook),
        "because": [said(each) for each in reasons],
        "would_settle_fit": [wording.label(each) for each in explain.deciding_fields(row, playbook)],
        "leaves": explain.leaving(row, as_of=as_of),
    }


def said(reason: explain.Reason) -> str:
    """Return a reason in one line: what holds with its points, or what is unknown."""
    if reason.held is None:
        return f"unknown: {reason.text}"
    return f"{reason.text} ({reason.points:+g} points)" if reason.points is not None else reason.text


def moves(facts: Facts, row: dict[str, Any], *, playbook: Playbook, as_of: datetime) -> list[str]:
    """Return what would move one lead, simplest first; the search sees its account alone."""
    card = explain.explain(
        only(facts, row["account_id"]), playbook=playbook, as_of=as_of, lead_id=row["lead_id"]
    )
    return [each.text for each in card.advance_if]


def only(facts: Facts, account_id: int) -> Facts:
    """Return the facts of one account."""
    leads = facts.leads.filter(pl.col("account_id") == account_id)
    return Facts(
        leads=leads,
        accounts=facts.accounts.filter(pl.col("account_id") == account_id),
        events=facts.events.join(leads.select("lead_id"), on="lead_id", how="semi"),
        shapes=facts.shapes,
        opportunities=facts.opportunities.filter(pl.col("account_id") == account_id),
    )
