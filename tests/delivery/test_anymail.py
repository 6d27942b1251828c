"""Every provider that Anymail has: one request for a message, the touch's id in it, and never a second one blind."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import anymail.backends
import pytest

from coldframe.delivery.channels.answers import Answer, Result, Trouble
from coldframe.delivery.channels.email import anymail as channel
from coldframe.delivery.channels.email import compose
from coldframe.delivery.channels.email.footer import Leaving
from coldframe.delivery.channels.email.providers import PROVIDERS, Settling, UnknownProvider
from tests.delivery import http_sink
from tests.delivery.http_sink import Reply, Sink

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TOUCH = "1e6be9fea20344b4af9983b5d23e6093"
TO = "bo@firm.example"
#: What each provider answers when it took a message.
TAKEN: dict[str, Any] = {
    "brevo": {"messageId": "m-1"},
    "mailersend": {},
    "mailgun": {"id": "m-1", "message": "Queued. Thank you."},
    "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": TO, "MessageID": 1}]}]},
    "mailtrap": {"success": True, "message_ids": ["m-1"]},
    "mandrill": [{"email": TO, "status": "sent", "_id": "m-1"}],
    "postal": {"status": "success", "data": {"messages": {TO: {"id": 1}}}},
    "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": "m-1", "To": TO},
    "resend": {"id": "m-1"},
    "scaleway": {"emails": [{"mail_rcpt": TO, "id": "m-1", "status": "new"}]},
    "sendgrid": {},
    "sparkpost": {"results": {"total_accepted_recipients": 1, "total_rejected_recipients": 0, "id": "m-1"}},
    "unisender_go": {"status": "success", "job_id": "m-1", "emails": [TO]},
}
#: How each says that it refuses this recipient, where it does so in an answer of 200.
REFUSED: dict[str, Any] = {
    "mailjet": {"Messages": [{"Status": "error", "Errors": []}]},
    "mandrill": [{"email": TO, "status": "rejected", "reject_reason": "hard-bounce", "_id": "m-1"}],
    "postal": {"status": "parameter-error", "data": {"message": "no"}},
    "postmark": {"ErrorCode": 406, "Message": "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: bo@firm.example. Inactive recipients are ones that have generated a hard bounce."},
    "unisender_go": {"status": "success", "job_id": "j", "emails": [], "failed_emails": {TO: "unsubscribed"}},
}  # fmt: skip
OVER_HTTP = sorted(set(PROVIDERS) - {"amazon_ses"})


@dataclass(frozen=True)
class Frozen:
    """A message as the outbox gives it."""

    id: int
    key: str
    message_id: str
    sender: str
    recipient: str
    body: bytes


def frozen(number: int = 1, **changed: Any) -> Frozen:
    sender = compose.Sender(
        address="anna@ours.example",
        name="Anna Lind, Ours",
        reply_to="team@ours.example",
        postal_address="Gatan 1",
    )
    given = {
        "touch": TOUCH, "token": str(number), "recipient": TO, "recipient_name": "Bö, Ek",
        "subject": "How others cut costs – a read", "html": "<html><body><p>Hej Bö</p></body></html>", "text": "Hej Bö",
        "leaving": Leaving(unsubscribe_url="https://ours.example/u/abc", unsubscribe_mailto="mailto:l@ours.example"),
        "feedback": ("educate", "costs", "touch"),
    }  # fmt: skip
    made = compose.message(compose.prepare(sender=sender), compose.Mail(**(given | changed)), at=AT)
    return Frozen(
        id=number, key=f"touch:{number}", message_id=made.message_id, sender=made.sender,
        recipient=made.recipient, body=made.body,
    )  # fmt: skip


def settings_for(key: str, url: str) -> dict[str, Any]:
    return {"provider": key, "timeout": 2} | {
        name: {"api_url": url, "api_key": "public"}.get(name, "x")
        for name in (*PROVIDERS[key].required, "api_url")
    }


class Worker:
    """What the outbox does around a delivery."""

    def __init__(self, sink: Sink, refused: Collection[int] = ()) -> None:
        self.sink, self.refused = sink, refused
        self.answers: list[Answer] = []
        self.events: list[str] = []
        self.trouble: Trouble | None = None
        sink.on_request = lambda: self.events.append("request")

    def mark(self, ids: Collection[int]) -> list[int]:
        self.events.append("mark")
        self.sink.wait_for_connection()
        return [each for each in ids if each not in self.refused]

    def deliver(self, settings: dict[str, Any], *messages: Frozen) -> list[Answer]:
        self.trouble = channel.deliver(
            settings,
            "s3cret",
            iter(messages),
            mark=self.mark,
            report=self.answers.append,
            beat=lambda: None,
            at=AT,
            pause=0,
        )
        return self.answers


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink.running() as running:
        yield running


def test_the_providers_are_those_that_anymail_has():
    theirs = {each.name for each in pkgutil.iter_modules(anymail.backends.__path__)}

    # "sendinblue" is the old name of Brevo.
    assert set(PROVIDERS) == theirs - {"base", "base_requests", "console", "test", "sendinblue"}


@pytest.mark.parametrize("key", OVER_HTTP)
def test_a_message_is_one_request_that_carries_the_touch_and_the_way_out(key: str, sink: Sink):
    sink.reply = taking(key)
    worker = Worker(sink)

    answers = worker.deliver(settings_for(key, sink.url), frozen())

    assert worker.events == ["mark", "request"]
    assert [(each.id, each.result) for each in answers] == [(1, Result.SENT)]
    said = unquote_plus(sink.asked[0].body.decode()) + json.dumps(sink.asked[0].headers)
    said = said.encode().decode("unicode_escape", errors="replace") + said
    for expected in (
        TOUCH,
        "https://ours.example/u/abc",
        "List-Unsubscribe=One-Click",
        TO,
        "anna@ours.example",
    ):
        assert expected in said
    assert "Gatan 1" in said


def taking(key: str) -> Reply:
    headers = {"Content-Type": "application/json", "X-Message-Id": "m-1"}
    return Reply(status=200, body=json.dumps(TAKEN[key]).encode(), headers=headers)


@pytest.mark.parametrize("key", OVER_HTTP)
def test_a_refused_marker_sends_nothing(key: str, sink: Sink):
    sink.reply = taking(key)
    worker = Worker(sink, refused={1})

    answers = worker.deliver(settings_for(key, sink.url), frozen(1), frozen(2))

    assert [each.id for each in answers] == [2]
    assert len(sink.asked) == 1


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_a_recipient_refused_in_an_accepted_request_has_failed(key: str, sink: Sink):
    status = 422 if key == "postmark" else 200
    sink.reply = Reply(status=status, body=json.dumps(REFUSED[key]).encode())

    answers = Worker(sink).deliver(settings_for(key, sink.url), frozen())

    assert [each.result for each in answers] == [Result.FAILED]


@pytest.mark.parametrize("key", OVER_HTTP)
def test_a_line_cut_after_the_request_is_uncertain_and_not_asked_twice_without_a_key(key: str, sink: Sink):
    sink.reply = Reply(cuts=True)

    answers = Worker(sink).deliver(settings_for(key, sink.url), frozen())

    assert [each.result for each in answers] == [Result.UNCERTAIN]
    asked = 1 + channel.ASKED_AGAIN if PROVIDERS[key].settling is Settling.BY_KEY else 1
    assert len(sink.asked) == asked


def test_an_answer_that_does_not_come_is_uncertain(sink: Sink):
    sink.reply = Reply(waits=1.0)

    answers = Worker(sink).deliver(settings_for("postmark", sink.url) | {"timeout": 0.3}, frozen())

    assert [(each.result, each.phase) for each in answers] == [(Result.UNCERTAIN, "answer")]


@pytest.mark.parametrize("key", OVER_HTTP)
def test_nobody_there_is_certain_and_leaves_no_marker(key: str, sink: Sink):
    worker = Worker(sink)

    answers = worker.deliver(settings_for(key, "http://127.0.0.1:9/"), frozen())

    assert [(each.result, each.phase) for each in answers] == [(Result.RETURNED, "connect")]
    assert worker.events == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, Result.FAILED), (401, Result.RETURNED), (402, Result.RETURNED), (403, Result.RETRY), (404, Result.FAILED),
        (405, Result.FAILED), (408, Result.RETRY), (409, Result.FAILED), (413, Result.FAILED), (422, Result.FAILED),
        (425, Result.RETRY), (429, Result.RETRY), (500, Result.UNCERTAIN), (502, Result.UNCERTAIN),
        (503, Result.RETRY), (504, Result.UNCERTAIN), (520, Result.UNCERTAIN), (200, Result.UNCERTAIN),
        (202, Result.UNCERTAIN), (204, Result.UNCERTAIN),
    ],
)  # fmt: skip
def test_each_answer_means_taken_not_taken_or_unknown(status: int, expected: Result, sink: Sink):
    sink.reply = Reply(status=status, body=b'{"what": "ever"}' if status != 204 else b"")

    answers = Worker(sink).deliver(settings_for("mandrill", sink.url) | {"provider": "postmark"}, frozen())

    assert [(each.result, each.code) for each in answers] == [(expected, status)]


@pytest.mark.parametrize(
    ("status", "is_final"), [(401, True), (402, True), (429, False), (503, False), (None, False)]
)
def test_what_concerns_the_connection_spares_the_other_messages(
    status: int | None, is_final: bool, sink: Sink
):
    worker = Worker(sink)
    if status is not None:
        sink.reply = Reply(status=status)
    url = sink.url if status is not None else "http://127.0.0.1:9/"

    worker.deliver(settings_for("postmark", url), frozen(1), frozen(2), frozen(3))

    assert worker.trouble is not None
    assert (worker.trouble.is_final, len(worker.answers)) == (is_final, 1)


def test_what_concerns_one_message_lets_the_others_go(sink: Sink):
    sink.replies = [Reply(status=422), Reply(status=500), taking("postmark")]
    worker = Worker(sink)

    answers = worker.deliver(settings_for("postmark", sink.url), frozen(1), frozen(2), frozen(3))

    assert [each.result for each in answers] == [Result.FAILED, Result.UNCERTAIN, Result.SENT]
    assert worker.trouble is None


def test_a_provider_in_haste_says_until_when(sink: Sink):
    sink.reply = Reply(status=429, headers={"Retry-After": "120"})

    answers = Worker(sink).deliver(settings_for("postmark", sink.url), frozen())

    assert answers[0].retry_at == AT + timedelta(seconds=120)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, sink: Sink):
    sink.reply = Reply(status=status, headers={"Location": f"{sink.url}elsewhere"})

    answers = Worker(sink).deliver(settings_for("postmark", sink.url), frozen())

    assert [each.result for each in answers] == [Result.RETRY]
    assert [each.path for each in sink.asked] == ["/email"]


def test_a_provider_that_knows_the_key_is_asked_again_with_the_same_key(sink: Sink):
    sink.replies = [Reply(cuts=True), taking("resend")]

    answers = Worker(sink).deliver(settings_for("resend", sink.url), frozen())

    assert [each.result for each in answers] == [Result.SENT]
    assert len({each.headers["Idempotency-Key"] for each in sink.asked}) == 1
    assert len(sink.asked) == 2


def test_what_it_says_the_second_time_does_not_undo_that_it_may_have_taken_the_first(sink: Sink):
    sink.replies = [Reply(cuts=True), Reply(status=422), Reply(status=409)]

    answers = Worker(sink).deliver(settings_for("resend", sink.url), frozen())

    assert [each.result for each in answers] == [Result.UNCERTAIN]


def test_taken_before_is_taken(sink: Sink):
    sink.replies = [Reply(cuts=True), Reply(status=400, body=b'{"code": "duplicate_parameter"}')]

    answers = Worker(sink).deliver(settings_for("brevo", sink.url), frozen())

    assert [(each.result, each.reason) for each in answers] == [(Result.SENT, "TAKEN_BEFORE")]
    keys = {json.loads(each.body)["headers"]["idempotencyKey"] for each in sink.asked}
    assert len(keys) == 1


def test_two_messages_have_two_keys_and_a_retry_the_same_one(sink: Sink):
    sink.reply = taking("resend")

    Worker(sink).deliver(settings_for("resend", sink.url), frozen(1), frozen(2), frozen(1))

    first, second, again = (each.headers["Idempotency-Key"] for each in sink.asked)
    assert first == again != second


def test_a_retry_asks_for_the_same_message(sink: Sink):
    sink.reply = taking("postmark")

    Worker(sink).deliver(settings_for("postmark", sink.url), frozen(), frozen())

    assert sink.asked[0].body == sink.asked[1].body
    assert json.loads(sink.asked[0].body)["Metadata"] == {"touch": TOUCH}


def test_a_login_in_the_users_home_is_not_sent(sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "netrc").write_text("default login eve password planted\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    sink.reply = taking("resend")

    Worker(sink).deliver(settings_for("resend", sink.url), frozen())

    assert sink.asked[0].headers["Authorization"] == "Bearer s3cret"


def test_what_is_missing_is_said_before_a_message_is_taken(sink: Sink):
    for settings, secret, said in [
        ({"provider": "mailjet"}, "s", "lacks api_key"),
        ({"provider": "postmark"}, "", "lacks its secret"),
        ({"provider": "pigeon"}, "s", "no such provider"),
    ]:
        with pytest.raises((channel.ProviderUnready, UnknownProvider), match=said):
            channel.deliver(settings, secret, never(), mark=list, report=print, beat=lambda: None, at=AT)


def never() -> Iterator[Frozen]:
    pytest.fail("a message was taken")
    yield frozen()


def test_a_provider_says_which_package_it_needs(monkeypatch: pytest.MonkeyPatch):
    amazon = replace(PROVIDERS["amazon_ses"], package="a_package_nobody_has")
    monkeypatch.setattr(channel, "get_provider", lambda key: amazon)
    settings = {"provider": "amazon_ses", "access_key_id": "A", "region": "eu-north-1"}

    with pytest.raises(channel.ProviderUnready, match="needs the package a_package_nobody_has"):
        channel.deliver(settings, "s", never(), mark=list, report=print, beat=lambda: None, at=AT)


def test_amazon_gets_the_frozen_bytes_in_one_request(sink: Sink):
    settings = {
        "provider": "amazon_ses",
        "access_key_id": "A",
        "region": "eu-north-1",
        "endpoint_url": sink.url,
    }
    for reply, expected in [
        (Reply(body=b'{"MessageId": "m-1"}'), Result.SENT),
        (Reply(cuts=True), Result.UNCERTAIN),
        (Reply(status=500), Result.UNCERTAIN),
        (Reply(status=429, headers={"x-amzn-ErrorType": "TooManyRequestsException"}), Result.RETRY),
        (Reply(status=400, headers={"x-amzn-ErrorType": "MessageRejected"}), Result.FAILED),
        (Reply(status=403, headers={"x-amzn-ErrorType": "SignatureDoesNotMatch"}), Result.RETURNED),
    ]:
        sink.reply, sink.asked[:] = reply, []
        worker = Worker(sink)
        worker.mark = list  # type: ignore[method-assign]
        assert [each.result for each in worker.deliver(settings, frozen())] == [expected]
        assert len(sink.asked) == 1
    worker = Worker(sink)
    worker.mark = lambda ids: []  # type: ignore[method-assign]
    assert worker.deliver(settings, replace(frozen())) == []
    assert len(sink.asked) == 1
