"""Signed links: each opens what it was made for and nothing else, and does nothing to anybody but whose it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from coldframe.activity.models import Confirmation
from coldframe.activity.tracking import spool
from coldframe.activity.tracking import tokens as tracking
from coldframe.handoff import tokens as handoff_tokens
from coldframe.handoff.models import Handoff, Notification, Verdict
from coldframe.leads import tokens
from coldframe.leads.models import Consent, Lead, Suppression
from coldframe.library import operations as library
from coldframe.team import invitations, queries
from coldframe.team.models import User
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests import people, world
from tests.web.desk import before_sales
from tests.web.people import owned
from tests.web.people.test_own_and_other import undone, watching

pytestmark = pytest.mark.django_db
NOW = world.NOW


@dataclass(frozen=True)
class Holder:
    """Whoever a link may be for: a lead that is put before sales and has agreed to something, and a person of the house."""

    lead: Lead
    handoff: Handoff
    user: User
    confirmation: Confirmation


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    library.ensure_active_playbook(at=NOW)


@pytest.fixture
def own() -> Holder:
    return holder(world.anna(), people.somebody(Role.SALES))


@pytest.fixture
def other() -> Holder:
    return holder(world.jonas(), people.somebody(Role.SALES_LEAD))


def holder(lead: Lead, user: User) -> Holder:
    asked = Confirmation.objects.create(
        lead=lead, email=lead.email, form="demo", version="1", wording="Yes", state="MAILED", given_at=NOW
    )
    return Holder(lead, before_sales.put(lead), user, asked)


def of_person(purpose: tokens.Purpose) -> Callable[[Holder], str]:
    return lambda whose: tokens.make(purpose, lead=whose.lead.public_id)


def of_handoff(purpose: handoff_tokens.Purpose) -> Callable[[Holder], str]:
    def make(whose: Holder) -> str:
        told, _ = Notification.objects.get_or_create(
            handoff=whose.handoff, what="OPENED", to=before_sales.EWA, address="ewa@coldframe.example", defaults={"made_at": NOW}
        )  # fmt: skip
        until = NOW + timedelta(days=7)
        return handoff_tokens.make(
            purpose, handoff=whose.handoff.public_id, notification_id=told.pk, expires_at=until
        )

    return make


def link(whose: Holder) -> str:
    target = "https://example.com/guide"
    return tracking.make_link(tracking.Link(touch=uuid4(), position=0, links=1, target=target))


#: What a link is made for -> the address that it opens, and how it is made.
KINDS: dict[str, tuple[str, Callable[[Holder], str]]] = {
    "leaving": ("public:unsubscribe", of_person(tokens.Purpose.UNSUBSCRIBE)),
    "wishes": ("public:preferences", of_person(tokens.Purpose.PREFERENCES)),
    "coming back": ("public:return", of_person(tokens.Purpose.RETURN)),
    "a form": ("public:form", of_person(tokens.Purpose.FORM)),
    "confirming": (
        "public:confirm",
        lambda whose: tokens.make(
            tokens.Purpose.CONFIRM, lead=whose.lead.public_id, touch=whose.confirmation.public_id
        ),
    ),
    "a link": ("public:link", link),
    "a pixel": ("public:pixel", lambda whose: tracking.make_pixel(tracking.Pixel(uuid4()))),
    "an answer": ("public:answer", of_handoff(handoff_tokens.Purpose.ANSWER)),
    "a date": ("public:answer-calendar", of_handoff(handoff_tokens.Purpose.CALENDAR)),
    "a password": ("web:invitation", lambda whose: invitations.make(whose.user.pk, by=AT_THIS_MACHINE, at=NOW)),
}  # fmt: skip
ADDRESSES = [name for name, _ in owned.PROOFS if owned.PROOFS[name, _] == "a signed link"]
#: Answered alike for whatever it is asked for.
ALWAYS_ANSWERED = {"public:pixel"}
FORMS: dict[str, dict[str, str]] = {
    "public:preferences": {"do": "stop"},
    "public:answer": {"answer": "ACCEPTED"},
    "web:invitation": {"password": people.PASSWORD, "again": people.PASSWORD},
}


def noted() -> int:
    """Return how many hits wait to be taken in."""
    return spool.waiting(Path(settings.HOME) / spool.FOLDER)


def test_every_address_that_is_opened_by_a_signed_link_is_tried():
    assert set(ADDRESSES) <= {address for address, _ in KINDS.values()}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_link_made_for_something_else_opens_nothing_and_does_nothing(address: str, own: Holder):
    stranger, wrong = Client(HTTP_HOST="localhost"), []

    for kind, (opens, make) in KINDS.items():
        if opens == address:
            continue
        path, before, written = reverse(address, args=[make(own)]), noted(), []
        with watching(written):
            answers = [stranger.get(path), stranger.post(path, FORMS.get(address, {}))]
        refused = address in ALWAYS_ANSWERED or {each.status_code for each in answers} <= {404, 405}
        if not refused or written or noted() != before:
            wrong.append((kind, [each.status_code for each in answers], written))

    assert wrong == []


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, address) for kind, (address, _) in KINDS.items() if address in ADDRESSES]
)
def test_a_link_does_what_it_is_for_to_whose_it_is_and_to_nobody_else(
    kind: str, address: str, own: Holder, other: Holder
):
    stranger = Client(HTTP_HOST="localhost")
    path = reverse(address, args=[KINDS[kind][1](own)])
    before = state_of(other)

    looked = stranger.get(path)
    with undone():
        acted = stranger.post(path, FORMS.get(address, {}))
        after = state_of(other)

    assert looked.status_code in (200, 302)
    assert acted.status_code in (200, 302, 404, 405)
    assert after == before
    assert (other.lead.email or "").encode() not in looked.content + acted.content


def state_of(whose: Holder) -> list[Any]:
    """Return all that a link could do to somebody."""
    return [
        *(
            list(model.objects.filter(lead=whose.lead).order_by("pk").values())
            for model in (Consent, Suppression, Confirmation)
        ),
        list(Suppression.objects.filter(email=whose.lead.email).values()),
        Handoff.objects.filter(pk=whose.handoff.pk).values().get(),
        list(Verdict.objects.filter(handoff=whose.handoff).values()),
        User.objects.filter(pk=whose.user.pk).values().get(),
    ]


def test_a_link_by_which_somebody_chooses_a_password_signs_nobody_else_out_or_in():
    ada, rosa = people.browser_of(Role.ADMIN), people.somebody(Role.SALES)
    before = User.objects.get(username="ada").password
    token = invitations.make(rosa.pk, by=AT_THIS_MACHINE, at=NOW)

    ada.post(
        f"/invitation/{token}",
        {"password": "green door under nine lamps", "again": "green door under nine lamps"},
    )

    assert User.objects.get(username="ada").password == before
    assert ada.get("/account").status_code == 200
    assert "Ada Moreau" in ada.get("/account").content.decode()
    assert queries.find_line(rosa.pk) is not None
