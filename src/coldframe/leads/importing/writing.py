"""Bringing what an import knows into the database: bulk inserts, bulk updates, and the means to undo them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import connection, models

from coldframe.leads import due, merging
from coldframe.leads.importing import joining, matching_accounts, matching_leads
from coldframe.leads.importing.known import (
    CUSTOM,
    Known,
    KnownAccount,
    KnownLead,
    in_use,
    packed,
    packer,
    settled,
    value_columns,
)
from coldframe.leads.importing.matching_accounts import Accounts
from coldframe.leads.importing.permissions import PURPOSE, NewConsent, NewSuppression
from coldframe.leads.models import (
    Account,
    AccountIdentity,
    Consent,
    Identity,
    ImportChange,
    Lead,
    Opportunity,
    Suppression,
)
from coldframe.storage import writes

CHANGE_COLUMNS = ("batch_id", "entity", "object_id", "is_creation", "before", "after")


class Writer:
    """Writes what one chunk brought, inside the caller's transaction."""

    def __init__(self, *, batch_id: int, source: str, at: datetime) -> None:
        self.batch_id = batch_id
        self.source = source
        self.at = at
        self.changes: list[tuple[Any, ...]] = []

    def write_leads(self, made: Collection[KnownLead], changed: Iterable[KnownLead]) -> None:
        """Write new and changed leads; their accounts are written already."""
        self.insert_leads([lead for lead in made if not lead.is_revived])
        self.revive(Lead, [lead for lead in made if lead.is_revived], matching_leads.VALUES)
        self.update(Lead, "lead", changed)
        self.confirm([lead.id for lead in changed if lead.id is not None])
        self.write_links(Identity, "lead_id", made)
        self.write_links(Identity, "lead_id", changed, entity="identity")

    def note_beside(
        self, records: Iterable[Known], *, of: str = "lead", noted: str = ImportChange.BESIDE
    ) -> None:
        """Note the records whose rows changed something, but nothing of the records themselves."""
        own = {change[2] for change in self.changes if change[1] == of}
        self.note([record for record in records if record.id not in own], noted)

    def note(self, records: Iterable[Known], noted: str) -> None:
        """Note what there is to say of records beside their values."""
        self.changes += [(self.batch_id, noted, record.id, False, {}, {}) for record in records]

    def confirm(self, lead_ids: list[int]) -> None:
        """Have leads that calls alone have spoken of so far be known for good: a file speaks of them, too."""
        made = Lead.objects.filter(pk__in=lead_ids, is_made_by_calls=True).values_list("pk", flat=True)
        for pk in list(made) if lead_ids else []:
            merging.confirm(pk)

    def write_accounts(self, accounts: Accounts, touched: Iterable[KnownAccount]) -> None:
        """Write new, changed and joined accounts, and have all of them looked at again."""
        made = accounts.made
        fresh = [account for account in made if not account.is_revived]
        heirs = dict.fromkeys(settled(double) for double in accounts.joined)
        known = [
            each for each in {**dict.fromkeys(touched), **heirs} if each not in made and not each.joined_to
        ]
        self.number(Account, fresh)
        for account in (*made, *known):
            if account.parent:
                account.put("parent_id", settled(account.parent).id)
        self.insert_accounts(fresh)
        joining.write(self, accounts.joined)
        self.revive(Account, [account for account in made if account.is_revived], matching_accounts.VALUES)
        self.update(Account, "account", known)
        self.write_links(AccountIdentity, "account_id", made)
        self.write_links(AccountIdentity, "account_id", known, entity="account_identity")
        due.mark_due(account_ids=[each.id for each in (*made, *known) if each.id is not None], at=self.at)

    def insert_accounts(self, accounts: Sequence[KnownAccount]) -> None:
        """Insert accounts, which have their ids already."""
        columns = in_use(matching_accounts.VALUES, accounts)
        pack = packer(columns, accounts)
        writes.insert_rows(
            Account,
            ("id", "public_id", "batch_id", "created_at", *columns),
            [(account.id, uuid4(), self.batch_id, self.at, *pack(account.values)) for account in accounts],
        )

    def insert_leads(self, leads: Sequence[KnownLead]) -> None:
        """Insert leads; they get their ids here."""
        self.number(Lead, leads)
        for lead in leads:
            lead.values.setdefault("is_role_address", False)
        columns = in_use(matching_leads.VALUES, leads)
        pack = packer(columns, leads)
        writes.insert_rows(
            Lead,
            ("id", "public_id", "batch_id", "created_at", "account_id", *columns),
            [
                (
                    lead.id,
                    uuid4(),
                    self.batch_id,
                    self.at,
                    lead.account.id,
                    *pack(lead.values),
                )
                for lead in leads
                if lead.account
            ],
        )

    def number(self, model: type[models.Model], records: Sequence[Known]) -> None:
        """Give new records their ids."""
        if records:
            for record, pk in zip(records, writes.reserve_ids(model, len(records)), strict=True):
                record.id = pk

    def revive(self, model: type[models.Model], records: Sequence[Known], columns: tuple[str, ...]) -> None:
        """Bring voided records back, with what this file says of them alone."""
        extra = ("account_id",) if model is Lead else ()
        rows = [
            (
                *packed(with_defaults(record.values) if model is Lead else record.values, columns),
                self.batch_id,
                None,
            )
            + ((record.account.id,) if isinstance(record, KnownLead) and record.account else ())
            + (record.id,)
            for record in records
        ]
        update_rows(model, (*columns, "batch_id", "voided_at", *extra), rows)

    def update(self, model: type[models.Model], entity: str, records: Iterable[Known]) -> None:
        """Write the changed columns of records, and what they held before."""
        by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for record in records:
            before, after = difference(record)
            if not before:
                continue
            self.changes.append((self.batch_id, entity, record.id, False, before, after))
            columns = tuple(sorted({name if not name.startswith(CUSTOM) else "custom" for name in before}))
            values = record.values
            if "account_id" in before and isinstance(record, KnownLead) and record.account:
                values = {**values, "account_id": record.account.id}
            by_columns.setdefault(columns, []).append((*packed(values, columns), record.id))
        for columns, rows in by_columns.items():
            update_rows(model, columns, rows)

    def write_links(
        self, model: type[models.Model], owner: str, records: Iterable[Known], *, entity: str | None = None
    ) -> None:
        """Write the ids by which records are known from now on; with an ``entity``, so that it can be undone."""
        records = list(records)
        links = [(record, external_id) for record in records for external_id in record.links]
        ids = writes.reserve_ids(model, len(links)) if links else []
        rows = [(pk, record.id, self.source, link) for pk, (record, link) in zip(ids, links, strict=True)]
        writes.insert_rows(model, ("id", owner, "source", "external_id"), rows)
        if entity:
            self.changes += [(self.batch_id, entity, row[0], True, {}, {owner: row[1]}) for row in rows]
        for record in records:
            if record.relinks:
                taken_over = model._default_manager.filter(source=self.source, external_id__in=record.relinks)
                taken_over.update(**{owner: record.id})

    def insert_deals(self, deals: Sequence[Known]) -> None:
        """Insert deals; ``external_id`` is theirs by class."""
        columns = value_columns(Opportunity)
        writes.insert_rows(
            Opportunity,
            ("batch_id", "created_at", "account_id", *columns),
            [
                (
                    self.batch_id,
                    self.at,
                    deal.values.get("account_id"),
                    *packed({**deal.values, "source": self.source, "external_id": deal.external_id}, columns),  # type: ignore[attr-defined]
                )
                for deal in deals
            ],
        )

    def insert_consents(self, consents: Sequence[NewConsent]) -> None:
        """Insert consents."""
        writes.insert_rows(
            Consent,
            ("lead_id", "purpose", "basis", "wording", "source", "given_at", "batch_id", "created_at"),
            [
                (
                    each.lead.id,
                    PURPOSE,
                    each.basis,
                    each.wording,
                    each.source[:120],
                    each.given_at,
                    self.batch_id,
                    self.at,
                )
                for each in consents
            ],
        )

    def insert_suppressions(self, suppressions: Sequence[NewSuppression]) -> None:
        """Insert suppressions."""
        writes.insert_rows(
            Suppression,
            ("lead_id", "email", "reason", "source", "suppressed_at", "created_at"),
            [
                (
                    each.lead and each.lead.id,
                    each.email,
                    each.reason,
                    f"import:{self.source}",
                    self.at,
                    self.at,
                )
                for each in suppressions
            ],
        )

    def write_changes(self) -> None:
        """Write how to take the changes back."""
        writes.insert_rows(ImportChange, CHANGE_COLUMNS, self.changes)
        self.changes = []


def with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Return a lead's values with those that cannot be missing."""
    return values if "is_role_address" in values else {**values, "is_role_address": False}


def difference(record: Known) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a record held before this import and what it holds now, for the columns that changed."""
    names = [name for name, value in record.before.items() if record.values.get(name) != value]
    before = {name: plain(record.before[name]) for name in names}
    after = {name: plain(record.values.get(name)) for name in names}
    if (
        isinstance(record, KnownLead)
        and record.account_before
        and record.account is not record.account_before
    ):
        before["account_id"] = record.account_before.id
        after["account_id"] = record.account.id if record.account else None
    return before, after


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value


def update_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set ``columns`` of the rows whose id comes last in each of ``rows``."""
    if not rows:
        return
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in columns]
    prepared = writes.prepared(list(rows), [*(writes.converter(field) for field in fields), None])
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE "{model._meta.db_table}" SET {sets} WHERE id = %s', prepared)
