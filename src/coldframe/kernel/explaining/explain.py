"""The because card of one lead: the same cycle again, for its account alone, with the reasons kept in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.kernel import cycle, lifecycle
from coldframe.kernel.assessment import wording
from coldframe.kernel.assessment.card import Axis, Card, Move, Reason
from coldframe.kernel.explaining import conclusions, moves
from coldframe.kernel.frames import Facts, Surroundings
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Leaf
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import BuyerStage, Disposition, FitVerdict, Refusal, TimingState

Row = dict[str, Any]
#: What must be known beside the accounts; asked for only where somebody is to go before sales.
Around = Callable[[], Surroundings]
#: What the settled frame says over the assessed one.
SETTLED = (
    "disposition", "reason", "path", "status", "status_reason", "place", "leaves_at", "leaves_by", "is_open", "is_stale", "deadline_at", "verdict",
    "verdict_at", "handoff_opened_at", "return_not_before", "path_if_nurtured",
)  # fmt: skip


class NotInFacts(Refusal):
    """The lead to be explained is not among the facts given."""


def explain(
    facts: Facts,
    *,
    playbook: Playbook,
    as_of: datetime,
    lead_id: int,
    around: Around = Surroundings,
    with_moves: bool = True,
) -> Card:
    """
    Return the because card of one lead.

    ``facts`` must hold the lead's whole account, and should hold nothing else; with its handoffs, overrides and
    enrollments the card says what a cycle would. ``with_moves=False`` leaves out what would move it, which costs
    several assessments. Raises ``NotInFacts`` for a lead that is not there.
    """
    cards = explain_each(
        facts, playbook=playbook, as_of=as_of, lead_ids=[lead_id], around=around, with_moves=with_moves
    )
    return next(cards)


def explain_each(
    facts: Facts,
    *,
    playbook: Playbook,
    as_of: datetime,
    lead_ids: Sequence[int],
    around: Around = Surroundings,
    with_moves: bool = True,
) -> Iterator[Card]:
    """
    Yield the because cards of many leads, in the order asked for; the searches share their assessments.

    ``facts`` must hold the leads' whole accounts; ``around`` is called for what sales has taken on where somebody is to
    go there. Raises ``NotInFacts`` for a lead that is not there.
    """
    absent = sorted(set(lead_ids) - set(facts.leads["lead_id"]))
    if absent:
        raise NotInFacts(f"Lead {absent[0]} is not among the facts.", advice="Load the lead's whole account.")
    rows, waiting = looked_at(facts, playbook=playbook, as_of=as_of, lead_ids=lead_ids, around=around)
    found: Iterator[tuple[Move, ...]] = iter([()] * len(lead_ids))
    if with_moves:
        full = frozenset(waiting["lead_id"])
        found = moves.look_for(facts, playbook=playbook, as_of=as_of, lead_ids=lead_ids, waiting=full)
    for lead_id, would_move in zip(lead_ids, found, strict=True):
        about = conclusions.setting_of(lead_id, facts, waiting, as_of=as_of)
        yield card_of(rows[lead_id], would_move, about, playbook=playbook)


def looked_at(
    facts: Facts, *, playbook: Playbook, as_of: datetime, lead_ids: Sequence[int], around: Around
) -> tuple[dict[int, Row], pl.DataFrame]:
    """Return each lead's row with detail and as a cycle settles it, and who waits for room at sales (``frames.WAITING``)."""
    proposed = cycle.propose(facts, playbook=playbook, as_of=as_of, ahead=False, detail=True)
    surroundings = Surroundings() if proposed.proposals.is_empty() else around()
    settled = cycle.settled(proposed, surroundings=surroundings)
    only = pl.DataFrame({"lead_id": pl.Series(list(dict.fromkeys(lead_ids)), dtype=pl.Int64)})
    said = settled.leads.join(only, on="lead_id", how="semi").with_columns(lifecycle.place())
    kept = proposed.detail.drop(SETTLED, strict=False).join(said[["lead_id", *SETTLED]], on="lead_id")
    return {row["lead_id"]: row for row in kept.iter_rows(named=True)}, settled.allocated.waiting


def card_of(
    row: Row, would_move: tuple[Move, ...], about: conclusions.Setting, *, playbook: Playbook
) -> Card:
    """Put a settled row with detail, and what would move it, into words."""
    said = conclusions.headline(row, about)
    return Card(
        lead_id=row["lead_id"],
        as_of=about.as_of,
        disposition=row["disposition"],
        reason=row["reason"],
        place=row["place"],
        headline=said or headline(row, playbook),
        status=row["status"],
        status_reason=row["status_reason"],
        path=row["path"],
        segment=row["segment"],
        fit=fit_axis(row, playbook),
        intent=intent_axis(row, playbook),
        stage=stage_axis(row, playbook),
        timing=timing_axis(row, playbook),
        completeness=completeness_axis(row, playbook),
        why=deciding_reasons(row, playbook),
        advance_if=would_move,
        hold=conclusions.hold(row, about),
        leaves_at=row["leaves_at"],
        leaves_by=row["leaves_by"],
        leaves_text=leaving(row),
        deciding_fields=deciding_fields(row, playbook),
    )


