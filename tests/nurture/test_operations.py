"""Assessing a base keeps what changed, once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import Verdict
from coldframe.leads.models import AccountDue, Lead, Opportunity
from coldframe.nurture import account_standings, cycle, frames, operations, storing
from coldframe.nurture.models import AccountStanding, Assessment, Cycle, Override, Standing, Transition
from coldframe.storage import indexes
from tests import on_disk, world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def stored() -> list[list[str]]:
    """Everything that nurture keeps, but ids of its own."""
    return [
        sorted(map(repr, model.objects.values_list(*columns(model))))
        for model in (Standing, Assessment, Transition, Cycle)
    ]


def columns(model: type) -> list[str]:
    return [
        each.attname
        for each in model._meta.concrete_fields
        if each.name not in {"id", "cycle", "finished_at"}
    ]


def test_every_lead_gets_a_standing_an_assessment_and_a_first_transition() -> None:
    anna, tom = world.anna(), world.tom(left_company=True)

    counts = operations.assess_all(as_of=world.NOW)

    cycle = Cycle.objects.get()
    assert (counts.leads, counts.accounts, counts.changed, counts.moved, counts.cycle_id) == (
        2,
        2,
        2,
        2,
        cycle.id,
    )
    standing = {row.lead_id: row for row in Standing.objects.all()}
    assert list(
        Transition.objects.order_by("lead_id").values_list(
            "lead_id",
            "account_id",
            "from_status",
            "to_status",
            "reason",
            "decided_by",
            "occurred_at",
            "cycle_id",
        )
    ) == [
        (anna.id, anna.account_id, "NEW", "NURTURE", standing[anna.id].reason, "policy", world.NOW, cycle.id),
        (tom.id, tom.account_id, "NEW", "DISQUALIFIED", "exit:left_company", "policy", world.NOW, cycle.id),
    ]
    assert [row.status for row in standing.values()] == ["NURTURE", "DISQUALIFIED"]


def test_a_standing_is_its_last_assessment() -> None:
    anna = world.anna()
    operations.assess_all(as_of=world.NOW)
    world.event(anna, kind="page", path="/pricing", days_ago=-0.5)
    operations.assess_all(as_of=world.NOW + DAY)

    standing, assessment = Standing.objects.get(), Assessment.objects.order_by("-id").first()

    assert Assessment.objects.count() == 2
    for name in (*frames.KEPT, "cycle_id", "account_id"):
        assert getattr(standing, name) == getattr(assessment, name), name


def test_the_same_instant_again_writes_nothing() -> None:
    world.event(world.anna(), kind="page", path="/pricing", days_ago=1)
    world.tom()
    first = operations.assess_all(as_of=world.NOW)
    before = stored()

    again = operations.assess_all(as_of=world.NOW)

    assert stored() == before
    assert (again.changed, again.moved, again.cycle_id) == (0, 0, None)
    assert again.by_status == first.by_status
    assert again.by_reason == first.by_reason


def test_a_quiet_day_writes_nothing() -> None:
    world.event(world.anna(), kind="page", path="/pricing", days_ago=1)
    operations.assess_all(as_of=world.NOW)
    before = stored()

    later = operations.assess_all(as_of=world.NOW + DAY)

    assert (later.changed, later.cycle_id) == (0, None)
    assert stored() == before


def test_points_that_have_drifted_far_are_stored_again() -> None:
    world.event(world.anna(), kind="page", path="/pricing", days_ago=1)
    operations.assess_all(as_of=world.NOW)
    points = Standing.objects.get().intent_points

    later = operations.assess_all(as_of=world.NOW + 7 * DAY)

    assert later.changed == 1
    assert points - Standing.objects.get().intent_points >= frames.DRIFT["intent_points"]
    assert Assessment.objects.count() == 2


def test_who_raises_a_hand_waits_for_a_cycle_and_its_account_is_due() -> None:
    anna, tom = world.anna(), world.tom()
    operations.assess_all(as_of=world.NOW)
    AccountDue.objects.all().delete()
    world.event(anna, kind="form_submitted", form="demo", days_ago=-0.5)

    counts = operations.assess_all(as_of=world.NOW + DAY)

    assert (counts.changed, counts.moved) == (1, 1)
    assert counts.by_disposition["TO_SALES"] == 1
    last = Transition.objects.order_by("-id").first()
    assert (last.lead_id, last.from_status, last.to_status, last.reason, last.occurred_at) == (
        anna.pk, "NURTURE", "RE_ENGAGED", "waits_for_room", world.NOW + DAY,
    )  # fmt: skip
    standing = Standing.objects.get(lead=anna)
    assert (standing.status, standing.status_since) == ("RE_ENGAGED", world.NOW + DAY)
    assert Handoff.objects.count() == 0
    assert list(AccountDue.objects.values_list("account_id", "due_at")) == [
        (anna.account_id, world.NOW + DAY)
    ]
    assert tom.account_id not in set(AccountDue.objects.values_list("account_id", flat=True))


def test_an_assessment_leaves_whoever_a_cycle_has_put_before_sales_where_they_are() -> None:
    anna = world.anna()
    world.event(anna, kind="form_submitted", form="demo", days_ago=1)
    operations.assess_all(as_of=world.NOW)
    cycle.run_due(as_of=world.NOW, token=1)
    before = list(Transition.objects.order_by("id").values_list("to_status", flat=True))

    again = operations.assess_all(as_of=world.NOW)
    later = operations.assess_all(as_of=world.NOW + DAY / 8)

    assert before == ["NURTURE", "SALES_REVIEW"]
    assert (again.moved, later.moved) == (0, 0)
    assert Standing.objects.get().status == "SALES_REVIEW"
    assert Handoff.objects.get().state == "OPEN"


def test_a_lead_whose_account_has_a_deal_is_counted_apart_as_with_sales() -> None:
    anna = world.anna()
    Opportunity.objects.create(
        account=anna.account,
        source="zoho",
        external_id="1",
        state="OPEN",
        opened_at=world.NOW,
        created_at=world.NOW,
    )

    counts = operations.assess_all(as_of=world.NOW)

    assert dict(counts.by_disposition) == {"WITH_SALES": 1}
    assert dict(counts.by_status) == {"SALES_ACCEPTED": 1}


def test_some_accounts_are_assessed_without_the_others() -> None:
    anna, _tom = world.anna(), world.tom()

    counts = operations.assess_all(as_of=world.NOW, account_ids=[anna.account_id])

    assert counts.leads == 1
    assert [row.lead_id for row in Standing.objects.all()] == [anna.id]


def test_a_voided_lead_is_not_assessed() -> None:
    world.anna(voided_at=world.NOW)

    counts = operations.assess_all(as_of=world.NOW)

    assert (counts.leads, counts.cycle_id) == (0, None)


def test_an_instant_before_the_last_is_refused() -> None:
    world.anna()
    operations.assess_all(as_of=world.NOW)

    with pytest.raises(operations.AlreadyLater) as refusal:
        operations.assess_all(as_of=world.NOW - DAY)

    assert str(refusal.value) == (
        "Leads have been assessed for a later instant already.\n"
        "expected an instant from 2026-06-01T09:00:00+00:00 on, got 2026-05-31T09:00:00+00:00.\n"
        "Use coldframe explain to see what an earlier instant would have said."
    )


def test_progress_is_told_by_leads() -> None:
    world.anna()
    world.tom()
    told: list[int] = []

    operations.assess_all(as_of=world.NOW, on_progress=told.append)

    assert sum(told) == 2


def test_the_cycle_keeps_the_counts() -> None:
    world.anna()

    counts = operations.assess_all(as_of=world.NOW)

    cycle = Cycle.objects.get()
    assert cycle.counts == {
        name: value
        for name, value in json.loads(json.dumps(counts.as_json(), default=str)).items()
        if name not in {"as_of", "cycle_id"}
    }
    assert cycle.started_at == world.NOW <= cycle.finished_at


@pytest.mark.parametrize("model", [Assessment, Transition])
def test_what_was_decided_cannot_be_changed(model: type[Assessment | Transition]) -> None:
    world.anna()
    operations.assess_all(as_of=world.NOW)
    before = model.objects.values().get()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(reason="otherwise")

    assert model.objects.values().get() == before


@pytest.mark.django_db(transaction=True)
def test_a_run_in_parts_over_connections_of_its_own_stores_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        company = world.account(
            name=f"Company {number}", domain=f"c{number}.example", industry="software", employees=number * 9
        )
        for person in range(number % 3 + 1):
            lead = world.lead(company, email=f"p{person}@c{number}.example", role="CHAMPION")
            world.event(lead, kind="page", path="/pricing", days_ago=number)
    monkeypatch.setattr(frames, "PART_LEADS", 5)

    with on_disk.as_file(tmp_path):
        counts = operations.assess_all(as_of=world.NOW, whole=True)
        in_bulk = stored()
        again = operations.assess_all(as_of=world.NOW, whole=True)
        assert stored() == in_bulk
        empty_tables()
        at_once = operations.assess_all(as_of=world.NOW)
        in_one = stored()

    assert (counts.leads, counts.changed, again.changed) == (24, 24, 0)
    assert counts.by_reason == at_once.by_reason
    assert in_bulk == in_one


def test_what_an_accounts_leads_come_to_is_the_same_however_it_was_counted() -> None:
    anna = world.anna()
    colleague, alone = world.lead(anna.account), world.lead(world.account(name="Elsewhere"))

    for day in range(3):
        operations.assess_all(as_of=world.NOW + day * DAY)
        kept = figures_of_accounts()
        account_standings.renew([anna.account_id, alone.account_id])
        assert (len(kept), figures_of_accounts()) == (2, kept)
        Lead.objects.filter(pk=colleague.pk).update(left_company=True)
        world.event(alone, kind="page", path="/pricing", days_ago=-day)


def figures_of_accounts() -> list[dict[str, Any]]:
    return list(
        AccountStanding.objects.order_by("account_id").values("account_id", *account_standings.FIGURES)
    )


def empty_tables() -> None:
    for model in (Transition, Assessment, Standing, Cycle):
        model.objects.all().delete()


@pytest.mark.parametrize("step", ["load_with_statuses", "load_decided"])
def test_another_run_in_between_is_noticed(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    world.anna()
    operations.assess_all(as_of=world.NOW)
    Lead.objects.update(left_company=True)
    be_overtaken_after(step, monkeypatch)

    with pytest.raises(storing.DecidedElsewhere) as refusal:
        operations.assess_all(as_of=world.NOW + DAY)

    assert (refusal.value.expected, refusal.value.got) == ("1 leads as they were read", "0")
    assert Assessment.objects.count() == Transition.objects.count() == 2


def test_another_run_that_was_first_to_assess_a_lead_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    world.anna()
    be_overtaken_after("load_with_statuses", monkeypatch)

    with pytest.raises(storing.DecidedElsewhere) as refusal:
        operations.assess_all(as_of=world.NOW + DAY)

    assert (refusal.value.expected, refusal.value.got) == ("1 leads as they were read", "0")
    assert Standing.objects.count() == Assessment.objects.count() == Transition.objects.count() == 1


def be_overtaken_after(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let another run do all its work after the first such step of the next one."""
    load = getattr(frames, step)

    def load_and_be_overtaken(*given: Any, **some: Any) -> Any:
        found = load(*given, **some)
        monkeypatch.setattr(frames, step, load)
        operations.assess_all(as_of=world.NOW + DAY)
        return found

    monkeypatch.setattr(frames, step, load_and_be_overtaken)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in Django's connection"])
