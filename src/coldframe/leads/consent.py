"""
Permission to contact a person: given, taken back, paused.

Everything here runs in one transaction under the locks of the person and the address, and leaves the
account due, so that no message goes out after a no and the next cycle knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from coldframe.kernel.vocabulary import ConsentBasis, Refusal, SuppressionReason
from coldframe.leads import due, merged, merging, suppression
from coldframe.leads.models import Consent, Lead, Pause

#: What nurture mails for; other purposes are kept for other mail.
MARKETING = "marketing_email"


class NoSuchLead(Refusal):
    """A permission was to be recorded for nobody."""


class NothingSaid(Refusal):
    """A consent came without the words that were agreed to, or where they were read."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A permission as it is on file now."""

    consent_id: int
    #: It was on file already, word for word.
    is_known: bool
    #: Words of ``SuppressionReason`` that it lifted.
    lifted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A permission to put on file."""

    basis: ConsentBasis = ConsentBasis.CONSENT
    purpose: str = MARKETING
    #: What was agreed to, word for word.
    wording: str | None = None
    #: Where: a form, a fair, a contract.
    source: str
    given_at: datetime
    #: When the person confirmed it by an act of their own; None: nobody did, and no opt-out is lifted.
    confirmed_at: datetime | None = None
    #: Which act, for whoever must prove it.
    proof: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """A consent that was taken back, as another database of the same leads has it."""

    lead_id: int
    purpose: str
    basis: str
    source: str
    given_at: datetime | None
    withdrawn_at: datetime


def give(*, lead_id: int, permission: Permission, at: datetime) -> Given:
    """
    Put a permission on file beside the earlier ones; the same one twice is one.

    A consent that the person confirmed lifts what they had said before it, for them and for their address;
    nothing else does. Raises NoSuchLead, NothingSaid.
    """
    check(permission)
    came_by, lead_id = lead_id, merged.root_of(lead_id)
    with transaction.atomic():
        account_id = held(lead_id)
        consent, is_known = on_file(lead_id, permission, at=at)
        if came_by != lead_id and not is_known:
            # Should they turn out to be two after all, it goes back with the one that it came by.
            merging.note_arrived(Consent, {came_by: [consent.pk]})
        is_own = permission.basis is ConsentBasis.CONSENT and permission.purpose == MARKETING
        lifted = suppression.lift(lead_id=lead_id, consent=consent, at=at) if is_own else ()
        due.mark_due(account_ids=[account_id], at=at)
    return Given(consent_id=consent.pk, is_known=is_known, lifted=lifted)


def check(permission: Permission) -> None:
    """Refuse a consent that nobody could prove."""
    if permission.basis is ConsentBasis.CONSENT and not (permission.wording or "").strip():
        raise NothingSaid(
            "A consent needs the words that the person agreed to.",
            expected="the text beside the box or the button",
            got="no wording",
            advice="Record another basis if nobody was asked.",
        )
    if not permission.source.strip():
        raise NothingSaid("A permission needs its source.", expected="a form, a fair, a contract", got="none")


def on_file(lead_id: int, permission: Permission, *, at: datetime) -> tuple[Consent, bool]:
    """Return the consent, and whether it was on file already and holds."""
    same = Consent.objects.filter(
        lead_id=lead_id,
        purpose=permission.purpose,
        basis=permission.basis.value,
        source=permission.source[:120],
        wording=permission.wording,
        expires_at=permission.expires_at,
        confirmed_at__isnull=permission.confirmed_at is None,
        withdrawn_at=None,
    ).filter(Q(expires_at=None) | Q(expires_at__gt=at))
    known = same.order_by("-id").first()
    if known is not None and not is_overruled(known, permission):
        return known, True
    made = Consent.objects.create(
        lead_id=lead_id,
        purpose=permission.purpose,
        basis=permission.basis.value,
        wording=permission.wording,
        source=permission.source[:120],
        given_at=permission.given_at,
        confirmed_at=permission.confirmed_at,
        proof=(permission.proof or "")[:255] or None,
        expires_at=permission.expires_at,
        created_at=at,
    )
    return made, False


def is_overruled(known: Consent, permission: Permission) -> bool:
    """Return whether a person said no after a consent that is on file, and the same words are an act of their own anew."""
    if known.confirmed_at is None or permission.confirmed_at is None:
        return False
    after = suppression.said_of(known.lead_id).filter(suppressed_at__gt=known.confirmed_at)
    return permission.confirmed_at > known.confirmed_at and after.exists()


def withdraw(*, lead_id: int, at: datetime, purpose: str = MARKETING) -> int:
    """
    Take back every permission of a person for a purpose, whatever its basis; return how many held.

    A new one may be given later. It says less than an opt-out: see ``unsubscribe``. Raises NoSuchLead.
    """
    lead_id = merged.root_of(lead_id)
    with transaction.atomic():
        account_id = held(lead_id)
        count = end(lead_id, purpose=purpose, at=at)
        due.mark_due(account_ids=[account_id], at=at)
    return count


def end(lead_id: int, *, purpose: str, at: datetime) -> int:
    """End every permission of a person for a purpose; the caller holds the locks. Returns how many held."""
    held_still = Consent.objects.filter(lead_id=lead_id, purpose=purpose, withdrawn_at=None)
    return held_still.update(withdrawn_at=at)


def take_back_again(rows: Sequence[TakenBack], *, at: datetime) -> int:
    """
    Take back consents that were taken back in another database of the same leads; return how many were news here.

    One that is not on file here is put there with its end, for whoever took one back has said no.
    """
    by_lead: dict[int, list[TakenBack]] = {}
    for row in rows:
        by_lead.setdefault(row.lead_id, []).append(row)
    count = 0
    for some in merged.runs(sorted(by_lead)):
        with transaction.atomic():
            suppression.hold(lead_ids=some)
            count += taken_back([row for lead_id in some for row in by_lead[lead_id]], at=at)
            accounts = Lead.objects.filter(pk__in=some).values_list("account_id", flat=True)
            due.mark_due(account_ids=set(accounts), at=at)
    return count


def taken_back(rows: Sequence[TakenBack], *, at: datetime) -> int:
    """Write the ends of consents; the caller holds the locks."""

    def key(each: Consent | TakenBack) -> tuple[object, ...]:
        return (each.lead_id, each.purpose, each.basis, each.source, each.given_at)

    on_file: dict[tuple[object, ...], list[Consent]] = {}
    for each in Consent.objects.filter(lead_id__in={row.lead_id for row in rows}).order_by("id"):
        on_file.setdefault(key(each), []).append(each)
    ended, made = [], []
    for row in rows:
        same = on_file.setdefault(key(row), [])
        if any(each.withdrawn_at == row.withdrawn_at for each in same):
            continue
        holds = [each for each in same if each.withdrawn_at is None]
        if holds:
            holds[0].withdrawn_at = row.withdrawn_at
            ended.append(holds[0])
        elif not same:
            made.append(
                Consent(
                    lead_id=row.lead_id, purpose=row.purpose, basis=row.basis, source=row.source,
                    given_at=row.given_at, withdrawn_at=row.withdrawn_at, created_at=at,
                )
            )  # fmt: skip
            same.append(made[-1])
    Consent.objects.bulk_update(ended, ["withdrawn_at"], batch_size=500)
    Consent.objects.bulk_create(made, batch_size=1_000)
    return len(ended) + len(made)


def unsubscribe(
    *, lead_id: int, source: str, at: datetime, emails: tuple[str, ...] = (), purpose: str = MARKETING
) -> None:
    """
    Take the person at their word: no mail for this purpose, from this instant. The same wish twice is one.

    For marketing that is an opt-out of the person, of the address on file and of ``emails`` (where the message
    went that they answered), which only a consent of their own lifts. Raises NoSuchLead.
    """
    lead_id = merged.root_of(lead_id)
    if is_out(lead_id=lead_id, emails=emails, purpose=purpose):
        # However often a scanner or an impatient hand repeats it, nothing is written and nobody waits for a lock.
        return
    with transaction.atomic():
        if purpose != MARKETING:
            withdraw(lead_id=lead_id, at=at, purpose=purpose)
            return
        # It takes the locks and leaves the account due.
        suppression.suppress(
            reason=SuppressionReason.UNSUBSCRIBE, source=source, at=at, lead_ids=[lead_id], emails=emails
        )
        end(lead_id, purpose=purpose, at=at)


def is_out(*, lead_id: int, emails: tuple[str, ...], purpose: str) -> bool:
    """Return whether a person has said for this purpose already that they want no mail, and nothing came after."""
    permitted = Consent.objects.filter(lead_id=lead_id, purpose=purpose, withdrawn_at=None).exists()
    if permitted or not Lead.objects.filter(pk=lead_id).exists():
        return False
    return purpose != MARKETING or suppression.is_on_file(
        reason=SuppressionReason.UNSUBSCRIBE, lead_ids=[lead_id], emails=emails
    )


def pause(*, lead_id: int, until: datetime, source: str, at: datetime) -> None:
    """Leave a person in peace until an instant; the last wish counts. Raises NoSuchLead."""
    lead_id = merged.root_of(lead_id)
    with transaction.atomic():
        account_id = held(lead_id)
        running = Pause.objects.filter(lead_id=lead_id, ended_at=None)
        if not running.filter(until=until).exists():
            running.update(ended_at=at)
            Pause.objects.create(lead_id=lead_id, until=until, source=source[:120], asked_at=at)
        due.mark_due(account_ids=[account_id], at=at)


def end_pause(*, lead_id: int, at: datetime) -> None:
    """End the quiet that a person asked for, if there is one. Raises NoSuchLead."""
    lead_id = merged.root_of(lead_id)
    with transaction.atomic():
        account_id = held(lead_id)
        Pause.objects.filter(lead_id=lead_id, ended_at=None).update(ended_at=at)
        due.mark_due(account_ids=[account_id], at=at)


def held(lead_id: int) -> int:
    """Take the locks of a person and their address; return the account. Raises NoSuchLead."""
    suppression.hold(lead_ids=[lead_id])
    account_id = Lead.objects.filter(pk=lead_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise NoSuchLead("There is no such lead.", got=str(lead_id))
    return account_id
