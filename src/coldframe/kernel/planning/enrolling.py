"""On which path each lead in nurture is, in which lap, and what begins and ends there."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.frames import ENROLLMENT_CHANGES, ENROLLMENTS
from coldframe.kernel.planning.prepared import NOW, Prepared
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import BuyerStage, EnrollmentState, HoldReason, LeadStatus

IN_NURTURE = (LeadStatus.NURTURE.value, LeadStatus.RE_ENGAGED.value)
WITH_SALES = (LeadStatus.SALES_REVIEW.value, LeadStatus.SALES_ACCEPTED.value)
#: What a hold makes of the enrollment; all others leave it active.
STATE_OF_HOLD = {
    HoldReason.PAUSED.value: EnrollmentState.PAUSED.value,
    HoldReason.WAVE.value: EnrollmentState.WAITING.value,
    HoldReason.EXHAUSTED.value: EnrollmentState.EXHAUSTED.value,
}
#: Columns of the lead's last enrollment as the working frame holds them.
OLD = tuple(name for name in ENROLLMENTS if name not in ("lead_id", "account_id"))
IS_ENROLLED = pl.col("old:lap").is_not_null() & pl.col("old:ended_at").is_null()
#: A stay as it is from now on.
STAY = ("path", "lap", "entered_at", "lap_began_at", "not_before", "released_at")


def old(enrollments: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of ``frames.ENROLLMENTS`` as ``old:<column>``, beside ``lead_id``."""
    found = enrollments[["lead_id", *OLD]]
    found.columns = ["lead_id", *(f"old:{name}" for name in OLD)]
    return found


def path(prepared: Prepared) -> pl.Expr:
    """
    Return the path of leads in nurture.

    Over ``path_if_nurtured``, ``override_path``, ``stage``, ``last_meaningful_at``, and of the last handoff
    ``returned_at`` and ``return_path``. A person's path wins; then the path that sales' verdict names, until the lead
    does something or goes quiet; then the assessed one.
    """
    names = [each.name for each in prepared.playbook.paths]
    acted = (pl.col("last_meaningful_at") > pl.col("returned_at")).fill_null(False)
    dormant = (pl.col("stage") == BuyerStage.RE_ENGAGEMENT.value).fill_null(False)
    returned_to = pl.when(~acted & ~dormant).then("return_path")
    found = pl.coalesce(
        _known(pl.col("override_path"), names), _known(returned_to, names), "path_if_nurtured"
    )
    return found.fill_null(names[-1]).alias("path")


def _known(named: pl.Expr, names: list[str]) -> pl.Expr:
    return pl.when(named.is_in(names)).then(named)


def stay(prepared: Prepared) -> list[pl.Expr]:
    """
    Return the rest of ``STAY`` for leads in nurture, over ``path``, ``is_enrolled``, the old enrollment and ``return_not_before``.

    A lap begins where the lead was not in nurture; another path begins a new stay in the same lap.
    """
    goes_on = pl.col("is_enrolled")
    wait = pl.when(pl.col("return_not_before") > NOW).then("return_not_before")
    return [
        pl.when(goes_on).then("old:lap").otherwise(pl.col("old:lap").fill_null(0) + 1).alias("lap"),
        _kept(goes_on & (pl.col("path") == pl.col("old:path")), "entered_at"),
        _kept(goes_on, "lap_began_at"),
        pl.max_horizontal(pl.when(goes_on).then("old:not_before"), wait).alias("not_before"),
        pl.when(goes_on).then("old:released_at").alias("released_at"),
    ]


def _kept(keeps: pl.Expr, name: str) -> pl.Expr:
    return pl.when(keeps).then(f"old:{name}").otherwise(NOW).alias(name)


def state(hold: pl.Expr) -> pl.Expr:
    """Return the state of an enrollment by the reason of its hold, null for a touch."""
    return expressions.looked_up(hold, STATE_OF_HOLD, dtype=pl.String, otherwise=EnrollmentState.ACTIVE.value)


