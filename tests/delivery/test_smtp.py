"""Handing over to a real mail server on this machine, that keeps a log of its own."""

from __future__ import annotations

import datetime as dates
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from coldframe.delivery import operations as delivery
from coldframe.delivery import queries, secrets
from coldframe.delivery.channels.email import smtp
from coldframe.outbox import queries as outbox_queries
from coldframe.outbox.models import OutboxMessage
from tests import smtp_sink
from tests.delivery.posting import Mail, enqueue, rows, states, turn
from tests.delivery.test_limits import most_in_a_window
from tests.smtp_sink import Sink
from tests.world import NOW

pytestmark = pytest.mark.django_db

Start = Callable[..., Sink]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a mail server with these manners, and a live connection to it."""
    with ExitStack() as stack:

        def begin(*options: str, secret: str = "", **settings: Any) -> Sink:
            sink = stack.enter_context(smtp_sink.running(tmp_path, *options))
            given = {"host": "127.0.0.1", "port": sink.port, "security": "none", "hello": "tests.example"}
            given |= settings
            delivery.add_connection(
                name="mailbox", kind="SMTP", at=NOW, settings=given, per_minute=0, per_domain_minute=0, per_day=0,
                secret=secrets.seal(secret, settings=given) if secret else "",
            )  # fmt: skip
            delivery.go_live("mailbox", at=NOW)
            return sink

        yield begin
        delivery.close_lines()


def test_a_batch_arrives_once_each_over_four_lines_with_shared_commits(start: Start) -> None:
    sink, mail = start(), Mail()
    enqueue(*range(1, 41), lane="mailbox")

    assert turn(mail) == {"SENT": 40}

    accepted = sink.accepted()
    assert sorted(str(each["message_id"]) for each in accepted) == sorted(
        f"<mail.{number}@sender.example>" for number in range(1, 41)
    )
    assert OutboxMessage.objects.first().receipt.startswith("250 2.0.0 Ok: queued as")  # type: ignore[union-attr]
    assert max(mail.marks) > 1
    assert max(mail.marks) <= 4


def test_what_arrives_is_what_was_frozen_whatever_its_lines_and_dots(start: Start) -> None:
    sink = start()
    enqueue(1, lane="mailbox")

    turn(Mail(words=".\r\n..two dots\n.one\r\rend\n\r\n.\r\n"))

    import hashlib

    [accepted] = sink.accepted()
    plain = b"Message-ID: <mail.1@sender.example>\r\nSubject: Hello\r\n\r\n.\r\n..two dots\r\n.one\r\n\r\nend\r\n\r\n.\r\n"
    assert (accepted["size"], accepted["hash"]) == (len(plain), hashlib.sha256(plain).hexdigest())


def test_a_server_without_pipelining_is_asked_step_by_step(start: Start) -> None:
    sink = start("--no-pipelining")
    enqueue(*range(1, 9), lane="mailbox")

    assert turn(Mail()) == {"SENT": 8}
    assert len(sink.accepted()) == 8


def test_lines_are_kept_for_the_next_batch(start: Start) -> None:
    start("--most-connections", "4")
    for number in range(1, 6):
        enqueue(number, lane="mailbox")
        assert turn(Mail()) == {"SENT": 1}


@pytest.mark.parametrize("options", [(), ("--no-pipelining",)])
def test_refusals_by_phase_and_code(start: Start, options: tuple[str, ...]) -> None:
    sink = start(
        "--rcpt", "dead@*=550 5.1.1 No such user",
        "--rcpt", "later@*=451 4.3.0 Try again",
        "--data", "data@*=554 5.6.0 No",
        "--dot", "spam@*=554 5.7.1 We do not want that",
        "--dot", "full@*=452 4.2.2 Over quota",
        *options,
    )  # fmt: skip
    names = ["dead", "later", "data", "spam", "full", "fine"]
    mail = Mail(recipients={number: f"{name}@there.example" for number, name in enumerate(names)})
    enqueue(*range(6), lane="mailbox")

    turn(mail)

    assert dict(zip(names, rows().values(), strict=True)) == {
        "dead": ("FAILED", "NO_SUCH_ADDRESS"),
        "later": ("QUEUED", "REFUSED_FOR_NOW"),
        "data": ("FAILED", "REFUSED"),
        "spam": ("FAILED", "POLICY"),
        "full": ("QUEUED", "REFUSED_FOR_NOW"),
        "fine": ("SENT", ""),
    }
    assert [each["to"] for each in sink.accepted()] == ["fine@there.example"]


def test_a_greylisting_server_gets_it_later(start: Start) -> None:
    sink = start("--greylist", "*")
    enqueue(1, lane="mailbox")

    turn(Mail())
    assert sink.accepted() == []
    turn(Mail(), at=OutboxMessage.objects.get().due_at)

    assert states() == {"mail:1": "SENT"}
    assert len(sink.accepted()) == 1


def test_a_line_cut_after_the_final_dot_leaves_doubt_and_one_that_is_cut_before_is_tried_again(
    start: Start,
) -> None:
    sink = start("--cut-after", "doubt@*", "--cut-before", "lost@*", "--rcpt", "early@*=421 4.3.2 Closing")
    mail = Mail(recipients={1: "doubt@there.example", 2: "lost@there.example", 3: "early@there.example"})
    enqueue(1, 2, 3, 4, lane="mailbox")

    turn(mail)

    # Neither the first nor the second can be told from the other at this end.
    assert states() == {"mail:1": "UNCERTAIN", "mail:2": "UNCERTAIN", "mail:3": "QUEUED", "mail:4": "SENT"}
    assert sorted(str(each["to"]) for each in sink.accepted()) == [
        "doubt@there.example",
        "reader4@there.example",
    ]


def test_a_server_that_never_answers_the_final_dot_leaves_doubt_after_the_patience_set(start: Start) -> None:
    start("--mute-after", "mute@*", patience=0.3)
    enqueue(1, 2, lane="mailbox")

    turn(Mail(recipients={1: "mute@there.example"}))

    assert rows() == {"mail:1": ("UNCERTAIN", "NO_ANSWER"), "mail:2": ("SENT", "")}


def test_a_message_that_the_guard_refuses_does_not_reach_the_server(start: Start) -> None:
    sink = start()
    enqueue(1, 2, 3, 4, 5, lane="mailbox")

    turn(Mail(refused={2, 4}))

    assert sorted(str(each["to"]) for each in sink.accepted()) == [
        f"reader{n}@there.example" for n in (1, 3, 5)
    ]
    assert states() == {f"mail:{n}": "HELD" if n in (2, 4) else "SENT" for n in range(1, 6)}


def test_a_marker_that_cannot_be_written_keeps_every_final_dot_back(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(ids: object) -> None:
        raise OperationalError("disk full")

    sink = start()
    enqueue(1, 2, lane="mailbox")

    turn(Mail(on_mark=fail))

    assert sink.accepted() == []
    assert states() == {"mail:1": "QUEUED", "mail:2": "QUEUED"}
    assert "broke off" in caplog.text


def test_servers_that_allow_few_lines_or_few_messages_on_each_get_them_all_the_same(start: Start) -> None:
    sink = start("--most-connections", "2", "--most-messages", "3")
    enqueue(*range(1, 31), lane="mailbox")

    assert turn(Mail()) == {"SENT": 30}
    assert len({str(each["message_id"]) for each in sink.accepted()}) == len(sink.accepted()) == 30


def test_our_own_limit_of_messages_on_a_line_is_kept(start: Start) -> None:
    sink = start("--most-messages", "3", per_line=3)
    enqueue(*range(1, 31), lane="mailbox")

    assert turn(Mail()) == {"SENT": 30}
    assert len(sink.accepted()) == 30


def test_an_unreachable_server_costs_no_message_a_try_and_the_connection_rests_ever_longer(
    start: Start,
) -> None:
    start(port=1)
    enqueue(1, 2, lane="mailbox")

    turn(Mail())
    found = queries.get_connection("mailbox")
    again = turn(Mail(), at=NOW)

    assert states() == {"mail:1": "QUEUED", "mail:2": "QUEUED"}
    assert OutboxMessage.objects.get(key="mail:1").attempt_count == 0
    assert found.rests_until == NOW + dates.timedelta(seconds=30)
    assert found.rests_why.startswith("UNREACHABLE: connect: ")
    assert again == {}
    turn(Mail(), at=found.rests_until)
    assert queries.get_connection("mailbox").rests_until == found.rests_until + dates.timedelta(seconds=60)


def test_an_outage_of_an_hour_costs_few_calls_and_drains_within_the_limit(
    start: Start, tmp_path: Path
) -> None:
    start(port=1)
    delivery.change_connection("mailbox", per_minute=120)
    enqueue(*range(1, 301), lane="mailbox")
    at, calls, gate = NOW, 0, delivery.make_gate()
    while at < NOW + dates.timedelta(hours=1):
        turn(Mail(), at=at)
        calls += 1
        at = outbox_queries.next_due_at(gate=gate, at=at) or at
    sent: list[dates.datetime] = []
    with smtp_sink.running(tmp_path) as better:
        given = {"host": "127.0.0.1", "port": better.port, "security": "none", "hello": "tests.example"}
        delivery.change_connection("mailbox", settings=given)
        begin = at
        while due_at := outbox_queries.next_due_at(gate=gate, at=at):
            at = max(at, due_at)
            sent += [at] * turn(Mail(), at=at)["SENT"]
        delivery.close_lines()

    assert calls < 20
    assert len(sent) == len(better.accepted()) == 300
    assert most_in_a_window(sent, dates.timedelta(minutes=1)) <= 120
    assert at - begin < dates.timedelta(minutes=3.5)


def test_a_server_that_comes_back_is_used_again(start: Start) -> None:
    sink = start("--greeting", "421 4.3.2 Shutting down")
    enqueue(1, lane="mailbox")
    turn(Mail())
    assert queries.get_connection("mailbox").rests_why == "REFUSED_FOR_NOW: connect: 421 4.3.2 Shutting down"
    with smtp_sink.running(sink.log.parent, "--port", "0") as better:
        given = {"host": "127.0.0.1", "port": better.port, "security": "none", "hello": "tests.example"}
        delivery.change_connection("mailbox", settings=given)

        assert turn(Mail(), at=NOW + dates.timedelta(minutes=1)) == {"SENT": 1}
        delivery.close_lines()

    assert queries.get_connection("mailbox").rests_until is None


@pytest.mark.parametrize(
    ("options", "settings", "why"),
    [
        (
            ["--greeting", "554 5.3.2 No service here"],
            {},
            "CONNECTION_REFUSED: connect: 554 5.3.2 No service here",
        ),
        (
            ["--login", "anna:right"],
            {"user": "anna"},
            "LOGIN_REFUSED: login: 535 5.7.8 Wrong name or password",
        ),
        ([], {"user": "anna"}, "LOGIN_NOT_OFFERED: login: SMTP AUTH extension not supported by server."),
        ([], {"security": "starttls"}, "TLS_NOT_OFFERED: tls: STARTTLS extension not supported by server."),
        (
            ["--mail", "*=550 5.7.1 Not your address"],
            {},
            "SENDER_REFUSED: sender: 550 5.7.1 Not your address",
        ),
    ],
)
def test_a_connection_refused_for_good_stops_and_says_why(
    start: Start, options: list[str], settings: dict[str, str], why: str
) -> None:
    start(*options, secret="wrong" if "user" in settings else "", **settings)
    enqueue(1, 2, lane="mailbox")

    turn(Mail())

    found = queries.get_connection("mailbox")
    assert found.stopped_at == NOW
    assert found.stopped_why == why
    assert OutboxMessage.objects.filter(state="QUEUED", attempt_count=0).count() == 2
    assert turn(Mail(), at=NOW + dates.timedelta(hours=1)) == {}


def test_a_login_is_given_over_tls_to_a_server_whose_certificate_holds(start: Start, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    options = ["--login", "anna:right", "--certificate", certificate, "--key", key]
    sink = start(*options, secret="right", user="anna", security="tls", ca_file=certificate)
    enqueue(*range(1, 21), lane="mailbox")

    assert turn(Mail(words="A long letter. " * 20000 + "\r\n")) == {"SENT": 20}
    assert {each["size"] for each in sink.accepted()} >= {
        300_000 + len("Message-ID: <mail.1@sender.example>\r\nSubject: Hello\r\n\r\n\r\n")
    }


def test_a_certificate_that_nobody_vouches_for_stops_the_connection(start: Start, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    start("--certificate", certificate, "--key", key, security="tls")
    enqueue(1, lane="mailbox")

    turn(Mail())

    assert queries.get_connection("mailbox").stopped_why.startswith("CERTIFICATE: connect: ")
    assert states() == {"mail:1": "QUEUED"}


def test_an_address_that_would_begin_another_command_is_refused_here(start: Start) -> None:
    sink = start()
    enqueue(1, 2, lane="mailbox")

    turn(Mail(recipients={1: "a@there.example>\r\nRCPT TO:<b@there.example"}))

    assert rows() == {"mail:1": ("FAILED", "BAD_ADDRESS"), "mail:2": ("SENT", "")}
    assert [each["to"] for each in sink.accepted()] == ["reader2@there.example"]


def test_a_stop_by_a_person_holds_back_the_next_marker(start: Start) -> None:
    sink = start(lines=1)
    enqueue(*range(1, 6), lane="mailbox")
    seen: list[int] = []

    def stop_at_the_third(ids: object) -> None:
        seen.append(1)
        if len(seen) == 3:
            delivery.stop("mailbox", why="Wait.", at=NOW)

    turn(Mail(on_mark=stop_at_the_third))

    assert len(sink.accepted()) == 2
    assert list(states().values()).count("SENT") == 2
    assert list(states().values()).count("QUEUED") == 3


def self_signed(folder: Path) -> tuple[str, str]:
    """Return the files of a certificate for 127.0.0.1 and of its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begins = dates.datetime.now(tz=dates.UTC) - dates.timedelta(days=1)  # noqa: TID251
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + dates.timedelta(days=3))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return str(files[0]), str(files[1])


def test_a_server_that_gave_no_more_lines_is_asked_for_one_more_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr(smtp.time, "monotonic", lambda: now[0])
    pool = smtp.Pool({"lines": 3}, "")
    seen = []

    pool.refuse_more_lines()
    for passed in (smtp.REFUSED_FOR - 1, 1, smtp.REFUSED_FOR, smtp.REFUSED_FOR, smtp.REFUSED_FOR):
        now[0] += passed
        pool.allow_more_lines()
        seen.append(pool.most_lines)

    assert seen == [0, 1, 2, 3, 3]
    pool.close()
