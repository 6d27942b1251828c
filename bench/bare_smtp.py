"""
The bare limit: prebuilt bytes to a local mail server on four lines, by a client that does nothing else.

Twice, in the same run as the product: by the standard library's client, which waits for every answer, and by one
that waits as seldom as the protocol allows.
"""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

LINES = 4
READ_BYTES = 65536


class Line:
    """One connection, used in lockstep with the others."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.expect(b"220")
        self.sock.sendall(b"EHLO bench.example\r\n")
        self.expect(b"250 ")

    def expect(self, code: bytes) -> None:
        """Read lines up to one that begins with a code."""
        while True:
            line, found, self.rest = self.rest.partition(b"\r\n")
            if not found:
                self.rest = line + self.sock.recv(READ_BYTES)
            elif line.startswith(code):
                return
            elif line[:1] in (b"4", b"5"):
                raise AssertionError(line)

    def begin(self, recipient: str) -> None:
        self.sock.sendall(
            b"MAIL FROM:<hello@sender.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % recipient.encode()
        )


def run(*, port: int, messages: Sequence[tuple[str, bytes]]) -> float:
    """Hand over (recipient, bytes); return how many a second."""
    ready = [(to, body + b".\r\n") for to, body in messages]
    lines = [Line(port) for _ in range(LINES)]
    began = time.perf_counter()
    for start in range(0, len(ready), LINES):
        pairs = list(zip(lines, ready[start : start + LINES], strict=False))
        for line, (to, _) in pairs:
            line.begin(to)
        for line, (_, data) in pairs:
            line.expect(b"354")
            line.sock.sendall(data)
        for line, _ in pairs:
            line.expect(b"250 2.0.0")
    return len(ready) / (time.perf_counter() - began)


def run_library(*, port: int, messages: Sequence[tuple[str, bytes]]) -> float:
    """Hand over (recipient, bytes) by the standard library's client, a thread for each line; return how many a second."""
    began = time.perf_counter()
    with ThreadPoolExecutor(LINES) as threads:
        list(
            threads.map(lambda part: one_line(port, part), [messages[start::LINES] for start in range(LINES)])
        )
    return len(messages) / (time.perf_counter() - began)


def one_line(port: int, messages: Sequence[tuple[str, bytes]]) -> None:
    with smtplib.SMTP("127.0.0.1", port, "bench.example") as client:
        for to, body in messages:
            client.sendmail("hello@sender.example", to, body)
