"""Two accounts that turned out to be one: everything of the one goes to the other, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models

from coldframe.leads.importing.known import KnownAccount, settled
from coldframe.leads.models import Account, AccountIdentity, ImportChange, Lead, Opportunity

if TYPE_CHECKING:
    from coldframe.leads.importing.writing import Writer

#: Record, its model, and its column that names an account.
BELONGINGS: tuple[tuple[str, type[models.Model], str], ...] = (
    ("lead", Lead, "account_id"),
    ("opportunity", Opportunity, "account_id"),
    ("account_identity", AccountIdentity, "account_id"),
    ("account", Account, "parent_id"),
)


def write(writer: Writer, doubles: Iterable[KnownAccount]) -> None:
    """Hand what belongs to each double over to the account it is, and void it."""
    for double in doubles:
        if double.id is None:
            continue
        account = settled(double)
        for entity, model, column in BELONGINGS:
            hand_over(writer, entity, model, column, before=double.id, after=account.id)
        Account.objects.filter(pk=double.id).update(voided_at=writer.at)
        change = ({"voided_at": None}, {"voided_at": writer.at.isoformat()})
        writer.changes.append((writer.batch_id, "account", double.id, False, *change))


def hand_over(
    writer: Writer, entity: str, model: type[models.Model], column: str, *, before: Any, after: Any
) -> None:
    """Have the records of one account name another one, and remember it."""
    records = model._default_manager.filter(**{column: before})
    if model is Account:
        # The account that stays may have had the double as its parent: none becomes its own.
        rename(writer, entity, records.filter(pk=after), column, before=before, after=None)
    rename(writer, entity, records, column, before=before, after=after)


def rename(
    writer: Writer, entity: str, records: models.QuerySet[Any], column: str, *, before: Any, after: Any
) -> None:
    """Put another value into a column of some records, and remember it of each."""
    ids = list(records.order_by("pk").values_list("pk", flat=True))
    records.update(**{column: after})
    noted = ImportChange.ALONG.get(entity, entity)
    writer.changes += [(writer.batch_id, noted, pk, False, {column: before}, {column: after}) for pk in ids]
