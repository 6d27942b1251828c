"""Assessing a base keeps what changed, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.nurture import operations
from coldframe.nurture.models import Assessment, Standing, Transition
from tests import world

pytestmark = pytest.mark.django_db

LATER = world.NOW + timedelta(days=1)


def test_every_lead_gets_a_standing_an_assessment_and_a_first_transition() -> None:
    anna, tom = world.anna(), world.tom()

    counts = operations.assess_all(as_of=world.NOW)

    assert counts.leads == counts.changed == counts.moved == 2
    assert [row.lead_id for row in Standing.objects.order_by("lead_id")] == [anna.id, tom.id]
    assert list(
        Transition.objects.order_by("lead_id").values_list(
            "lead_id", "from_status", "occurred_at", "decided_by"
        )
    ) == [
        (anna.id, "NEW", world.NOW, "policy"),
        (tom.id, "NEW", world.NOW, "policy"),
    ]
    assert Assessment.objects.count() == 2
