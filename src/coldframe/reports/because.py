"""Assessed leads with their because cards as texts, many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from coldframe.kernel import cycle
from coldframe.kernel.assessment import assess, wording
from coldframe.kernel.assessment.card import Card, Reason
from coldframe.kernel.explaining import explain
from coldframe.kernel.playbook.model import Playbook
from coldframe.nurture import queries as nurture
from coldframe.nurture import surroundings

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

    ``with_moves`` adds what would move it, which costs the assessment of many variations of each lead.
    """
    facts = nurture.load_settling_facts(playbook, as_of=as_of, account_ids=account_ids)
    shapes = {row[0]: " ".join(filter(None, row[1:])) for row in facts.shapes.iter_rows()}
    told = cycle.heard(facts, playbook=playbook, as_of=as_of)
    assessed = assess.assess(told, playbook=playbook, as_of=as_of)
    rows = assessed.filter(pl.col("lead_id").is_in(list(wanted))).to_dicts()
    explained = explain.explain_each(
        facts,
        playbook=playbook,
        as_of=as_of,
        lead_ids=[row["lead_id"] for row in rows],
        around=partial(surroundings.load_line, facts, playbook=playbook, as_of=as_of),
        with_moves=with_moves,
    )
    for row, card in zip(rows, explained, strict=True):
        texts = said_by(card) | (
            {"would_move_it": [each.text for each in card.advance_if]} if with_moves else {}
        )
        yield row["lead_id"], figures(row, shapes=shapes) | texts


def figures(row: dict[str, Any], *, shapes: dict[int, str]) -> dict[str, Any]:
    """Return the columns of an assessed row that are shown as they are."""
    plain = {name: round(row[name], DIGITS) if isinstance(row[name], float) else row[name] for name in PLAIN}
    return plain | {"last_meaningful_action": shapes.get(row["last_meaningful_shape"])}


def said_by(card: Card) -> dict[str, Any]:
    """Return what a card says, without what would move the lead."""
    reasons = [*card.why[1:], *card.fit.reasons, *card.intent.reasons]
    kind, _, name = (card.let_go_by or "").partition(":")
    return {
        "disqualification_reason": name or kind or None,
        "why": card.headline,
        "because": [line(each) for each in reasons],
        "would_settle_fit": [wording.label(each) for each in card.deciding_fields],
        "leaves": card.leaves_text,
        "leaves_at": card.leaves_at,
    }


def line(reason: Reason) -> str:
    """Return a reason in one line: what holds with its points, or what is unknown."""
    if reason.held is None:
        return f"unknown: {reason.text}"
    return f"{reason.text} ({reason.points:+g} points)" if reason.points is not None else reason.text
