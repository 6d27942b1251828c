"""What sales says is recorded once, and the next cycle acts on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from coldframe.handoff import operations, queries
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import Verdict
from coldframe.leads.models import AccountDue, Lead
from coldframe.nurture.models import Enrollment, Standing, Touch, Transition
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


def before_sales(number: int = 1, **changes: Any) -> Lead:
    """Put a reader who asked for a demo before sales."""
    if number == 1:
        cast.use_playbook()
    reader = cast.reader(number, **changes)
    world.event(reader, kind="form_submitted", form="demo", days_ago=0.05)
    cast.decide(NOW, reader)
    assert status(reader) == "SALES_REVIEW"
    return reader


def status(lead: Lead) -> str:
    return Standing.objects.get(lead=lead).status


def why(lead: Lead) -> str:
    return Transition.objects.filter(lead=lead).order_by("-id").values_list("reason", flat=True).first() or ""


def say(lead: Lead, answer: Verdict, at: datetime = NOW + HOUR, **more: Any) -> None:
    operations.record_verdict(lead_id=lead.pk, answer=answer, by="Ewa", at=at, **more)
    cast.decide(at)


def test_a_hand_raise_opens_one_handoff_with_its_reason_and_its_deadline() -> None:
    reader = before_sales(owner="Ewa Lis")

    cast.decide(NOW + HOUR / 2, reader)

    row = Handoff.objects.get()
    assert (row.lead_id, row.episode, row.state, row.is_hand_raise) == (reader.pk, 1, "OPEN", True)
    assert (row.owner, row.trigger) == ("Ewa Lis", "trigger:Asked for a demo or a price")
    assert row.opened_at == NOW < row.deadline_at
    assert Enrollment.objects.filter(lead=reader, ended_at=None).count() == 0


def test_accepted_leads_are_sales_and_nurture_is_silent() -> None:
    reader = before_sales()

    say(reader, Verdict.ACCEPTED)
    cast.live(days=20, since=NOW + 2 * HOUR)

    assert (status(reader), why(reader)) == ("SALES_ACCEPTED", "verdict:accepted")
    assert Handoff.objects.get().state == "ANSWERED"
    assert Touch.objects.count() == 0


def test_not_now_waits_for_the_date_that_sales_gave_and_then_comes_back_to_it() -> None:
    reader = before_sales()
    until = NOW + 30 * DAY

    say(reader, Verdict.NOT_NOW, until=until, reason="budget in July")
    stay = Enrollment.objects.get(lead=reader, ended_at=None)
    assert (stay.path, stay.not_before, stay.state) == ("stay relevant", until, "PAUSED")
    cast.live(days=29, since=NOW + 2 * HOUR)
    assert Touch.objects.count() == 0
    cast.live(days=3, since=NOW + 29 * DAY)

    again = Handoff.objects.get(episode=2)
    assert again.opened_at >= until


def test_who_needs_education_is_given_some_time_and_another_path() -> None:
    reader = before_sales()

    say(reader, Verdict.NEEDS_EDUCATION)
    cast.live(days=45, since=NOW + 2 * HOUR)

    assert why(reader) == "verdict:needs_education"
    assert Enrollment.objects.get(lead=reader, ended_at=None).path == "learn the problem"
    assert min(each.planned_for for each in cast.touches(reader)) >= NOW + HOUR + 30 * DAY


def test_the_wrong_person_goes_back_to_nurture() -> None:
    reader = before_sales()

    say(reader, Verdict.WRONG_PERSON)

    assert (status(reader), why(reader)) == ("NURTURE", "verdict:wrong_person")


def test_no_fit_is_let_go_with_its_reason() -> None:
    reader = before_sales()

    say(reader, Verdict.NOT_A_FIT, reason="too small")

    assert (status(reader), why(reader)) == ("DISQUALIFIED", "verdict:not_a_fit")
    assert Enrollment.objects.filter(lead=reader, ended_at=None).count() == 0


def test_silence_beyond_the_deadline_is_a_lapse_and_no_verdict() -> None:
    reader = before_sales()
    deadline = Handoff.objects.get().deadline_at

    cast.live(days=(deadline - NOW) / DAY + 1)

    row = Handoff.objects.get(episode=1)
    assert (row.state, row.ended_at >= deadline) == ("LAPSED", True)
    moves = Transition.objects.filter(lead=reader).values_list("to_status", "reason")
    assert ("NURTURE", "lapsed") in list(moves)


def test_what_sales_has_seen_does_not_send_a_lead_again_and_something_new_does() -> None:
    reader = before_sales()
    say(reader, Verdict.WRONG_PERSON)
    cast.live(days=5, since=NOW + 2 * HOUR)
    assert Handoff.objects.count() == 1

    world.event(reader, kind="form_submitted", form="demo", days_ago=-6)
    cast.decide(NOW + 6 * DAY + HOUR, reader)

    assert list(Handoff.objects.order_by("episode").values_list("episode", "state")) == [
        (1, "ANSWERED"),
        (2, "OPEN"),
    ]


def test_the_third_return_for_the_same_reason_disqualifies() -> None:
    reader = before_sales()
    for returned in range(3):
        at = NOW + (20 * returned + 1) * DAY
        if returned:
            world.event(reader, kind="form_submitted", form="demo", days_ago=-(20 * returned + 0.9))
            cast.decide(at, reader)
        assert status(reader) == "SALES_REVIEW", returned
        say(reader, Verdict.WRONG_PERSON, at=at, reason="an assistant")

    assert (status(reader), why(reader)) == ("DISQUALIFIED", "third_return")


def test_who_returned_a_lead_does_not_get_it_again_within_the_cool_off() -> None:
    operations.set_reps(reps=["Ewa", "Jan"])
    reader = before_sales(owner="Ewa")
    assert Handoff.objects.get().owner == "Ewa"
    say(reader, Verdict.WRONG_PERSON)

    world.event(reader, kind="form_submitted", form="demo", days_ago=-6)
    cast.decide(NOW + 6 * DAY + HOUR, reader)

    again = Handoff.objects.get(episode=2)
    assert (again.owner, again.owner_from) == ("Jan", "round_robin")


def test_a_verdict_makes_the_account_due() -> None:
    reader = before_sales()
    AccountDue.objects.all().delete()

    operations.record_verdict(lead_id=reader.pk, answer=Verdict.ACCEPTED, by="Ewa", at=NOW)

    assert AccountDue.objects.get().due_at == NOW


def test_a_late_answer_after_a_lapse_is_taken() -> None:
    reader = before_sales()
    deadline = Handoff.objects.get().deadline_at
    cast.decide(deadline, reader)
    assert Handoff.objects.get().state == "LAPSED"

    say(reader, Verdict.ACCEPTED, at=deadline + HOUR)

    assert status(reader) == "SALES_ACCEPTED"


REFUSED = {
    "nobody asked": (Verdict.ACCEPTED, {}, operations.NothingOpen, "Nothing of this lead waits for an answer of sales."),
    "no date": (Verdict.NOT_NOW, {}, operations.IncompleteVerdict, "“Not now” needs a date."),
    "a past date": (
        Verdict.NOT_NOW, {"until": NOW - DAY}, operations.IncompleteVerdict, "The date lies in the past.",
    ),
    "no reason": (Verdict.NOT_A_FIT, {"reason": " "}, operations.IncompleteVerdict, "“Not a fit” needs a reason."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_says_too_little_is_refused(case: str) -> None:
    answer, more, kind, words = REFUSED[case]
    reader = world.anna() if case == "nobody asked" else before_sales()

    with pytest.raises(kind, match=words):
        operations.record_verdict(lead_id=reader.pk, answer=answer, by="Ewa", at=NOW, **more)

    assert not any(each.answer for each in queries.list_of_lead(reader.pk))


def test_an_answer_stands() -> None:
    reader = before_sales()
    operations.record_verdict(lead_id=reader.pk, answer=Verdict.ACCEPTED, by="Ewa", at=NOW)

    with pytest.raises(operations.AlreadySettled) as refusal:
        operations.record_verdict(lead_id=reader.pk, answer=Verdict.WRONG_PERSON, by="Jan", at=NOW + HOUR)

    assert str(refusal.value).startswith("Sales has answered already: ACCEPTED, by Ewa on 2026-06-01.")


def test_the_list_has_hand_raises_first_then_the_nearest_deadline() -> None:
    people = [before_sales(number) for number in (1, 2, 3)]
    Handoff.objects.filter(lead=people[0]).update(is_hand_raise=False, deadline_at=NOW + HOUR)
    Handoff.objects.filter(lead=people[2]).update(deadline_at=NOW + 2 * HOUR)

    assert [row.lead_id for row in queries.list_open()] == [people[2].pk, people[1].pk, people[0].pk]
    assert queries.find_open(lead_id=people[1].pk) is not None
    say(people[1], Verdict.ACCEPTED)
    assert queries.find_open(lead_id=people[1].pk) is None


def test_reps_are_kept_once_each_in_their_order() -> None:
    operations.set_reps(reps=["Ewa Lis", "Jan Maj", "Ewa Lis"])

    assert queries.list_reps() == [("sales", "Ewa Lis"), ("sales", "Jan Maj")]


def test_the_round_robin_gives_leads_in_turn() -> None:
    operations.set_reps(reps=["Ewa Lis", "Jan Maj"])
    for number in range(1, 5):
        before_sales(number)

    assert sorted(Handoff.objects.values_list("owner", flat=True)) == [
        "Ewa Lis",
        "Ewa Lis",
        "Jan Maj",
        "Jan Maj",
    ]
