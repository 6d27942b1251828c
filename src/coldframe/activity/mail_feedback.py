"""
What is heard of a mail after it left, and what follows from it for the person it was for.

Providers tell it again and again, late and in any order, and returned mail tells it once more. So a kind counts
once for a touch, a state follows from the kinds alone, and what follows for the person is done when a kind is
first heard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from coldframe.activity import operations
from coldframe.activity.models import Feedback
from coldframe.activity.operations import NewEvent
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, merged, suppression
from coldframe.leads.models import Consent, Pause

Kind = Feedback.Kind

#: Of kinds of one mail the last that is there is its state; a click shows no less than an arrival.
ORDER = (
    *(Kind.SENT, Kind.DEFERRED, Kind.DELIVERED, Kind.SOFT_BOUNCED, Kind.SENDER_REFUSED, Kind.NOT_SENT),
    *(Kind.HARD_BOUNCED, Kind.UNSUBSCRIBED, Kind.COMPLAINED),
)
SHOW_ARRIVAL = frozenset({Kind.OPENED, Kind.CLICKED, Kind.REPLIED})
#: Kinds that are events of the person; others say nothing about anybody, or are recorded by who brings them.
EVENTS: Mapping[Feedback.Kind, tuple[str, str]] = {
    Kind.SOFT_BOUNCED: ("email_bounced", "soft"),
    Kind.HARD_BOUNCED: ("email_bounced", "hard"),
    Kind.SENDER_REFUSED: ("email_bounced", "the sender was refused"),
    Kind.UNSUBSCRIBED: ("unsubscribed", ""),
    Kind.COMPLAINED: ("complained", ""),
}
SUPPRESSING: Mapping[Feedback.Kind, SuppressionReason] = {
    Kind.HARD_BOUNCED: SuppressionReason.HARD_BOUNCE,
    Kind.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBE,
    Kind.COMPLAINED: SuppressionReason.COMPLAINT,
}
#: So many soft bounces within so long, and nothing is sent for so long.
SOFT_BOUNCES = 3
WITHIN = timedelta(days=14)
REST = timedelta(days=30)
REST_SOURCE = "soft bounces"

COLUMNS = ("touch", "lead_id", "kind", "occurred_at", "source", "status", "text", "heard_at", "is_passed_on")
TABLE = Feedback._meta.db_table
#: Of one kind the earliest is kept, whatever order they come in.
UPSERT = (
    f"INSERT INTO {TABLE} AS f ({', '.join(COLUMNS)}) VALUES {{rows}}"
    " ON CONFLICT (touch, kind) DO UPDATE SET occurred_at = excluded.occurred_at, source = excluded.source,"
    " status = excluded.status, text = excluded.text"
    " WHERE (excluded.occurred_at, excluded.source, excluded.status, excluded.text)"
    " < (f.occurred_at, f.source, f.status, f.text)"
)
#: Nine parameters each stay below SQLite's limit for a statement.
ROWS_PER_STATEMENT = 1_000
TEXT_LENGTH, STATUS_LENGTH = 500, 11


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One thing that was heard of a mail of a touch."""

    touch: UUID
    lead_id: int
    #: To which the mail went, where that is told; suppressed beside the person's own.
    email: str = ""
    kind: Feedback.Kind
    occurred_at: datetime
    #: Name of the source, and its own id of what it told.
    source: str
    external_id: str
    status: str = ""
    text: str = ""
    #: Of what a provider did not send: the no that it knows of.
    reason: SuppressionReason | None = None
    #: The instant is when it was received, for none, or none that can be, was told.
    is_received_time: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Something that was heard, and that the keeper of touches was not told yet."""

    id: int
    touch: UUID
    kind: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardLine:
    """Something that was heard, as it is shown."""

    touch: UUID
    kind: str
    occurred_at: datetime
    source: str
    status: str
    text: str


def record(heard: Sequence[Heard], *, at: datetime) -> None:
    """
    Record what was heard and do what follows for people, in one transaction or the caller's.

    A dead address, a complaint and an opt-out suppress the person and the address; three soft bounces within
    two weeks have the person rest. Nothing is done twice, and nothing that the person's own later consent
    overtook. Whoever was erased is the caller's to leave out.
    """
    with transaction.atomic():
        hold(heard)
        new = unknown(heard)
        write(heard, at=at)
        operations.record_events([event_of(each) for each in heard if each.kind in EVENTS], at=at)
        suppress(new, at=at)
        rest({each.lead_id for each in new if each.kind is Kind.SOFT_BOUNCED}, at=at)


def hold(heard: Iterable[Heard]) -> None:
    """Take the locks of everybody to whom something is done, all at once, so that two writers cannot block each other."""
    touched = [each for each in heard if reason_of(each) or each.kind is Kind.SOFT_BOUNCED]
    if touched:
        suppression.hold(lead_ids={each.lead_id for each in touched}, emails=emails_of(touched))


def unknown(heard: Iterable[Heard]) -> list[Heard]:
    """Return what had not been heard before, the earliest of each kind of a touch."""
    first: dict[tuple[UUID, str], Heard] = {}
    for each in sorted(heard, key=precedence):
        first.setdefault((each.touch, each.kind), each)
    rows = Feedback.objects.filter(touch__in={touch for touch, _ in first}).values_list("touch", "kind")
    known = set(rows)
    return [each for key, each in first.items() if key not in known]


def precedence(heard: Heard) -> tuple[Any, ...]:
    """Return by what one of several that say the same is kept."""
    return (heard.occurred_at, heard.source, heard.status, heard.text, heard.external_id)


def write(heard: Sequence[Heard], *, at: datetime) -> None:
    """Write what was heard; of one kind the earliest stays."""
    first: dict[tuple[UUID, str], Heard] = {}
    for each in sorted(heard, key=precedence):
        first.setdefault((each.touch, each.kind), each)
    fields = [next(f for f in Feedback._meta.concrete_fields if f.attname == name) for name in COLUMNS]
    rows = [
        [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, row_of(each, at), strict=True)
        ]
        for _, each in sorted(first.items())
    ]
    one = "(" + ", ".join(["%s"] * len(COLUMNS)) + ")"
    with connection.cursor() as cursor:
        for chunk in operations.chunks(rows, ROWS_PER_STATEMENT):
            sql = UPSERT.format(rows=", ".join([one] * len(chunk)))
            cursor.execute(sql, [value for row in chunk for value in row])


def row_of(heard: Heard, at: datetime) -> tuple[Any, ...]:
    """Return the values of ``COLUMNS``."""
    return (
        heard.touch, heard.lead_id, heard.kind.value, heard.occurred_at, heard.source[:64],
        heard.status[:STATUS_LENGTH], clean(heard.text), at, False,
    )  # fmt: skip


def clean(text: str) -> str:
    """Return what the other side said as one line that every database takes, cut to its length."""
    return " ".join(text.replace("\x00", "").split())[:TEXT_LENGTH]


def event_of(heard: Heard) -> NewEvent:
    """Return the event of a person that something heard is."""
    kind, topic = EVENTS[heard.kind]
    told = {
        "touch": heard.touch.hex,
        "status": heard.status,
        "said": clean(heard.text),
        "time": "when it was received" if heard.is_received_time else "",
    }
    return NewEvent(
        source=heard.source,
        external_id=f"{heard.external_id}:{heard.touch.hex}",
        lead_id=heard.lead_id,
        kind=kind,
        topic=topic,
        occurred_at=heard.occurred_at,
        properties={name: value for name, value in told.items() if value},
    )


def reason_of(heard: Heard) -> SuppressionReason | None:
    """Return why a person is not mailed again after what was heard; None: they may be."""
    return SUPPRESSING.get(heard.kind, heard.reason)


def emails_of(heard: Iterable[Heard]) -> set[str]:
    """Return the addresses that something was heard of."""
    return {each.email for each in heard if each.email}


def suppress(new: Sequence[Heard], *, at: datetime) -> None:
    """Never mail people again who do not want it, or whose address is dead, unless they consented since."""
    consented = consents_of({each.lead_id for each in new if reason_of(each)})
    by_reason: dict[SuppressionReason, list[Heard]] = defaultdict(list)
    for each in new:
        reason = reason_of(each)
        since = consented.get(each.lead_id)
        if reason is not None and (since is None or since < each.occurred_at):
            by_reason[reason].append(each)
    for reason, found in sorted(by_reason.items()):
        sources = ", ".join(sorted({each.source for each in found}))
        leads = {each.lead_id for each in found}
        suppression.suppress(
            reason=reason, source=sources[:120], at=at, lead_ids=leads, emails=emails_of(found)
        )
        if reason is SuppressionReason.UNSUBSCRIBE:
            for lead_id in sorted(leads):
                consent.withdraw(lead_id=lead_id, at=at)


def consents_of(lead_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each lead, or who it is one person with, last confirmed by an act of their own that they want mail."""
    people = groups_of(lead_ids)
    # One that was taken back since was an act of their own all the same, or the order of news would matter.
    confirmed = Consent.objects.filter(lead_id__in=set().union(*people.values()), confirmed_at__isnull=False)
    instants = by_lead(confirmed.values_list("lead_id", "confirmed_at"))
    found = {lead_id: [at for each in group for at in instants[each]] for lead_id, group in people.items()}
    return {lead_id: max(said) for lead_id, said in found.items() if said}


