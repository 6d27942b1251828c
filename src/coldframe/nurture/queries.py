"""One lead: found by whatever a person calls it, and explained as of an instant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from coldframe.activity.models import Event
from coldframe.kernel import cycle
from coldframe.kernel.assessment.card import Card
from coldframe.kernel.explaining import explain
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import frames as leads
from coldframe.leads import merged
from coldframe.leads.models import Consent, ImportBatch, Lead
from coldframe.library import queries as library
from coldframe.nurture import history, outlook, surroundings
from coldframe.nurture.facts import load_facts
from coldframe.nurture.models import Assessment, Transition

#: Events of a timeline, the latest first.
TIMELINE_EVENTS = 200
#: Leads that a refusal names.
CANDIDATES = 5
#: Addresses among which the nearest is looked for.
NEAREST_AMONG = 20_000


class NoSuchLead(Refusal):
    """No lead is known by that."""


class SeveralLeads(Refusal):
    """Several leads are known by that."""


@dataclass(frozen=True, kw_only=True)
class LeadRecord:
    """What is known of a lead, as entered or imported; missing values are None."""

    id: int
    public_id: UUID
    account_id: int
    first_name: str | None
    last_name: str | None
    email: str | None
    email_kind: str | None
    phone: str | None
    job_title: str | None
    department: str | None
    role: str | None
    country: str | None
    city: str | None
    time_zone: str | None
    language: str | None
    source: str | None
    campaign: str | None
    landing_page: str | None
    offer: str | None
    form: str | None
    message: str | None
    known_problem: str | None
    timeline: str | None
    owner: str | None
    source_status: str | None
    left_company: bool | None
    entered_at: datetime
    custom: dict[str, Any]
    company: str | None
    domain: str | None
    industry: str | None
    employees: int | None
    account_country: str | None
    technologies: str | None
    renewal_on: date | None
    #: The lead's own, else the account's.
    sales_owner: str | None
    #: (source, external id), sorted.
    identities: tuple[tuple[str, str], ...]
    #: Purpose -> basis of each consent in force at the instant.
    consents: dict[str, str]
    #: The strongest reason, lower case; None: mailable.
    suppressed_by: str | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided last: the stored assessment, and the version of the playbook that made it."""

    as_of: datetime
    disposition: str
    reason: str
    playbook_number: int
    playbook_name: str
    kernel_version: str


