"""Nothing is sent for real before every check has passed, and what is missing is said by name."""

from __future__ import annotations

import socket
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from coldframe.delivery import golive, operations, queries, reach, setup
from coldframe.delivery.findings import Weight
from coldframe.kernel.vocabulary import Channel
from coldframe.leads import tokens
from tests.delivery.test_verify import HEALTHY, Records, fake

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
LEAVING = "https://mail.ours.se/u/abc"
WORLD = golive.World(
    lookup=fake(HEALTHY),
    fetch=lambda url: 200 if url == LEAVING else 404,
    resolve=lambda host, port: ["93.184.216.34"],
)


@contextmanager
def mail_server(*, login: bytes = b"235 2.7.0 in\r\n") -> Iterator[int]:
    """Greet, offer a login, and say goodbye; take no message."""

    def talk(line: socket.socket) -> None:
        with line, line.makefile("rb") as said:
            line.sendall(b"220 here\r\n")
            for each in said:
                word = each[:4].upper()
                line.sendall(
                    b"250-here\r\n250 AUTH PLAIN\r\n"
                    if word == b"EHLO"
                    else login
                    if word == b"AUTH"
                    else b"221 bye\r\n"
                )
                if word == b"QUIT":
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    talk(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def add(port: int, **given: Any) -> None:
    settings = {
        "host": "127.0.0.1", "port": port, "security": "none", "user": "anna", "dkim_selector": "s1",
        "spf_include": "_spf.provider.se",
    }  # fmt: skip
    setup.add(
        **(
            {"name": "main", "kind": "SMTP", "settings": settings, "secret": "s3cret", "at": AT}
            | {"sender_address": "anna@ours.se", "postal_address": "Gatan 1, 111 22 Stockholm, Sweden"}
            | given
        )
    )


def missing(world: golive.World = WORLD, leaving: str = LEAVING) -> set[str]:
    return {
        each.code
        for each in golive.check("main", leaving_url=leaving, world=world)
        if each.weight is Weight.BLOCKS
    }


def test_when_all_is_well_it_is_switched_on_and_touches_leave_by_it():
    with mail_server() as port:
        add(port)
        assert queries.find_lane(Channel.EMAIL) == "local"

        found = golive.switch_on("main", leaving_url=LEAVING, at=AT, world=WORLD)

    assert {each.code for each in found} == {
        "SPF",
        "DKIM",
        "DMARC",
        "ALIGNMENT",
        "POSTAL",
        "UNSUBSCRIBE",
        "SERVER",
    }
    assert queries.find_lane(Channel.EMAIL) == "main"
    assert queries.get_connection("main").live_since == AT


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({("_dmarc.ours.se", "TXT"): []}, "DMARC_MISSING"),
        ({("s1._domainkey.ours.se", "TXT"): []}, "DKIM_MISSING"),
        ({("ours.se", "TXT"): []}, "SPF_MISSING"),
    ],
)
def test_one_wrong_record_is_enough_to_stay_off(changed: Records, code: str):
    with mail_server() as port:
        add(port)
        with pytest.raises(golive.NotReady, match=code):
            golive.switch_on(
                "main", leaving_url=LEAVING, at=AT, world=replace(WORLD, lookup=fake(HEALTHY | changed))
            )

    assert queries.list_live() == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "POSTAL_MISSING"), ("  \n ", "POSTAL_MISSING"), ("Stockholm", "POSTAL_INCOMPLETE")],
)
def test_without_a_whole_postal_address_nothing_leaves(text: str, code: str):
    with mail_server() as port:
        add(port, postal_address=text)

        assert missing() == {code}


def fails(error: Exception) -> Callable[[str], int]:
    def fetch(url: str) -> int:
        raise error

    return fetch


@pytest.mark.parametrize(
    ("url", "fetch", "code"),
    [
        ("http://127.0.0.1:8080/u/abc", None, "BASE_URL_LOCAL"), ("https://localhost/u/abc", None, "BASE_URL_LOCAL"),
        ("https://192.168.1.7/u/abc", None, "BASE_URL_LOCAL"), ("http://mail.ours.se/u/abc", None, "BASE_URL_NOT_HTTPS"),
        (LEAVING, lambda url: 301, "UNSUBSCRIBE_REDIRECTS"), (LEAVING, lambda url: 404, "UNSUBSCRIBE_NOT_OURS"),
        (LEAVING, lambda url: 200, "UNSUBSCRIBE_NOT_OURS"),
        (LEAVING, lambda url: 502, "UNSUBSCRIBE_FAILS"), (LEAVING, fails(OSError("refused")), "UNSUBSCRIBE_UNREACHABLE"),
        (LEAVING, fails(ssl.SSLCertVerificationError("self-signed")), "UNSUBSCRIBE_CERTIFICATE"),
    ],
)  # fmt: skip
def test_a_page_for_leaving_that_does_not_work_is_named(url: str, fetch: reach.Fetch | None, code: str):
    with mail_server() as port:
        add(port)

        assert missing(replace(WORLD, fetch=fetch or WORLD.fetch), url) == {code}