def rest(lead_ids: Collection[int], *, at: datetime) -> None:
    """Leave people in peace for a while whose address took no mail several times; a longer pause stays."""
    people = {min(group): group for group in groups_of(lead_ids).values()}
    everybody = set().union(*people.values())
    bounces = Feedback.objects.filter(lead_id__in=everybody, kind=Kind.SOFT_BOUNCED)
    pauses = Pause.objects.filter(lead_id__in=everybody, ended_at=None)
    bounced = by_lead(bounces.values_list("lead_id", "occurred_at"))
    running = by_lead(pauses.values_list("lead_id", "until"))
    for first, group in sorted(people.items()):
        until = rests_until(instant for each in group for instant in bounced[each])
        if until is not None and until > max([at, *(end for each in group for end in running[each])]):
            consent.pause(lead_id=first, until=until, source=REST_SOURCE, at=at)


def groups_of(lead_ids: Collection[int]) -> dict[int, set[int]]:
    """Return for each lead all leads that are one person with it, itself among them."""
    everybody = merged.group_of(lead_ids)
    roots = merged.roots_of(everybody)
    groups: dict[int, set[int]] = defaultdict(set)
    for lead_id in everybody:
        groups[roots.get(lead_id, lead_id)].add(lead_id)
    return {lead_id: groups[roots.get(lead_id, lead_id)] for lead_id in lead_ids}


