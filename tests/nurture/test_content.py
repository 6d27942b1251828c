"""Content seen from the leads: the values of their merge fields, previews, and who waits."""

from __future__ import annotations

import email
import email.policy
from datetime import date, timedelta

import pytest

from coldframe.delivery import operations as delivery
from coldframe.kernel.vocabulary import LeadStatus
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.library.content_map import Waiting
from coldframe.library.queries import NoSuchContent
from coldframe.nurture import content, merging, writing
from coldframe.nurture.content import Sender
from coldframe.nurture.models import Cycle, Enrollment, Standing, Touch
from coldframe.nurture.queries import NoSuchLead
from coldframe.outbox.handlers import Claimed, Composed
from tests.library.letters import playbook_text
from tests.world import NOW, anna, brightpath, jonas, tom

pytestmark = pytest.mark.django_db


def standing(
    who: Lead, *, stage: str | None, segment: str = "everyone else", status: str = "NURTURE"
) -> None:
    """Say where a lead stands, as an assessment would."""
    version = library.ensure_active_playbook(at=NOW)
    cycle = Cycle.objects.create(
        as_of=NOW, started_at=NOW, kernel_version="1", playbook_version_id=version.version_id
    )
    Standing.objects.create(
        lead=who, account=who.account, cycle=cycle, status=status, status_since=NOW, stage=stage, segment=segment,
        disposition="NURTURE", reason="path:x", fit_score=0, fit_level="C", fit_level_best="C",
        fit_verdict="UNDETERMINED", intent_points=0, intent_level="NONE", account_intent_points=0, timing="UNKNOWN", missing_count=0,
    )  # fmt: skip


def test_values_are_read_for_many_leads_in_two_queries(django_assert_num_queries: object) -> None:
    one = anna(brightpath(renewal_on=date(2027, 1, 31), custom={"plan": "gold"}), custom={"seats": 5})
    two = jonas(role="UNKNOWN")
    standing(one, stage="RESEARCH", segment="champions")

    with django_assert_num_queries(2):  # type: ignore[operator]
        found = merging.load_values(lead_ids=[one.pk, two.pk])

    assert set(found) == {one.pk, two.pk}
    names = ["lead.first_name", "lead.role", "account.name", "account.employees", "account.renewal_on", "stage", "segment", "lead.custom.seats", "account.custom.plan"]  # fmt: skip
    assert [found[one.pk][name] for name in names] == [
        "Anna", "champion", "Brightpath", 120, date(2027, 1, 31), "research", "champions", 5, "gold",
    ]  # fmt: skip
    assert [found[two.pk][name] for name in ("lead.role", "stage", "lead.known_problem")] == [
        None,
        None,
        None,
    ]


def test_a_preview_says_what_the_lead_would_read() -> None:
    anna()
    library.ensure_active_playbook(at=NOW)

    seen = content.preview(
        content_key="asset:guide", lead_key="anna@brightpath.example", sender=Sender(name="Kim Berg")
    )

    assert seen.held_for is None
    assert seen.subject == "Five ways to solve it, one of them free"
    assert seen.text.startswith("Hello Anna,\n")
    assert seen.text.endswith("Best regards\nKim Berg\n")
    assert "<title>Five ways to solve it, one of them free</title>" in seen.html


def test_a_preview_of_what_would_be_held_says_why() -> None:
    anna(first_name=None)
    text = playbook_text(
        'templates:\n  - {name: a, for: {assets: all}, subject: x, value: x, body: "Hello {{ lead.first_name }}"}\n'
    )
    library.activate_playbook(number=library.publish_playbook(text=text, at=NOW).number, at=NOW)

    seen = content.preview(content_key="asset:faq", lead_key="anna@brightpath.example", sender=Sender())

    assert (seen.held_for, seen.text) == ("The message would show an empty field: lead.first_name", "")


