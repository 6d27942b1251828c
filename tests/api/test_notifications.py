"""Whether Amazon signed a notification: by its certificate, from its address, and nobody else's."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coldframe.api import notifications
from coldframe.api.notifications import Certificates
from coldframe.api.receivers import NotTaken
from tests.api import amazon

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"


def message(**changes: Any) -> dict[str, Any]:
    told = {"eventType": "Bounce", "mail": {"messageId": "0100"}}
    return {
        "Type": "Notification", "MessageId": "7fbca0d9", "TopicArn": TOPIC, "Message": json.dumps(told),
        "Timestamp": "2026-06-01T08:59:00.000Z", **changes,
    }  # fmt: skip


def verify(told: dict[str, Any], *, at: datetime = AT, **more: Any) -> datetime:
    more.setdefault("fetching", amazon.show_certificate)
    return notifications.verify(told, at=at, certificates=Certificates(), **more)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "told",
    [
        message(),
        message(Subject="Amazon SES Email Event Notification"),
        message(Message="Grüße, 你好\n"),
        message(Type="SubscriptionConfirmation", Token="abc", SubscribeURL="https://x.example/"),
        message(Type="UnsubscribeConfirmation", Token="abc", SubscribeURL="https://x.example/"),
    ],
    ids=lambda each: each["Type"],
)
def test_what_amazon_signed_is_believed_and_says_when(told: dict[str, Any], version: str) -> None:
    assert verify(amazon.signed(told, version=version)) == AT - timedelta(minutes=1)


@pytest.mark.parametrize(
    "change",
    [
        *({name: "another"} for name in ("Message", "MessageId", "Timestamp")),
        {"Subject": "added"},
        {"TopicArn": TOPIC.replace("mail", "others")},
        {"Type": "UnsubscribeConfirmation"},
        {"Type": "Notice"},
        {"Message": ["a", "list"]},
        {"Message": None},
        {"SignatureVersion": "3"},
        {"SignatureVersion": "2"},
        {"Signature": ""},
        {"Signature": "not base64!"},
        {"Signature": base64.b64encode(b"x" * 256).decode()},
        {"Signature": None},
    ],
    ids=str,
)
def test_what_was_changed_on_its_way_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotTaken) as refusal:
        verify({**amazon.signed(message()), **change})

    assert (refusal.value.status, refusal.value.word) == (403, "wrong_signature")


def test_what_somebody_else_signed_is_refused() -> None:
    with pytest.raises(NotTaken) as refusal:
        verify(amazon.signed(message(), key=amazon.OTHER_KEY))

    assert refusal.value.status == 403


@pytest.mark.parametrize(
    "address",
    [
        f"http://sns.eu-west-1.amazonaws.com/{amazon.NAME}",
        f"https://sns.eu-west-1.amazonaws.com.evil.example/{amazon.NAME}",
        f"https://evil.example/{amazon.NAME}",
        f"https://evil.example#@sns.eu-west-1.amazonaws.com/{amazon.NAME}",
        f"https://user@sns.eu-west-1.amazonaws.com/{amazon.NAME}",
        f"https://sns.eu-west-1.amazonaws.com:8443/{amazon.NAME}",
        f"https://sns.us-east-1.amazonaws.com/{amazon.NAME}",
        f"https://s3.eu-west-1.amazonaws.com/{amazon.NAME}",
        f"https://sns.eu-west-1.amazonaws.com/bucket/{amazon.NAME}",
        f"https://sns.eu-west-1.amazonaws.com/{amazon.NAME}?x=1",
        "https://sns.eu-west-1.amazonaws.com/?Action=Publish",
        "https://[sns.eu-west-1.amazonaws.com/",
        "",
    ],
)
def test_no_certificate_is_taken_from_anywhere_else(address: str) -> None:
    opened: list[str] = []

    with pytest.raises(NotTaken) as refusal:
        verify(
            {**amazon.signed(message()), "SigningCertURL": address},
            fetching=lambda asked: opened.append(asked) or amazon.certificate(),
        )

    assert (refusal.value.status, opened) == (403, [])


@pytest.mark.parametrize("found", [None, b"", b"<html>not here</html>"])
def test_where_the_certificate_cannot_be_had_amazon_is_to_come_again(found: bytes | None) -> None:
    with pytest.raises(NotTaken) as refusal:
        verify(amazon.signed(message()), fetching=lambda address: found)

    assert refusal.value.status == 503


def test_a_certificate_that_is_not_valid_at_the_time_is_none() -> None:
    old = amazon.certificate(ends=AT - timedelta(days=1))

    with pytest.raises(NotTaken) as refusal:
        verify(amazon.signed(message()), fetching=lambda address: old)

    assert refusal.value.status == 403


def test_a_certificate_is_fetched_once() -> None:
    opened: list[str] = []
    kept = Certificates()

    for number in range(3):
        notifications.verify(
            amazon.signed(message(MessageId=str(number))),
            at=AT,
            fetching=lambda address: opened.append(address) or amazon.certificate(),
            certificates=kept,
        )

    assert opened == [f"https://sns.eu-west-1.amazonaws.com/{amazon.NAME}"]
