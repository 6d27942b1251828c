"""
What sales said of each lead last, and what the playbook makes of it: waiting, path, and when it may go to sales again.

A *return* is a verdict other than accepted. A handoff whose deadline passed unanswered has lapsed: the lead comes back
too, but nobody said anything of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.frames import INSTANT, empty
from coldframe.kernel.planning.prepared import NOW, Prepared, prepared_of
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook, VerdictRule
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import HandoffState, LeadStatus, Verdict

#: The return for the same reason that lets a lead go, where the playbook says so.
RETURNS_THAT_DISQUALIFY = 3
#: What ``last_handoffs`` says of a lead.
LAST_HANDOFF: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "handoff_state": pl.String,
    "handoff_opened_at": INSTANT,
    "deadline_at": INSTANT,
    "handoff_owner": pl.String,
    "verdict": pl.String,
    "verdict_at": INSTANT,
    "verdict_until": INSTANT,
    "goes_to": pl.String,
    "is_third_return": pl.Boolean,
    "returned_at": INSTANT,
    "return_path": pl.String,
    "return_not_before": INSTANT,
    "cool_owners": pl.List(pl.String),
}
#: What a playbook that is silent about a verdict means.
USUAL: dict[Verdict, VerdictRule] = {
    Verdict.NOT_NOW: VerdictRule(back_to="nurture", wait_until="given date"),
    Verdict.NEEDS_EDUCATION: VerdictRule(back_to="nurture"),
    Verdict.WRONG_PERSON: VerdictRule(back_to="nurture", look_for="another stakeholder"),
    Verdict.NOT_A_FIT: VerdictRule(to="disqualified"),
}


def rule_for(verdict: Verdict, *, playbook: Playbook) -> VerdictRule:
    """Return what follows from a verdict."""
    return playbook.sales.verdicts.get(verdict.value.lower(), USUAL[verdict])


def last_handoffs(handoffs: pl.DataFrame, *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """
    Return one row per lead that was ever put before sales, as ``LAST_HANDOFF``: what became of the last time.

    ``handoffs``: rows of ``frames.HANDOFFS``; those opened after ``as_of``, and verdicts given later, are not known yet.
    ``goes_to`` is the status that follows the verdict; ``is_third_return`` says that it is (at least) the third return
    for the same verdict with the same reason, which disqualifies; ``returned_at`` is when sales was done with the lead
    without a deal (null: it is not, or sales accepted); ``return_path`` and ``return_not_before`` are what the verdict
    asks of nurture; ``cool_owners`` returned the lead so lately that it does not go to them again yet.
    """
    if handoffs.is_empty():
        return empty(LAST_HANDOFF)
    prepared = prepared_of(playbook)
    known = (
        handoffs.lazy()
        .with_columns(expressions.instant(as_of).alias("now"))
        .filter(pl.col("opened_at") <= NOW)
        .with_columns(prepared.kept(_said))
        .with_columns(prepared.kept(_followed))
        .sort("lead_id", "opened_at")
    )
    last = known.group_by("lead_id", maintain_order=True).agg(prepared.kept(_last))
    return collected(last.select(KEPT), rows=handoffs.height)


KEPT = [pl.col(name).cast(dtype) for name, dtype in LAST_HANDOFF.items()]


def _said(prepared: Prepared) -> list[pl.Expr]:
    said = (pl.col("verdict_at") <= NOW).fill_null(False)
    return [pl.when(said).then(name).alias(name) for name in ("verdict", "verdict_reason", "verdict_at")]


def _followed(prepared: Prepared) -> list[pl.Expr]:
    """What the playbook makes of each verdict: columns ``goes_to``, ``return_path``, ``return_not_before``, ``is_return``."""
    playbook = prepared.playbook
    rules = {verdict: rule_for(verdict, playbook=playbook) for verdict in lifecycle.RETURNS}
    goes_to = {
        verdict.value: (LeadStatus.DISQUALIFIED if rule.to else LeadStatus.NURTURE).value
        for verdict, rule in rules.items()
    }
    paths = {verdict.value: rule.path for verdict, rule in rules.items()}
    verdict = pl.col("verdict")
    return [
        expressions.looked_up(verdict, goes_to, dtype=pl.String).alias("goes_to"),
        expressions.looked_up(verdict, paths, dtype=pl.String).alias("return_path"),
        _not_before(rules, playbook).alias("return_not_before"),
        verdict.is_in(list(goes_to)).fill_null(False).alias("is_return"),
    ]


def _not_before(rules: dict[Verdict, VerdictRule], playbook: Playbook) -> pl.Expr:
    """Until when nothing is sent: the date that sales gave; else so long after the verdict. Not now waits for a floor."""
    chain = pl.lit(None, dtype=INSTANT)
    for verdict, rule in rules.items():
        wait = rule.wait or (playbook.cadence.floor if rule.wait_until else None)
        waited = (
            pl.col("verdict_at") + wait.delta(cycle=playbook.cycle) if wait else pl.lit(None, dtype=INSTANT)
        )
        until = pl.coalesce("verdict_until", waited) if rule.wait_until else waited
        chain = pl.when(pl.col("verdict") == verdict.value).then(until).otherwise(chain)
    return chain


def _last(prepared: Prepared) -> list[pl.Expr]:
    """Columns of the last handoff of a group that stands in order of opening."""
    playbook = prepared.playbook
    last = {"state": "handoff_state", "opened_at": "handoff_opened_at", "owner": "handoff_owner"}
    same = (
        "deadline_at",
        "verdict",
        "verdict_at",
        "verdict_until",
        "goes_to",
        "return_path",
        "return_not_before",
    )
    lapsed = pl.col("state").is_in([HandoffState.OPEN.value, HandoffState.LAPSED.value]) & (
        pl.col("deadline_at") <= NOW
    )
    returned = pl.when("is_return").then("verdict_at").when(lapsed).then("deadline_at")
    cool_off = playbook.sales.cool_off.delta(cycle=playbook.cycle)
    is_cool = pl.col("is_return") & (pl.col("verdict_at") + cool_off > NOW)
    return [
        *(pl.col(name).last().alias(to) for name, to in last.items()),
        *(pl.col(name).last() for name in same),
        returned.last().alias("returned_at"),
        _is_third(playbook).alias("is_third_return"),
        pl.col("owner").filter(is_cool & pl.col("owner").is_not_null()).unique().alias("cool_owners"),
    ]


def _is_third(playbook: Playbook) -> pl.Expr:
    """Whether the last return is the third with the same verdict and the same stated reason; case and space do not count."""
    if not _thirds_disqualify(playbook):
        return pl.lit(False)
    reason = pl.col("verdict_reason").fill_null("").str.to_lowercase().str.strip_chars()
    like_the_last = (
        pl.col("is_return") & (pl.col("verdict") == pl.col("verdict").last()) & (reason == reason.last())
    )
    return pl.col("is_return").last() & (like_the_last.sum() >= RETURNS_THAT_DISQUALIFY)


def _thirds_disqualify(playbook: Playbook) -> bool:
    return playbook.sales.third_return_for_same_reason == "disqualified"


def last_chances(
    answers: Iterable[tuple[str | None, str | None]], *, playbook: Playbook
) -> tuple[tuple[str, str], ...]:
    """
    Return which of the answers to a lead so far, given once more, let it go: verdict and stated reason.

    ``answers``: verdict and stated reason of each of its handoffs, None where there is none; the latest first.
    """
    if not _thirds_disqualify(playbook):
        return ()
    returns = [
        (verdict, reason or "")
        for verdict, reason in answers
        if verdict is not None and verdict in lifecycle.RETURNS
    ]
    counts = Counter((verdict, reason.lower().strip()) for verdict, reason in returns)
    stated = {(verdict, reason.lower().strip()): reason.strip() for verdict, reason in reversed(returns)}
    return tuple(
        (verdict, stated[verdict, reason])
        for (verdict, reason), count in counts.items()
        if count >= RETURNS_THAT_DISQUALIFY - 1
    )
