"""What a cycle must know beside its accounts."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coldframe.handoff.models import Handoff
from coldframe.kernel.frames import ACCOUNTS, LEADS, WAITING, Facts, empty
from coldframe.leads import due
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture import surroundings
from coldframe.nurture.models import Cycle, Standing
from tests import world

pytestmark = pytest.mark.django_db

NOBODY = Facts(accounts=empty(ACCOUNTS), leads=empty(LEADS))


def stands(lead: Lead, *, status: str = "NURTURE", fit: str = "A", points: float = 10.0) -> None:
    """Have a lead stand where it should go before sales, and its account due."""
    cycle = Cycle.objects.get_or_create(
        as_of=world.NOW, playbook_version_id=library.ensure_active_playbook(at=world.NOW).version_id,
        kernel_version="0", started_at=world.NOW, counts={},
    )[0]  # fmt: skip
    Standing.objects.create(
        lead=lead, account_id=lead.account_id, cycle=cycle, status=status, status_since=world.NOW, disposition="TO_SALES",
        reason="trigger:Ready", fit_score=80, fit_level=fit, fit_level_best=fit, fit_verdict="FITS",
        intent_points=points, account_intent_points=points, intent_level="HIGH", timing="UNKNOWN", missing_count=0,
        segment="Everybody",
    )  # fmt: skip
    due.mark_due(account_ids=[lead.account_id], at=world.NOW)


def waiting() -> list[int]:
    return surroundings.load_waiting(NOBODY, as_of=world.NOW)["lead_id"].to_list()


def test_who_waits_for_room_elsewhere_comes_best_first_and_sales_leads_not_at_all() -> None:
    anna, ben, cleo, dora = (
        world.lead(world.account(name=name), email=f"{name}@there.example")
        for name in ("anna", "ben", "cleo", "dora")
    )
    stands(anna, fit="B", points=90.0)
    stands(ben, points=5.0)
    stands(cleo, status="RE_ENGAGED", points=50.0)
    stands(dora, status="SALES_REVIEW", points=99.0)

    assert waiting() == [cleo.pk, ben.pk, anna.pk]


def test_whose_account_is_not_due_now_does_not_count() -> None:
    anna = world.anna()
    stands(anna)
    connection.cursor().execute("DELETE FROM leads_accountdue")
    due.mark_due(account_ids=[anna.account_id], at=world.NOW + timedelta(hours=1))

    assert waiting() == []
    assert surroundings.load_waiting(NOBODY, as_of=world.NOW + timedelta(hours=1)).height == 1


@pytest.mark.sqlite
def test_whoever_waits_is_read_in_order_by_an_index_of_those_alone() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert surroundings.load_waiting(NOBODY, as_of=world.NOW).equals(pl.DataFrame(schema=WAITING))
    (sql,) = [each["sql"] for each in asked.captured_queries]

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = [row[3] for row in cursor.fetchall()]

    assert plan[0].startswith("SEARCH s USING INDEX standing_waiting")
    assert not [step for step in plan if "TEMP B-TREE" in step]


def test_who_waits_elsewhere_is_looked_at_only_while_the_team_has_room() -> None:
    anna, ben = world.anna(), world.lead(world.account(name="ben"), email="ben@there.example")
    stands(anna)
    playbook = library.ensure_active_playbook(at=world.NOW).playbook
    room = playbook.sales.capacity.team.count

    def found() -> int:
        return surroundings.load_surroundings(NOBODY, playbook=playbook, as_of=world.NOW).waiting.height

    for episode in range(room - 1):
        handed(ben, episode=episode)
    assert found() == 1

    handed(ben, episode=room)
    assert found() == 0


def handed(lead: Lead, *, episode: int) -> None:
    """Put a lead before sales once more, an hour ago; it lapsed since."""
    Handoff.objects.create(
        lead=lead, account_id=lead.account_id, episode=episode, team="sales", trigger="trigger:Ready", state="LAPSED",
        opened_at=world.NOW - timedelta(hours=1), deadline_at=world.NOW, ended_at=world.NOW, fit_level="A",
        account_intent_points=1, intent_points=1, waits_since=world.NOW, is_hand_raise=False,
    )  # fmt: skip
