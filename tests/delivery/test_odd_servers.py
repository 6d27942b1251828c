"""Mail servers that keep to no rule: nothing is sent twice, nothing hangs, and doubt does not spread."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from coldframe.delivery import operations as delivery
from coldframe.delivery import queries
from coldframe.delivery.channels.email import lines, smtp
from coldframe.outbox.models import OutboxMessage
from tests.delivery import odd_server
from tests.delivery.odd_server import Odd
from tests.delivery.posting import Mail, enqueue, rows, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db

Start = Callable[..., Odd]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an odd server, and a live connection to it of one line."""
    with ExitStack() as stack:

        def begin(*, security: str = "none", **answers: Any) -> Odd:
            odd = stack.enter_context(odd_server.running(**answers))
            delivery.add_connection(
                name="mailbox", kind="SMTP", at=NOW, per_minute=0, per_domain_minute=0, per_day=0,
                settings={"host": "127.0.0.1", "port": odd.port, "security": security, "hello": "tests.example", "lines": 1},
            )  # fmt: skip
            delivery.go_live("mailbox", at=NOW)
            return odd

        yield begin
        delivery.close_lines()


def send(count: int) -> Counter[str]:
    enqueue(*range(1, count + 1), lane="mailbox")
    return turn(Mail())


def flood(line: socket.socket) -> bytes | None:
    while True:
        line.sendall(b"250-hello world\r\n" * 4_000)


@pytest.mark.parametrize("phase", ["RCPT", "DOT"])
def test_signs_that_no_text_may_hold_are_kept_as_question_marks(start: Start, phase: str) -> None:
    start(**{phase: lambda line: b"550 5.1.1 no \x00\x1b[31m \xff\xfe user\r\n"})

    assert send(1) == {"FAILED": 1}

    assert OutboxMessage.objects.get().detail.endswith(": 550 5.1.1 no ??[31m \ufffd\ufffd user")


def test_an_answer_without_an_end_is_no_answer(start: Start) -> None:
    start(DOT=flood)
    began = time.monotonic()

    assert send(1) == {"UNCERTAIN": 1}

    assert time.monotonic() - began < 20


def test_a_server_that_takes_messages_and_never_answers_is_left_alone_before_the_queue_is_all_doubt(
    start: Start,
) -> None:
    odd = start(DOT=lambda line: None)

    assert send(40) == {"UNCERTAIN": smtp.MOST_SILENCES, "RETURNED": 40 - smtp.MOST_SILENCES}

    assert len(odd.taken) == smtp.MOST_SILENCES
    way = queries.get_connection("mailbox")
    assert way.rests_until is not None
    assert way.rests_until > NOW
    assert way.rests_why.startswith("NO_ANSWER")


def test_after_its_rest_one_message_more_is_tried(start: Start) -> None:
    odd = start(DOT=lambda line: None)
    send(10)
    way = queries.get_connection("mailbox")
    assert way.rests_until is not None

    assert turn(Mail(), at=way.rests_until)["UNCERTAIN"] == 1

    assert len(odd.taken) == smtp.MOST_SILENCES + 1


def test_silence_now_and_then_does_not_stop_the_others(start: Start) -> None:
    answers = iter([None, None, b"250 2.0.0 Ok\r\n"] * 5)
    start(DOT=lambda line: next(answers))

    assert send(15) == {"SENT": 5, "UNCERTAIN": 10}


def test_a_server_that_goes_before_the_final_dot_leaves_no_doubt(start: Start) -> None:
    def go(line: socket.socket) -> None:
        line.sendall(b"354 Go ahead\r\n")
        line.shutdown(socket.SHUT_RDWR)

    odd = start(DATA=go)

    assert send(3) == {"RETRY": 3}

    assert odd.taken == []


def test_a_farewell_before_the_final_dot_leaves_no_doubt(start: Start) -> None:
    odd = start(DATA=lambda line: b"354 Go ahead\r\n421 4.4.2 Too slow\r\n")

    assert send(1) == {"RETRY": 1}

    assert rows() == {"mail:1": ("QUEUED", "REFUSED_FOR_NOW")}
    assert odd.taken == []


def test_a_server_that_goes_while_the_marker_is_written_leaves_no_doubt(start: Start) -> None:
    held: list[socket.socket] = []

    def remember(line: socket.socket) -> bytes:
        held.append(line)
        return b"354 Go ahead\r\n"

    def leave(ids: Any) -> None:
        held[-1].shutdown(socket.SHUT_RDWR)
        time.sleep(0.05)

    start(DATA=remember)
    enqueue(1, lane="mailbox")

    assert turn(Mail(after_mark=leave)) == {"RETRY": 1}

    assert rows() == {"mail:1": ("QUEUED", "NO_ANSWER")}


def test_answers_nobody_asked_for_are_not_taken_for_those_of_the_next_message(start: Start) -> None:
    odd = start(DOT=lambda line: b"250 2.0.0 Ok\r\n250 2.0.0 And again\r\n")

    assert send(5) == {"SENT": 5}

    assert len(odd.taken) == 5


def test_a_server_from_whom_tls_was_stripped_gets_nothing(start: Start) -> None:
    odd = start(security="starttls")

    assert send(2) == {"RETURNED": 2}

    assert odd.taken == []
    assert queries.get_connection("mailbox").stopped_why.startswith("TLS_NOT_OFFERED")


def test_a_greeting_that_drips_in_ends_with_the_patience(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "OPENING_PATIENCE", 0.5)

    def drip(line: socket.socket) -> bytes | None:
        for _ in range(200):
            line.sendall(b"2")
            time.sleep(0.1)
        return None

    start(greeting=drip)
    began = time.monotonic()

    assert send(1) == {"RETURNED": 1}

    assert time.monotonic() - began < 10
    assert queries.get_connection("mailbox").rests_until is not None
