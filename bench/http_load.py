"""
A client that costs next to nothing: prebuilt requests over some connections that are kept open.

One process, one thread, no library: what it takes of the machine is not the server's.
"""

from __future__ import annotations

import select
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

READ_BYTES = 65536
#: Seconds without any answer after which a run is given up.
PATIENCE = 60.0
END = b"\r\n\r\n"


@dataclass
class Line:
    """One connection, with one request under way at most."""

    port: int
    sock: socket.socket = field(init=False)
    began: float = 0.0
    got: bytes = b""

    def __post_init__(self) -> None:
        self.sock = socket.create_connection(("127.0.0.1", self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self.began, self.got = time.perf_counter(), b""
        self.sock.sendall(request)

    def answered(self) -> int:
        """Read on; return the status once the answer is whole, 0 before, -1 where the connection was closed."""
        try:
            found = self.sock.recv(READ_BYTES)
        except ConnectionError:
            return -1
        if not found:
            return -1
        self.got += found
        head, end, body = self.got.partition(END)
        if not end or len(body) < length_of(head):
            return 0
        return int(head[9:12])


def length_of(head: bytes) -> int:
    """Return the length of the body that a head announces."""
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of a run."""

    seconds: float
    answers: Counter[int]
    #: Seconds from a request to its answer, in order.
    waits: list[float]

    @property
    def rate(self) -> float:
        """Return how many were accepted in a second."""
        return self.answers[200] / self.seconds

    def wait(self, share: float) -> float:
        """Return the milliseconds within which this share was answered."""
        return round(self.waits[min(int(len(self.waits) * share), len(self.waits) - 1)] * 1000, 1)


def run(*, port: int, requests: Iterator[bytes], lines: int, seconds: float, per_second: float = 0) -> Load:
    """Ask over so many connections for so long, as fast as answers come or at a pace; return what came."""
    opened = [Line(port) for _ in range(lines)]
    poll = select.epoll()
    by_number = {line.sock.fileno(): line for line in opened}
    answers: Counter[int] = Counter()
    waits: list[float] = []
    began = time.perf_counter()
    idle, asked = list(opened), 0
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    while (now := time.perf_counter()) - began < seconds or len(idle) < len(opened):
        may = len(idle) if now - began < seconds else 0
        if per_second:
            may = min(may, int((now - began) * per_second) - asked)
        for _ in range(may):
            idle.pop().ask(next(requests))
            asked += 1
        if not idle and now - max(line.began for line in opened) > PATIENCE:
            break
        for number, _ in poll.poll(0.002 if per_second else 0.05):
            line = by_number[number]
            status = line.answered()
            if status:
                answers[status] += 1
                waits.append(time.perf_counter() - line.began)
                idle.append(line)
    for line in opened:
        line.sock.close()
    return Load(seconds=time.perf_counter() - began, answers=answers, waits=sorted(waits))


def request(path: str, body: bytes, *, key: str) -> bytes:
    """Return the bytes of a request."""
    import base64

    basic = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
