"""Taking an import back: what it made is voided, what it changed is restored where nobody changed it since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import due, merging, parting
from coldframe.leads.importing import batches
from coldframe.leads.importing.known import CUSTOM
from coldframe.leads.models import (
    Account,
    AccountIdentity,
    Consent,
    Identity,
    ImportBatch,
    ImportChange,
    Lead,
    Merge,
    Opportunity,
)
from coldframe.storage import locks

MODELS: dict[str, type[models.Model]] = {"account": Account, "lead": Lead, "opportunity": Opportunity}
#: Entity -> under which names its values are noted, in one order of time.
NOTED = {entity: (entity, ImportChange.ALONG[entity]) for entity in MODELS}
LINKS: dict[str, type[models.Model]] = {"identity": Identity, "account_identity": AccountIdentity}
#: Columns of a lead that change together.
ADDRESS = ("email", "email_as_given", "email_kind", "is_role_address")
CHUNK = 2_000
#: Single cases that a summary names.
NAMED = 50


class NoSuchImport(Refusal):
    """There is no import of that number."""


class AlreadyUndone(Refusal):
    """The import was undone before."""


class StillRunning(Refusal):
    """The import has not finished."""


@dataclass(kw_only=True)
class Undone:
    """What an undo did."""

    batch: ImportBatch
    leads: int = 0
    accounts: int = 0
    opportunities: int = 0
    consents: int = 0
    #: Values put back to what they were.
    restored: int = 0
    #: Values that somebody has changed since: (entity, id, field). They stay.
    kept: list[tuple[str, int, str]] = field(default_factory=list)
    kept_count: int = 0
    #: Accounts that stay because other leads or deals belong to them by now.
    accounts_kept: int = 0
    #: Leads that later imports had changed, and that are voided with the rest.
    changed_later: int = 0
    #: Leads that belong to another account again.
    moved_leads: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "import": self.batch.pk,
            "file": self.batch.file_name,
            "kind": self.batch.kind,
            "leads_voided": self.leads,
            "accounts_voided": self.accounts,
            "accounts_kept": self.accounts_kept,
            "opportunities_voided": self.opportunities,
            "consents_removed": self.consents,
            "values_restored": self.restored,
            "values_kept": self.kept_count,
            "values_kept_first": [f"{entity} {pk}: {name}" for entity, pk, name in self.kept],
            "leads_changed_by_later_imports": self.changed_later,
            "opt_outs": "stay",
        }


def undo(batch_id: int, *, at: datetime) -> Undone:
    """
    Take an import back, whole or not at all. Opt-outs stay.

    Raises NoSuchImport, AlreadyUndone, StillRunning.
    """
    with transaction.atomic():
        batches.lock_writers()
        batch = undoable(batch_id, at=at)
        done = Undone(batch=batch)
        mark_due(batch, at=at)
        if merged_into(batch).exists():
            merging.hold()
        hold_those_losing_permission(batch)
        # First what it made goes, so that an address or a domain is free for whom it belonged to before.
        done.consents = Consent.objects.filter(batch=batch).delete()[0]
        done.opportunities = Opportunity.objects.filter(batch=batch, voided_at=None).update(voided_at=at)
        void_leads(batch, done, at=at)
        restore(batch, done)
        remove_links(batch)
        void_accounts(batch, done, at=at)
        # Those that leads and deals belong to by now, too.
        mark_due(batch, at=at)
        batch.state, batch.lease_until = ImportBatch.State.UNDONE, None
        batch.save(update_fields=["state", "lease_until"])
    return done


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What an undo would do."""

    leads: int
    #: Those to which nobody else belongs.
    accounts: int
    opportunities: int
    consents: int
    #: Records that were there before and that it changed.
    changed: int


def foresee(batch_id: int, *, at: datetime) -> Foreseen:
    """Return what an undo would do, at most; writes nothing. Raises what ``undo`` raises."""
    batch = refuse_unless_undoable(ImportBatch.objects.filter(pk=batch_id).first(), batch_id, at=at)
    mine = {"batch": batch, "voided_at": None}
    others = Lead.objects.filter(account=OuterRef("pk"), voided_at=None).exclude(batch=batch)
    other_deals = Opportunity.objects.filter(account=OuterRef("pk"), voided_at=None).exclude(batch=batch)
    return Foreseen(
        leads=Lead.objects.filter(**mine).count(),
        accounts=Account.objects.filter(**mine).exclude(Exists(others)).exclude(Exists(other_deals)).count(),
        opportunities=Opportunity.objects.filter(**mine).count(),
        consents=Consent.objects.filter(batch=batch).count(),
        changed=sum(
            ImportChange.objects.filter(batch=batch, entity__in=names, is_creation=False)
            .values("object_id")
            .distinct()
            .count()
            for names in NOTED.values()
        ),
    )


