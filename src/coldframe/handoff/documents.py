"""A handoff as programs read it: over the API, and in webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from coldframe.handoff.queries import HandoffRow


def of(row: HandoffRow) -> dict[str, Any]:
    """Return a handoff as plain values: what programs are promised, and nothing else."""
    return {
        "id": str(row.public_id),
        "lead": {
            "id": str(row.lead_public_id),
            "name": row.name,
            "email": row.email,
            "job_title": row.job_title,
        },
        "account": {"name": row.company, "domain": row.domain},
        "episode": row.episode,
        "team": row.team,
        "owner": row.owner,
        "owner_from": row.owner_from or None,
        "trigger": row.trigger,
        "is_hand_raise": row.is_hand_raise,
        "segment": row.segment,
        "path": row.path,
        "stage": row.stage,
        "state": row.state,
        "opened_at": written(row.opened_at),
        "answer_by_at": written(row.answer_by_at),
        "deadline_at": written(row.deadline_at),
        "ended_at": written(row.ended_at),
        "verdict": verdict_of(row),
    }


def verdict_of(row: HandoffRow) -> dict[str, Any] | None:
    """Return what sales said, or None while it has not."""
    if row.answer is None:
        return None
    return {
        "answer": row.answer,
        "reason": row.answer_reason or None,
        "until": written(row.until),
        "said_by": row.said_by,
        "said_at": written(row.said_at),
    }


def written(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None
