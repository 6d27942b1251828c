"""The page of mail: what waits for a person is shown, escaped, and settled by a press of a button."""

from __future__ import annotations

import pytest
from django.test import Client

from coldframe.activity import arrivals, digesting
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Arrival, ReceivedMail
from coldframe.leads.models import Pause
from coldframe.work import trades
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

MAIL = """From: {sender}
Subject: Re: A checklist <script>alert(1)</script>
Message-ID: <1@brightpath.example>
Date: Mon, 01 Jun 2026 08:00:00 +0000

{text}
"""


def received(
    text: str = "How much is it? <img src=x>", sender: str = "anna@brightpath.example"
) -> ReceivedMail:
    body = MAIL.format(sender=sender, text=text).encode()
    arrivals.accept([NewArrival(kind=Arrival.Kind.MAIL, body=body)], at=NOW)
    digesting.run_turn(digesters=trades.digesters(), at=NOW)
    return ReceivedMail.objects.get()


def test_a_reply_waits_on_the_page_with_its_words_escaped(client: Client) -> None:
    anna = world.anna()
    received()

    page = client.get("/mail").content.decode()

    assert "1 mail waits for a person." in page
    assert f"/leads/{anna.public_id}" in page
    assert "How much is it? &lt;img src=x&gt;" in page
    assert "<script>alert" not in page


def test_a_button_settles_it_and_nurture_goes_on(client: Client) -> None:
    world.anna()
    mail = received()

    answer = client.post(f"/mail/{mail.pk}/settle", {"answer": "answered"})

    assert (answer.status_code, answer["Location"]) == (302, "/mail")
    assert not Pause.objects.filter(ended_at=None).exists()
    assert "No mail waits for a person." in client.get("/mail").content.decode()


def test_of_nobody_known_the_only_answer_is_to_ignore_it(client: Client) -> None:
    mail = received(sender="stranger@else.example")

    page = client.get("/mail").content.decode()

    assert 'value="ignore"' in page
    assert 'value="unsubscribe"' not in page
    refused = client.post(f"/mail/{mail.pk}/settle", {"answer": "unsubscribe"})
    assert 400 <= refused.status_code < 500
    assert "belongs to nobody here" in refused.content.decode()


@pytest.mark.parametrize("answer", ["", "maybe"])
def test_a_form_that_says_nothing_changes_nothing(client: Client, answer: str) -> None:
    world.anna()
    mail = received()

    refused = client.post(f"/mail/{mail.pk}/settle", {"answer": answer})

    assert 400 <= refused.status_code < 500
    mail.refresh_from_db()
    assert mail.state == "OPEN"


def test_without_mail_the_page_says_how_it_comes_in(client: Client) -> None:
    world.anna()

    page = client.get("/mail").content.decode()

    assert "No mail has come in yet." in page
    assert "sources add mailbox" in page


def test_today_leads_to_the_mail_that_waits(client: Client) -> None:
    world.anna()
    assert "/mail" not in client.get("/").content.decode().partition("<main")[2]

    received()

    page = client.get("/").content.decode()
    assert "mail to answer or to tell apart" in page