@dataclass(frozen=True, kw_only=True)
class StatusChange:
    """A transition."""

    occurred_at: datetime
    from_status: str
    to_status: str
    reason: str
    decided_by: str


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event of the timeline."""

    occurred_at: datetime
    kind: str
    path: str
    form: str
    asset: str
    topic: str
    campaign: str
    #: A word of ``Evidence``.
    evidence: str
    #: Where it was recorded from; None for what came live.
    source: str | None


@dataclass(frozen=True, kw_only=True)
class ExplainedLead:
    """All that a page or a command shows of one lead."""

    record: LeadRecord
    card: Card
    #: None: never assessed.
    decision: Decision | None
    #: Newest first.
    transitions: tuple[StatusChange, ...]
    #: Newest first, at most ``TIMELINE_EVENTS`` of ``event_count``.
    timeline: tuple[Happening, ...]
    event_count: int
    #: The next touch and why that one, or the hold and why.
    outlook: outlook.Outlook


@dataclass(frozen=True, kw_only=True)
class ShortlyExplained:
    """Who a lead is, why it stands where it stands, and what comes next: what a card says."""

    public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    card: Card
    outlook: outlook.Outlook


def find_lead(key: str) -> int:
    """
    Return the id of the lead that a person means.

    ``key`` is an address in any case, an external id (also as ``source:id``), a public id or a numeric id.
    Raises ``NoSuchLead``, naming the nearest address, and ``SeveralLeads``, naming them.
    """
    key = key.strip()
    for condition in ways(key):
        found = list(living().filter(condition).distinct().order_by("id")[: CANDIDATES + 1])
        if len(found) == 1:
            return found[0].pk
        if found:
            raise several(key, found)
    raise NoSuchLead(f"No lead is known by {key!r}.", expected=EXPECTED, advice=nearest(key))


EXPECTED = "an address, an external id (or source:id), a public id or a number"


def ways(key: str) -> Iterable[Q]:
    """Yield what a key may mean, the likeliest first; last, what it meant of a lead that was merged into another."""
    if "@" in key:
        yield Q(email=key.lower())
        yield Q(email_as_given__iexact=key)
        yield Q(former_addresses__email=key.lower())
        yield Q(merged__email=key.lower())
    source, colon, external_id = key.partition(":")
    for path in ("", "merged__"):
        yield Q(**{f"{path}identities__external_id": key})
        if colon:
            named = {"identities__source__iexact": source, "identities__external_id": external_id}
            yield Q(**{f"{path}{name}": value for name, value in named.items()})
        with suppress(ValueError):
            yield Q(**{f"{path}public_id": UUID(key)})
        if key.isascii() and key.isdigit() and len(key) < 19:
            yield Q(**{f"{path}id": int(key)})


def several(key: str, found: list[Lead]) -> SeveralLeads:
    named = [f"{named_shortly(lead)} (number {lead.pk})" for lead in found[:CANDIDATES]]
    more = " and more" if len(found) > CANDIDATES else ""
    return SeveralLeads(
        f"Several leads are known by {key!r}.",
        expected="a key that only one has",
        got=", ".join(named) + more,
        advice="Say which one: by its address, by source:id, or by its number.",
    )


def named_shortly(lead: Lead) -> str:
    """Return a name for a person to choose by."""
    name = " ".join(filter(None, [lead.first_name, lead.last_name]))
    sources = sorted(f"{each.source}:{each.external_id}" for each in lead.identities.all())
    return lead.email or name or ", ".join(sources) or "a lead without a name"


def nearest(key: str) -> str:
    """Return what to do about an unknown key; the nearest address among those that begin alike."""
    if "@" not in key:
        return "Search for a name on the Leads page, or use the address."
    name, _, host = key.lower().partition("@")
    alike = Q(email__startswith=name[:2]) | Q(email__endswith=f"@{host}")
    addresses = living().filter(alike, email__isnull=False).values_list("email", flat=True)
    close = get_close_matches(key.lower(), [str(each) for each in addresses[:NEAREST_AMONG]], n=1, cutoff=0.7)
    return f"Did you mean {close[0]}?" if close else "No address is near it."


def living() -> QuerySet[Lead]:
    """Return the leads that count."""
    return Lead.objects.filter(voided_at__isnull=True)


def count_leads() -> int:
    """Return how many leads there are."""
    return living().count()


def find_id(public_id: UUID) -> int | None:
    """Return the id behind a public id, or None."""
    return living().filter(public_id=public_id).values_list("id", flat=True).first()


def explain_lead(
    *, as_of: datetime, lead_id: int | None = None, public_id: UUID | None = None, with_moves: bool = True
) -> ExplainedLead | None:
    """
    Return everything about one lead as of an instant, or None where there is no such lead.

    Raises ``NoActivePlaybook`` before the first activation.
    """
    known = Q(public_id=public_id) if public_id else Q(id=lead_id)
    lead = living().filter(known).select_related("account").first()
    if lead is None:
        return None
    card = card_of(lead, playbook=library.get_active_playbook().playbook, as_of=as_of, with_moves=with_moves)
    events = told_by_itself(events_of(lead, as_of=as_of))
    return ExplainedLead(
        record=record_of(lead, as_of=as_of),
        card=card,
        decision=last_decision(lead.pk),
        transitions=transitions_of(lead.pk),
        timeline=tuple(
            happening(event) for event in events.order_by("-occurred_at", "-id")[:TIMELINE_EVENTS]
        ),
        event_count=events.count(),
        outlook=outlook.find(lead_id=lead.pk),
    )


def explain_shortly(*, public_id: UUID, as_of: datetime) -> ShortlyExplained | None:
    """
    Return what the card of a lead says, without what would move it, or None where there is no such lead.

    Raises ``NoActivePlaybook`` before the first activation.
    """
    lead = living().filter(public_id=public_id).select_related("standing").first()
    if lead is None:
        return None
    standing = getattr(lead, "standing", None)
    playbook = library.get_active_playbook().playbook
    return ShortlyExplained(
        public_id=lead.public_id,
        first_name=lead.first_name,
        last_name=lead.last_name,
        email=lead.email,
        card=card_of(lead, playbook=playbook, as_of=as_of, with_moves=False),
        outlook=outlook.load(lead_ids=[lead.pk], statuses={lead.pk: standing.status} if standing else {})[
            lead.pk
        ],
    )


def card_of(lead: Lead, *, playbook: Playbook, as_of: datetime, with_moves: bool) -> Card:
    """Return why a lead stands where it stands."""
    facts = load_settling_facts(playbook, as_of=as_of, account_ids=[lead.account_id])
    return explain.explain(
        facts,
        playbook=playbook,
        as_of=as_of,
        lead_id=lead.pk,
        around=partial(surroundings.load_line, facts, playbook=playbook, as_of=as_of),
        with_moves=with_moves,
    )


def load_account_facts(account_id: int, *, as_of: datetime) -> Facts:
    """Return what settles the statuses of one account under the active playbook, over Django's own connection."""
    active = library.get_active_playbook()
    return load_settling_facts(active.playbook, as_of=as_of, account_ids=[account_id])


