"""A no that a person gave to somebody here, on the phone or at a fair, and that is written down by hand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import suppression
from coldframe.nurture import overrides

#: What a suppression's source holds.
LONGEST_SOURCE = 120


def opt_out(*, lead_id: int, said: str, by: str, at: datetime) -> None:
    """
    Never mail a person again, for they said so; ``said`` is how and where. Only they can take that back.

    Raises ``BadOverride`` where nothing is said.
    """
    opt_out_all(lead_ids=[lead_id], said=said, by=by, at=at)


def opt_out_all(*, lead_ids: Collection[int], said: str, by: str, at: datetime) -> None:
    """Do the same for several people. Raises ``BadOverride``."""
    overrides.require_reason(said)
    suppression.suppress(
        reason=SuppressionReason.OPT_OUT,
        source=f"{by}: {said.strip()}"[:LONGEST_SOURCE],
        at=at,
        lead_ids=lead_ids,
    )
