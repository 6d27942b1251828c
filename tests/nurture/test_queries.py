"""A lead is found by whatever a person calls it."""

from __future__ import annotations

import uuid

import pytest

from coldframe.leads.models import Identity, Lead, Suppression
from coldframe.nurture import operations, queries
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Lead:
    lead = world.anna()
    Identity.objects.create(lead=lead, source="hubspot", external_id="4711")
    return lead


@pytest.mark.parametrize(
    "key", ["anna@brightpath.example", " ANNA@Brightpath.Example ", "4711", "hubspot:4711", "HubSpot:4711"]
)
def test_a_lead_is_found_by_address_in_any_case_and_by_external_id(anna: Lead, key: str) -> None:
    assert queries.find_lead(key) == anna.id


def test_a_lead_is_found_by_its_public_id_and_by_its_number(anna: Lead) -> None:
    assert queries.find_lead(str(anna.public_id)) == queries.find_lead(str(anna.id)) == anna.id


def test_an_unknown_address_is_answered_with_the_nearest(anna: Lead) -> None:
    with pytest.raises(queries.NoSuchLead) as refusal:
        queries.find_lead("ana@brightpath.example")

    assert str(refusal.value) == (
        "No lead is known by 'ana@brightpath.example'.\n"
        "expected an address, an external id (or source:id), a public id or a number.\n"
        "Did you mean anna@brightpath.example?"
    )


def test_a_key_that_two_leads_have_names_both(anna: Lead) -> None:
    tom = world.tom()
    Identity.objects.create(lead=tom, source="zoho", external_id="4711")

    with pytest.raises(queries.SeveralLeads) as refusal:
        queries.find_lead("4711")

    assert refusal.value.got == (
        f"anna@brightpath.example (number {anna.id}), tom@halden.example (number {tom.id})"
    )
    assert queries.find_lead("zoho:4711") == tom.id


def test_a_voided_lead_is_not_found(anna: Lead) -> None:
    Lead.objects.filter(id=anna.id).update(voided_at=world.NOW)

    with pytest.raises(queries.NoSuchLead):
        queries.find_lead("4711")

    assert queries.find_id(anna.public_id) is None


def test_an_explained_lead_shows_record_card_decision_and_timeline(anna: Lead) -> None:
    world.event(anna, kind="page", path="/pricing", days_ago=3)
    world.event(anna, kind="page", path="/customers", days_ago=-1)
    Suppression.objects.create(
        email=anna.email, reason="OPT_OUT", source="hubspot", suppressed_at=world.NOW, created_at=world.NOW
    )
    operations.assess_all(as_of=world.NOW)

    found = queries.explain_lead(public_id=anna.public_id, as_of=world.NOW)

    assert found is not None
    record = found.record
    assert (record.email, record.company, record.suppressed_by) == (anna.email, "Brightpath", "opt_out")
    assert record.identities == (("hubspot", "4711"),)
    assert found.decision is not None
    assert (found.decision.as_of, found.decision.playbook_number) == (world.NOW, 1)
    assert (found.decision.disposition, found.decision.reason) == (found.card.disposition, found.card.reason)
    assert [(each.from_status, each.to_status) for each in found.transitions] == [("NEW", found.card.status)]
    assert [(each.kind, each.path, each.evidence) for each in found.timeline] == [
        ("page", "/pricing", "HUMAN")
    ]
    assert found.event_count == 1


def test_a_lead_that_is_not_there_is_not_explained() -> None:
    operations.assess_all(as_of=world.NOW)

    assert queries.explain_lead(public_id=uuid.uuid4(), as_of=world.NOW) is None
