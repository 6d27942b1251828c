"""What is known of accounts and leads, for other packages and the doors. Bulk reads are in ``frames``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coldframe.leads.models import ImportBatch, ImportChange


@dataclass(frozen=True, kw_only=True)
class ImportRecord:
    """An import as the list of imports shows it."""

    number: int
    kind: str
    source: str
    file_name: str
    #: DONE, UNDONE, RUNNING, or INTERRUPTED: the same file again goes on with it.
    state: str
    #: Rows that are in.
    position: int
    counts: dict[str, int]
    started_at: datetime
    finished_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "import": self.number,
            "kind": self.kind,
            "source": self.source,
            "file": self.file_name,
            "state": self.state.lower(),
            "rows_in": self.position,
            "counts": self.counts,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
        }


def list_imports(*, at: datetime, limit: int = 50) -> list[ImportRecord]:
    """Return the latest imports, newest first. One without a sign of life for a minute is interrupted."""
    return [as_record(batch, at=at) for batch in ImportBatch.objects.order_by("-id")[:limit]]


def as_record(batch: ImportBatch, *, at: datetime) -> ImportRecord:
    """Return a batch as the list shows it."""
    is_dead = batch.state == ImportBatch.State.RUNNING and (not batch.lease_until or batch.lease_until <= at)
    return ImportRecord(
        number=batch.pk,
        kind=batch.kind,
        source=batch.source,
        file_name=batch.file_name,
        state=ImportBatch.State.INTERRUPTED.value if is_dead else batch.state,
        position=batch.position,
        counts={name: count for name, count in batch.counts.items() if isinstance(count, int)},
        started_at=batch.started_at,
        finished_at=batch.finished_at,
    )


def list_moved_leads(batch_id: int) -> list[int]:
    """Return the leads that an import gave another account."""
    changes = ImportChange.objects.filter(batch=batch_id, entity="lead", after__has_key="account_id")
    return list(changes.order_by("object_id").values_list("object_id", flat=True))
