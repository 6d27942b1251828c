"""When leads would hear more, by their own word: the date that the last reply of each named."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import polars as pl

from coldframe.kernel.frames import INSTANT
from coldframe.storage import reads

#: The playbook's field, and the column of leads that has it.
UNTIL = "reply.until"
REPLY_DATES: reads.Schema = {"lead_id": pl.Int64, UNTIL: INSTANT}


def load_frame(
    *, as_of: datetime | None = None, account_ids: Collection[int] | None = None, whole: bool = False
) -> pl.DataFrame:
    """Return ``REPLY_DATES`` of the replies of a lead's own that came until ``as_of``; without one, of all."""
    until = f"m.occurred_at <= {reads.instant(as_of)}" if as_of else "1 = 1"
    sql = f"""SELECT m.lead_id, m.until FROM activity_receivedmail m JOIN leads_lead l ON l.id = m.lead_id
               WHERE m.mail_class = 'REPLY' AND m.until IS NOT NULL AND m.matched_by <> 'OTHER_ADDRESS' AND {until}
                 AND l.voided_at IS NULL AND {reads.among("l.account_id", account_ids)}
               ORDER BY m.occurred_at, m.id"""
    found = reads.read_frame(sql, schema=REPLY_DATES, whole=whole)
    return found.group_by("lead_id", maintain_order=True).last()