def truth(condition: Condition, row: Row) -> bool | None:
    """Return whether a condition holds for an assessed row with detail, under Kleene's logic; None: unknown."""
    if isinstance(condition, Leaf):
        value = row.get(expressions.leaf_column(condition))
        return None if value is None else bool(value)
    parts = [truth(each, row) for each in condition.of]
    if condition.kind == "all":
        return False if False in parts else None if None in parts else True
    either = True if True in parts else None if None in parts else False
    return (None if either is None else not either) if condition.kind == "none" else either


def rule_named(reason: str, playbook: Playbook) -> tuple[str, Condition | None]:
    """Return the name and the condition of a deciding rule such as ``trigger:Ready``."""
    kind, _, name = reason.partition(":")
    tables: dict[str, dict[str, Condition]] = {
        "trigger": {each.name: each.when for each in playbook.triggers},
        "disqualify": {each.reason: each.when for each in playbook.disqualify},
        "exit": {each.reason: each.when for each in playbook.exits},
        "path": {each.name: each.when for each in playbook.paths},
    }
    return name, tables.get(kind, {}).get(name)


def headline(row: Row, playbook: Playbook) -> str:
    """Return why the lead is here, in one sentence."""
    name, condition = rule_named(row["reason"], playbook)
    clause = wording.rule("", condition) if condition is not None else ""
    match row["reason"].split(":")[0], row["disposition"]:
        case "opportunity", _:
            return (
                "With sales already: the account has an open opportunity."
                if name == "open"
                else "A customer already."
            )
        case "trigger", _:
            return f"To sales now, by the trigger \u201c{name}\u201d{clause}."
        case "disqualify", _:
            return f"Let go as {wording.spaced(name)}{clause}."
        case "exit", Disposition.LET_GO:
            return f"Let go by the exit {wording.spaced(name)}{clause}."
        case "exit", _:
            return f"With sales already, by the exit {wording.spaced(name)}{clause}."
        case _:
            return f"In nurture on the path \u201c{name}\u201d{clause or ', which takes everybody left'}."


def deciding_reasons(row: Row, playbook: Playbook) -> tuple[Reason, ...]:
    """
    Return the deciding rule, then the others that hold, then the triggers that are open because fit is.

    A rule that is open only because nobody wrote a message, say, is no reason for anything.
    """
    first = Reason(rule=row["reason"], text=headline(row, playbook), held=True)
    # Its condition holds, and nothing has happened since the lead was nurtured: it re-engages nobody.
    idle = [
        f"trigger:{each.name}"
        for i, each in enumerate(playbook.triggers)
        if each.to == "re_engaged" and not row["triggers_held"] >> i & 1
    ]
    fit_is_open = row["fit_verdict"] == FitVerdict.UNDETERMINED
    others = [
        Reason(
            rule=key, text=wording.rule(f"{sort} \u201c{wording.spaced(name)}\u201d", condition), held=held
        )
        for sort, key, name, condition in rules(playbook)
        if key not in (row["reason"], *idle)
        and ((held := truth(condition, row)) or (held is None and sort == "Trigger" and fit_is_open))
    ]
    return (first, *sorted(others, key=lambda each: each.held is None))


def rules(playbook: Playbook) -> list[tuple[str, str, str, Condition]]:
    """Return sort, key, name and condition of every rule that decides between sales, nurture and letting go."""
    return [
        *(
            ("Reason to let go", f"disqualify:{each.reason}", each.reason, each.when)
            for each in playbook.disqualify
        ),
        *(("Trigger", f"trigger:{each.name}", each.name, each.when) for each in playbook.triggers),
        *(("Exit", f"exit:{each.reason}", each.reason, each.when) for each in playbook.exits),
    ]


def fit_axis(row: Row, playbook: Playbook) -> Axis:
    """Return fit with its interval, and each rule that holds or is open."""
    reasons = [
        Reason(
            rule=f"fit:{rule.name}",
            text=wording.rule(rule.name, rule.when),
            held=held,
            points=rule.points,
        )
        for rule in playbook.fit.rules
        if (held := truth(rule.when, row)) is not False
    ]
    reasons.sort(key=lambda each: (each.held is None, -abs(each.points or 0)))
    low, high = row["fit_level"], row["fit_level_best"]
    verdicts = {
        FitVerdict.GOOD: "a good fit, even in the worst case",
        FitVerdict.POOR: "a poor fit, even in the best case",
        FitVerdict.UNDETERMINED: f"undetermined: {low} for sure, {high} at best",
    }
    return Axis(
        value=low if low == high else f"{low}\u2013{high}",
        text=f"{wording.number(row['fit_score'])} of 100, {verdicts[FitVerdict(row['fit_verdict'])]}",
        points=row["fit_score"],
        low=row["fit_low"],
        high=row["fit_high"],
        reasons=tuple(reasons),
    )


