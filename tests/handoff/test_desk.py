"""The queue of the desk: in which order, whose, what stands once it is answered, and who hands what over to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test.utils import CaptureQueriesContext

from coldframe.handoff import operations, queries, rights
from coldframe.handoff.models import Handoff, Verdict
from coldframe.kernel.vocabulary import HandoffState
from coldframe.leads.models import AccountDue
from coldframe.team.rights import AT_THIS_MACHINE, Role, person
from tests import world
from tests.handoff import desk
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


def names(found: list[queries.HandoffRow]) -> list[str]:
    return [each.first_name or "" for each in found]


def test_a_handoff_keeps_what_it_was_ranked_by_and_where_it_came_from() -> None:
    cast.use_playbook()
    reader = cast.reader(1, owner="Ewa Lis")
    cast.decide(NOW - HOUR, reader)
    world.event(reader, kind="form_submitted", form="demo", days_ago=0.01)
    cast.decide(NOW, reader)

    row = desk.of(reader)

    assert (row.owner, row.owner_from, row.episode, row.path) == ("Ewa Lis", "lead.owner", 1, row.path)
    assert row.path is not None
    assert (row.fit_level, row.waits_since) == ("A", NOW)
    assert row.intent_points == row.account_intent_points
    # Five minutes were agreed, and Monday at nine is a working hour of the house.
    assert row.answer_by_at == NOW + timedelta(minutes=5) < row.deadline_at


def test_the_queue_has_what_was_escalated_first_then_hand_raises_then_the_best() -> None:
    rows = [desk.before_sales(number) for number in range(1, 6)]
    desk.put_off(rows[0], is_hand_raise=False, fit_level="B", intent_points=90.0)
    desk.put_off(rows[1], is_hand_raise=False, fit_level="A", intent_points=10.0)
    desk.put_off(rows[2], answer_by_at=NOW + 2 * HOUR)
    desk.put_off(rows[4], state=HandoffState.LAPSED, deadline_at=NOW - DAY, ended_at=NOW - DAY)

    found = queries.list_queue(at=NOW)

    assert names(found) == ["Reader5", "Reader4", "Reader3", "Reader2", "Reader1"]
    assert [each.is_escalated for each in found] == [True, False, False, False, False]
    assert names(queries.list_queue(at=NOW, limit=2)) == ["Reader5", "Reader4"]
    parts = [queries.list_queue(at=NOW, offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert [names(each) for each in parts] == [
        ["Reader5", "Reader4"],
        ["Reader3", "Reader2"],
        ["Reader1"],
        [],
    ]
    assert names(queries.list_queue(at=NOW + 20 * DAY)) == ["Reader4", "Reader3", "Reader2", "Reader1"]


def test_the_queue_is_somebodys_or_nobodys_and_is_counted() -> None:
    mine, other, nobodys = (
        desk.before_sales(number, owner=owner) for number, owner in ((1, "Ewa"), (2, "Jan"), (3, None))
    )

    assert [each.id for each in queries.list_queue(at=NOW, for_rep="Ewa")] == [mine.id]
    assert [each.id for each in queries.list_queue(at=NOW, is_unassigned=True)] == [nobodys.id]
    counts = queries.count_queue(at=NOW + HOUR, for_rep="Jan")
    assert (counts.open, counts.mine, counts.unassigned, counts.escalated, counts.late) == (3, 1, 1, 0, 3)
    assert other.is_late(NOW + HOUR)
    assert not other.is_late(NOW)


def test_the_queue_asks_the_database_as_often_for_many_as_for_one(django_assert_num_queries: Any) -> None:
    desk.before_sales(1)
    with django_assert_num_queries(2):
        queries.list_queue(at=NOW)
    for number in range(2, 8):
        desk.before_sales(number)
    with django_assert_num_queries(2):
        assert len(queries.list_queue(at=NOW)) == 7


ANSWERS = {
    "ACCEPTED": lambda row: operations.accept(public_id=row.public_id, by="Ewa", at=NOW),
    "NOT_NOW": lambda row: operations.not_now(public_id=row.public_id, until=NOW + DAY, by="Ewa", at=NOW),
    "WRONG_PERSON": lambda row: operations.wrong_person(public_id=row.public_id, by="Ewa", at=NOW),
    "NEEDS_EDUCATION": lambda row: operations.needs_education(public_id=row.public_id, by="Ewa", at=NOW),
    "NOT_A_FIT": lambda row: operations.not_a_fit(
        public_id=row.public_id, reason="too small", by="Ewa", at=NOW
    ),
}


@pytest.mark.parametrize("word", ANSWERS)
def test_each_answer_is_one_operation_and_the_same_twice_is_one(word: str) -> None:
    row = desk.before_sales()
    AccountDue.objects.all().delete()

    first, second = ANSWERS[word](row), ANSWERS[word](row)

    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert first.handoff == second.handoff == desk.again(row)
    assert (first.handoff.state, first.handoff.answer, first.handoff.said_by) == ("ANSWERED", word, "Ewa")
    assert AccountDue.objects.get().due_at == NOW


def test_another_answer_is_told_what_stands() -> None:
    row = desk.before_sales()
    ANSWERS["ACCEPTED"](row)

    with pytest.raises(operations.AlreadySettled, match="answered already: ACCEPTED, by Ewa on 2026-06-01"):
        ANSWERS["NOT_A_FIT"](row)

    assert Verdict.objects.get().answer == "ACCEPTED"


def test_what_was_overtaken_takes_no_answer() -> None:
    row = desk.before_sales()
    desk.put_off(row, state=HandoffState.CLOSED)

    with pytest.raises(operations.Overtaken, match="waits for no answer any more"):
        ANSWERS["ACCEPTED"](row)
    with pytest.raises(operations.NoSuchHandoff):
        operations.accept(public_id=uuid4(), by="Ewa", at=NOW)


def test_a_late_answer_counts_until_the_lead_is_put_before_sales_again() -> None:
    row = desk.before_sales()
    cast.decide(row.deadline_at)
    later = row.deadline_at + DAY
    assert names(queries.list_queue(at=later)) == ["Reader1"]
    world.event(desk.lead_of(row), kind="form_submitted", form="demo", days_ago=-(later - NOW) / DAY)
    cast.decide(later + HOUR, desk.lead_of(row))

    with pytest.raises(operations.Overtaken, match="put before sales again since"):
        operations.accept(public_id=row.public_id, by="Ewa", at=later + HOUR)

    (found,) = queries.list_queue(at=later + HOUR)
    assert (found.episode, found.is_escalated) == (2, False)


def test_a_handoff_is_handed_over_and_counts_for_whoever_has_it_then() -> None:
    operations.set_reps(reps=["Ewa", "Jan"])
    row = desk.before_sales(owner="Ewa")

    found = operations.reassign(public_id=row.public_id, to=" Jan ", by="Zofia", at=NOW + HOUR)

    assert (found.owner, found.owner_from, found.state) == ("Jan", "person:Zofia", "OPEN")
    assert Handoff.objects.get().owner == "Jan"
    with pytest.raises(operations.NotAgreeable, match="Nobody of this name takes leads"):
        operations.reassign(public_id=row.public_id, to="Max", by="Zofia", at=NOW + HOUR)
    ANSWERS["ACCEPTED"](row)
    with pytest.raises(operations.AlreadySettled):
        operations.reassign(public_id=row.public_id, to="Ewa", by="Zofia", at=NOW + HOUR)


def test_whose_a_handoff_is_to_answer() -> None:
    mine, nobodys = desk.before_sales(1, owner="Ewa"), desk.before_sales(2)
    ewa = person(id=1, name="Ewa L.", role=Role.SALES, rep="Ewa")
    jan = person(id=2, name="Jan M.", role=Role.SALES, rep="Jan")
    without_name = person(id=3, name="New", role=Role.SALES)
    lead = person(id=4, name="Zofia", role=Role.SALES_LEAD)
    viewer = person(id=5, name="Viewer", role=Role.VIEWER, rep="Ewa")

    may = [rights.may_answer(each, mine) for each in (ewa, jan, without_name, lead, viewer, AT_THIS_MACHINE)]
    assert may == [True, False, False, True, False, True]
    assert [rights.may_answer(each, nobodys) for each in (ewa, without_name, viewer)] == [True, True, False]


def test_what_is_agreed_with_a_rep_is_kept_and_what_makes_no_sense_is_refused() -> None:
    operations.set_reps(reps=["Ewa", "Jan"])
    operations.agree("Jan", most=3, countries=["pl", "DE "], away_until=NOW + DAY)
    operations.agree("Max", email="max@ours.example")

    ewa, jan, max_ = queries.list_rep_rows()

    assert (ewa.name, ewa.most, ewa.takes_leads) == ("Ewa", None, True)
    assert (jan.most, jan.countries, jan.away_until) == (3, ("DE", "PL"), NOW + DAY)
    assert (max_.name, max_.email, max_.takes_leads) == ("Max", "max@ours.example", False)
    for terms in ({"most": -1}, {"most": 10**9}, {"countries": ["Poland"]}, {"email": "no address\n"}):
        with pytest.raises(operations.NotAgreeable):
            operations.agree("Jan", **terms)
    for name in ("", "  ", "a\nb", "x" * 151, "a\0"):
        with pytest.raises(operations.NotAgreeable):
            operations.set_reps(reps=[name])
    with pytest.raises(operations.NotAgreeable):
        operations.set_reps(reps=[f"Rep {number}" for number in range(501)])


def test_the_lists_of_what_is_over_go_on_from_page_to_page() -> None:
    rows = [desk.before_sales(number) for number in range(1, 4)]
    for row in rows[:2]:
        operations.accept(public_id=row.public_id, by="Ewa", at=NOW)

    first = queries.list_ended(limit=1)
    second = queries.list_ended(limit=5, before_id=first[0].id)

    assert ([each.id for each in first], [each.id for each in second]) == ([rows[1].id], [rows[0].id])


@pytest.mark.usefixtures("db")
def test_an_answer_holds_few_statements() -> None:
    from django.db import connection

    row = desk.before_sales()
    with CaptureQueriesContext(connection) as seen:
        operations.accept(public_id=row.public_id, by="Ewa", at=NOW)

    assert len(seen) <= 12
