"""
The brief of a handoff: what a salesperson must know before the call, on one page.

Composed of what is stored in a fixed number of queries, and of the because card of the lead, computed at the instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import F, Q

from coldframe.activity import queries as activity
from coldframe.handoff import queries as handoffs
from coldframe.kernel.assessment import wording
from coldframe.kernel.assessment.card import Card, Reason
from coldframe.kernel.planning import returns
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.leads.models import Lead, Opportunity
from coldframe.library import queries as library
from coldframe.nurture import ledger, outlook, queries, questions, words

#: A colleague who did something that counts within so long is active.
ACTIVE_WITHIN = timedelta(days=60)
#: What a lead wrote is worth coming back to for so long.
FRESH_WITHIN = timedelta(days=60)
#: Rows of each part: a brief is read in a minute.
COLLEAGUES, SIGNALS, READ, ASKED, SENT, DEALS = 6, 6, 8, 6, 5, 3
#: Entries of the ledger among which what was sent is looked for.
LEDGER = 60
#: Letters of what a lead wrote.
WORDS_LENGTH = 600
#: Event kinds by which a lead reads, and by which it says something.
READING = frozenset({"page", "asset_downloaded", "link_clicked", "webinar_attended", "video_watched"})
ASKING = ("form_submitted", "replied", "answered", "meeting_booked", "call")
#: Where the words of a lead stand in the personal part of an event, the likeliest first.
WORDS = ("message", "text", "answer", "value", "note")


class Opening(StrEnum):
    """Where the question to open with comes from."""

    #: The lead wrote something that is not answered yet.
    OWN_WORDS = "OWN_WORDS"
    #: A fact that sales needs and nobody knows.
    MISSING_FACT = "MISSING_FACT"
    #: What people ask themselves at the lead's stage.
    STAGE = "STAGE"


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody else at the account."""

    public_id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    job_title: str | None
    role: str | None
    status: str | None
    last_meaningful_at: datetime | None
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class Read:
    """Something the lead read, found or attended, as often as it did."""

    kind: str
    #: The title of an asset, else the path or the topic.
    about: str
    count: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Something the lead said, asked or answered."""

    kind: str
    about: str
    #: In the lead's own words; empty where there are none.
    words: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Something we sent the lead."""

    title: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A deal of the account, or of the lead."""

    name: str | None
    state: str
    stage: str | None
    amount_cents: int | None
    currency: str | None
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OpeningQuestion:
    """The question to open with, and where it comes from."""

    kind: Opening
    text: str


@dataclass(frozen=True, kw_only=True)
class Brief:
    """All that a salesperson is told of one handoff."""

    handoff: handoffs.HandoffRow
    record: queries.LeadRecord
    card: Card
    #: The lead's time zone, and whether it is a guess; None: not even that.
    zone: str | None
    is_zone_guessed: bool
    #: The active ones first.
    colleagues: tuple[Colleague, ...]
    colleague_count: int
    #: What speaks for the lead, the strongest first.
    signals: tuple[Reason, ...]
    read: tuple[Read, ...]
    asked: tuple[Asked, ...]
    sent: tuple[Sent, ...]
    #: What sales needs and nobody knows, in words.
    missing: tuple[str, ...]
    opening: OpeningQuestion | None
    #: The times before this one that the lead was put before sales, the latest first.
    earlier: tuple[handoffs.HandoffRow, ...]
    #: Answers that, given once more, let the lead go: verdict and stated reason.
    last_chances: tuple[tuple[str, str], ...]
    deals: tuple[Deal, ...]
    #: Who takes leads and could be given this one, and until when each is away (None: is there).
    reps: tuple[tuple[str, datetime | None], ...]


def find(public_id: UUID, *, as_of: datetime) -> Brief | None:
    """
    Return the brief of a handoff as of an instant, or None where there is no such handoff or the lead is gone.

    Raises ``NoActivePlaybook`` before the first activation.
    """
    row = handoffs.find(public_id)
    if row is None:
        return None
    explained = queries.explain_lead(lead_id=row.lead_id, as_of=as_of, with_moves=False)
    if explained is None:
        return None
    return compose(row, explained, playbook=library.get_active_playbook().playbook, as_of=as_of)


def compose(
    row: handoffs.HandoffRow, explained: queries.ExplainedLead, *, playbook: Playbook, as_of: datetime
) -> Brief:
    """Return the brief of a handoff of an explained lead."""
    record, card = explained.record, explained.card
    zone, known_by = outlook.load_zones(lead_ids=[record.id], playbook=playbook).get(record.id, (None, None))
    asked = list_asked(account_id=record.account_id, lead_id=record.id, as_of=as_of)
    colleagues = list_colleagues(account_id=record.account_id, besides=record.id, as_of=as_of)
    earlier = tuple(each for each in handoffs.list_of_lead(record.id) if each.opened_at < row.opened_at)
    return Brief(
        handoff=row,
        record=record,
        card=card,
        zone=zone,
        is_zone_guessed=known_by != outlook.SURE_ZONE,
        colleagues=tuple(colleagues[:COLLEAGUES]),
        colleague_count=len(colleagues),
        signals=strongest(card.intent.reasons),
        read=list_read(explained.timeline, playbook=playbook),
        asked=asked,
        sent=list_sent(lead_id=record.id, playbook=playbook),
        missing=tuple(
            wording.label(each.rule.removeprefix("missing:")) for each in card.completeness.reasons
        ),
        opening=opening_of(explained, asked, playbook=playbook, as_of=as_of),
        earlier=earlier,
        last_chances=returns.last_chances(
            ((each.answer, each.answer_reason) for each in earlier), playbook=playbook
        ),
        deals=list_deals(account_id=record.account_id, lead_id=record.id),
        reps=reps_of(row.team, as_of=as_of),
    )


def reps_of(team: str, *, as_of: datetime) -> tuple[tuple[str, datetime | None], ...]:
    """Return who takes leads in a team, and until when each is away; those who are there first."""
    away = {
        each.name: each.away_until
        for each in handoffs.list_terms()
        if each.away_until and each.away_until > as_of
    }
    names = [name for of, name in handoffs.list_reps() if of == team]
    return tuple((name, away.get(name)) for name in sorted(names, key=lambda name: name in away))


def strongest(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Return what adds at least a point, the most first."""
    found = [each for each in reasons if (each.points or 0) >= 1]
    return tuple(sorted(found, key=lambda each: -(each.points or 0))[:SIGNALS])


