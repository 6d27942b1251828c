"""One lead: what people decide for it, what it has read and said, and that somebody looked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.leads.models import Consent, Suppression
from coldframe.library import operations as library
from coldframe.nurture import operations as nurture
from coldframe.nurture import overrides
from coldframe.nurture.models import Override
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_leads_page import page, sign_in, visitor  # noqa: F401

pytestmark = pytest.mark.django_db
LATER = "2026-08-01"


@pytest.fixture
def anna(visitor):  # noqa: F811
    lead = world.anna()
    library.ensure_active_playbook(at=world.NOW)
    nurture.assess_all(as_of=world.NOW)
    return lead


def address(lead, part: str = "") -> str:
    return f"/leads/{lead.public_id}{part}"


def test_a_person_decides_with_a_reason_and_an_end_and_lifts_it(visitor, anna):  # noqa: F811
    asked = {
        "status": "SALES_REVIEW",
        "path": "",
        "stage": "COMPARISON",
        "until": LATER,
        "why": "met at the fair",
    }

    visitor.post(address(anna, "/decide"), asked)
    shown = page(visitor.get(address(anna)))
    row = Override.objects.get()
    visitor.post(address(anna, "/lift"), {"setting": str(row.pk)})

    assert (row.status, row.stage, row.reason) == ("SALES_REVIEW", "COMPARISON", "met at the fair")
    assert "Status: Sales review, Buyer stage: Comparison" in shown
    assert "met at the fair" in shown
    assert Override.objects.get().lifted_at == world.NOW
    whats = list(LogEntry.objects.order_by("id").values_list("what", flat=True))
    assert whats == ["lead.overridden", "lead.viewed", "lead.override_lifted"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"until": LATER, "why": "x"}, "Nothing is set"),
        ({"pause": "on", "until": LATER}, "needs a reason"),
        ({"pause": "on", "why": "x"}, "for a limited time"),
        ({"status": "SALES_ACCEPTED", "until": LATER, "why": "x"}, "cannot be set by hand"),
        ({"status": "nonsense", "until": LATER, "why": "x"}, "no such status"),
        ({"stage": "nonsense", "until": LATER, "why": "x"}, "no such buyer stage"),
        ({"path": "nowhere", "until": LATER, "why": "x"}, "no such path"),
        ({"pause": "on", "until": "2026-13-45", "why": "x"}, "no day of the calendar"),
    ],
)
def test_what_makes_no_sense_is_refused_and_the_form_stays(visitor, anna, asked, said):  # noqa: F811
    response = visitor.post(address(anna, "/decide"), asked)

    assert response.status_code == 400
    assert said in page(response)
    assert not Override.objects.exists()


def test_what_does_not_hold_any_more_cannot_be_lifted(visitor, anna):  # noqa: F811
    for setting in ("1", "x", "9" * 18, "²"):
        assert visitor.post(address(anna, "/lift"), {"setting": setting}).status_code == 400


def test_what_is_set_for_another_lead_is_not_lifted_here(visitor, anna):  # noqa: F811
    jonas = world.jonas()
    number = overrides.set_override(
        lead_id=jonas.pk, setting=overrides.Setting(is_paused=True), reason="x", by="Kim",
        at=world.NOW, until=world.NOW + timedelta(days=9),
    )  # fmt: skip

    assert visitor.post(address(anna, "/lift"), {"setting": str(number)}).status_code == 400
    assert Override.objects.get().lifted_at is None


def test_a_no_that_somebody_heard_is_written_down_and_seen(visitor, anna):  # noqa: F811
    assert visitor.post(address(anna, "/never-mail"), {"why": " "}).status_code == 400
    visitor.post(address(anna, "/never-mail"), {"why": "on the phone"})
    shown = page(visitor.get(address(anna)))

    assert Suppression.objects.get(lead=anna).source.endswith("on the phone")
    assert "Opt out" in shown
    assert "Nothing is sent to this person" in page(visitor.get(address(anna, "/decide")))


def test_what_a_person_allowed_and_took_back_is_seen(visitor, anna):  # noqa: F811
    day = world.NOW - timedelta(days=9)
    Consent.objects.create(
        lead=anna,
        basis="CONSENT",
        source="webinar form",
        given_at=day,
        withdrawn_at=world.NOW,
        created_at=day,
    )

    shown = page(visitor.get(address(anna)))

    assert "webinar form" in shown
    assert "Ended 1 Jun 2026" in shown


def test_a_viewer_sees_no_controls_and_may_not_use_them(visitor, anna):  # noqa: F811
    sign_in(visitor, Role.SALES)

    assert "/decide" not in page(visitor.get(address(anna)))
    assert visitor.get(address(anna, "/decide")).status_code == 403
    for part in ("/decide", "/lift", "/never-mail"):
        assert (
            visitor.post(address(anna, part), {"why": "x", "until": LATER, "pause": "on"}).status_code == 403
        )
    assert not Override.objects.exists()


def test_that_somebody_looked_is_noted_once_an_hour(visitor, anna, monkeypatch):  # noqa: F811
    visitor.get(address(anna))
    visitor.get(address(anna))
    monkeypatch.setattr("coldframe.clock.now", lambda: world.NOW + timedelta(minutes=61))
    visitor.get(address(anna))

    seen = LogEntry.objects.filter(what="lead.viewed", subject=str(anna.public_id))
    assert seen.count() == 2


def test_what_a_lead_had_and_found_answers_buyer_questions(visitor, anna):  # noqa: F811
    asset = library_asset(0)
    found = library_asset(1)
    stay = nurtured.enroll(anna)
    nurtured.touch(anna, stay, content_key=f"asset:{asset.key}")
    world.event(anna, kind="asset_downloaded", asset=found.key, days_ago=2)

    shown = page(visitor.get(address(anna)))

    content = shown.split('id="read"')[1].split("</section>")[0]
    assert asset.title in content
    assert found.title in content
    assert "found by itself" in content
    assert "questions answered" in shown


def library_asset(number: int):
    from coldframe.library import queries

    return queries.get_active_playbook().playbook.assets[number]


def test_the_next_touch_can_be_read_in_a_frame(visitor, anna):  # noqa: F811
    stay = nurtured.enroll(anna)
    key = f"asset:{library_asset(0).key}"
    nurtured.touch(anna, stay, "PLANNED", content_key=key, planned_for=world.NOW + timedelta(days=1))

    shown = page(visitor.get(address(anna)))

    assert "<iframe" in shown
    assert "sandbox" in shown


def test_colleagues_are_shown_with_their_roles_and_lead_to_the_account(visitor, anna):  # noqa: F811
    ola = world.lead(anna.account, first_name="Ola", role="ECONOMIC_BUYER", email="ola@brightpath.example")
    stand(ola, "NURTURE")

    shown = page(visitor.get(address(anna)))

    assert "Economic buyer" in shown
    assert f'href="/accounts/{anna.account.public_id}"' in shown


def test_the_page_of_a_lead_costs_the_same_with_many_colleagues(visitor, anna, django_assert_max_num_queries):  # noqa: F811
    for number in range(30):
        colleague = world.lead(anna.account, first_name=f"No{number}", email=f"no{number}@brightpath.example")
        stand(colleague, "NURTURE")

    with django_assert_max_num_queries(62):
        visitor.get(address(anna))