def test_a_lead_that_has_joined_another_account_goes_on_from_its_own_last_decision(
    tmp_path: Path, whole: bool
) -> None:
    anna, others = world.anna(), [world.lead(world.account(name=f"Company {each}")) for each in range(3)]
    operations.assess_all(as_of=world.NOW)
    Lead.objects.filter(pk=anna.pk).update(account_id=others[2].account_id, left_company=True)

    with on_disk.as_file(tmp_path):
        some = None if whole else [others[2].account_id]
        operations.assess_all(as_of=world.NOW + DAY, whole=whole, account_ids=some)
        moves = list(
            Transition.objects.filter(lead_id=anna.pk).order_by("id").values_list("from_status", "to_status")
        )
        standing = Standing.objects.get(lead_id=anna.pk)

    assert moves == [("NEW", "NURTURE"), ("NURTURE", "DISQUALIFIED")]
    assert (standing.account_id, standing.status) == (others[2].account_id, "DISQUALIFIED")


KILLED_IN_THE_THIRD_PART = """
import os, signal, sys
from coldframe.cli import start
start.open_database()
from datetime import datetime
from coldframe.nurture import frames, operations, storing
from coldframe.storage import background
frames.PART_LEADS, background.MOST_THREADS = 3, 1
parts, insert = [], storing.insert_transitions
def die_in_the_third(cycle):
    parts.append(cycle)
    if len(parts) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return insert(cycle)
storing.insert_transitions = die_in_the_third
operations.assess_all(as_of=datetime.fromisoformat(sys.argv[1]), whole=True)
"""