def deciding_fields(row: Row, playbook: Playbook) -> tuple[str, ...]:
    """Return the missing fields that keep fit undetermined, most points at stake first."""
    if row["fit_verdict"] != FitVerdict.UNDETERMINED:
        return ()
    stake: dict[str, float] = {}
    for rule in playbook.fit.rules:
        if truth(rule.when, row) is None:
            for leaf in expressions.leaves(rule.when):
                if row.get(expressions.leaf_column(leaf)) is None:
                    stake[leaf.field] = stake.get(leaf.field, 0.0) + abs(rule.points)
    return tuple(sorted(stake, key=lambda field: (-stake[field], field)))


def intent_axis(row: Row, playbook: Playbook) -> Axis:
    """Return intent, each signal behind it with what is left of its points, and the colleagues' share."""
    reasons = [
        reason for name in playbook.signals if (reason := signal_reason(name, row, playbook)) is not None
    ]
    reasons.sort(key=lambda each: -(each.points or 0))
    own = sum(each.points or 0 for each in reasons)
    shared = round(row["intent_points"] - own, 1)
    if shared > 0:
        share = playbook.intent.account.counts
        text = f"colleagues' signals, of which {share} count"
        reasons.append(Reason(rule="intent:account", text=text, held=True, points=shared))
    text = f"{row['intent_points']:.0f} points, {wording.lowered(row['intent_level'])}"
    if row["account_intent_points"] > own + 0.5:
        text += f"; {row['account_intent_points']:.0f} in the whole account"
    if row["confirmed_points"] < row["intent_points"] - 0.5:
        text += f"; what is known to be a person's decides: {row['confirmed_points']:.0f}, {wording.lowered(row['confirmed_level'])}"
    return Axis(value=row["intent_level"], text=text, points=row["intent_points"], reasons=tuple(reasons))


def signal_reason(name: str, row: Row, playbook: Playbook) -> Reason | None:
    """Return what a signal adds now, and how much of it is not known to be a person's; None where it adds nothing."""
    left = row.get(f"signal:{name}:points")
    if not left:
        return None
    signal = playbook.signals[name]
    count, last = row.get(f"signal:{name}:count") or 0, row.get(f"signal:{name}:last_at")
    when = f", last on {wording.day(last)}" if last else ""
    seen = [f"{wording.times(count)}{when}"] if count else []
    if unsure := row.get(f"signal:{name}:unsure"):
        seen.append(wording.unconfirmed(signal.event, unsure))
    text = f"{wording.spaced(name)} {', and '.join(seen)}; {wording.number(signal.points)} points when fresh, half after {signal.half_life}"
    return Reason(rule=f"signal:{name}", text=text, held=True, points=round(left, 1), at=last)


def stage_axis(row: Row, playbook: Playbook) -> Axis:
    """Return the buyer stage and the evidence for it."""
    if row["stage"] is None:
        return Axis(value="", text="no evidence yet of which question the buyer asks")
    named = wording.lowered(row["stage"])
    if row["stage"] == BuyerStage.RE_ENGAGEMENT:
        last = row["last_meaningful_at"]
        since = f"no meaningful action since {wording.day(last)}" if last else "no meaningful action yet"
        return Axis(value=row["stage"], text=f"{named}: {since}")
    reasons = [
        reason
        for name, signal in playbook.signals.items()
        if signal.stage and (reason := signal_reason(name, row, playbook)) is not None
    ]
    return Axis(
        value=row["stage"], text=f"{named}, by what was read, asked and answered", reasons=tuple(reasons)
    )


def timing_axis(row: Row, playbook: Playbook) -> Axis:
    """Return when this could become real."""
    match TimingState(row["timing"]):
        case TimingState.NOW:
            held = [leaf for leaf in expressions.leaves(playbook.timing.now) if truth(leaf, row)]
            because = " and ".join(wording.say_leaf(leaf) for leaf in held)
            return Axis(value="NOW", text=f"now: {because}" if because else "now")
        case TimingState.LATER:
            return Axis(value="LATER", text=f"not before {wording.day(row['timing_at'])}")
        case _:
            return Axis(value="UNKNOWN", text="nobody has said when")


def completeness_axis(row: Row, playbook: Playbook) -> Axis:
    """Return which of the facts that sales needs are missing."""
    needed = playbook.completeness.sales_needs
    absent = [field for index, field in enumerate(needed) if row["missing"] >> index & 1]
    reasons = tuple(
        Reason(rule=f"missing:{field}", text=f"{wording.label(field)} is not known", held=None)
        for field in absent
    )
    named = ", ".join(wording.label(field) for field in absent)
    text = f"missing: {named}" if absent else "everything that sales needs is known"
    return Axis(value=f"{len(needed) - len(absent)} of {len(needed)}", text=text, reasons=reasons)


def leaving(row: Row) -> str:
    """Return when the lead leaves where it is if nothing happens, in a sentence."""
    if row["leaves_at"] is None:
        return "It stays let go unless new evidence arrives or a person decides otherwise."
    when = wording.day(row["leaves_at"])
    by = wording.spaced((row["leaves_by"] or "").partition(":")[2] or row["leaves_by"] or "")
    if row["place"] == Disposition.LET_GO:
        return f"It is looked at again on {when}."
    return f"If nothing happens, it leaves on {when} ({by})."
