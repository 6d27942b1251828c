"""What lies before sales, what sales said of it, and how much sales has taken on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from coldframe.handoff.models import Capacity, Handoff, Rep
from coldframe.kernel.frames import RepTerms
from coldframe.kernel.vocabulary import HandoffState

#: A handoff that lapsed stays on the desk of whoever leads the team for so long: a late answer is taken.
ESCALATED_FOR = timedelta(days=14)
#: Rows of one list.
MOST_LISTED = 500


@dataclass(frozen=True, kw_only=True)
class HandoffRow:
    """One handoff, as lists show it."""

    id: int
    public_id: UUID
    lead_id: int
    lead_public_id: UUID
    account_id: int
    first_name: str | None
    last_name: str | None
    email: str | None
    job_title: str | None
    role: str | None
    company: str | None
    domain: str | None
    #: Counts the times this lead was put before sales, from 1.
    episode: int
    team: str
    trigger: str
    owner: str | None
    #: How the owner was found; see ``models.Handoff``.
    owner_from: str
    is_hand_raise: bool
    opened_at: datetime
    deadline_at: datetime
    #: The agreed time of an answer; None: none was agreed.
    answer_by_at: datetime | None
    #: What it was ranked by when it was put before sales; None: from before this was kept.
    fit_level: str | None
    account_intent_points: float | None
    intent_points: float | None
    waits_since: datetime | None
    segment: str | None
    path: str | None
    stage: str | None
    state: str
    ended_at: datetime | None
    answer: str | None
    answer_reason: str | None
    until: datetime | None
    said_by: str | None
    said_at: datetime | None

    @property
    def name(self) -> str:
        """The lead as people call them: their name, else their address, else their public id."""
        known = " ".join(filter(None, [self.first_name, self.last_name]))
        return known or self.email or str(self.lead_public_id)

    @property
    def is_escalated(self) -> bool:
        """Whether its deadline passed unanswered, so that it is with whoever leads the team."""
        return self.state == HandoffState.LAPSED

    @property
    def waits(self) -> bool:
        """Whether an answer is taken: it is open, or has lapsed and is the lead's last."""
        return self.state in {HandoffState.OPEN, HandoffState.LAPSED}

    def is_late(self, at: datetime) -> bool:
        """Return whether the agreed time of an answer has passed."""
        return self.waits and (self.answer_by_at or self.deadline_at) <= at


@dataclass(frozen=True, kw_only=True)
class DeskCounts:
    """How much waits for an answer."""

    #: Open ones, of everybody.
    open: int
    #: Open ones of one rep, where one was named.
    mine: int
    #: Open ones that nobody in particular has.
    unassigned: int
    #: Lapsed lately, and still to be answered.
    escalated: int
    #: Open ones whose agreed time of an answer has passed.
    late: int


@dataclass(frozen=True, kw_only=True)
class RepRow:
    """Somebody who takes leads, and what is agreed with them."""

    team: str
    name: str
    most: int | None = None
    away_until: datetime | None = None
    countries: tuple[str, ...] = ()
    email: str = ""
    by_email: bool = True
    hand_raises_only: bool = False
    with_calendar: bool = True
    #: Whether they are in the round robin.
    takes_leads: bool = True


COLUMNS = {
    **{name: name for name in HandoffRow.__dataclass_fields__},
    "lead_public_id": "lead__public_id",
    "first_name": "lead__first_name",
    "last_name": "lead__last_name",
    "email": "lead__email",
    "job_title": "lead__job_title",
    "role": "lead__role",
    "company": "account__name",
    "domain": "account__domain",
    "answer": "verdict__answer",
    "answer_reason": "verdict__reason",
    "until": "verdict__until",
    "said_by": "verdict__said_by",
    "said_at": "verdict__said_at",
}
#: Hand raises by when an answer was agreed, the others by what they were ranked by when sales got them.
RANKED = ("-is_hand_raise", "raised_first", "fit_level", "-account_intent_points", "-intent_points", "waits_since", "id")  # fmt: skip