def load_settling_facts(playbook: Playbook, *, as_of: datetime, account_ids: Collection[int]) -> Facts:
    """Return what an assessment of the accounts reads, and what sales and people said of them."""
    found = load_facts(cycle.status_needs(playbook), as_of=as_of, account_ids=account_ids)
    return history.with_sales(found, as_of=as_of, account_ids=account_ids)


#: Columns of the record that lie in the lead's own row, under the same name.
OWN = (
    "id",
    "public_id",
    "account_id",
    "first_name",
    "last_name",
    "email",
    "email_kind",
    "phone",
    "job_title",
    "department",
    "role",
    "country",
    "city",
    "time_zone",
    "language",
    "source",
    "campaign",
    "landing_page",
    "offer",
    "form",
    "message",
    "known_problem",
    "timeline",
    "owner",
    "source_status",
    "left_company",
    "custom",
)


def record_of(lead: Lead, *, as_of: datetime) -> LeadRecord:
    """Return what is known of a lead."""
    account = lead.account
    return LeadRecord(
        **{name: getattr(lead, name) for name in OWN},
        entered_at=lead.entered_at or lead.created_at,
        company=account.name or lead.company_as_given,
        domain=account.domain,
        industry=account.industry,
        employees=account.employees,
        account_country=account.country,
        technologies=account.technologies,
        renewal_on=account.renewal_on,
        sales_owner=lead.owner or account.owner,
        identities=tuple(merged.identities_of(lead.pk)),
        consents=consents_of(lead.pk, as_of=as_of),
        suppressed_by=suppressed_by(lead_id=lead.pk, account_id=lead.account_id),
    )


def suppressed_by(*, lead_id: int, account_id: int) -> str | None:
    """Return the strongest reason for which a lead may not be mailed, lower case; None: there is none."""
    found: str | None = dict(leads.load_suppressions(account_ids=[account_id]).iter_rows()).get(lead_id)
    return found


def consents_of(lead_id: int, *, as_of: datetime) -> dict[str, str]:
    """Return purpose -> basis of the consents in force at the instant."""
    over = Q(withdrawn_at__lte=as_of) | Q(expires_at__lte=as_of) | Q(batch__state=ImportBatch.State.UNDONE)
    found = Consent.objects.filter(lead_id=lead_id).exclude(over).order_by("id")
    return dict(found.values_list("purpose", "basis"))


def last_decision(lead_id: int) -> Decision | None:
    """Return the assessment stored last, or None for a lead never assessed."""
    stored = Assessment.objects.filter(lead_id=lead_id).select_related("cycle__playbook_version")
    last = stored.order_by("-id").first()
    if last is None:
        return None
    return Decision(
        as_of=last.cycle.as_of,
        disposition=last.disposition,
        reason=last.reason,
        playbook_number=last.cycle.playbook_version.number,
        playbook_name=last.cycle.playbook_version.name,
        kernel_version=last.cycle.kernel_version,
    )


def transitions_of(lead_id: int) -> tuple[StatusChange, ...]:
    """Return the lead's changes of status, newest first."""
    columns = ("occurred_at", "from_status", "to_status", "reason", "decided_by")
    rows = Transition.objects.filter(lead_id=lead_id).order_by("-id").values(*columns)
    return tuple(StatusChange(**row) for row in rows)


def events_of(lead: Lead, *, as_of: datetime) -> QuerySet[Event]:
    """Return the lead's events that count, up to the instant; the account's index finds them."""
    of_lead = Event.objects.filter(account_id=lead.account_id, lead_id=lead.pk, occurred_at__lte=as_of)
    return of_lead.exclude(batch__state=ImportBatch.State.UNDONE).select_related("shape", "batch")


def told_by_itself(events: QuerySet[Event]) -> QuerySet[Event]:
    """Leave out the clicks and opens on mails of ours that are not known to be a person's: they are told with the mail."""
    return events.exclude(hit__isnull=False, evidence__lt=Event.EvidenceCode.HUMAN)


def happening(event: Event) -> Happening:
    """Return an event as a timeline shows it."""
    shape = event.shape
    return Happening(
        occurred_at=event.occurred_at,
        kind=shape.kind,
        path=shape.path,
        form=shape.form,
        asset=shape.asset,
        topic=shape.topic,
        campaign=shape.campaign,
        evidence=Event.EvidenceCode(event.evidence).name,
        source=event.batch.source if event.batch else None,
    )