def hold_those_losing_permission(batch: ImportBatch) -> None:
    """
    Take the locks of those whose permission goes: no message to them is marked after it.

    There are not locks without end. Of a larger import only what is being marked at that very instant still leaves.
    """
    people = Consent.objects.filter(batch=batch).order_by("lead_id").values_list("lead_id", flat=True)
    locks.hold(locks.of_lead(lead_id) for lead_id in people.distinct()[:CHUNK])


def undoable(batch_id: int, *, at: datetime) -> ImportBatch:
    """Return the batch, locked; raises where it cannot be undone."""
    found = ImportBatch.objects.select_for_update().filter(pk=batch_id).first()
    return refuse_unless_undoable(found, batch_id, at=at)


def refuse_unless_undoable(batch: ImportBatch | None, batch_id: int, *, at: datetime) -> ImportBatch:
    """Return the batch of that number; raises where there is none, or it cannot be undone."""
    if batch is None:
        raise NoSuchImport(
            f"There is no import {batch_id}.",
            advice="`coldframe import list` shows the imports and their numbers.",
        )
    if batch.state == ImportBatch.State.UNDONE:
        raise AlreadyUndone(f"Import {batch_id} was undone already.", where=batch.file_name)
    if batch.state == ImportBatch.State.RUNNING and batch.lease_until and batch.lease_until > at:
        raise StillRunning(f"Import {batch_id} is still running.", where=batch.file_name)
    return batch


def mark_due(batch: ImportBatch, *, at: datetime) -> None:
    """Have every account looked at again of which the import made or changed anything."""
    number = int(batch.pk)
    mine = f"batch_id = {number}"
    changed = {
        entity: f"SELECT object_id FROM leads_importchange WHERE {mine} AND entity IN {names}"
        for entity, names in NOTED.items()
    }
    due.mark_due_where(
        f"""({mine} OR id IN ({changed["account"]})
            OR id IN (SELECT account_id FROM leads_lead WHERE {mine} OR id IN ({changed["lead"]}))
            OR id IN (SELECT account_id FROM leads_opportunity WHERE {mine} OR id IN ({changed["opportunity"]}))
            OR id IN (SELECT l.account_id FROM leads_consent c JOIN leads_lead l ON l.id = c.lead_id
                       WHERE c.batch_id = {number}))""",
        at=at,
    )


def restore(batch: ImportBatch, done: Undone) -> None:
    """Put changed values back, unless they were changed again since."""
    for entity, model in {**MODELS, **LINKS}.items():
        names = NOTED.get(entity, (entity,))
        changes = ImportChange.objects.filter(batch=batch, entity__in=names, is_creation=False).order_by(
            "-id"
        )
        for chunk in in_chunks(changes.values_list("object_id", "before", "after").iterator(CHUNK)):
            restore_chunk(entity, model, chunk, done)


def restore_chunk(
    entity: str,
    model: type[models.Model],
    chunk: list[tuple[int, dict[str, Any], dict[str, Any]]],
    done: Undone,
) -> None:
    """Put the values of some records back."""
    rows = model._default_manager.in_bulk({pk for pk, _, _ in chunk})
    claimed = claimed_by_others(entity, chunk, rows)
    columns = set()
    for pk, before, after in chunk:
        row = rows.get(pk)
        if row is None:
            continue
        for name, value in after.items():
            if (pk, name) not in claimed and same(model, row, name, value):
                columns.add(put(model, row, name, before[name]))
                done.restored += 1
                if entity == "lead" and name == "account_id":
                    done.moved_leads.append(pk)
            else:
                done.kept_count += 1
                done.kept = [*done.kept, (entity, pk, name)][:NAMED]
    if columns and rows:
        model._default_manager.bulk_update(list(rows.values()), sorted(columns), batch_size=200)