def list_queue(
    *,
    at: datetime,
    for_rep: str | None = None,
    is_unassigned: bool = False,
    team: str | None = None,
    offset: int = 0,
    limit: int = 200,
) -> list[HandoffRow]:
    """
    Return what waits for an answer of sales, in the order in which to answer it; ``offset``: leave out so many.

    First what has lapsed lately and is still to be answered, the latest first; then hand raises by the time agreed for
    an answer; then the others by fit level, intent of the account, own intent and waiting time.
    """
    asked = of_whom(for_rep=for_rep, is_unassigned=is_unassigned, team=team)
    escalated = lapsed_lately(at=at).filter(asked).order_by("-deadline_at", "id")
    ranked = opened().filter(asked).annotate(raised_first=RAISED_FIRST).order_by(*RANKED)
    lapsed = rows(escalated, limit, offset=offset)
    before = offset - escalated.count() if offset else 0
    return [*lapsed, *rows(ranked, limit - len(lapsed), offset=max(0, before))]


def list_queue_ids(*, at: datetime, for_rep: str | None = None) -> list[int]:
    """Return the ids of all that waits for an answer of sales, in the order in which to answer it."""
    asked = of_whom(for_rep=for_rep)
    escalated = lapsed_lately(at=at).filter(asked).order_by("-deadline_at", "id")
    ranked = opened().filter(asked).annotate(raised_first=RAISED_FIRST).order_by(*RANKED)
    return [*escalated.values_list("id", flat=True), *ranked.values_list("id", flat=True)]


def list_ended_ids(*, for_rep: str | None = None) -> list[int]:
    """Return the ids of all that was answered, lapsed or was overtaken, the latest opened first."""
    found = Handoff.objects.exclude(state=HandoffState.OPEN).filter(of_whom(for_rep=for_rep))
    return list(found.order_by("-id").values_list("id", flat=True))


def list_ended(
    *, for_rep: str | None = None, team: str | None = None, before_id: int | None = None, limit: int = 50
) -> list[HandoffRow]:
    """Return what was answered, lapsed or was overtaken, the latest opened first; ``before_id`` goes on from a page."""
    found = Handoff.objects.exclude(state=HandoffState.OPEN).filter(of_whom(for_rep=for_rep, team=team))
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    return rows(found.order_by("-id"), limit)


