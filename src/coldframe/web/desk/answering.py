"""What a form of the desk says, and who may say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from coldframe.handoff import operations as handoffs
from coldframe.handoff import queries, rights, zones
from coldframe.handoff.queries import HandoffRow
from coldframe.kernel.vocabulary import Refusal, Verdict
from coldframe.team import operations as team
from coldframe.team.rights import Person

#: What stands in the list of dates for "name one".
OTHER = "other"
#: Dates that are one press away, in days; ``quarter``: the first day of the next one.
IN_DAYS = {"30": 30, "60": 60, "90": 90}
QUARTER = "quarter"
REASON_LENGTH = 255
#: How far ahead a day may be named.
LONGEST = timedelta(days=3650)


class NoAnswer(Refusal):
    """The form does not say what sales says."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer, as the form gave it."""

    answer: Verdict
    reason: str = ""
    until: datetime | None = None


def read(form: Mapping[str, str], *, zone: tzinfo, now: datetime) -> Said:
    """Return what a form says, its days by the clocks of a time zone; raise ``NoAnswer`` where that is nothing."""
    try:
        answer = Verdict(form.get("answer", ""))
    except ValueError as error:
        names = ", ".join(each.value for each in Verdict)
        raise NoAnswer(_("The form does not say what the answer is."), expected=names) from error
    written = form.get("why", "").strip() or form.get("reason", "").strip()
    return Said(
        answer=answer,
        reason=written.replace("\0", "")[:REASON_LENGTH],
        until=until(form, zone=zone, now=now) if answer is Verdict.NOT_NOW else None,
    )


def until(form: Mapping[str, str], *, zone: tzinfo, now: datetime) -> datetime:
    """Return the beginning of the day that a form names; raise ``NoAnswer``."""
    named = form.get("until", "")
    today = now.astimezone(zone).date()
    if named in IN_DAYS or named == QUARTER:
        return start_of(quick_day(named, today=today), zone)
    try:
        return start_of(date.fromisoformat(form.get("day", "") if named == OTHER else named), zone)
    except (ValueError, OverflowError) as error:
        raise NoAnswer(
            _("“Not now” needs a day."),
            expected=_("a day such as 2027-01-15"),
            got=(form.get("day") or named)[:40],
        ) from error


def quick_day(name: str, *, today: date) -> date:
    """
    Return a day that is one press away.

    >>> quick_day("30", today=date(2026, 6, 1)), quick_day("quarter", today=date(2026, 11, 26))
    (datetime.date(2026, 7, 1), datetime.date(2027, 1, 1))
    """
    if name != QUARTER:
        return today + timedelta(days=IN_DAYS[name])
    month = 3 * ((today.month - 1) // 3) + 4
    return date(today.year + (month > 12), (month - 1) % 12 + 1, 1)


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the beginning of a day in a time zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def zone_of(person: Person) -> tzinfo:
    """Return the time zone of a person, by which all pages name instants to them."""
    return zones.stated(person.zone)


def give(public_id: UUID, said: Said, *, person: Person, at: datetime) -> HandoffRow:
    """
    Record what somebody says of a handoff, and note it; return the handoff as it stands then.

    Raises ``Http404``, ``PermissionDenied``, and what ``handoff.operations`` refuses.
    """
    row = queries.find(public_id)
    if row is None:
        raise Http404
    if not rights.may_answer(person, row):
        raise PermissionDenied
    answered = handoffs.answer(
        public_id=public_id, answer=said.answer, reason=said.reason, until=said.until, by=person.name, at=at
    )
    if not answered.is_repeat:
        details = {"answer": said.answer.value}
        team.note(by=person, what="handoff.answered", at=at, subject=str(public_id), details=details)
    return answered.handoff
