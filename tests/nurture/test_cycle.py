"""The cycle: what is due is decided, kept whole or not at all, and looked at again in time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from coldframe.kernel import cycle as kernel
from coldframe.leads import due
from coldframe.leads.models import Account, AccountDue, Lead
from coldframe.library import operations as library
from coldframe.library.queries import get_active_playbook
from coldframe.nurture import applying, cycle, ledger, operations, storing
from coldframe.nurture.models import Assessment, Cycle, Enrollment, Hold, Standing, Touch, Transition
from coldframe.outbox import holding
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db

KEPT = (Cycle, Standing, Assessment, Transition, Enrollment, Touch, Hold, OutboxMessage)


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in KEPT}


def test_a_lead_is_enrolled_and_hears_from_you_in_its_own_hours_each_time_with_something_new() -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)

    cast.live(days=60)

    sent = cast.touches(anna)
    assert len(sent) >= 4
    assert {each.state for each in sent} == {"SENT"}
    assert len({each.content_key for each in sent}) == len(sent)
    local = [(each.planned_for + 2 * HOUR) for each in sent]
    assert {each.weekday() for each in local} <= {0, 1, 2, 3, 4}
    assert all(8 <= each.hour < 18 for each in local)
    gaps = [later.planned_for - earlier.planned_for for earlier, later in pairwise(sent)]
    assert min(gaps) >= 5 * DAY
    assert max(gaps) <= 30 * DAY
    assert Enrollment.objects.get(ended_at=None).lead_id == anna.pk


def test_for_every_candidate_there_is_one_row_and_the_books_of_every_cycle_add_up() -> None:
    cast.use_playbook()
    for number in range(12):
        cast.reader(number, **({"email": None} if number % 5 == 0 else {}))

    totals = cast.live(days=30)

    assert totals.counts["candidates"] == totals.counts["touches"] + totals.counts["holds"] > 50
    assert ledger.find_unbalanced() == []
    assert sum(each.counts["candidates"] for each in Cycle.objects.all()) == totals.counts["candidates"]


def test_nothing_due_is_one_statement_and_writes_nothing() -> None:
    cast.use_playbook()
    cast.reader(1)
    cast.live(days=2)
    AccountDue.objects.update(due_at=NOW + 90 * DAY)
    before = counts()

    with CaptureQueriesContext(
        connection,
    ) as asked:
        done = cycle.run_due(as_of=NOW + 3 * DAY, token=999)

    assert done == cycle.Done()
    assert len(asked) == 1
    assert counts() == before


def test_an_idle_turn_of_a_worker_costs_a_handful_of_reads_however_many_leads_there_are() -> None:
    cast.use_playbook()
    spent = []
    for numbers in (range(2), range(2, 12)):
        for number in numbers:
            cast.reader(number)
        clock = cast.VirtualClock(at=NOW + 5 * DAY, end=NOW + 5 * DAY)
        idle = cast.worker(clock)
        idle.turn(clock.at)
        AccountDue.objects.update(due_at=NOW + 90 * DAY)
        OutboxMessage.objects.all().update(state="SENT")
        idle.turn(clock.at)
        with CaptureQueriesContext(connection) as asked:
            assert idle.turn(clock.at) is False
        spent.append(len(asked))

    assert spent[0] == spent[1] <= 12


#: What keeps a decision; the first where somebody is written to, the last where something new is known.
FAILING = {
    "the messages": (applying.dispatch, "enqueue"),
    "the plans": (applying, "keep_plans"),
    "the release": (due, "release"),
    "the stays": (applying, "keep_enrollments"),
    "the lists": (applying, "leave_lists"),
    "the handoffs": (applying, "keep_handoffs"),
    "the standings": (storing, "keep"),
}


def test_a_failure_anywhere_keeps_nothing() -> None:
    cast.use_playbook()
    world.event(cast.reader(2), kind="form_submitted", form="demo", days_ago=0.1)
    cast.reader(1)
    cast.decide(NOW - 5 * DAY)
    at_work = NOW + 3 * HOUR

    handed_over = [step for step in FAILING if step != "the messages" and fails(step, at_work)]
    written_to = []
    while not written_to:
        # By the hour: which hour is a lead's own depends on its number, and a touch is not made long after it.
        at_work += HOUR
        assert at_work < NOW + 30 * DAY, "nobody was ever written to"
        if fails("the messages", at_work):
            written_to = [step for step in FAILING if fails(step, at_work)]

    assert handed_over == list(FAILING)[1:]
    assert written_to[:3] == ["the messages", "the plans", "the release"]


def fails(step: str, at: datetime) -> bool:
    """Decide, and have a step fail; return whether it came to that. Then nothing is kept, else everything."""
    (module, name), before, failures = FAILING[step], state(), []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, name, failing(getattr(module, name), failures))
        decide_unprotected(at)
    assert not failures or state() == before, step
    return bool(failures)


def failing(work: Callable[..., Any], failures: list[str]) -> Callable[..., Any]:
    """Return work at whose very end a constraint of the tables says no."""

    def fail(*given: Any, **some: Any) -> None:
        work(*given, **some)
        failures.append(work.__name__)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO leads_accountdue (account_id, due_at, stamp, token) VALUES (1, NULL, 1, 0)"
            )

    return fail


def state() -> dict[str, Any]:
    return {model.__name__: sorted(map(repr, model._default_manager.values_list())) for model in KEPT}


def decide_unprotected(at: datetime) -> None:
    """Decide and keep everything, without the safety net for single accounts."""
    accounts = list(Account.objects.values_list("pk", flat=True))
    claimed = due.claim_these(account_ids=accounts, at=at, token=next(cast.TOKENS), lease_until=at + HOUR)
    try:
        cycle.decide(claimed, version=library.ensure_active_playbook(at=at), as_of=at)
    except IntegrityError:
        due.give_back(claimed)


def test_an_account_that_cannot_be_decided_is_put_off_and_told_of_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cast.use_playbook()
    people = [cast.reader(number) for number in range(7)]
    poisoned = people[4].account_id
    decide = kernel.propose

    def choke(facts: Any, **some: Any) -> Any:
        if poisoned in facts.accounts["account_id"].to_list():
            raise ZeroDivisionError
        return decide(facts, **some)

    monkeypatch.setattr(kernel, "propose", choke)
    with caplog.at_level(logging.ERROR):
        done = cast.decide()

    assert done.accounts == 7
    assert done.counts["postponed"] == 1
    assert set(Standing.objects.values_list("account_id", flat=True)) == {
        each.account_id for each in people
    } - {poisoned}
    row = AccountDue.objects.get(account_id=poisoned)
    assert (row.due_at, row.lease_until) == (NOW + cycle.POSTPONED, None)
    assert [record.account_id for record in caplog.records if hasattr(record, "account_id")] == [poisoned]

    monkeypatch.setattr(kernel, "propose", decide)
    cast.decide(NOW + cycle.POSTPONED)

    assert Standing.objects.filter(account_id=poisoned).exists()


def test_a_fact_recorded_while_a_cycle_decides_is_looked_at_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    decide = kernel.propose

    def meanwhile(facts: Any, **some: Any) -> Any:
        found = decide(facts, **some)
        world.event(anna, kind="form_submitted", form="demo")
        due.mark_due(account_ids=[anna.account_id], at=NOW)
        return found

    monkeypatch.setattr(kernel, "propose", meanwhile)
    cast.decide()
    assert Standing.objects.get().status == "NURTURE"
    monkeypatch.setattr(kernel, "propose", decide)

    assert cast.decide().accounts == 1

    assert Standing.objects.get().status == "SALES_REVIEW"


def test_an_account_that_another_cycle_holds_is_left_to_it_until_its_lease_ends() -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    due.claim(at=NOW, token=7_000_001, lease_until=NOW + cycle.LEASE, limit=10)

    assert cast.decide(NOW + timedelta(minutes=4)).accounts == 0
    assert cast.decide(NOW + cycle.LEASE).accounts == 1


def test_a_cycle_that_was_taken_over_keeps_nothing() -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    slow = due.claim(at=NOW, token=7_000_001, lease_until=NOW + HOUR, limit=10)
    cast.decide(NOW + HOUR)
    before = counts()

    assert cycle.run_claimed(slow, version=get_active_playbook(), as_of=NOW) == cycle.Done()

    assert counts() == before


def test_a_cycle_whose_leads_were_assessed_meanwhile_decides_again(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    cast.decide(NOW - DAY)
    Lead.objects.update(left_company=True)
    load, runs = applying.frames.load_standing, []

    def load_and_be_overtaken(**some: Any) -> Any:
        found = load(**some)
        if not runs:
            runs.append(operations.assess_all(as_of=NOW))
        return found

    monkeypatch.setattr(cycle.frames, "load_standing", load_and_be_overtaken)

    done = cast.decide(NOW, anna)

    assert done.counts["postponed"] == 0
    assert Standing.objects.get().status == "DISQUALIFIED"
    assert Enrollment.objects.get().exit_reason == "exit:left_company"


def test_what_a_cycle_has_decided_an_assessment_of_the_same_instant_finds_decided() -> None:
    cast.use_playbook({"team: 40 a week": "team: 2 a week"})
    for number in range(8):
        person = cast.reader(number)
        for days in range(6):
            world.event(person, kind="page", path="/pricing", days_ago=days + 0.5)
    cast.decide()
    before = dict(Standing.objects.values_list("lead_id", "status"))
    assert set(before.values()) >= {"SALES_REVIEW", "NURTURE"}

    again = operations.assess_all(as_of=NOW)
    assert again.moved == 0
    assert dict(Standing.objects.values_list("lead_id", "status")) == before

    operations.assess_all(as_of=NOW + timedelta(minutes=5))
    cast.all_due(NOW)
    assert cast.decide(NOW + timedelta(minutes=6)).counts["moved"] == 0
    assert Standing.objects.filter(status="SALES_REVIEW").count() == 2


def test_whoever_is_held_out_is_never_touched() -> None:
    cast.use_playbook({"holdout: 0% of accounts": "holdout: 50% of accounts"})
    people = [cast.reader(number) for number in range(16)]

    cast.live(days=40)

    held_out = set(Hold.objects.filter(reason="HOLDOUT").values_list("lead_id", flat=True))
    touched = set(Touch.objects.values_list("lead_id", flat=True))
    assert held_out
    assert touched
    assert held_out.isdisjoint(touched)
    assert held_out | touched == {each.pk for each in people}


def test_while_sending_is_held_each_day_has_one_hold_and_nothing_piles_up() -> None:
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    holding.hold(cause=holding.Cause.PERSON, reason="a restored copy", at=NOW, by="Kim")

    cast.live(days=14)

    assert OutboxMessage.objects.count() == Touch.objects.count() == 0
    held = Hold.objects.filter(lead=anna, reason="SENDING_STOPPED")
    assert 1 <= held.count() <= 14
    assert set(held.values_list("detail", flat=True)) == {"a restored copy"}
    assert ledger.find_unbalanced() == []

    holding.lift(at=NOW + 14 * DAY, by="Kim")
    cast.live(days=5, since=NOW + 14 * DAY)

    assert [each.state for each in cast.touches(anna)] == ["SENT"]
