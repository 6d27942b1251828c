"""
Waking an old database in waves.

The first contact with somebody who has been quiet, and whom we have never touched, waits for its wave: those who ever
showed interest come first, then the best fit, then whoever was active last. How many a wave takes is the mailbox's to say.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from coldframe.kernel.planning import hashing
from coldframe.kernel.playbook import expressions

#: Nobody who showed interest comes after somebody who never did.
NEVER_INTERESTED = 1_000.0
#: Ten years of silence weigh less than a point of fit.
POINTS_A_DAY = 0.0002
#: Silence is counted back from an instant that never moves, so that a rank kept last year compares with one of today.
FAR = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_DAYS = 50_000.0
SALT = 0xA24BAED4963EE407


def rank() -> pl.Expr:
    """
    Return the order in which dormant leads are woken, f64, the least first; the same at any instant.

    Over ``last_meaningful_at`` (null: never showed interest), ``fit_low`` and ``lead_id``, which breaks ties by hash.
    """
    quiet = expressions.in_days(expressions.instant(FAR) - pl.col("last_meaningful_at"))
    never = pl.when(pl.col("last_meaningful_at").is_null()).then(NEVER_INTERESTED).otherwise(0.0)
    age = quiet.clip(0.0, LONGEST_DAYS).fill_null(LONGEST_DAYS) * POINTS_A_DAY
    return never + (100.0 - pl.col("fit_low")) + age + hashing.fraction(pl.col("lead_id"), salt=SALT) * 1e-6


def release(waiting: pl.DataFrame, *, room: int) -> pl.Series:
    """Return the ``lead_id`` of those whose wave has come: so many of the least ``wave_rank``."""
    return waiting.sort("wave_rank", "lead_id").head(max(room, 0))["lead_id"]