#: How many people of one account are looked at; beyond, the count says so.
MOST_COLLEAGUES = 200


def list_colleagues(*, account_id: int, besides: int, as_of: datetime) -> list[Colleague]:
    """Return the other people of an account, the last active ones first."""
    columns = ("public_id", "first_name", "last_name", "email", "job_title", "role")
    found = (
        Lead.objects.filter(account_id=account_id, voided_at__isnull=True)
        .exclude(pk=besides)
        .order_by(F("standing__last_meaningful_at").desc(nulls_last=True), "id")
        .values_list(*columns, "standing__status", "standing__last_meaningful_at")[:MOST_COLLEAGUES]
    )
    since = as_of - ACTIVE_WITHIN
    return [
        Colleague(
            **dict(zip(columns, row, strict=False)),
            status=row[-2],
            last_meaningful_at=row[-1],
            is_active=row[-1] is not None and row[-1] >= since,
        )
        for row in found
    ]


def list_read(timeline: Iterable[queries.Happening], *, playbook: Playbook) -> tuple[Read, ...]:
    """Return what a person, and no machine, read; each thing once, the last read first."""
    titles = titles_of(playbook)
    found: dict[tuple[str, str], Read] = {}
    for event in timeline:
        if event.kind not in READING or event.evidence == "MACHINE":
            continue
        where = event.asset or event.path or event.topic
        about = titles.get(event.asset.lower()) or titles.get(event.path) or where
        kind = "asset" if about != where else event.kind
        known = found.get((kind, about))
        # The timeline goes from the latest to the first.
        last_at = known.last_at if known else event.occurred_at
        count = known.count + 1 if known else 1
        found[(kind, about)] = Read(kind=kind, about=about, count=count, last_at=last_at)
    return tuple(found.values())[:READ]