@pytest.mark.django_db(transaction=True)
def test_after_a_kill_the_same_run_writes_what_is_left_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        company = world.account(
            name=f"Company {number}", domain=f"c{number}.example", industry="software", employees=90
        )
        world.event(
            world.lead(company, email=f"a@c{number}.example"), kind="page", path="/pricing", days_ago=1
        )
        world.lead(company, email=f"b@c{number}.example")
    monkeypatch.setattr(frames, "PART_LEADS", 3)

    with on_disk.as_file(tmp_path) as environment:
        connection.close()
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_IN_THE_THIRD_PART, world.NOW.isoformat()], env=environment
        )
        half_way = (Standing.objects.count(), Assessment.objects.count(), Transition.objects.count())
        open_cycle = Cycle.objects.get()
        counts = operations.assess_all(as_of=world.NOW, whole=True)
        gone_on = stored()[:3]
        cycles = list(Cycle.objects.all())
        indexed = [indexes.missing(model) for model in operations.TABLES]
        empty_tables()
        operations.assess_all(as_of=world.NOW, whole=True)
        never_killed = stored()[:3]

    assert killed.returncode == -signal.SIGKILL
    assert 0 < half_way[0] < 18
    assert half_way[0] == half_way[1] == half_way[2]
    assert open_cycle.finished_at is None
    assert (counts.changed, counts.cycle_id) == (18 - half_way[0], open_cycle.id)
    assert [cycle.finished_at is not None for cycle in cycles] == [True]
    assert gone_on == never_killed
    assert indexed == [[]] * len(operations.TABLES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "in Django's connection"])