def changes(staying: pl.LazyFrame | None, leaving: pl.LazyFrame | None, prepared: Prepared) -> pl.LazyFrame:
    """
    Return what becomes of enrollments, as ``frames.ENROLLMENT_CHANGES``; what stays as it is has no row, but for
    leads that wait for a wave, whose place in it may have moved.

    ``staying``: leads in nurture with their ``STAY``, ``state`` and ``wave_rank``. ``leaving``: all others, with
    ``status`` and ``status_reason``. Both bring the old enrollment and ``now``; None: there is nobody.
    """
    rules = prepared.kept(_rules)
    of = {name: leaving if name == "leaves" else staying for name in rules}
    parts = [
        frame.filter(rules[name][0]).select(rules[name][1]) for name, frame in of.items() if frame is not None
    ]
    if not parts:
        return pl.LazyFrame(schema=ENROLLMENT_CHANGES)
    return pl.concat(parts).sort("lead_id", "order").drop("order")


def _rules(prepared: Prepared) -> dict[str, tuple[pl.Expr, list[pl.Expr]]]:
    """For each kind of change: where it happens, and its row."""
    moves = pl.col("path") != pl.col("old:path")
    goes_on = pl.col("is_enrolled") & ~moves
    waits = pl.col("state") == EnrollmentState.WAITING.value
    differs = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"old:{name}")) for name in ("state", "not_before", "released_at")
    )
    return {
        "leaves": (pl.col("is_enrolled"), _ended(_exit_reason())),
        "moves": (pl.col("is_enrolled") & moves, _ended("path:" + pl.col("path"))),
        "opens": (~pl.col("is_enrolled") | moves, _written("OPEN", 1)),
        # The place in a wave moves with what becomes known of the lead, and is not among what is known here.
        "updates": (goes_on & (differs | waits), _written("UPDATE", 2)),
    }


def exited(playbook: Playbook) -> pl.Expr:
    """
    Return the reason of the first exit for good that holds; null: none, or a person keeps the lead in nurture.

    A trigger comes before an exit, so that who has left the company may wait for room at sales; nothing is sent meanwhile.
    An exit with a date to look again says nothing of whom a trigger has woken.
    """
    holds = [
        pl.when((pl.col("exits_held") // (1 << place)) % 2 == 1).then(pl.lit(rule.reason))
        for place, rule in enumerate(playbook.exits)
        if rule.look_again_in is None
    ]
    first = pl.coalesce(*holds, pl.lit(None, dtype=pl.String))
    return pl.when(pl.col("override_status").is_null()).then(first)


def _exit_reason() -> pl.Expr:
    status, why = pl.col("status"), pl.col("status_reason")
    is_exit = why.str.starts_with("exit:") | why.str.starts_with("disqualify:")
    return (
        pl.when(status.is_in(WITH_SALES))
        .then(pl.lit("to_sales"))
        .when(is_exit)
        .then(why)
        .otherwise(pl.lit("disqualified"))
    )


def _ended(reason: pl.Expr) -> list[pl.Expr]:
    made = {
        "change": pl.lit("END"),
        "state": pl.lit(EnrollmentState.ENDED.value),
        "wave_rank": pl.lit(None),
        "ended_at": NOW,
        "exit_reason": reason,
    }
    return _row(made, order=0, prefix="old:")


def _written(change: str, order: int) -> list[pl.Expr]:
    made = {"change": pl.lit(change), "ended_at": pl.lit(None), "exit_reason": pl.lit(None)}
    return _row(made, order=order, prefix="")


def _row(made: dict[str, pl.Expr], *, order: int, prefix: str) -> list[pl.Expr]:
    whose = ("lead_id", "account_id")
    row = [
        (made[name] if name in made else pl.col(name if name in whose else f"{prefix}{name}"))
        .cast(dtype)
        .alias(name)
        for name, dtype in ENROLLMENT_CHANGES.items()
    ]
    return [*row, pl.lit(order, dtype=pl.Int8).alias("order")]
