"""What holds a touch, first to last, and until when; expressions over the working frame of ``plan``."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.frames import PLANS
from coldframe.kernel.planning import cadence, enrolling
from coldframe.kernel.planning.prepared import NOW, Prepared
from coldframe.kernel.planning.wording import detail
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import EnrollmentState, HoldReason

#: Holds that end in the lead's own working hours, and not just after some time.
IN_TIME = (*cadence.BOUNDS.values(), HoldReason.QUIET_HOURS.value, HoldReason.PAUSED.value)


def blocked(playbook: Playbook) -> pl.Expr:
    """
    Return the reason that holds whatever there is to send and whatever the hour; null: none.

    Sales is at work, the holdout, no channel is open to the lead, an exit of one whom a trigger keeps waiting for sales,
    a pause.
    """
    refused = pl.coalesce("mail_hold", pl.lit(HoldReason.NO_ADDRESS.value))
    return pl.coalesce(
        pl.when(pl.col("silence").is_not_null()).then(pl.lit(HoldReason.SALES_ACTIVE.value)),
        pl.when(pl.col("is_held_out")).then(pl.lit(HoldReason.HOLDOUT.value)),
        pl.when(pl.col("channel").is_null()).then(refused),
        pl.when(enrolling.exited(playbook).is_not_null()).then(pl.lit(HoldReason.EXITED.value)),
        pl.when(pl.max_horizontal("not_before", "pause_ends_at", "paused_until") > NOW).then(
            pl.lit(HoldReason.PAUSED.value)
        ),
    )


def ready_at() -> pl.Expr:
    """Return the instant from which a lead may be contacted, but for its working hours."""
    return pl.max_horizontal(
        "entered_at", "released_at", "not_before", "pause_ends_at", "paused_until", *cadence.BOUNDS
    )


def by_facts(prepared: Prepared) -> list[pl.Expr]:
    """``hold``: what only a fact or a date ends: ``blocked``, the wave, nothing left."""
    return [
        pl.coalesce(
            "blocked",
            pl.when(pl.col("is_dormant")).then(pl.lit(HoldReason.WAVE.value)),
            pl.when(pl.col("content_key").is_null()).then(pl.lit(HoldReason.EXHAUSTED.value)),
        ).alias("hold")
    ]


def by_time(prepared: Prepared) -> list[pl.Expr]:
    """``by_time``: the bound that lies furthest ahead; ``is_ready``: nothing but colleagues can hold it now."""
    binding = pl.max_horizontal(*cadence.BOUNDS)
    bounds = [
        pl.when((pl.col(name) == binding) & (binding > NOW)).then(pl.lit(word))
        for name, word in cadence.BOUNDS.items()
    ]
    in_hours = (pl.col("slot_at") <= NOW) & pl.col("is_open")
    is_free = pl.col("hold").is_null() & ~(binding > NOW).fill_null(False) & ~pl.col("is_on_its_way")
    return [pl.coalesce(*bounds).alias("by_time"), (is_free & in_hours).alias("is_ready")]


def turns(prepared: Prepared) -> list[pl.Expr]:
    """
    ``turn``: the place of each ready lead among those of its account, from 0.

    First who has waited beyond the floor, then the most intent, the best fit, the longest wait.
    """
    order = [
        ~pl.col("is_ready"),
        (pl.col("floor_at") > NOW).fill_null(True),
        -pl.col("intent_points"),
        -pl.col("fit_low"),
        pl.col("ready_at"),
        pl.col("lead_id"),
    ]
    place = pl.struct(each.alias(str(i)) for i, each in enumerate(order)).rank("ordinal").over("account_id")
    return [(place - 1).cast(pl.Int64).alias("turn")]


def decided(prepared: Prepared) -> list[pl.Expr]:
    """``is_touch``, and ``hold`` with the reasons of time."""
    is_touch = pl.col("is_ready") & (pl.col("turn") < pl.col("colleague_free"))
    crowded = pl.when(pl.col("is_ready")).then(pl.lit(HoldReason.COLLEAGUE.value))
    held = pl.coalesce("hold", crowded, "by_time", pl.lit(HoldReason.QUIET_HOURS.value))
    return [is_touch.alias("is_touch"), pl.when(~is_touch).then(held).alias("hold")]


def until(prepared: Prepared) -> list[pl.Expr]:
    """``until``: when a hold is looked at again; null where only a fact ends it."""
    word, book = pl.col("hold"), prepared.playbook
    look_again = NOW + book.cadence.floor.delta(cycle=book.cycle)
    return [
        pl.when((word == HoldReason.COLLEAGUE.value) & pl.col("is_ready"))
        .then("crowded_at")
        .when(word.is_in(IN_TIME))
        .then("next_at")
        .when(word == HoldReason.EXHAUSTED.value)
        .then(look_again)
        .alias("until")
    ]


def after(prepared: Prepared) -> list[pl.Expr]:
    """``floor_excuse``, and the ``state`` and ``wave_rank`` of the enrollment from now on."""
    late = pl.col("hold").is_not_null() & ((pl.col("until") > pl.col("floor_at")) | pl.col("until").is_null())
    # A lead whose touch is on its way stays as it is.
    on_its_way = pl.col("is_on_its_way") & pl.col("is_enrolled")
    state = pl.when(on_its_way).then("old:state").otherwise(enrolling.state(pl.col("hold")))
    waits = state == EnrollmentState.WAITING.value
    return [
        pl.when(late).then("hold").alias("floor_excuse"),
        state.alias("state"),
        pl.when(waits).then("rank_in_wave").alias("wave_rank"),
    ]


def rows(prepared: Prepared, words: tuple[str, ...]) -> list[pl.Expr]:
    """The columns of ``frames.PLANS``; ``words``: the holds that there are."""
    is_touch = pl.col("is_touch")
    made = {
        "reason": pl.when(is_touch).then("why").otherwise("hold"),
        "detail": pl.when(~is_touch).then(detail(prepared.playbook, among=words)),
        "until": pl.when(~is_touch).then("until"),
    }
    return [made.get(name, pl.col(name)).cast(dtype).alias(name) for name, dtype in PLANS.items()]