def by_lead(rows: Iterable[tuple[int, datetime | None]]) -> dict[int, list[datetime]]:
    """Return the instants of each lead."""
    found: dict[int, list[datetime]] = defaultdict(list)
    for lead_id, instant in rows:
        if instant is not None:
            found[lead_id].append(instant)
    return found


def rests_until(bounces: Iterable[datetime]) -> datetime | None:
    """
    Return until when somebody rests whose address took no mail at these instants; None: they do not.

    >>> from datetime import UTC
    >>> march = lambda day: datetime(2026, 3, day, tzinfo=UTC)
    >>> rests_until([march(20), march(8), march(14)])
    datetime.datetime(2026, 4, 19, 0, 0, tzinfo=datetime.timezone.utc)
    >>> rests_until([march(1), march(10), march(20)]) is None
    True
    """
    ordered = sorted(bounces)
    last = len(ordered) - SOFT_BOUNCES
    ends = [
        ordered[i + SOFT_BOUNCES - 1]
        for i in range(last + 1)
        if ordered[i + SOFT_BOUNCES - 1] - ordered[i] <= WITHIN
    ]
    return max(ends) + REST if ends else None


def state_of(kinds: Collection[str]) -> Feedback.Kind | None:
    """
    Return what a mail's state is by all that was heard of it; None: nothing was heard.

    >>> state_of(["HARD_BOUNCED", "DELIVERED", "OPENED"]).value, state_of(["SENT", "CLICKED"]).value
    ('HARD_BOUNCED', 'DELIVERED')
    """
    shown = {Kind.DELIVERED if Kind(each) in SHOW_ARRIVAL else Kind(each) for each in kinds}
    return max(shown, key=ORDER.index, default=None)


def is_anything_waiting() -> bool:
    """Return whether something was heard that was not passed on."""
    return Feedback.objects.filter(is_passed_on=False).exists()


def claim_waiting(*, limit: int) -> list[Waiting]:
    """Return what was heard and not passed on, oldest first, locked for the caller's transaction."""
    found = Feedback.objects.filter(is_passed_on=False).order_by("id").select_for_update(skip_locked=True)
    return [Waiting(id=row.pk, touch=row.touch, kind=row.kind, source=row.source) for row in found[:limit]]


def mark_passed_on(feedback_ids: Collection[int]) -> None:
    """Note that what follows from some of what was heard was done, in the caller's transaction."""
    Feedback.objects.filter(pk__in=feedback_ids).update(is_passed_on=True)


def passed_on(touches: Collection[UUID], *, kinds: Collection[str]) -> set[UUID]:
    """Return the touches of which one of some kinds was passed on before."""
    found = Feedback.objects.filter(touch__in=touches, kind__in=kinds, is_passed_on=True)
    return set(found.values_list("touch", flat=True))


def list_heard(touches: Iterable[UUID]) -> list[HeardLine]:
    """Return all that was heard of mails of touches, oldest first."""
    names = tuple(HeardLine.__dataclass_fields__)
    found = Feedback.objects.filter(touch__in=list(touches)).order_by("occurred_at", "id").values(*names)
    return [HeardLine(**row) for row in found]