@pytest.mark.parametrize("key", ["asset:giude", "question:lead.shoe_size", "follow_up:soon", "guide"])
def test_a_preview_of_no_content_is_refused(key: str) -> None:
    anna()
    library.ensure_active_playbook(at=NOW)

    with pytest.raises(NoSuchContent) as refusal:
        content.preview(content_key=key, lead_key="anna@brightpath.example", sender=Sender())

    assert refusal.value.got == key
    if key == "asset:giude":
        assert refusal.value.advice == 'Did you mean "asset:guide"?'


def test_a_preview_for_nobody_is_refused() -> None:
    library.ensure_active_playbook(at=NOW)

    with pytest.raises(NoSuchLead):
        content.preview(content_key="asset:guide", lead_key="nobody@brightpath.example", sender=Sender())


def test_leads_in_nurture_are_counted_by_what_content_asks_of_them() -> None:
    company = brightpath()
    first = anna(company, known_problem="costs")
    standing(first, stage="RESEARCH")
    standing(anna(company, email="b@brightpath.example", known_problem="costs"), stage="RESEARCH")
    standing(jonas(), stage=None)
    standing(tom(), stage="RESEARCH", status=LeadStatus.SALES_REVIEW.value)
    Enrollment.objects.create(
        lead=first, account=company, lap=1, path="learn", state="EXHAUSTED", entered_at=NOW, lap_began_at=NOW
    )

    found = content.count_waiting()

    assert sorted(found, key=lambda each: each.lead_count) == [
        Waiting(stage=None, segment="everyone else", role="technical_evaluator", problem=None, lead_count=1),
        Waiting(
            stage="research",
            segment="everyone else",
            role="champion",
            problem="costs",
            lead_count=2,
            exhausted_count=1,
        ),
    ]


def claimed(touch: Touch, lane: str) -> Claimed:
    return Claimed(
        id=touch.pk, key=f"touch:{touch.public_id}", kind="touch", subject_id=touch.pk, lane=lane, domain="brightpath.example", locks=(),
        token=1, attempt_count=1, claimed_at=NOW, due_at=NOW, late_at=NOW + timedelta(hours=72),
    )  # fmt: skip


def touch_of(who: Lead, content_key: str) -> Touch:
    version = library.ensure_active_playbook(at=NOW)
    cycle = Cycle.objects.create(
        as_of=NOW, started_at=NOW, kernel_version="1", playbook_version_id=version.version_id
    )
    stay = Enrollment.objects.create(
        lead=who, account=who.account, lap=1, path="learn", state="ACTIVE", entered_at=NOW, lap_began_at=NOW
    )
    return Touch.objects.create(
        lead=who, account=who.account, enrollment=stay, cycle=cycle, content_key=content_key, channel="EMAIL", path="learn",
        lap=1, reason="x", planned_for=NOW,
    )  # fmt: skip


def test_what_is_sent_is_what_the_preview_shows() -> None:
    """Fields of one's own, dates and roles among them, on either database."""
    text = playbook_text(
        "templates:\n  - {name: a, for: {assets: all}, subject: 'For {{ lead.first_name }}', value: x, body: "
        '\'{{ lead.custom.seats }} seats until {{ account.renewal_on | date: "month" }}, {{ lead.role | default: "colleague" }}\'}\n'
    )
    library.activate_playbook(number=library.publish_playbook(text=text, at=NOW).number, at=NOW)
    who = anna(brightpath(renewal_on=date(2027, 1, 31)), custom={"seats": 5}, role="UNKNOWN")
    touch = touch_of(who, "asset:faq")
    lane = delivery.ensure_local_connection(at=NOW)

    sent = writing.write([claimed(touch, lane)], at=NOW)[touch.pk]
    seen = content.preview(content_key="asset:faq", lead_key=str(who.pk), sender=Sender())

    assert isinstance(sent, Composed)
    message = email.message_from_bytes(sent.body, policy=email.policy.default)
    assert seen.text == "5 seats until January 2027, colleague\n"
    assert message["Subject"] == seen.subject == "For Anna"
    part = message.get_body(("plain",))
    assert part is not None
    assert part.get_content().replace("\r\n", "\n").startswith(seen.text)
