"""What happened lately, and who will wait longer than the floor allows; each number leads to its rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.handoff.models import Handoff, Verdict
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture.models import Transition
from coldframe.reports import changes, filters, floor
from tests import world
from tests.web import nurtured
from tests.web.standings import stand

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOW = world.NOW


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=NOW - 300 * DAY)


def move(lead: Lead, to: str, *, ago: timedelta, was: str = "NURTURE") -> None:
    Transition.objects.create(
        lead=lead,
        account=lead.account,
        from_status=was,
        to_status=to,
        reason="trigger:Ready",
        occurred_at=NOW - ago,
    )


def found(**wanted: str) -> list[str | None]:
    conditions = filters.where(list(wanted.items()), as_of=NOW)
    return sorted(Lead.objects.filter(conditions).values_list("first_name", flat=True))


def test_moves_are_counted_by_status_and_by_days_that_end_now():
    anna, jonas = world.anna(), world.jonas()
    move(anna, "NURTURE", ago=20 * DAY, was="NEW")
    move(jonas, "NURTURE", ago=3.5 * DAY, was="NEW")
    move(anna, "SALES_REVIEW", ago=timedelta(hours=23))
    move(jonas, "SALES_REVIEW", ago=timedelta(0))

    moves = changes.load_moves(as_of=NOW)

    assert moves.of("SALES_REVIEW") == (*[0] * 13, 2)
    assert moves.of("NURTURE") == (*[0] * 10, 1, 0, 0, 0)
    assert moves.of("NEW") == moves.entered == (*[0] * 10, 1, 0, 0, 0)
    assert moves.of("DISQUALIFIED") == (0,) * 14


def test_who_moved_since_yesterday_is_found_by_the_same_numbers():
    anna, jonas = world.anna(), world.jonas()
    move(anna, "NURTURE", ago=2 * DAY, was="NEW")
    move(jonas, "NURTURE", ago=timedelta(hours=2), was="NEW")
    move(anna, "SALES_REVIEW", ago=timedelta(hours=1))

    assert found(moved="SALES_REVIEW") == ["Anna"]
    assert found(moved="NURTURE") == found(moved="NEW") == ["Jonas"]
    assert found(moved="DISQUALIFIED") == []
    with pytest.raises(filters.UnknownFilter, match="no such value"):
        filters.where([("moved", "HOME")], as_of=NOW)


def test_who_moved_since_an_instant_is_found_by_the_numbers_that_are_shown():
    anna, jonas = world.anna(), world.jonas()
    move(anna, "NURTURE", ago=5 * DAY, was="NEW")
    move(anna, "DISQUALIFIED", ago=4 * DAY)
    move(jonas, "NURTURE", ago=2 * DAY, was="NEW")
    since = NOW - 4.5 * DAY

    counted = changes.count_moved(["NEW", "NURTURE", "DISQUALIFIED"], since=since, as_of=NOW)

    assert counted == {"NEW": 1, "NURTURE": 1, "DISQUALIFIED": 1}
    assert found(moved_since=f"NEW.{since:%Y-%m-%dT%H:%M:%SZ}") == ["Jonas"]
    assert found(moved_since=f"DISQUALIFIED.{since:%Y-%m-%dT%H:%M:%SZ}") == ["Anna"]


@pytest.mark.parametrize(
    "value",
    ["NEW", "NEW.", "NEW.yesterday", "HOME.2026-03-02T08:15:00Z", "NEW.0001-01-01T00:00:00+14:00", "." * 300],
)
def test_an_instant_that_is_none_is_refused_in_words(value):
    with pytest.raises(filters.UnknownFilter):
        filters.where([("moved_since", value)], as_of=NOW)


def test_what_sales_was_given_and_said_since_an_instant():
    anna, jonas, tom = world.anna(), world.jonas(), world.tom()
    for lead, ago, state in (
        (anna, 2 * DAY, "ANSWERED"),
        (jonas, DAY / 2, "ANSWERED"),
        (tom, 3 * DAY, "LAPSED"),
    ):
        Handoff.objects.create(
            lead=lead, account=lead.account, episode=1, trigger="trigger:Ready", opened_at=NOW - ago,
            deadline_at=NOW + DAY, state=state, ended_at=NOW - DAY / 4,
        )  # fmt: skip
    Verdict.objects.create(
        handoff=Handoff.objects.get(lead=anna), answer="ACCEPTED", said_by="Ewa", said_at=NOW - DAY / 4
    )
    Verdict.objects.create(
        handoff=Handoff.objects.get(lead=jonas), answer="NOT_NOW", said_by="Ewa", said_at=NOW - DAY / 4
    )

    changed = changes.load_changes(since=NOW - DAY, as_of=NOW)

    assert (changed.opened, changed.lapsed, changed.accepted, changed.returned) == (1, 1, 1, 1)
    assert changed.by_answer == {"ACCEPTED": 1, "NOT_NOW": 1}
    assert (changed.sent, changed.replies) == (0, 0)


def waiting(lead: Lead, *, since: timedelta, reason: str = "NO_CONSENT", **values: object) -> None:
    stand(lead, "NURTURE", path="learn the problem")
    nurtured.enroll(lead, path="learn the problem", entered_at=NOW - since)
    nurtured.hold(lead, reason, **values)


def test_a_floor_is_at_risk_where_what_holds_the_lead_ends_after_it_or_never_by_itself():
    anna, jonas, tom = world.anna(), world.jonas(), world.tom()
    waiting(anna, since=40 * DAY)
    waiting(jonas, since=40 * DAY, reason="CADENCE", until=NOW - 20 * DAY)
    waiting(tom, since=2 * DAY)

    assert floor.load_at_risk(as_of=NOW).by_reason == (("NO_CONSENT", 1),)
    assert found(floor="any") == found(floor="NO_CONSENT") == ["Anna"]
    assert found(floor="CADENCE") == []


def test_a_contact_moves_the_floor_and_one_on_its_way_keeps_it():
    anna, jonas = world.anna(), world.jonas()
    waiting(anna, since=200 * DAY)
    waiting(jonas, since=200 * DAY)
    nurtured.touch(anna, anna.enrollments.get(), "SENT")
    nurtured.touch(jonas, jonas.enrollments.get(), "PLANNED", planned_for=NOW + DAY)

    assert floor.load_at_risk(as_of=NOW).count == 0
    assert found(floor="any") == []


def test_a_floor_of_an_unknown_reason_is_refused():
    with pytest.raises(filters.UnknownFilter, match="no such value"):
        filters.where([("floor", "BORED")], as_of=NOW)
