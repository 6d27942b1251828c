"""The front of the server: bodies that dribble in hold nobody else up, and what the application is told is what came."""

from __future__ import annotations

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from coldframe.cli import front, serve
from coldframe.cli.front import MEBIBYTE, Asked, Front, Patience
from tests.ready import ROOT

#: Seconds until the server answers, on a machine that does other things, too.
PATIENCE = 120


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve an application that says what it was asked; yield where."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = int(probe.getsockname()[1])
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.echoing", str(found)], env={**os.environ, "PYTHONPATH": path}
    )
    try:
        wait_for(found)
        yield found
    finally:
        server.terminate()
        server.wait(60)


def wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if ask(port)["REQUEST_METHOD"] == "GET":
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nobody answers")


def ask(port: int, method: str = "GET", path: str = "/", body: Any = None, **headers: str) -> dict[str, Any]:
    """Return what the application says that it was asked."""
    link = HTTPConnection("127.0.0.1", port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    link.request(method, path, body, named)
    answer = link.getresponse()
    said = answer.read()
    link.close()
    assert answer.status == 200, answer.status
    return dict(json.loads(said), answered=answer.getheaders())


def dribble(port: int, *, sent: bytes = b'{"ev') -> socket.socket:
    """Begin a call whose body never ends."""
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    line.sendall(b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + sent)
    return line


def test_callers_whose_bodies_never_come_hold_nobody_up(port: int) -> None:
    lines = [dribble(port) for _ in range(2 * serve.THREADS * serve.MOST_WORKERS)]

    found = [ask(port, "POST", "/v1/track", b"{}")["body_bytes"] for _ in range(8)]

    assert found == [2] * 8
    for line in lines:
        line.close()


def test_a_body_that_comes_in_pieces_is_whole(port: int) -> None:
    line = dribble(port, sent=b"a" * 200)
    for _ in range(3):
        line.sendall(b"b" * 100)

    answer = line.recv(65536)
    while b"body_bytes" not in answer:
        answer += line.recv(65536)

    assert b'"body_bytes": 500' in answer
    line.close()


@pytest.mark.parametrize("size", [0, 1, front.AT_ONCE, front.AT_ONCE + 1, front.IN_MEMORY * 8])
def test_bodies_of_any_size_arrive(port: int, size: int) -> None:
    assert ask(port, "POST", "/import", b"x" * size)["body_bytes"] == size


def test_a_body_without_its_length_arrives(port: int) -> None:
    found = ask(port, "POST", "/import", iter([b"ab", b"cd" * 40_000]))

    assert (found["body_bytes"], found["body_begins"][:4]) == (80_002, "abcd")


def test_the_application_is_told_who_asks_what(port: int) -> None:
    found = ask(
        port, "PUT", "/caf%C3%A9/a%20b?q=1%202&r", b"abc", Content_Type="text/x", X_Forwarded_For="192.0.2.7"
    )

    assert found["PATH_INFO"].encode("latin-1").decode() == "/café/a b"
    assert {name: found[name] for name in found if name.isupper()} | {
        "REQUEST_METHOD": "PUT", "QUERY_STRING": "q=1%202&r", "CONTENT_TYPE": "text/x", "CONTENT_LENGTH": "3",
        "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": f"127.0.0.1:{port}", "HTTP_X_FORWARDED_FOR": "192.0.2.7",
        "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_PORT": str(port), "SCRIPT_NAME": "",
    } == {name: found[name] for name in found if name.isupper()}  # fmt: skip
    assert [value for name, value in found["answered"] if name.lower() == "x-twice"] == ["a", "b"]


def test_a_header_with_underscores_passes_for_no_other(port: int) -> None:
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX_Forwarded_For: 192.0.2.66\r\nConnection: close\r\n\r\n")
    answer = b"".join(iter(lambda: line.recv(65536), b""))
    line.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"192.0.2.66" not in answer


def test_an_answer_in_parts_is_whole(port: int) -> None:
    assert ask(port, path="/parts")["PATH_INFO"] == "/parts"


def test_an_error_is_answered_and_the_next_request_too(port: int) -> None:
    link = HTTPConnection("127.0.0.1", port, timeout=60)
    link.request("GET", "/fails")
    assert link.getresponse().status == 500
    link.close()

    assert ask(port)["PATH_INFO"] == "/"


class Headers(dict[str, str]):
    """Headers of a request."""


class Scope:
    """A request for some calls."""

    path, http_version = "/v1/track", "1.1"

    def __init__(self, **headers: str) -> None:
        self.headers = Headers({name.replace("_", "-"): value for name, value in headers.items()})


class Line:
    """The line of a request: pieces of a body, each after some seconds; what is answered is kept."""

    def __init__(self, *pieces: tuple[float, bytes]) -> None:
        self.pieces, self.answers = list(pieces), []

    async def __call__(self) -> bytes:
        return b"".join([piece async for piece in self])

    async def __aiter__(self) -> Any:
        for seconds, piece in self.pieces:
            await asyncio.sleep(seconds)
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answers.append(status)


@pytest.mark.parametrize("length", ["40", str(2 * front.AT_ONCE)])
def test_a_body_that_is_late_is_answered_and_no_thread_was_asked(length: str) -> None:
    made = Front(application=lambda *_: [], threads=0, patience=Patience(seconds=0.01, bytes_a_second=10**9))
    line = Line((0, b"abc"), (3600, b"d"))

    asyncio.run(made.__rsgi__(Scope(content_length=length), line))

    assert line.answers == [408]
    assert (made.begun, len(made.waiting)) == (0, 0)


def test_a_body_that_keeps_coming_may_take_its_time() -> None:
    made = Front(application=lambda *_: [], threads=0, patience=Patience(seconds=0.5, bytes_a_second=1))
    line = Line(*((0.02, b"x") for _ in range(30)))

    with asyncio.run(made.body_of(Scope(transfer_encoding="chunked"), line)) as body:
        assert body.read() == b"x" * 30


def test_of_a_body_that_is_too_long_no_more_is_taken_in_than_may_be() -> None:
    made = Front(application=lambda *_: [], threads=0)
    line = Line(*((0, b"x" * 65_536) for _ in range(100)))

    with asyncio.run(made.body_of(Scope(transfer_encoding="chunked"), line)) as body:
        assert len(body.read()) == MEBIBYTE + 65_536


def asked(line: Line, ended: threading.Event) -> Asked:
    scope = Scope()
    scope.server, scope.client, scope.method, scope.scheme = "127.0.0.1:80", "127.0.0.1:9", "GET", "http"  # type: ignore[attr-defined]
    scope.query_string, scope.authority = "", None  # type: ignore[attr-defined]
    return Asked(scope, line, io.BytesIO(), ended.set)


def test_no_more_threads_answer_than_may_and_nobody_is_left_out() -> None:
    at_work: list[int] = []
    made = Front(application=lambda environ, start: at_work.append(made.begun) or said(start), threads=2)
    lines, ends = [Line() for _ in range(20)], [threading.Event() for _ in range(20)]

    for line, ended in zip(lines, ends, strict=True):
        made.give(asked(line, ended))

    assert all(ended.wait(20) for ended in ends)
    assert [line.answers for line in lines] == [[200]] * 20
    assert max(at_work) <= 2


def test_a_thread_that_nobody_needs_ends_and_lets_go_and_the_next_request_has_another() -> None:
    class Application:
        left = threading.Event()

        def __call__(self, environ: Any, start: Any) -> list[bytes]:
            return said(start)

        def leave_thread(self) -> None:
            self.left.set()

    made = Front(application=Application(), threads=2, idle_seconds=0.01)
    for _ in range(2):
        line, ended = Line(), threading.Event()
        made.give(asked(line, ended))

        assert ended.wait(20)
        assert Application.left.wait(20)
        assert (line.answers, made.begun, made.idle) == ([200], 0, [])
        Application.left.clear()


def said(start: Any) -> list[bytes]:
    start("200 OK", [])
    return [b"x"]


def test_of_a_body_that_says_that_it_is_too_long_nothing_is_read() -> None:
    made = Front(application=lambda *_: [], threads=0)

    body = asyncio.run(made.body_of(Scope(content_length=str(2 * MEBIBYTE)), Line((3600, b"x"))))

    assert isinstance(body, io.BytesIO)
    assert body.read() == b""
