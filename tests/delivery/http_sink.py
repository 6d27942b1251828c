"""An HTTP server on loopback that keeps what it was asked, and answers as it is told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server does with a request."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    #: Close the line without a word, after the request was read.
    cuts: bool = False
    #: Seconds before the answer.
    waits: float = 0.0
    #: Seconds between single bytes of the answer.
    drips: float = 0.0


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Sink:
    """The server's log, and how it answers: ``reply`` for all, or ``replies`` one after the other."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.reply = Reply()
        self.replies: list[Reply] = []
        self.on_request: Callable[[], Any] = lambda: None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def wait_for_connection(self) -> None:
        """Wait until somebody has connected; the system accepts a moment before the server hears of it."""
        for _ in range(200):
            if self.connections:
                return
            time.sleep(0.01)
        raise AssertionError("nobody has connected")

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if self.replies else self.reply


@contextmanager
def running() -> Iterator[Sink]:
    """Run a server for the length of a test."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            sink.connections += 1
            super().setup()

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            sink.on_request()
            sink.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            self.answer(sink.next_reply())

        do_GET = do_POST = handle_any  # noqa: N815 - the names that the server calls.

        def answer(self, reply: Reply) -> None:
            time.sleep(reply.waits)
            if reply.cuts:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if not reply.drips:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                time.sleep(reply.drips)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    sink.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
