"""
What is left of a person who was erased: keyed hashes, so that they are known if a file brings them again.

``forget`` empties the tables of leads; ``nurture.erasure`` is the whole of it. A person is everybody behind
one mailbox: an address, the same with a plus tag, and leads that an undone import left behind.
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from coldframe.leads import due
from coldframe.leads.frames import SUPPRESSION_ORDER
from coldframe.leads.models import (
    Account,
    AccountIdentity,
    Consent,
    Erasure,
    FormerAddress,
    Identity,
    ImportBatch,
    ImportChange,
    Lead,
    LiftedSuppression,
    Merge,
    Opportunity,
    Pause,
    RetentionReview,
    Suppression,
)
from coldframe.leads.suppression import email_keys

#: The reason where a person was erased who had never said no.
ERASURE = "ERASURE"
#: What stands where a text was.
ERASED = "erased"
#: What is kept of a lead and of a person's own account: which row it is, and when it came.
KEPT = {"id", "public_id", "account", "batch", "created_at", "voided_at", "is_personal", "parent"}
#: From so many signs on, an id stands for one person wherever it is found.
LONG = 8
NO_WORD = re.compile(r"[\W_]+")
#: Hashes looked up in one statement.
HASHES_A_STATEMENT = 5_000


@dataclass(frozen=True, kw_only=True)
class Traces:
    """By what a person can be found in texts and files."""

    lead_ids: tuple[int, ...]
    account_ids: tuple[int, ...]
    #: Normalized, the former ones too.
    emails: frozenset[str] = frozenset()
    #: (source, id).
    identities: frozenset[tuple[str, str]] = frozenset()
    #: What a cell must equal: ids, phone numbers.
    exact: frozenset[str] = frozenset()
    #: (first name, last name), lower case.
    names: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def is_in(self, cells: Collection[str]) -> bool:
        """
        Return whether a row of cells speaks of the person.

        By an address or a long id anywhere, by a phone number or a short id as a whole cell, by both names as words.
        """
        plain = {cell.strip().lower() for cell in cells}
        anywhere = self.emails | {each for each in self.exact if len(each) >= LONG}
        if any(each in cell for each in anywhere for cell in plain):
            return True
        words = {word for cell in plain for word in NO_WORD.split(cell)}
        return not plain.isdisjoint(self.exact) or any({*pair} <= words | plain for pair in self.names)


def address_key(email: str) -> str:
    """Return by what an address is remembered."""
    return f"address:{email}"


def identity_key(source: str, external_id: str) -> str:
    """Return by what an id in another system is remembered."""
    return f"identity:{source}:{external_id}"


def hashes_of(key: str) -> list[str]:
    """Return the keyed hashes of a key: of the installation's key first, then of those it replaced."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    own = [hmac.digest(str(secret).encode(), b"coldframe.erasure", "sha256") for secret in secrets]
    return [hmac.digest(each, key.encode(), "sha256").hex() for each in own]


def find_erased(keys: Iterable[str]) -> set[str]:
    """
    Return which keys (``address_key``, ``identity_key``) belong to people who were erased.

    One look where nobody was ever erased. An address with a plus tag is asked for under both its forms.
    """
    if not Erasure.objects.exists():
        return set()
    by_hash = {each: key for key in set(keys) for each in hashes_of(key)}
    hashes, found = sorted(by_hash), set()
    for start in range(0, len(hashes), HASHES_A_STATEMENT):
        some = hashes[start : start + HASHES_A_STATEMENT]
        rows = Erasure.objects.filter(key_hash__in=some).values_list("key_hash", flat=True)
        found |= {by_hash[each] for each in rows}
    return found


def list_erased_addresses(emails: Iterable[str]) -> set[str]:
    """Return which of these (normalized) addresses belong to people who were erased."""
    keys = {email: [address_key(key) for key in email_keys(email)] for email in set(emails)}
    erased = find_erased(key for each in keys.values() for key in each)
    return {email for email, each in keys.items() if not erased.isdisjoint(each)}


def take_over(rows: Iterable[tuple[str, str, str, date]]) -> None:
    """Remember people by hashes that another database of this installation kept: kind, hash, reason, day."""
    Erasure.objects.bulk_create(
        [
            Erasure(kind=kind, key_hash=key_hash, reason=reason, erased_on=day)
            for kind, key_hash, reason, day in rows
        ],
        ignore_conflicts=True,
    )


def list_brought_back() -> list[int]:
    """Return the leads who were erased and are here all the same, as after a restore; goes through all of them."""
    by_address = Lead.objects.filter(email__isnull=False).order_by("id").values_list("pk", "email")
    emails = {pk: email or "" for pk, email in by_address.iterator()}
    erased = list_erased_addresses(emails.values())
    by_id = Identity.objects.order_by("id").values_list("lead_id", "source", "external_id")
    keys = [(lead_id, identity_key(*each)) for lead_id, *each in by_id.iterator()]
    found = find_erased(key for _, key in keys)
    return sorted(
        {pk for pk, email in emails.items() if email in erased} | {pk for pk, key in keys if key in found}
    )


