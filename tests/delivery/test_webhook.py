"""Calls to another system: signed, once, bounded, and never where the operator did not want them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from coldframe.delivery.channels.answers import Answer, Result, Trouble
from coldframe.delivery.channels.webhook import channel, destinations
from tests.delivery import http_sink
from tests.delivery.http_sink import Reply, Sink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def now() -> datetime:
    """The library that receivers use compares with this machine's clock, as it stands when a call comes in."""
    return datetime.now(tz=UTC)  # noqa: TID251


@dataclass(frozen=True)
class Call:
    """A message as the outbox gives it."""

    id: int
    key: str = "touch:1"
    message_id: str = "msg_1"
    sender: str = "hook"
    recipient: str = "hook"
    body: bytes = channel.payload("touch.due", {"lead": "Bö"}, at=datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink.running() as running:
        yield running


class Worker:
    """What the outbox does around a delivery."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.marked: list[int] = []
        self.trouble: Trouble | None = None

    def mark(self, ids: Collection[int]) -> Collection[int]:
        self.marked += ids
        return ids

    def deliver(self, url: str, count: int = 1, **given: Any) -> list[Answer]:
        settings = {"url": url} | given.pop("settings", {})
        named = given.pop("named", [url.split("/")[2]])
        self.trouble = channel.deliver(
            settings, SECRET, iter([Call(id=number) for number in range(1, count + 1)]), report=self.answers.append,
            beat=lambda: None, at=now(), named_hosts=named, **({"mark": self.mark} | given),
        )  # fmt: skip
        return self.answers


def test_a_call_is_signed_and_the_receivers_library_takes_it(sink: Sink):
    answers = Worker().deliver(sink.url)

    assert [(each.result, each.code) for each in answers] == [(Result.SENT, 200)]
    asked = sink.asked[0]
    assert Webhook(SECRET).verify(asked.body, asked.headers)["data"] == {"lead": "Bö"}
    assert asked.headers["webhook-id"] == "msg_1"


def test_a_forged_body_is_not_taken(sink: Sink):
    Worker().deliver(sink.url)

    asked = sink.asked[0]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(asked.body + b" ", asked.headers)


def test_the_marker_stands_between_connecting_and_writing(sink: Sink):
    def mark(ids: Collection[int]) -> Collection[int]:
        sink.wait_for_connection()
        assert sink.asked == []
        return ids

    assert Worker().deliver(sink.url, mark=mark)[0].result == Result.SENT


def test_a_refused_marker_calls_nobody(sink: Sink):
    answers = Worker().deliver(sink.url, mark=lambda ids: [])

    assert (answers, sink.asked) == ([], [])


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Result.SENT), (201, Result.SENT), (204, Result.SENT), (299, Result.SENT), (301, Result.RETRY),
        (302, Result.RETRY), (307, Result.RETRY), (400, Result.FAILED), (401, Result.RETRY), (403, Result.RETRY),
        (404, Result.RETRY), (405, Result.RETRY), (409, Result.RETRY), (413, Result.FAILED),
        (422, Result.FAILED), (429, Result.RETRY), (500, Result.RETRY), (502, Result.RETRY), (503, Result.RETRY),
    ],
)  # fmt: skip
def test_what_each_status_means(status: int, result: Result, sink: Sink):
    sink.reply = Reply(status=status, body=b"", headers={"Location": sink.url})

    answers = Worker().deliver(sink.url)

    assert [(each.result, each.code) for each in answers] == [(result, status)]
    assert len(sink.asked) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_cannot_keep_up_is_left_alone_for_a_while(status: int, sink: Sink):
    sink.reply = Reply(status=status)
    worker = Worker()

    worker.deliver(sink.url, count=3)

    assert worker.trouble is not None
    assert (worker.trouble.is_final, len(sink.asked)) == (False, 1)


def test_a_receiver_that_answers_otherwise_goes_on(sink: Sink):
    sink.reply = Reply(status=500)
    worker = Worker()

    worker.deliver(sink.url, count=3)

    assert (worker.trouble, len(sink.asked)) == (None, 3)


def test_gone_ends_it_for_all(sink: Sink):
    sink.reply = Reply(status=410)
    worker = Worker()

    with pytest.raises(channel.ReceiverGone):
        worker.deliver(sink.url, count=3)

    assert (worker.marked, [each.reason for each in worker.answers]) == ([1], ["GONE"])


def test_patience_is_granted(sink: Sink):
    sink.reply = Reply(status=503, headers={"Retry-After": "90"})

    begun = now()

    answers = Worker().deliver(sink.url)

    assert answers[0].retry_at is not None
    assert (
        timedelta(seconds=90)
        <= answers[0].retry_at - begun
        < timedelta(seconds=90) + (now() - begun) + timedelta(seconds=5)
    )


def test_no_answer_is_uncertain_unless_the_receiver_remembers_ids(sink: Sink):
    sink.reply = Reply(cuts=True)

    assert Worker().deliver(sink.url)[0].result == Result.UNCERTAIN
    assert Worker().deliver(sink.url, settings={"takes_repeats": True})[0].result == Result.RETRY


def test_nobody_there_is_certain_and_leaves_no_marker():
    worker = Worker()

    answers = worker.deliver("http://127.0.0.1:9/x")

    assert [(each.result, each.phase) for each in answers] == [(Result.RETURNED, "connect")]
    assert worker.marked == []


def test_an_answer_that_drips_does_not_hold_the_worker(sink: Sink):
    sink.reply = Reply(body=b"x" * 1000, drips=0.05)
    began = time.monotonic()

    answers = Worker().deliver(sink.url, timeout=0.5)

    assert time.monotonic() - began < 5
    assert answers[0].result == Result.SENT


def test_a_head_that_drips_is_cut_when_the_time_is_over():
    with listening(lambda line: [line.send(b"H") or time.sleep(0.1) for _ in range(200)]) as port:
        began = time.monotonic()
        answers = Worker().deliver(f"http://127.0.0.1:{port}/", timeout=0.5)

    assert time.monotonic() - began < 5
    assert answers[0].result == Result.UNCERTAIN


@contextlib.contextmanager
def listening(talk: Any) -> Iterator[int]:
    """Take one connection and let ``talk`` have it."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            line, _ = server.accept()
            with line, contextlib.suppress(OSError):
                talk(line)

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def test_a_huge_answer_is_not_read_to_the_end(sink: Sink):
    sink.reply = Reply(body=b"x" * (8 * 2**20))

    answers = Worker().deliver(sink.url)

    assert answers[0].result == Result.SENT
    assert len(answers[0].text) <= 500


def test_a_name_that_answers_differently_a_moment_later_changes_nothing(sink: Sink):
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    where = f"https://rebinding.example.com:443/{sink.port}"
    answers = Worker().deliver(where, named=(), resolve=rebinding, timeout=1)

    assert len(asked) == 1
    assert [(each.result, each.reason) for each in answers] == [(Result.RETURNED, "FORBIDDEN")]
    assert sink.connections == 0


def test_an_inner_address_is_never_connected_to(sink: Sink):
    worker = Worker()

    answers = worker.deliver("https://inner.example.com/", named=(), resolve=lambda host, port: ["127.0.0.1"])

    assert [(each.result, each.reason) for each in answers] == [(Result.RETURNED, "FORBIDDEN")]
    assert (worker.marked, sink.connections) == ([], 0)


def test_a_url_that_may_not_be_called_is_refused_before_a_message_is_taken():
    with pytest.raises(destinations.ForbiddenDestination):
        Worker().deliver("http://hooks.example.com/", named=())


def test_a_secret_that_is_made_here_signs(sink: Sink):
    made = channel.make_secret()

    headers = channel.signed(b"{}", message_id="msg_1", secret=made, at=now())

    assert Webhook(made).verify(b"{}", headers) == {}
    assert channel.make_secret() != made


def test_proxies_of_the_environment_are_not_asked(sink: Sink, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert Worker().deliver(sink.url)[0].result == Result.SENT


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_is_asked_for_by_the_name_and_must_be_good(
    is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate = certified("hooks.example.com", tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def talk(line: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(line, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            while secure.recv(65536):
                pass

    with listening(talk) as port:
        named = [f"hooks.example.com:{port}"]
        answers = Worker().deliver(
            f"https://hooks.example.com:{port}/x", named=named, resolve=lambda host, port: ["127.0.0.1"]
        )

    expected = (Result.SENT, "answer") if is_trusted else (Result.RETURNED, "connect")
    assert [(each.result, each.phase) for each in answers] == [expected]


def certified(name: str, folder: Path) -> Path:
    """Write a certificate for a name, signed by itself, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file
