"""Mailboxes that are opened by a token: asked for once an hour, kept in memory, and renewed as the provider says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from coldframe.activity import mailbox_tokens, mailboxes, sources
from coldframe.activity.mailbox_tokens import AS_PERSON, AS_PROGRAM, BadGrant, TokenRefused
from coldframe.activity.models import Arrival, MailboxCursor, Source
from tests import imap_server
from tests.activity.test_mailboxes import mail
from tests.imap_server import Post
from tests.world import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
ENDPOINT = "https://login.ours.example/token"
SECRET = "client_secret=shh\nrefresh_token=first"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_tokens.TOKENS, "kept", {})


@pytest.fixture
def post() -> Iterator[Post]:
    with imap_server.serving(Post(token="t1")) as served:
        yield served


class Endpoint:
    """Gives tokens, one after the other, and notes what it was asked."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        self.answers, self.asked = list(answers), []

    def __call__(self, address: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        self.asked.append((address, dict(form)))
        return self.answers.pop(0)


def given(value: str = "t1", **more: Any) -> dict[str, Any]:
    return {"access_token": value, "token_type": "Bearer", "expires_in": 3600, **more}


def mailbox(post: Post, secret: str = SECRET, **changes: Any) -> Source:
    settings = {
        "host": "127.0.0.1", "port": post.port, "security": "none", "user": post.user, "token_url": ENDPOINT,
        "client_id": "coldframe", **changes,
    }  # fmt: skip
    sources.add("sales-inbox", kind=Source.Kind.MAILBOX, at=NOW, settings=settings, secret=secret)
    return Source.objects.get(name="sales-inbox")


def failure() -> str:
    return MailboxCursor.objects.get().failure


def test_a_mailbox_is_opened_by_a_token_that_is_asked_for_once(post: Post) -> None:
    source, endpoint = mailbox(post, scope="mail"), Endpoint(given())
    post.put(mail(1), at=NOW)

    first = mailboxes.look_into(source, at=NOW, asking=endpoint)
    again = mailboxes.look_into(source, at=NOW + HOUR / 2, asking=endpoint)

    assert (first, again, Arrival.objects.count(), failure()) == (1, 0, 1, "")
    assert endpoint.asked == [
        (
            ENDPOINT,
            {
                "grant_type": "refresh_token", "client_id": "coldframe", "client_secret": "shh",
                "refresh_token": "first", "scope": "mail",
            },
        )
    ]  # fmt: skip
    assert "LOGIN" not in post.commands


def test_before_a_token_ends_another_is_asked_for_with_what_came_along(post: Post) -> None:
    source = mailbox(post)
    endpoint = Endpoint(given(refresh_token="second"), given("t2"))

    mailboxes.look_into(source, at=NOW, asking=endpoint)
    post.token = "t2"
    source.refresh_from_db()
    mailboxes.look_into(source, at=NOW + HOUR, asking=endpoint)

    assert [form["refresh_token"] for _, form in endpoint.asked] == ["first", "second"]
    assert (sources.open_secret(source), failure()) == ("client_secret=shh\nrefresh_token=second", "")


def test_what_a_person_has_given_meanwhile_is_kept(post: Post) -> None:
    source = mailbox(post)

    def endpoint(address: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        sources.change("sales-inbox", secret="client_secret=new")
        return given(refresh_token="second")

    mailboxes.look_into(source, at=NOW, asking=endpoint)

    source.refresh_from_db()
    assert sources.open_secret(source) == "client_secret=new"


def test_a_program_asks_in_its_own_name() -> None:
    settings = {"oauth": "microsoft/ours.example", "client_id": "1f"}
    for secret, scope, grant_type in (
        ("client_secret=shh", AS_PROGRAM, "client_credentials"),
        (SECRET, AS_PERSON, "refresh_token"),
    ):
        grant = mailbox_tokens.grant_of(settings, secret)
        assert grant is not None
        assert (grant.scope, grant.form()["grant_type"]) == (scope, grant_type)


def test_a_refusal_is_told_and_shows_nothing_secret(post: Post) -> None:
    source = mailbox(post)
    refusal = {"error": "invalid_grant", "error_description": "Token first has been revoked."}

    mailboxes.look_into(source, at=NOW, asking=Endpoint(refusal))

    assert "revoked" in failure()
    assert "first" not in failure()


def test_a_token_that_opens_nothing_is_thrown_away(post: Post) -> None:
    source, endpoint = mailbox(post), Endpoint(given("wrong"), given("t1"))
    post.put(mail(1), at=NOW)

    mailboxes.look_into(source, at=NOW, asking=endpoint)
    assert "invalid credentials" in failure()
    assert "wrong" not in failure()

    assert mailboxes.look_into(source, at=NOW + HOUR / 6, asking=endpoint) == 1


def test_the_secret_is_forgotten_when_it_would_go_elsewhere(post: Post) -> None:
    source = mailbox(post)

    sources.change("sales-inbox", settings={"token_url": "https://elsewhere.example/token"})

    source.refresh_from_db()
    assert sources.open_secret(source) == ""


def test_a_mailbox_is_tried_out_and_what_came_along_is_to_be_kept(post: Post) -> None:
    settings = {
        "host": "127.0.0.1", "port": post.port, "security": "none", "user": post.user, "oauth": ENDPOINT,
        "client_id": "coldframe",
    }  # fmt: skip

    kept = mailboxes.try_out(settings, SECRET, at=NOW, asking=Endpoint(given(refresh_token="second")))

    assert kept == "client_secret=shh\nrefresh_token=second"
    with pytest.raises(mailboxes.BadMailbox, match="no token"):
        mailboxes.try_out(settings, SECRET, at=NOW, asking=Endpoint({}))


@pytest.mark.parametrize(
    "settings",
    [
        {"oauth": "google"},
        {"oauth": "http://login.ours.example/token", "client_id": "x"},
        {"oauth": "https://", "client_id": "x"},
        {"oauth": "ftp://login.ours.example", "client_id": "x"},
        {"token_url": "https://[", "client_id": "x"},
    ],
    ids=str,
)
def test_where_a_secret_would_be_read_along_or_nobody_asks_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(BadGrant):
        mailbox_tokens.settings_of(settings)


def test_a_secret_without_anything_to_ask_with_is_refused() -> None:
    with pytest.raises(BadGrant, match="cannot be asked for with this secret"):
        mailbox_tokens.grant_of({"token_url": ENDPOINT, "client_id": "x"}, "hunter2")


@contextmanager
def serving(status: int, body: bytes) -> Iterator[tuple[str, list[dict[str, list[str]]]]]:
    """Yield the address of a token endpoint, and what it was asked."""
    asked: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 400])
def test_an_endpoint_is_asked_by_a_form(status: int) -> None:
    with serving(status, json.dumps(given()).encode()) as (address, asked):
        assert mailbox_tokens.ask(address, {"grant_type": "x", "scope": "a b"})["access_token"] == "t1"

    assert asked == [{"grant_type": ["x"], "scope": ["a b"]}]


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (302, b""), (500, b"no")])
def test_an_endpoint_that_says_something_else_gives_no_token_and_leads_nowhere(
    status: int, body: bytes
) -> None:
    with serving(status, body) as (address, asked), pytest.raises(TokenRefused):
        mailbox_tokens.ask(address, {"grant_type": "x"})

    assert len(asked) == 1