def traces_of(leads: Collection[Lead]) -> Traces:
    """Return by what a person is found, former addresses and ids too."""
    ids = [lead.pk for lead in leads]
    changes = ImportChange.objects.filter(entity="lead", object_id__in=ids).values_list("before", "after")
    former = {values.get("email") for pair in changes for values in pair}
    former |= set(FormerAddress.objects.filter(lead_id__in=ids).values_list("email", flat=True))
    given = {lead.email_as_given.lower() for lead in leads if lead.email_as_given}
    known = {email for email in (*former, *(lead.email for lead in leads)) if email}
    identities = frozenset(Identity.objects.filter(lead_id__in=ids).values_list("source", "external_id"))
    phones = {lead.phone.lower() for lead in leads if lead.phone}
    names = {
        (lead.first_name.lower(), lead.last_name.lower())
        for lead in leads
        if lead.first_name and lead.last_name
    }
    return Traces(
        lead_ids=tuple(sorted(ids)),
        account_ids=tuple(sorted({lead.account_id for lead in leads})),
        emails=frozenset({key for email in known for key in email_keys(email)} | given),
        identities=identities,
        exact=frozenset(phones | {external_id.lower() for _, external_id in identities}),
        names=frozenset(names),
    )


def forget(traces: Traces, *, at: datetime) -> None:
    """
    Empty what the tables of leads hold of a person, inside the caller's transaction and locks.

    The rows of the leads stay, empty, voided and under another public id, for counts refer to them.
    """
    remember(traces, at=at)
    ids = traces.lead_ids
    Merge.objects.filter(Q(lead_id__in=ids) | Q(into_id__in=ids)).delete()
    for model in (Consent, Pause, FormerAddress, RetentionReview):
        model._default_manager.filter(lead_id__in=ids).delete()
    for kept in (Suppression, LiftedSuppression):
        kept._default_manager.filter(Q(lead_id__in=ids) | Q(email__in=traces.emails)).delete()
    links = list(Identity.objects.filter(lead_id__in=ids).values_list("pk", flat=True))
    ImportChange.objects.filter(
        entity__in=(*ImportChange.OF_LEADS, ImportChange.ALONG["lead"]), object_id__in=ids
    ).delete()
    ImportChange.objects.filter(entity="identity", object_id__in=links).delete()
    Identity.objects.filter(pk__in=links).delete()
    forget_deals(Opportunity.objects.filter(lead_id__in=ids))
    for lead in Lead.objects.filter(pk__in=ids):
        empty(lead, at=at)
    forget_own_accounts(traces, at=at)
    forget_batches(traces)
    due.mark_due(account_ids=traces.account_ids, at=at)


def remember(traces: Traces, *, at: datetime) -> None:
    """Keep keyed hashes of the addresses and ids, with the day and the reason."""
    order = {word.value: rank for rank, word in enumerate(SUPPRESSION_ORDER)}
    held = Q(lead_id__in=traces.lead_ids) | Q(email__in=traces.emails)
    reasons = sorted(
        Suppression.objects.filter(held).values_list("reason", flat=True), key=lambda word: order[word]
    )
    reason = reasons[0] if reasons else ERASURE
    addresses = [(Erasure.Kind.ADDRESS, address_key(email)) for email in sorted(traces.emails)]
    identities = [(Erasure.Kind.IDENTITY, identity_key(*each)) for each in sorted(traces.identities)]
    Erasure.objects.bulk_create(
        [
            Erasure(kind=kind, key_hash=hashes_of(key)[0], reason=reason, erased_on=at.date())
            for kind, key in addresses + identities
        ],
        ignore_conflicts=True,
    )


def forget_deals(deals: models.QuerySet[Opportunity]) -> None:
    """Take out of deals what people wrote into them; that there was one, and what came of it, stays."""
    deals.update(name=None, lost_reason=None, custom={})


def forget_own_accounts(traces: Traces, *, at: datetime) -> None:
    """Empty the accounts that are nobody's but this person's; a company is no person."""
    others = Lead.objects.filter(account=models.OuterRef("pk")).exclude(pk__in=traces.lead_ids)
    own = Account.objects.filter(pk__in=traces.account_ids, is_personal=True).exclude(models.Exists(others))
    for account in own:
        forget_deals(Opportunity.objects.filter(account=account))
        links = list(AccountIdentity.objects.filter(account=account).values_list("pk", flat=True))
        noted = (*ImportChange.OF_ACCOUNTS, ImportChange.ALONG["account"])
        ImportChange.objects.filter(entity__in=noted, object_id=account.pk).delete()
        ImportChange.objects.filter(entity="account_identity", object_id__in=links).delete()
        AccountIdentity.objects.filter(pk__in=links).delete()
        empty(account, at=at)


def empty(row: Lead | Account, *, at: datetime) -> None:
    """Leave of a row that it was there; links that name it lead nowhere from now on."""
    for column in row._meta.concrete_fields:
        if column.name not in KEPT:
            setattr(row, column.name, None if column.null else column.get_default())
    row.public_id, row.voided_at = uuid.uuid4(), row.voided_at or at
    row.save()


def forget_batches(traces: Traces) -> None:
    """Take the person's cells out of what imports noted down as not understood."""
    for batch in ImportBatch.objects.exclude(counts={}).only("pk", "counts"):
        cleaned = without(batch.counts, traces)
        if cleaned != batch.counts:
            ImportBatch.objects.filter(pk=batch.pk).update(counts=cleaned)


def without(value: Any, traces: Traces) -> Any:
    """Return a JSON value in which the texts that speak of a person are gone."""
    if isinstance(value, str):
        return ERASED if traces.is_in([value]) else value
    if isinstance(value, list):
        return [without(each, traces) for each in value]
    if isinstance(value, dict):
        return {str(without(name, traces)): without(each, traces) for name, each in value.items()}
    return value