def titles_of(playbook: Playbook) -> dict[str, str]:
    """Return the titles of assets by their keys in lower case, and by the path of their address where it has one."""
    found: dict[str, str] = {}
    for asset in playbook.assets:
        if (path := urlsplit(str(asset.url)).path) not in ("", "/"):
            found.setdefault(path, asset.title)
        found[asset.key.lower()] = asset.title
    return found


def list_asked(*, account_id: int, lead_id: int, as_of: datetime) -> tuple[Asked, ...]:
    """Return what the lead said, asked and answered, the latest first."""
    events = activity.valid_events().filter(
        account_id=account_id, lead_id=lead_id, occurred_at__lte=as_of, shape__kind__in=ASKING
    )
    rows = events.select_related("shape", "payload").order_by("-occurred_at", "-id")[:ASKED]
    return tuple(
        Asked(
            kind=each.kind,
            about=each.form or each.topic,
            words=words_of(each.properties),
            at=each.occurred_at,
        )
        for each in map(activity.as_recorded, rows)
    )


def words_of(properties: object) -> str:
    """Return the words of the lead in the personal part of an event; empty where there are none."""
    values = properties if isinstance(properties, dict) else {}
    said = next((values[name] for name in WORDS if isinstance(values.get(name), str | int | float)), "")
    text = " ".join(str(said).split())
    return text if len(text) <= WORDS_LENGTH else text[: WORDS_LENGTH - 1].rstrip() + "…"


def list_sent(*, lead_id: int, playbook: Playbook) -> tuple[Sent, ...]:
    """Return what was sent to the lead, the latest first."""
    entries = ledger.list_entries(lead_id=lead_id, limit=LEDGER)
    had = [each for each in entries if each.word == TouchState.SENT and each.content_key]
    return tuple(
        Sent(title=words.title_of(playbook, each.content_key or ""), at=each.at) for each in had[:SENT]
    )


def list_deals(*, account_id: int, lead_id: int) -> tuple[Deal, ...]:
    """Return the deals of the account and of the lead, open ones first."""
    mine = Q(account_id=account_id) | Q(lead_id=lead_id)
    columns = ("name", "state", "stage", "amount_cents", "currency")
    rows = (
        Opportunity.objects.filter(mine, voided_at__isnull=True)
        .order_by("-state", F("opened_at").desc(nulls_last=True), "-id")
        .values_list(*columns, "closed_at", "opened_at")[:DEALS]
    )
    return tuple(Deal(**dict(zip(columns, row, strict=False)), at=row[-2] or row[-1]) for row in rows)


def opening_of(
    explained: queries.ExplainedLead, asked: Sequence[Asked], *, playbook: Playbook, as_of: datetime
) -> OpeningQuestion | None:
    """
    Return the question to open with.

    What the lead wrote lately comes first; then the fact whose answer would change most; then what people ask
    themselves at its stage.
    """
    written = next((each for each in asked if each.words and each.at >= as_of - FRESH_WITHIN), None)
    if written:
        return OpeningQuestion(kind=Opening.OWN_WORDS, text=written.words)
    if explained.record.message:
        return OpeningQuestion(kind=Opening.OWN_WORDS, text=explained.record.message[:WORDS_LENGTH])
    wanted = questions.next_for(public_id=explained.record.public_id, besides=set())
    if wanted:
        return OpeningQuestion(kind=Opening.MISSING_FACT, text=wanted.label)
    stage = explained.card.stage.value
    answers = next((each.answers for each in playbook.assets if each.stage.value == stage), None)
    return OpeningQuestion(kind=Opening.STAGE, text=answers) if answers else None
