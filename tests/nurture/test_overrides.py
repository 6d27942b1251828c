"""A person decides for a lead: with a reason, for a limited time, and the next cycle obeys."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from coldframe.kernel.vocabulary import BuyerStage, LeadStatus
from coldframe.leads.models import AccountDue
from coldframe.library import operations as library
from coldframe.nurture import cycle, overrides
from coldframe.nurture.models import Enrollment, Hold, Standing
from tests import world
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db

MONTH = NOW + timedelta(days=30)
tokens = count(1)


def run(lead, at=NOW) -> None:
    cycle.run_accounts(account_ids=[lead.account_id], as_of=at, token=next(tokens))


def set_for(lead, *, until=MONTH, reason="on leave", **setting) -> int:
    library.ensure_active_playbook(at=NOW)
    return overrides.set_override(
        lead_id=lead.pk, setting=overrides.Setting(**setting), reason=reason, by="Kim", at=NOW, until=until
    )


def test_a_lead_is_held_in_the_status_that_a_person_set():
    tom = world.lead(world.halden(), first_name="Tom", email="tom@halden.example")
    set_for(tom, status=LeadStatus.NURTURE, reason="a friend of the house")

    run(tom)

    standing = Standing.objects.get(lead=tom)
    assert (standing.status, standing.lead.transitions.get().reason) == ("NURTURE", "override")


def test_a_paused_lead_is_held_until_the_day():
    cast.use_playbook()
    anna = world.anna()
    cast.may_mail(anna)
    set_for(anna, is_paused=True)

    run(anna)

    assert Hold.objects.filter(lead=anna).latest("id").reason == "PAUSED"
    assert AccountDue.objects.get(pk=anna.account_id).due_at <= MONTH


def test_a_path_that_a_person_set_is_the_path():
    anna = world.anna()
    set_for(anna, path="stay relevant")

    run(anna)

    assert Enrollment.objects.get(lead=anna, ended_at=None).path == "stay relevant"


def test_lifted_the_rules_decide_again():
    anna = world.anna()
    set_for(anna, status=LeadStatus.DISQUALIFIED)
    run(anna)
    assert Standing.objects.get(lead=anna).status == "DISQUALIFIED"

    assert overrides.lift_overrides(lead_id=anna.pk, at=NOW + timedelta(hours=1)) == 1
    run(anna, at=NOW + timedelta(hours=1))

    assert Standing.objects.get(lead=anna).status == "NURTURE"
    with pytest.raises(overrides.NothingSet):
        overrides.lift_overrides(lead_id=anna.pk, at=NOW + timedelta(hours=2))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Nothing is set."),
        ({"is_paused": True, "reason": " "}, "needs a reason"),
        ({"is_paused": True, "until": NOW}, "for a limited time"),
        ({"is_paused": True, "until": NOW + timedelta(days=500)}, "for a limited time"),
        ({"status": LeadStatus.SALES_ACCEPTED}, "cannot be set by hand"),
        ({"path": "nowhere"}, "no such path"),
    ],
)
def test_what_makes_no_sense_is_refused(changes, said):
    with pytest.raises(overrides.BadOverride, match=said):
        set_for(world.anna(), **changes)


def test_a_stage_is_a_word_of_the_vocabulary():
    assert set_for(world.anna(), stage=BuyerStage.COMPARISON) > 0
