"""Webhooks: whose calls are taken in, what each bad call gets, and that nothing is acknowledged unstored."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from coldframe.activity import arrivals, source_counts, sources, strangers
from coldframe.activity.models import Arrival, Event, Source
from coldframe.activity.webhooks import mapping
from coldframe.handoff.models import Handoff
from coldframe.library import operations as library
from coldframe.work.clocks import VirtualClock
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db

SECRET = "the-sender-s-own-secret"
BODY = b'{"event": "invitee.created", "payload": {"email": "anna@brightpath.example"}}'


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    # Another process knows nothing of what this one has counted.
    source_counts._written_at.clear()


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


@pytest.fixture
def source() -> int:
    return add("calls", scheme="hex", header="X-Signature")


def add(name: str, **signature: str) -> int:
    settings = {
        "signature": signature,
        "mapping": mapping.parse(mapping.read_preset("calendly"), where=name),
    }
    return sources.add(name, kind=Source.Kind.WEBHOOK, at=NOW, settings=settings, secret=SECRET).source_id


def mac(text: bytes) -> str:
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def post(
    visitor: Client, body: bytes = BODY, *, name: str = "calls", signed: str | None = None, **headers: Any
):
    sent = {"content_type": "application/json", "HTTP_X_SIGNATURE": mac(body) if signed is None else signed}
    return visitor.post(f"/hooks/{name}", body, **{**sent, **headers})


def refused() -> dict[str, int]:
    return Source.objects.get(name="calls").refused


def test_what_is_signed_is_stored_as_it_came_and_acknowledged(visitor, source):
    answer = post(visitor)

    [kept] = Arrival.objects.all()
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert (bytes(kept.body), kept.kind, kept.source_id, kept.received_at) == (BODY, "WEBHOOK", source, NOW)
    assert Source.objects.get().last_at == NOW


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"\n", 400, "bad_body"),
        (b"{", 400, "bad_body"),
        (b'"text"', 400, "bad_body"),
        (b'{"a": NaN}', 400, "bad_body"),
        (b'{"a": 1e999}', 400, "bad_body"),
        (b'{"a": 1, "a": 2}', 400, "bad_body"),
        (b'{"a": "\\ud800"}', 400, "bad_body"),
        (b'{"a": "\\u0000"}', 400, "bad_body"),
        (b'{"a": "\xff"}', 400, "bad_body"),
        (b"[" * 100_000, 400, "bad_body"),
        (b'{"a": "' + b"x" * 2**20 + b'"}', 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_counted(visitor, source, body, status, code):
    answer = post(visitor, body)

    assert (answer.status_code, refused()) == (status, {code: 1})
    assert Arrival.objects.count() == 0


@pytest.mark.parametrize("signature", ["", "x", mac(b"another body"), "sha256=" + "0" * 64])
def test_a_call_of_somebody_else_is_refused_and_counted(visitor, source, signature):
    answer = post(visitor, signed=signature)

    assert answer.status_code == 401
    assert (Arrival.objects.count(), refused()) == (0, {"bad_signature": 1})


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_kind_is_refused(visitor, source, kind):
    assert post(visitor, content_type=kind).status_code == 415


def test_a_packed_body_is_refused(visitor, source):
    assert post(visitor, gzip.compress(BODY), HTTP_CONTENT_ENCODING="gzip").status_code == 415


@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_no_other_method_does_anything(visitor, source, method):
    answer = getattr(visitor, method)("/hooks/calls")

    assert (answer.status_code, answer["Allow"]) == (405, "POST, HEAD")


def test_an_address_that_is_nobodys_or_switched_off_takes_nothing_in(visitor, source):
    sources.disable("calls", at=NOW)

    answers = [post(visitor), post(visitor, name="other")]

    assert [each.status_code for each in answers] == [403, 404]
    assert Arrival.objects.count() == 0


def test_a_source_of_another_kind_takes_no_webhooks(visitor):
    sources.add("site", kind=Source.Kind.API, at=NOW, with_key=True)

    assert post(visitor, name="site").status_code == 404


def test_nothing_is_acknowledged_that_could_not_be_stored(visitor, source, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr(arrivals, "accept", fail)

    answer = post(visitor)

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_zoom_is_answered_what_it_asks_before_it_sends(visitor):
    add("zoom", scheme="zoom")
    body = json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}}).encode()
    sent = str(int(NOW.timestamp()))
    headers = {
        "HTTP_X_ZM_REQUEST_TIMESTAMP": sent,
        "HTTP_X_ZM_SIGNATURE": "v0=" + mac(f"v0:{sent}:".encode() + body),
    }

    answer = post(visitor, body, name="zoom", **headers)

    assert answer.json() == {"plainToken": "abc", "encryptedToken": mac(b"abc")}
    assert Arrival.objects.count() == 0


def test_a_meeting_that_is_booked_is_before_sales_at_the_next_turn(visitor, source):
    library.ensure_active_playbook(at=NOW)
    payload = {
        "uri": "1",
        "email": "anna@brightpath.example",
        "name": "Anna Berger",
        "created_at": NOW.isoformat(),
    }
    for _ in range(2):
        post(visitor, json.dumps({"event": "invitee.created", "payload": payload}).encode())

    cast.worker(VirtualClock(at=NOW, end=NOW)).run(until=NOW)

    handed = Handoff.objects.get()
    assert (handed.is_hand_raise, handed.lead.email) == (True, "anna@brightpath.example")
    assert [each.shape.kind for each in Event.objects.select_related("shape")] == ["meeting_booked"]
    assert Arrival.objects.count() == 0


def test_a_call_to_an_address_that_is_no_sources_is_counted(visitor, source):
    source_counts._waiting.clear()

    assert post(visitor, name="cals").status_code == 404

    assert [(each.word, each.count) for each in strangers.list_all()] == [("no_such_source", 1)]