def claimed_by_others(
    entity: str, chunk: list[tuple[int, dict[str, Any], dict[str, Any]]], rows: dict[int, Any]
) -> set[tuple[int, str]]:
    """Return (id, column) of what cannot be given back, because it tells another record by now."""
    alive: models.QuerySet[Any]
    if entity == "lead":
        wanted = {pk: before["email"] for pk, before, _ in chunk if before.get("email")}
        alive = Lead.objects.filter(voided_at=None, email__in=set(wanted.values()))
        owners = dict(alive.values_list("email", "pk"))
        return {(pk, name) for pk, email in wanted.items() if owners.get(email, pk) != pk for name in ADDRESS}
    if entity == "account":
        wanted = {pk: before["domain"] for pk, before, _ in chunk if before.get("domain")}
        alive = Account.objects.filter(voided_at=None, domain__in=set(wanted.values()))
        owners = dict(alive.values_list("domain", "pk"))
        taken = {(pk, "domain") for pk, domain in wanted.items() if owners.get(domain, pk) != pk}
        return taken | names_claimed_by_others(chunk, rows)
    return set()


def names_claimed_by_others(
    chunk: list[tuple[int, dict[str, Any], dict[str, Any]]], rows: dict[int, Any]
) -> set[tuple[int, str]]:
    """Return the accounts that cannot lose their domain, because another one of that name has none."""
    losing = {
        pk: rows[pk].name_key for pk, before, _ in chunk if before.get("domain", "") is None and pk in rows
    }
    keys = {key for key in losing.values() if key}
    nameless = Account.objects.filter(voided_at=None, domain=None, is_personal=False, name_key__in=keys)
    owners = dict(nameless.values_list("name_key", "pk"))
    return {(pk, "domain") for pk, key in losing.items() if owners.get(key, pk) != pk}


def same(model: type[models.Model], row: models.Model, name: str, value: Any) -> bool:
    """Say whether a record still holds the value that the import gave it."""
    if name.startswith(CUSTOM):
        return bool(row.custom.get(name[len(CUSTOM) :]) == value)  # type: ignore[attr-defined]
    return bool(getattr(row, name) == typed(model, name, value))


def put(model: type[models.Model], row: models.Model, name: str, value: Any) -> str:
    """Give a record a value, and return the name of the model's field."""
    if not name.startswith(CUSTOM):
        setattr(row, name, typed(model, name, value))
        return by_attname(model)[name].name
    own = row.custom  # type: ignore[attr-defined]
    if value is None:
        own.pop(name[len(CUSTOM) :], None)
    else:
        own[name[len(CUSTOM) :]] = value
    return "custom"


def typed(model: type[models.Model], name: str, value: Any) -> Any:
    """Return a value of a change's record as the model holds it."""
    return by_attname(model)[name].to_python(value)


def by_attname(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """Return the fields of a model by the name of their column."""
    return {each.attname: each for each in model._meta.concrete_fields}


def remove_links(batch: ImportBatch) -> None:
    """Forget the ids that the import gave to records that were there before."""
    for entity, model in LINKS.items():
        added = ImportChange.objects.filter(batch=batch, entity=entity, is_creation=True)
        model._default_manager.filter(pk__in=added.values("object_id")).delete()


def merged_into(batch: ImportBatch) -> models.QuerySet[Merge]:
    """Return the merges into leads that the import made."""
    return Merge.objects.filter(into__batch=batch, unmerged_at=None)


def void_leads(batch: ImportBatch, done: Undone, *, at: datetime) -> None:
    """Void the leads that the import made; count those that later imports had changed."""
    # Whoever turned out to be one of them is somebody of their own again.
    for each in merged_into(batch).order_by("-id"):
        parting.unmerge(lead_id=each.lead_id, by=f"undo of import {batch.pk}", at=at)
    made = Lead.objects.filter(batch=batch, voided_at=None)
    later = ImportChange.objects.filter(
        entity__in=NOTED["lead"], object_id=OuterRef("pk"), batch_id__gt=batch.pk
    ).exclude(batch__state=ImportBatch.State.UNDONE)
    done.changed_later = made.filter(Exists(later)).count()
    done.leads = made.update(voided_at=at)


def void_accounts(batch: ImportBatch, done: Undone, *, at: datetime) -> None:
    """Void the accounts that the import made, but those to which others belong by now."""
    made = Account.objects.filter(batch=batch, voided_at=None)
    lead = Lead.objects.filter(account=OuterRef("pk"), voided_at=None)
    deal = Opportunity.objects.filter(account=OuterRef("pk"), voided_at=None)
    free = made.exclude(Exists(lead)).exclude(Exists(deal))
    done.accounts = free.update(voided_at=at)
    done.accounts_kept = Account.objects.filter(batch=batch, voided_at=None).count()


def in_chunks(rows: Iterable[Any]) -> Iterable[list[Any]]:
    """Yield rows in lists."""
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
