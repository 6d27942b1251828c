"""
What happened lately, in numbers: who moved where day by day, what sales said, what came in.

Transitions are written in the order of time, so that the ones of the last days are found from the end, without an
index over their instants; the price is that of the days asked for, whatever the size of the base.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from coldframe.activity.models import ReceivedMail
from coldframe.handoff.models import Handoff, Verdict
from coldframe.kernel.vocabulary import LeadStatus
from coldframe.kernel.vocabulary import Verdict as Answer
from coldframe.nurture import ledger
from coldframe.nurture.models import Transition
from coldframe.storage import reads

DAY = timedelta(days=1)
#: Days of a small history.
DAYS = 14
#: What a lead is before its first assessment.
NEW = LeadStatus.NEW.value


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How many leads moved into each status, in each of the last days; the last day is the one that ends now."""

    by_status: Mapping[str, tuple[int, ...]]
    #: Leads assessed for the first time.
    entered: tuple[int, ...]

    def of(self, status: str) -> tuple[int, ...]:
        """Return how many moved into a status, day by day; ``NEW``: how many were assessed for the first time."""
        return self.entered if status == NEW else self.by_status.get(status, (0,) * len(self.entered))


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What happened since an instant."""

    since: datetime
    #: Leads put before sales.
    opened: int
    #: Handoffs whose deadline passed unanswered.
    lapsed: int
    accepted: int
    #: Verdicts other than accepted.
    returned: int
    #: Touches handed over.
    sent: int
    #: Mails that a person wrote.
    replies: int
    by_answer: Mapping[str, int] = field(default_factory=dict)


def load_moves(*, as_of: datetime, days: int = DAYS) -> Moves:
    """Return who moved where in the last days, each of which ends at the hour of ``as_of``."""
    start = as_of - days * DAY
    sql = f"""SELECT to_status, {day_of("occurred_at", start)} AS day, COUNT(DISTINCT lead_id),
                     COUNT(DISTINCT CASE WHEN from_status = '{NEW}' THEN lead_id END)
                FROM nurture_transition
               WHERE id > COALESCE((SELECT id FROM nurture_transition WHERE occurred_at <= {reads.instant(start)}
                                     ORDER BY id DESC LIMIT 1), 0)
                 AND occurred_at > {reads.instant(start)}
                 AND occurred_at <= {reads.instant(as_of)}
               GROUP BY 1, 2"""
    by_status: dict[str, list[int]] = {}
    entered = [0] * days
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for status, day, count, new in cursor.fetchall():
            place = min(int(day), days - 1)
            by_status.setdefault(status, [0] * days)[place] += count
            entered[place] += new
    return Moves(by_status={name: tuple(row) for name, row in by_status.items()}, entered=tuple(entered))


def last_before(instant: datetime) -> Coalesce:
    """Return what gives the id of the last transition before an instant, within the same statement; 0: there is none."""
    before = Transition.objects.filter(occurred_at__lte=instant).order_by("-id").values("id")
    return Coalesce(Subquery(before[:1]), Value(0))


def day_of(column: str, start: datetime) -> str:
    """Return the SQL of how many whole days lie between an instant and a column."""
    if connection.vendor == "postgresql":
        return f"CAST(FLOOR(EXTRACT(EPOCH FROM ({column} - {reads.instant(start)})) / 86400) AS INTEGER)"
    return f"({column} - {reads.instant(start)}) / 86400000000"


def where_moved(status: str, *, as_of: datetime, since: datetime | None = None) -> Q:
    """
    Return the condition over leads that they moved into a status since an instant; NEW: they were assessed first then.

    Without one, within a day.
    """
    moved = moves_between(since or as_of - DAY, as_of)
    return Q(pk__in=moved.filter(into(status)).values("lead_id"))


def moves_between(since: datetime, as_of: datetime) -> QuerySet[Transition]:
    """Return the changes of status between two instants, read from the end."""
    return Transition.objects.filter(pk__gt=last_before(since), occurred_at__gt=since, occurred_at__lte=as_of)


def into(status: str) -> Q:
    """Return the condition over changes of status that they lead into one; NEW: that they are a lead's first."""
    return Q(from_status=NEW) if status == NEW else Q(to_status=status)


def count_moved(statuses: Collection[str], *, since: datetime, as_of: datetime) -> dict[str, int]:
    """Return how many leads moved into each of some statuses between two instants; NEW as in ``Moves``."""
    counts = {each: Count("lead_id", distinct=True, filter=into(each)) for each in statuses}
    return moves_between(since, as_of).aggregate(**counts)


def load_changes(*, since: datetime, as_of: datetime) -> Changes:
    """Return what happened between two instants."""
    handoffs = Handoff.objects.filter(opened_at__lte=as_of).aggregate(
        opened=Count("id", filter=Q(opened_at__gt=since)),
        lapsed=Count("id", filter=Q(state="LAPSED", ended_at__gt=since)),
    )
    said = Verdict.objects.filter(said_at__gt=since, said_at__lte=as_of)
    by_answer = dict(said.values_list("answer").annotate(count=Count("id")).order_by("answer"))
    mails = ReceivedMail.objects.filter(received_at__gt=since, received_at__lte=as_of, mail_class="REPLY")
    return Changes(
        since=since,
        **handoffs,
        accepted=by_answer.get(Answer.ACCEPTED.value, 0),
        returned=sum(count for answer, count in by_answer.items() if answer != Answer.ACCEPTED),
        sent=ledger.count_sent(since=[since])[0],
        replies=mails.count(),
        by_answer=by_answer,
    )