@pytest.mark.parametrize("is_damaged", [False, True])
def test_the_page_that_is_asked_for_knows_its_own_links(is_damaged: bool):
    """The switch's question and the page's answer belong together."""
    url = tokens.unsubscribe_url(lead=uuid.uuid4())

    answer = Client().get(urlsplit(reach.misspelled(url) if is_damaged else url).path)

    assert answer.status_code == (404 if is_damaged else 200)


def test_a_wrong_password_and_a_dead_server_are_told_apart():
    with mail_server(login=b"535 5.7.8 no\r\n") as port:
        add(port)
        refused = missing()
    setup.change("main", settings={"port": 9}, secret="s3cret")

    assert len(refused) == 1
    assert missing() not in (set(), refused)
    assert all(code.startswith("SERVER_") for code in refused | missing())


def test_a_password_is_not_sent_in_plain_text_to_another_machine():
    add(25, settings={"host": "mail.ours.se", "security": "none", "dkim_selector": "s1"})

    assert "SERVER_WITHOUT_TLS" in missing()


def test_a_server_on_this_machine_may_do_without_what_is_named_and_no_more():
    with mail_server() as port:
        add(port, sender_address="anna@ours.example", postal_address="")

        with pytest.raises(golive.NotReady, match="POSTAL_MISSING"):
            golive.switch_on("main", leaving_url=LEAVING, at=AT, world=WORLD, accept=["SENDER_RESERVED"])
        golive.switch_on(
            "main", leaving_url=LEAVING, at=AT, world=WORLD, accept=["SENDER_RESERVED", "POSTAL_MISSING"]
        )

    assert queries.list_live() == ["main"]
    assert queries.get_connection("main").settings["accepted"] == ["POSTAL_MISSING", "SENDER_RESERVED"]


@pytest.mark.parametrize(
    "given",
    [
        {"settings": {"host": "mail.ours.se"}},
        {"settings": {"host": "127.0.0.1.evil.example"}},
        {"kind": "PROVIDER", "settings": {"provider": "postmark"}},
    ],
)
def test_no_other_server_may_do_without_a_check(given: dict[str, Any]):
    add(25, **given)

    with pytest.raises(golive.NotReady, match="Only a mail server on this machine"):
        golive.switch_on("main", leaving_url=LEAVING, at=AT, world=WORLD, accept=["POSTAL_MISSING"])


def test_a_provider_is_checked_for_what_it_lacks():
    add(25, kind="PROVIDER", settings={"provider": "mailjet", "dkim_selector": "s1"})
    assert missing() == {"SECRET_OR_SETTING"}

    setup.change("main", settings={"api_key": "public"}, secret="s3cret")
    assert missing() == set()


def test_a_receiver_of_webhooks_is_checked_by_its_address():
    setup.add(name="hook", kind="WEBHOOK", settings={"url": "https://hooks.example.com/x"}, secret="", at=AT)
    inner = replace(WORLD, resolve=lambda host, port: ["10.0.0.1"])

    assert [each.code for each in golive.check("hook", leaving_url="", world=inner)] == ["RECEIVER_FORBIDDEN"]
    with pytest.raises(golive.NotReady):
        golive.switch_on("hook", leaving_url="", at=AT, world=inner)
    golive.switch_on("hook", leaving_url="", at=AT, world=WORLD)
    assert queries.list_live() == ["hook"]


def test_the_local_outbox_has_nothing_to_switch():
    operations.ensure_local_connection(at=AT)

    with pytest.raises(golive.NothingToSwitch):
        golive.switch_on("local", leaving_url=LEAVING, at=AT, world=WORLD)


def test_switched_off_is_off_at_once_and_stays_off_until_it_is_checked_again():
    with mail_server() as port:
        add(port)
        golive.switch_on("main", leaving_url=LEAVING, at=AT, world=WORLD)
        assert golive.switch_all_off(at=AT) == ["main"]

        assert queries.find_lane(Channel.EMAIL) == "local"
        assert operations.make_gate().openings(["main"], at=AT)["main"].room == 0
        golive.switch_on("main", leaving_url=LEAVING, at=AT, world=WORLD)
        assert operations.make_gate().openings(["main"], at=AT)["main"].room != 0
