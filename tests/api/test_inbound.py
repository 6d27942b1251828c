"""Mail that providers take in: proven, stored as it came, digested once, and never believed of anybody else."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, RequestFactory

from coldframe.activity import digesting, source_counts, sources
from coldframe.activity.mail import parsing
from coldframe.activity.models import Arrival, Event, ReceivedMail, Source
from coldframe.api import anymail_views, mending, notifications
from coldframe.work import trades
from tests import material, world
from tests.api import amazon
from tests.api.test_provider_material import BASIC, REFUSED, TOPICS, body_of, headers_of, secret_for
from tests.world import NOW

pytestmark = pytest.mark.django_db

#: Tests of Anymail's own whose mail lies in Amazon's S3, which is not asked here.
ELSEWHERE = ("s3",)
RAW = """From: Anna Kowalska <anna@brightpath.example>
To: sales@ours.example
Subject: Re: A checklist
Message-ID: <1@brightpath.example>
Date: Mon, 01 Jun 2026 08:00:00 +0000

Tuesday suits me.
"""


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setattr(notifications, "fetch", amazon.show_certificate)
    source_counts._written_at.clear()
    yield
    source_counts._waiting.clear()


def add_source(provider: str, secret: str = BASIC) -> None:
    settings = {"provider": provider, "topic": TOPICS + " arn:aws:sns:us-east-1:111111111111:SES_Inbound"}
    sources.add("esp", kind=Source.Kind.PROVIDER, at=NOW, settings=settings, secret=secret)


def post_raw(password: str = BASIC, **more: str) -> Any:
    """Post a mail as SendGrid does, raw."""
    given = base64.b64encode(password.encode()).decode()
    form = {
        "email": RAW,
        "envelope": json.dumps({"from": "anna@brightpath.example", "to": ["sales@ours.example"]}),
    }
    return Client().post(
        "/hooks/providers/esp/inbound", {**form, **more}, headers={"Authorization": f"Basic {given}"}
    )


def post_json(told: dict[str, Any]) -> Any:
    """Post what a provider tells as JSON."""
    return Client().post(
        "/hooks/providers/esp/inbound", data=json.dumps(told), content_type="application/json",
        headers={"Authorization": f"Basic {base64.b64encode(BASIC.encode()).decode()}"},
    )  # fmt: skip


def test_a_mail_is_stored_and_becomes_a_reply_of_the_person_once() -> None:
    world.anna()
    add_source("sendgrid")

    answers = [post_raw().status_code for _ in range(2)]
    digesting.run_turn(digesters=trades.digesters(), at=NOW)

    assert answers == [200, 200]
    mail = ReceivedMail.objects.get()
    assert (mail.mail_class, mail.matched_by, mail.text) == ("REPLY", "ADDRESS", "Tuesday suits me.")
    assert Event.objects.get().shape.kind == "replied"


def test_a_mail_of_nobody_who_is_proven_is_not_taken() -> None:
    add_source("sendgrid")

    answers = [
        post_raw("username:wrong").status_code,
        Client().post("/hooks/providers/esp/inbound", {}).status_code,
    ]

    assert answers == [403, 401]
    assert not Arrival.objects.exists()


def test_events_at_the_address_for_mail_are_sent_where_they_belong() -> None:
    add_source("postmark")

    answer = post_json({"RecordType": "Delivery", "MessageID": "1"})

    assert answer.status_code == 422
    assert not Arrival.objects.exists()


#: A mail as Postmark tells it, with no raw form.
PARTS = {
    "FromFull": {"Email": "anna@brightpath.example", "Name": "Anna"}, "ToFull": [{"Email": "sales@ours.example"}],
    "Subject": "A checklist", "TextBody": "Tuesday\r\nsuits me.", "HtmlBody": "<p>Tuesday suits me.</p>",
    "Headers": [
        {"Name": "Return-Path", "Value": "<anna@brightpath.example>"},
        {"Name": "Message-ID", "Value": "<1@brightpath.example>"},
    ],
    "OriginalRecipient": "sales@ours.example", "Date": "Mon, 01 Jun 2026 08:00:00 +0000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("odd", "subject", "text"),
    [
        ({"TextBody": "Tuesday\ud800 suits\udc80 me."}, "A checklist", "Tuesday suits me."),
        ({"HtmlBody": "\ud800"}, "A checklist", "Tuesday\nsuits me."),
        ({"Subject": "Yes\ud83d"}, "Yes", "Tuesday\nsuits me."),
        ({"Subject": "Yes\r\nBcc: all@ours.example"}, "Yes Bcc: all@ours.example", "Tuesday\nsuits me."),
        ({"FromFull": {**PARTS["FromFull"], "Name": "Anna\r\n\ud800"}}, "A checklist", "Tuesday\nsuits me."),
        ({"Headers": [*PARTS["Headers"], {"Name": "X-Mailer", "Value": "one\ntwo"}]}, "A checklist", "Tuesday\nsuits me."),
        ({"Headers": [*PARTS["Headers"], {"Name": "X-Mailer", "Value": "\udfff"}]}, "A checklist", "Tuesday\nsuits me."),
        ({"OriginalRecipient": "sales\ud800\x00@ours.example"}, "A checklist", "Tuesday\nsuits me."),
        ({"RawEmail": RAW.replace("suits", "suits\ud800")}, "Re: A checklist", "Tuesday suits me."),
        ({"FromFull": {"Email": "anna\0@brightpath.example", "Name": ""}}, "A checklist", "Tuesday\nsuits me."),
    ],
)  # fmt: skip
def test_a_mail_with_halves_of_characters_or_broken_headers_is_taken_in_without_them(
    odd: dict[str, Any], subject: str, text: str
) -> None:
    world.anna()
    add_source("postmark")

    answer = post_json({**PARTS, **odd})
    digesting.run_turn(digesters=trades.digesters(), at=NOW)

    assert answer.status_code == 200, answer.content
    assert Source.objects.get().refused == {}
    mail = ReceivedMail.objects.get()
    assert (mail.mail_class, mail.sender, mail.subject, mail.text) == (
        "REPLY", "anna@brightpath.example", subject, text,
    )  # fmt: skip
    assert Arrival.objects.count() == 0 or Arrival.objects.get().about["recipient"] == "sales@ours.example"


def test_a_mail_that_nobody_can_read_is_kept_as_it_came_and_set_aside_once() -> None:
    world.anna()
    add_source("postmark")
    told = {**PARTS, "Headers": 7}

    answers = [post_json(told).status_code for _ in range(2)]
    digesting.run_turn(digesters=trades.digesters(), at=NOW)
    answers.append(post_json(told).status_code)
    digesting.run_turn(digesters=trades.digesters(), at=NOW)

    assert answers == [200, 200, 200]
    kept = Arrival.objects.get()
    assert (kept.kind, kept.state, kept.reason) == (
        "MAIL",
        "QUARANTINED",
        "A mail that cannot be read: TypeError",
    )
    assert json.loads(bytes(kept.body)) == told
    assert kept.about["content_type"] == "application/json"
    assert not ReceivedMail.objects.exists()


def test_it_stays_aside_when_it_is_tried_again() -> None:
    add_source("postmark")
    post_json({**PARTS, "Headers": 7})
    digesting.run_turn(digesters=trades.digesters(), at=NOW)

    digesting.try_again(list(Arrival.objects.values_list("pk", flat=True)))
    digesting.run_turn(digesters=trades.digesters(), at=NOW)

    assert Arrival.objects.get().reason == "A mail that cannot be read: TypeError"


def test_what_nobody_has_signed_is_not_kept_however_unreadable() -> None:
    add_source("postmark")

    answer = Client().post(
        "/hooks/providers/esp/inbound",
        data=json.dumps({**PARTS, "Headers": 7}),
        content_type="application/json",
        headers={"Authorization": f"Basic {base64.b64encode(b'username:wrong').decode()}"},
    )

    assert answer.status_code == 403
    assert not Arrival.objects.exists()


def test_what_a_field_says_in_json_of_its_own_is_mended_as_well() -> None:
    form = RequestFactory().post(
        "/", {"message-headers": json.dumps([["Subject", "Yes\ud800\r\nplease"]]), "body-plain": "a\r\nb"}
    )
    told = {"Message": json.dumps({"content": "Subject: Yes\ud800\r\n\r\nplease"})}
    call = RequestFactory().post("/", data=json.dumps(told), content_type="application/json")

    mended, as_json = mending.mended(form).POST, json.loads(mending.mended(call).body)

    assert json.loads(mended["message-headers"]) == [["Subject", "Yes please"]]
    assert mended["body-plain"] == "a\r\nb"
    assert json.loads(as_json["Message"]) == {"content": "Subject: Yes\r\n\r\nplease"}


def as_recorded(mail: parsing.Mail) -> tuple[str, bool]:
    return mail.subject, bool(mail.sender)


def recorded(event: dict[str, Any]) -> tuple[str, bool]:
    """Return subject, and whether somebody is named as who wrote it, of a recorded mail."""
    told = event["message"]
    told = ast.literal_eval(told) if isinstance(told, str) else told
    subject, sender = (str(told[name] or "") for name in ("subject", "from"))
    return subject if subject != "None" else "", "@" in sender


@pytest.mark.material
@pytest.mark.parametrize("provider", ["amazon_ses", "mailgun", "postmark", "sendgrid"])
def test_every_recorded_mail_is_answered_and_stored_as_it_was_recorded(
    provider: str, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(anymail_views, "check_age", lambda signed, at: None)
    path = material.folder("webhooks_anymail") / "recorded" / f"{provider}_inbound.json"
    taken = 0
    for case in json.loads(path.read_text()):
        if any(each in case["test"] for each in ELSEWHERE):
            continue
        add_source(provider, secret_for(provider, case["test"]) or BASIC)
        for request in case["requests"]:
            answer = client.post(
                "/hooks/providers/esp/inbound", data=body_of(request), content_type=request["content_type"],
                headers=headers_of(request, case["test"]),
            )  # fmt: skip
            expected = request["status_expected"]
            assert answer.status_code in REFUSED.get(expected, {expected}) | {200, 422}, (
                case["test"],
                answer.content,
            )
        stored = [parsing.read(bytes(each.body)) for each in Arrival.objects.order_by("id")]
        assert [as_recorded(each) for each in stored] == [recorded(each) for each in case["events"]], case[
            "test"
        ]
        taken += len(stored)
        Arrival.objects.all().delete()
        Source.objects.all().delete()
    assert taken > 0