def list_handoffs(
    *,
    state: str | None = None,
    for_rep: str | None = None,
    lead_public_id: UUID | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[HandoffRow]:
    """Return handoffs, the latest opened first; ``before_id`` goes on from an earlier page."""
    found = Handoff.objects.filter(of_whom(for_rep=for_rep))
    found = found if state is None else found.filter(state=state)
    found = found if lead_public_id is None else found.filter(lead__public_id=lead_public_id)
    found = found if before_id is None else found.filter(id__lt=before_id)
    return rows(found.order_by("-id"), limit)


def list_these(ids: Sequence[int]) -> list[HandoffRow]:
    """Return some handoffs, in the order of their ids as they are given, in one query."""
    found = {row.id: row for row in rows(Handoff.objects.filter(pk__in=ids), len(ids))}
    return [found[pk] for pk in ids if pk in found]


def count_queue(*, at: datetime, for_rep: str | None = None) -> DeskCounts:
    """Return how much waits for an answer."""
    is_open = Q(state=HandoffState.OPEN)
    late = Q(answer_by_at__lte=at) | Q(answer_by_at=None, deadline_at__lte=at)
    found = Handoff.objects.filter(is_open | Q(pk__in=lapsed_lately(at=at).values("pk")))
    counts = found.aggregate(
        open=Count("id", filter=is_open),
        mine=Count("id", filter=is_open & Q(owner=for_rep) if for_rep else Q(pk__in=[])),
        unassigned=Count("id", filter=is_open & Q(owner=None)),
        escalated=Count("id", filter=~is_open),
        late=Count("id", filter=is_open & late),
    )
    return DeskCounts(**counts)


def find(public_id: UUID) -> HandoffRow | None:
    """Return a handoff by its public id, or None."""
    return next(iter(rows(Handoff.objects.filter(public_id=public_id), 1)), None)


def list_open(*, limit: int = 200) -> list[HandoffRow]:
    """Return what waits for an answer of sales and has not lapsed: hand raises first, then by deadline."""
    return rows(opened().order_by("-is_hand_raise", "deadline_at", "id"), limit)


def list_of_lead(lead_id: int) -> list[HandoffRow]:
    """Return every handoff of a lead, the latest first."""
    return rows(Handoff.objects.filter(lead_id=lead_id).order_by("-opened_at", "-id"), MOST_LISTED)


def find_open(*, lead_id: int) -> HandoffRow | None:
    """Return the handoff of a lead that waits for an answer, or None."""
    return next((row for row in list_of_lead(lead_id) if row.state == HandoffState.OPEN), None)


def find_last_in(*, since: datetime) -> HandoffRow | None:
    """Return the worst ranked of those that were given room since an instant and raised no hand: the last one in."""
    found = Handoff.objects.filter(opened_at__gt=since, is_hand_raise=False, fit_level__isnull=False)
    order = ("-fit_level", "account_intent_points", "intent_points", "-waits_since", "-id")
    return next(iter(rows(found.order_by(*order), 1)), None)


def list_reps() -> list[tuple[str, str]]:
    """Return (team, rep) of everybody who takes leads, in the order of the round robin."""
    teams = Capacity.objects.order_by("team").values_list("team", "reps")
    return [(team, rep) for team, reps in teams for rep in reps]


def list_rep_rows() -> list[RepRow]:
    """Return everybody who takes leads, in the order of the round robin, then others of whom something is agreed."""
    agreed = {each.name: each for each in Rep.objects.order_by("name")}
    taking = list_reps()
    named = {name for _, name in taking}
    team = taking[0][0] if taking else ""
    return [
        *(rep_row(name, team, agreed.get(name)) for team, name in taking),
        *(rep_row(name, team, rep, takes_leads=False) for name, rep in agreed.items() if name not in named),
    ]


def list_terms() -> tuple[RepTerms, ...]:
    """Return what is agreed with reps, as the kernel reads it."""
    columns = ("name", "most", "away_until", "countries")
    return tuple(
        RepTerms(name=name, most=most, away_until=away_until, countries=frozenset(countries))
        for name, most, away_until, countries in Rep.objects.order_by("name").values_list(*columns)
    )


def find_told_system(team: str) -> str:
    """Return the connection by which another system is told of each handoff; empty: none is."""
    return Capacity.objects.filter(team=team).values_list("tells", flat=True).first() or ""


def rep_row(name: str, team: str, agreed: Rep | None, *, takes_leads: bool = True) -> RepRow:
    """Return somebody who takes leads, with what is agreed with them."""
    if agreed is None:
        return RepRow(team=team, name=name)
    return RepRow(
        team=team,
        name=name,
        most=agreed.most,
        away_until=agreed.away_until,
        countries=tuple(agreed.countries),
        email=agreed.email,
        by_email=agreed.by_email,
        hand_raises_only=agreed.hand_raises_only,
        with_calendar=agreed.with_calendar,
        takes_leads=takes_leads,
    )


#: Among hand raises the one that is to be answered first; nothing among the others.
RAISED_FIRST = Case(
    When(is_hand_raise=True, answer_by_at__isnull=False, then="answer_by_at"),
    When(is_hand_raise=True, then="deadline_at"),
    default=Value(None),
)


def opened() -> QuerySet[Handoff]:
    return Handoff.objects.filter(state=HandoffState.OPEN)


def lapsed_lately(*, at: datetime) -> QuerySet[Handoff]:
    """Return what has lapsed lately while nobody put the lead before sales again."""
    later = Handoff.objects.filter(lead=OuterRef("lead"), episode__gt=OuterRef("episode"))
    lapsed = Handoff.objects.filter(state=HandoffState.LAPSED, deadline_at__gt=at - ESCALATED_FOR)
    return lapsed.filter(~Exists(later))


def of_whom(*, for_rep: str | None = None, is_unassigned: bool = False, team: str | None = None) -> Q:
    """Return the condition that handoffs are somebody's."""
    asked = Q() if for_rep is None else Q(owner=for_rep)
    asked &= Q(owner=None) if is_unassigned else Q()
    return asked & (Q() if team is None else Q(team=team))


def rows(found: QuerySet[Handoff], limit: int, *, offset: int = 0) -> list[HandoffRow]:
    """Return handoffs as lists show them, in one query."""
    values = found.values_list(*COLUMNS.values())[offset : offset + max(0, min(limit, MOST_LISTED))]
    return [HandoffRow(**dict(zip(COLUMNS, row, strict=True))) for row in values]
