"""Which accounts are kept out of nurture, to measure what nurture causes."""

from __future__ import annotations

import polars as pl

from coldframe.kernel.planning import hashing
from coldframe.kernel.playbook.model import Playbook

#: Fixed for ever: another salt would draw other accounts, and end every measurement that runs.
SALT = 0x9E3779B97F4A7C15


def is_held_out(*, playbook: Playbook) -> pl.Expr:
    """
    Return over ``account_id`` whether an account is held out.

    Drawn by a hash of the account alone, so that it stays so for ever, whatever else happens. A greater share keeps
    everybody that a smaller one held out.
    """
    share = playbook.experiment.holdout.value
    return hashing.fraction(pl.col("account_id"), salt=SALT) < share
