"""What is known of accounts and leads, for other packages and the doors. Bulk reads are in ``frames``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.models import CustomField, ImportBatch, ImportChange, Merge


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


def list_own_fields() -> list[str]:
    """Return the fields of one's own as conditions name them, such as ``lead.custom.seats``."""
    fields = CustomField.objects.order_by("entity", "name").values_list("entity", "name")
    return [f"{entity}.custom.{name}" for entity, name in fields]


def find_import(number: int, *, at: datetime) -> ImportRecord | None:
    """Return an import by its number, or None."""
    batch = ImportBatch.objects.filter(pk=number).first()
    return as_record(batch, at=at) if batch else None


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
    names = ("lead", ImportChange.ALONG["lead"])
    changes = ImportChange.objects.filter(batch=batch_id, entity__in=names, after__has_key="account_id")
    return list(changes.order_by("object_id").values_list("object_id", flat=True))


class NoSuchMerge(Refusal):
    """No lead that was merged is known by a key."""


@dataclass(frozen=True, kw_only=True)
class MergeRecord:
    """A merge that holds."""

    lead_id: int
    email: str | None
    into_id: int
    into_email: str | None
    reason: str
    decided_by: str
    merged_at: datetime


def list_merges(*, limit: int = 500) -> list[MergeRecord]:
    """Return the merges that hold, the latest first."""
    found = Merge.objects.filter(unmerged_at=None).select_related("lead", "into").order_by("-id")[:limit]
    return [
        MergeRecord(
            lead_id=each.lead_id,
            email=each.lead.email,
            into_id=each.into_id,
            into_email=each.into.email,
            reason=each.reason,
            decided_by=each.decided_by,
            merged_at=each.merged_at,
        )
        for each in found
    ]


def find_merged(key: str) -> int:
    """Return the lead that was merged and is known by an address, an id, ``source:id`` or a number. Raises NoSuchMerge."""
    plain = key.strip()
    source, _, external_id = plain.partition(":")
    ways = [
        Q(lead__email=plain.lower()),
        Q(lead__identities__external_id=plain),
        Q(lead__identities__source__iexact=source, lead__identities__external_id=external_id),
    ]
    if plain.isascii() and plain.isdigit() and len(plain) < 19:
        ways.append(Q(lead=int(plain)))
    for way in ways:
        found = list(
            Merge.objects.filter(way, unmerged_at=None).values_list("lead_id", flat=True).distinct()[:2]
        )
        if len(found) == 1:
            return found[0]
    raise NoSuchMerge(
        f"No merged lead is known by {key!r}.",
        expected="a key of the lead that is no more",
        advice="`coldframe leads merges` lists them.",
    )
