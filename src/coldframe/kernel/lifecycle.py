"""
The machine of a lead's status: which status may follow which, and which one does.

Three steps, each two lists of expressions over a frame of leads: what is asked several times is made first, for what
Polars takes to read an expression grows with its depth. Pure. ``answered`` says what sales' own answer, or its
silence, makes of the stored status; ``next_status`` what the assessment proposes; ``concluded`` what follows once
a person's override, sales' answers and its room are heard. Who moves leads asks ``may_follow`` first.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel.vocabulary import Disposition, HandoffState, LeadStatus, OpportunityState, Verdict

#: Sales has so long to turn an accepted lead into an opportunity; then it is recycled.
OPPORTUNITY_WITHIN = timedelta(days=30)
#: No deadline of sales is shorter than this for the machine, however quick the agreed answer.
LEAST_DEADLINE = timedelta(days=1)
#: A lead that re-engaged by a weaker trigger (``to: re_engaged``) is put before sales after so long, if it still holds.
RE_ENGAGED_FOR = timedelta(days=1)

_NEW, _REVIEW, _NURTURE = LeadStatus.NEW, LeadStatus.SALES_REVIEW, LeadStatus.NURTURE
_RE_ENGAGED, _ACCEPTED, _DISQUALIFIED = (
    LeadStatus.RE_ENGAGED,
    LeadStatus.SALES_ACCEPTED,
    LeadStatus.DISQUALIFIED,
)

#: A status as a column of the working frame.
STATUS = pl.Enum([status.value for status in LeadStatus])
#: Reasons of the machine's own, besides the rules of the playbook: sales still has the lead under review, or
#: accepted; its deadline passed; it came back from sales; it fell quiet again; it was taken back after
#: having been let go.
REASONS = ("awaiting_verdict", "accepted", "lapsed", "recycled", "quiet_again", "taken_back")

#: Reasons beside those of the assessment: a person decided; sales answered, or let its deadline pass; sales returned
#: the lead too often for the same reason; sales has no room; what sales has already seen does not send a lead again.
OVERRIDE, LAPSED, THIRD_RETURN, WAITS_FOR_ROOM, NOTHING_NEW = (
    "override",
    "lapsed",
    "third_return",
    "waits_for_room",
    "nothing_new",
)
CONCLUSIONS = (
    OVERRIDE,
    LAPSED,
    THIRD_RETURN,
    WAITS_FOR_ROOM,
    NOTHING_NEW,
    *(f"verdict:{verdict.value.lower()}" for verdict in Verdict),
)
VERDICT_ACCEPTED = f"verdict:{Verdict.ACCEPTED.value.lower()}"
#: Verdicts after which a lead is sales' no longer.
RETURNS = (Verdict.NOT_NOW, Verdict.NEEDS_EDUCATION, Verdict.WRONG_PERSON, Verdict.NOT_A_FIT)

#: What may follow each status, besides itself. Nothing goes back to NEW.
LEGAL: dict[LeadStatus, frozenset[LeadStatus]] = {
    _NEW: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _ACCEPTED, _DISQUALIFIED}),
    _REVIEW: frozenset({_ACCEPTED, _NURTURE, _RE_ENGAGED, _DISQUALIFIED}),
    _NURTURE: frozenset({_REVIEW, _RE_ENGAGED, _ACCEPTED, _DISQUALIFIED}),
    _RE_ENGAGED: frozenset({_REVIEW, _NURTURE, _ACCEPTED, _DISQUALIFIED}),
    _ACCEPTED: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _DISQUALIFIED}),
    _DISQUALIFIED: frozenset({_REVIEW, _NURTURE, _RE_ENGAGED, _ACCEPTED}),
}


def may_follow(before: LeadStatus, after: LeadStatus) -> bool:
    """Return whether a lead may go from one status to another; staying is always legal."""
    return before == after or after in LEGAL[before]


def released(*, now: pl.Expr) -> pl.Expr:
    """
    Return the status with which a lead enters an assessment: what the clock has ended is over.

    ``now`` is the instant; over ``status`` (null: NEW), ``status_since``, ``opportunity.state`` and ``deal_at`` (since
    when the deal stands so). An accepted lead whose deal was lost since, or that has had no deal for
    ``OPPORTUNITY_WITHIN``, is back in nurture.
    """
    status = pl.col("status").cast(STATUS).fill_null(_word(_NEW))
    opportunity, since = pl.col("opportunity.state"), pl.col("status_since")
    is_lost = opportunity == OpportunityState.LOST.value
    waited = since.fill_null(now) + OPPORTUNITY_WITHIN <= now
    is_over = (is_lost & (pl.col("deal_at") >= since)) | ((is_lost | opportunity.is_null()) & waited)
    return (
        pl.when((status == _ACCEPTED.value) & is_over.fill_null(False))
        .then(_word(_NURTURE))
        .otherwise(status)
    )


def _word(status: LeadStatus) -> pl.Expr:
    return pl.lit(status.value, dtype=STATUS)


#: What is made first, and what follows from it.
Steps = tuple[list[pl.Expr], list[pl.Expr]]


def next_status(*, reasons: pl.Enum) -> Steps:
    """
    Return ``status`` and ``status_reason`` that follow an assessment, and before them what they read.

    Over ``status`` (as ``released`` gives it), ``was`` (as stored), ``disposition``, ``reason`` (of the type
    ``reasons``, which includes ``REASONS``), ``sends_to`` (the status of a lead that goes to sales),
    ``is_overdue`` (sales' deadline has passed). Sales keeps a lead under review until its deadline, and an
    accepted one until ``released``; every other status follows the disposition.
    """
    status, disposition = pl.col("status"), pl.col("disposition")
    to_sales = disposition == Disposition.TO_SALES.value
    gives_up = pl.col("is_overdue") & ~to_sales
    is_accepted = pl.col("sends_to").eq_missing(_word(_ACCEPTED))
    keeps = (status == _ACCEPTED.value) | ((status == _REVIEW.value) & ~gives_up & ~is_accepted)
    follows = (
        pl.when(to_sales)
        .then(pl.col("sends_to"))
        .when(disposition == Disposition.LET_GO.value)
        .then(_word(_DISQUALIFIED))
        .otherwise(_word(_NURTURE))
    )
    return [
        keeps.alias("is_kept"),
        (keeps & ~to_sales).alias("is_kept_by_sales"),
        (~keeps & (disposition == Disposition.NURTURE.value)).alias("is_nurtured"),
        follows.alias("follows"),
    ], [
        pl.when("is_kept").then(status).otherwise("follows").alias("status"),
        _why(reasons).alias("status_reason"),
    ]


def _why(reasons: pl.Enum) -> pl.Expr:
    status, kept, nurtured = pl.col("status"), pl.col("is_kept_by_sales"), pl.col("is_nurtured")
    cases = {
        "awaiting_verdict": kept & (status == _REVIEW.value),
        "accepted": kept,
        "lapsed": nurtured & (status == _REVIEW.value),
        "recycled": nurtured & (pl.col("was") == _ACCEPTED.value).fill_null(False),
        "quiet_again": nurtured & (status == _RE_ENGAGED.value),
        "taken_back": nurtured & (status == _DISQUALIFIED.value),
    }
    why = pl.col("reason")
    for word, case in reversed(cases.items()):
        why = pl.when(case).then(pl.lit(word, dtype=reasons)).otherwise(why)
    return why


def place() -> pl.Expr:
    """
    Return where a lead is by its status, as a word of ``Disposition``, over ``status`` and ``status_reason``.

    Who re-engaged by a trigger is on its way to sales; who waits for room there is in nurture meanwhile.
    """
    status = pl.col("status")
    on_its_way = (status == _RE_ENGAGED.value) & pl.col("status_reason").str.starts_with("trigger:")
    return (
        pl.when(status.is_in([_REVIEW.value, _ACCEPTED.value]) | on_its_way)
        .then(pl.lit(Disposition.TO_SALES.value))
        .when(status == _DISQUALIFIED.value)
        .then(pl.lit(Disposition.LET_GO.value))
        .otherwise(pl.lit(Disposition.NURTURE.value))
        .alias("place")
    )


def answered(*, now: pl.Expr) -> Steps:
    """
    Return ``status`` and ``answer``: where a lead stands by sales' own answer, and the reason word, null for none; and
    before them what they read.

    Over the stored ``status`` (null: NEW) and ``status_since``, and of the lead's last handoff (null where it never had
    one): ``handoff_state``, ``deadline_at``, ``verdict``, ``verdict_at``, ``goes_to`` (the status that the playbook says
    follows a return) and ``is_third_return``. A review without an open handoff is nobody's: the assessment decides.
    """
    status = pl.col("status").cast(STATUS).fill_null(_word(_NEW))
    in_review = status == _REVIEW.value
    # A verdict that came later than the status speaks for it, whatever the status is: sales may answer late.
    is_news = (pl.col("verdict_at") >= pl.col("status_since")).fill_null(True)
    is_heard = pl.col("verdict").is_not_null() & is_news
    is_accepted = pl.col("verdict") == Verdict.ACCEPTED.value
    is_open = pl.col("handoff_state") == HandoffState.OPEN.value
    lapses = in_review & (
        (pl.col("handoff_state") == HandoffState.LAPSED.value) | (is_open & (pl.col("deadline_at") <= now))
    )
    first = [
        status.alias("stands"),
        is_heard.alias("is_heard"),
        (is_heard & is_accepted).alias("is_heard_yes"),
        (is_heard & pl.col("is_third_return")).alias("is_heard_thrice"),
        lapses.fill_null(False).alias("has_lapsed"),
        (in_review & ~is_open.fill_null(False)).alias("is_nobodys"),
    ]
    follows = (
        pl.when("is_heard_yes")
        .then(_word(_ACCEPTED))
        .when("is_heard_thrice")
        .then(_word(_DISQUALIFIED))
        .when("is_heard")
        .then(pl.col("goes_to").cast(STATUS))
        .when(pl.col("has_lapsed") | pl.col("is_nobodys"))
        .then(_word(_NURTURE))
        .otherwise("stands")
    )
    answer = (
        pl.when(pl.col("is_heard_thrice") & ~pl.col("is_heard_yes"))
        .then(pl.lit(THIRD_RETURN))
        .when("is_heard")
        .then("verdict:" + pl.col("verdict").str.to_lowercase())
        .when("has_lapsed")
        .then(pl.lit(LAPSED))
    )
    return first, [follows.alias("status"), answer.alias("answer")]


def concluded() -> Steps:
    """
    Return ``status`` and ``status_reason``, once everybody is heard, and before them the ``case``; what wins stands first.

    Over ``entered`` (the status of ``answered``), ``status`` and ``status_reason`` (as ``next_status`` proposed them),
    ``answer``, ``override`` (the status a person set, null: none), ``is_open`` (sales has the lead, and its deadline is
    ahead), ``is_let_go`` (sales' verdict let it go) and ``let_go_by`` (the reason word), ``is_stale`` (it would go to sales by what sales has seen
    before), ``exit`` (the reason of an exit that then lets it go, null: none), ``has_acted`` (a meaningful action since it
    entered its status), ``is_proposed`` (it needs room at sales) and ``is_granted`` (it has it). Who waits for room is
    re-engaged by an action of its own since it was nurtured; time, a colleague or another look make nobody so.
    """
    entered, proposed = pl.col("entered").cast(STATUS), pl.col("status").cast(STATUS)
    override = pl.col("override").cast(STATUS)
    waits = pl.col("is_proposed") & ~pl.col("is_granted")
    again = (entered == _RE_ENGAGED.value) | ((entered == _NURTURE.value) & pl.col("has_acted"))
    to_deal = proposed == _ACCEPTED.value
    stays_with_sales = pl.col("is_open") & (entered == _REVIEW.value)
    kept_out = pl.col("is_let_go") & ~(pl.col("is_proposed") & pl.col("is_granted"))
    exit_holds = pl.col("is_stale") & pl.col("exit").is_not_null()
    by_answer = pl.when(pl.col("answer") == VERDICT_ACCEPTED).then("answer").otherwise("status_reason")
    cases: dict[str, tuple[pl.Expr, pl.Expr, pl.Expr]] = {
        "override": (override.is_not_null(), override, pl.lit(OVERRIDE)),
        "deal": (to_deal, proposed, by_answer),
        "with_sales": (stays_with_sales, _word(_REVIEW), pl.col("status_reason")),
        "let_go": (kept_out, _word(_DISQUALIFIED), pl.coalesce("answer", "let_go_by")),
        "exit": (exit_holds, _word(_DISQUALIFIED), pl.col("exit")),
        "stale": (pl.col("is_stale"), _word(_NURTURE), pl.coalesce("answer", pl.lit(NOTHING_NEW))),
        "granted": (pl.col("is_proposed") & pl.col("is_granted"), _word(_REVIEW), pl.col("status_reason")),
        "waits_again": (waits & again, _word(_RE_ENGAGED), pl.lit(WAITS_FOR_ROOM)),
        "waits": (waits, _word(_NURTURE), pl.lit(WAITS_FOR_ROOM)),
        "nurtured": (proposed == _NURTURE.value, proposed, pl.coalesce("answer", "status_reason")),
    }
    kind = pl.Enum(list(cases))
    case = pl.coalesce(
        [pl.when(holds).then(pl.lit(name, dtype=kind)) for name, (holds, _, _) in cases.items()]
    )
    status, reason = proposed, pl.col("status_reason")
    for name, (_, word, why) in reversed(cases.items()):
        is_case = pl.col("case") == name
        status = status if word is proposed else pl.when(is_case).then(word).otherwise(status)
        reason = pl.when(is_case).then(why).otherwise(reason)
    return [case.alias("case")], [status.alias("status"), reason.alias("status_reason")]