def test_sales_and_people_are_heard(tmp_path: Path, whole: bool) -> None:
    anna, jonas, tom = world.anna(), world.jonas(), world.tom()
    for each in (anna, jonas):
        world.event(each, kind="form_submitted", form="demo", days_ago=1)
    cycle.run_accounts(
        account_ids=[anna.account_id, jonas.account_id, tom.account_id], as_of=world.NOW, token=1
    )
    at = world.NOW + DAY / 24
    handoffs.record_verdict(lead_id=anna.pk, answer=Verdict.WRONG_PERSON, by="Ewa", at=at)
    Override.objects.create(
        lead=tom, account_id=tom.account_id, status="DISQUALIFIED", reason="a friend", set_by="Ewa", set_at=at, until=at + DAY
    )  # fmt: skip

    with on_disk.as_file(tmp_path):
        operations.assess_all(as_of=at, whole=whole)
        found = dict(Standing.objects.values_list("lead_id", "status"))
        reasons = dict(Transition.objects.order_by("id").values_list("lead_id", "reason"))

    assert found == {anna.pk: "NURTURE", jonas.pk: "SALES_REVIEW", tom.pk: "DISQUALIFIED"}
    assert (reasons[anna.pk], reasons[tom.pk]) == ("verdict:wrong_person", "override")
