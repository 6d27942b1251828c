"""Calls of the event API answered in the server's loop: nothing is waited for there but the loop itself."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import pytest
from django.db import OperationalError

from coldframe.api import gateway
from coldframe.api.committing import Committer
from tests.api.calling import Caller, caller
from tests.api.test_committing import Store

pytestmark = pytest.mark.django_db


class Scope:
    """A request, as the server tells of it."""

    query_string, method = "", "POST"

    def __init__(self, path: str, body: bytes, **headers: str) -> None:
        self.path = path
        self.headers = {"content-length": str(len(body)), "content-type": "application/json", **headers}


@pytest.fixture
def store() -> Store:
    found = Store()
    found.gate.set()
    return found


@pytest.fixture
def app(store: Store) -> Caller:
    found = caller()
    found.receiver.committer = Committer(store=store)
    return found


def soon(app: Caller, path: str, said: Any, *, key: str | None = None) -> Any:
    body = json.dumps(said).encode()
    gate = gateway.gate(lambda *_: [b""], receive=lambda: app.receiver)
    scope = Scope(path, body, authorization=f"Bearer {key or app.key}")
    return asyncio.run(gate.answer_soon(scope, io.BytesIO(body)))


def test_a_call_of_a_caller_who_is_remembered_is_stored_before_it_is_answered(
    app: Caller, store: Store
) -> None:
    app.receiver.keys.callers(1.0)

    status, _, body = soon(app, "/v1/track", {"event": "x", "anonymousId": "b1", "messageId": "m1"})

    assert (status, json.loads(body)) == (200, {"success": True})
    assert [json.loads(each)["messageId"] for [each] in store.written] == ["m1"]


def test_what_cannot_be_stored_is_not_acknowledged(app: Caller, store: Store) -> None:
    app.receiver.keys.callers(1.0)
    store.fail = OperationalError("away")

    status, headers, body = soon(app, "/v1/track", {"event": "x", "anonymousId": "b1"})

    assert (status, json.loads(body)["code"], dict(headers)["Retry-After"]) == (503, "not_stored", "5")


def test_who_waits_too_long_is_told_to_come_again(app: Caller, store: Store) -> None:
    app.receiver.keys.callers(1.0)
    app.receiver.committer.patience = 0.01
    store.gate.clear()

    status, _, _ = soon(app, "/v1/track", {"event": "x", "anonymousId": "b1"})

    store.gate.set()
    assert status == 503


def test_many_who_wait_are_told_together_once_their_rows_are_safe(app: Caller, store: Store) -> None:
    app.receiver.keys.callers(1.0)
    gate = gateway.gate(lambda *_: [b""], receive=lambda: app.receiver)

    async def all_at_once() -> list[Any]:
        calls = []
        for number in range(20):
            body = json.dumps({"event": "x", "anonymousId": "b1", "messageId": f"m{number}"}).encode()
            scope = Scope("/v1/track", body, authorization=f"Bearer {app.key}")
            calls.append(gate.answer_soon(scope, io.BytesIO(body)))
        return await asyncio.gather(*calls)

    answers = asyncio.run(all_at_once())

    assert [each[0] for each in answers] == [200] * 20
    stored = [json.loads(each)["messageId"] for rows in store.written for each in rows]
    assert sorted(stored) == sorted(f"m{number}" for number in range(20))


def test_who_is_not_remembered_is_asked_about_by_a_thread(app: Caller, store: Store) -> None:
    assert soon(app, "/v1/track", {"event": "x", "anonymousId": "b1"}) is None

    app.receiver.keys.callers(1.0)

    assert soon(app, "/v1/track", {"event": "x", "anonymousId": "b1"}, key="another") is None
    assert store.written == []


def test_a_refusal_is_answered_the_same(app: Caller) -> None:
    app.receiver.keys.callers(1.0)

    status, headers, body = soon(app, "/v1/track", {"anonymousId": "b1"})

    assert (status, json.loads(body)["code"]) == (400, "not_understood")
    assert ("Access-Control-Allow-Origin", "*") in headers


@pytest.mark.parametrize("path", ["/", "/v1/handoffs", "/hooks/x"])
def test_other_addresses_are_a_threads(app: Caller, path: str) -> None:
    assert soon(app, path, {}) is None
