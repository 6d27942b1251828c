"""One POST to one checked address: no redirects, no proxies, a time limit over all, and a bounded answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from coldframe.delivery.channels.webhook.destinations import Destination

#: Seconds for one call, from connecting to the last byte.
TIMEOUT = 10.0
#: Bytes of an answer that are read.
LONGEST_ANSWER = 2**20


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the other side answered."""

    status: int
    text: str
    retry_after: str | None


class NoConnection(Exception):
    """Nobody could be reached; nothing was sent."""


class NoReply(Exception):
    """The request was written, at least in part, and no answer came in time."""


def post(
    destination: Destination,
    addresses: list[str],
    body: bytes,
    headers: dict[str, str],
    *,
    before: Callable[[], None],
    timeout: float = TIMEOUT,
) -> Reply:
    """
    Connect, call ``before``, write the request, read the answer.

    Raises ``NoConnection`` (nothing was sent), ``NoReply`` (perhaps taken), and whatever ``before`` raises.
    """
    ends_at = time.monotonic() + timeout
    with deadline(ends_at) as line:
        try:
            connect(line, destination, addresses, timeout)
        except OSError as error:
            raise NoConnection(str(error) or type(error).__name__) from error
        before()
        try:
            line.request("POST", destination.target, body=body, headers=headers)
            return read(line.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoReply(str(error) or type(error).__name__) from error


class Line(http.client.HTTPConnection):
    """A line that is connected by hand: it never looks a name up."""

    auto_open = 0

    def cut(self) -> None:
        """End whatever waits on the line, from another thread."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Past TLS, whose own way of closing waits for the other side.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def connect(line: Line, destination: Destination, addresses: list[str], timeout: float) -> None:
    """Connect to the first address that answers; the name serves for the certificate and the Host header alone."""
    line.host, line.port = destination.host, destination.port
    line.default_port = 443 if destination.scheme == "https" else 80
    line.sock = dialled(addresses, destination.port, timeout)
    if destination.scheme == "https":
        context = ssl.create_default_context()
        secure = context.wrap_socket(
            line.sock, server_hostname=destination.host, do_handshake_on_connect=False
        )
        line.sock = secure
        secure.do_handshake()


def dialled(addresses: list[str], port: int, timeout: float) -> socket.socket:
    """Return a socket to the first address that takes it; raises the last one's ``OSError``."""
    failure: OSError = OSError("no address")
    for address in addresses:
        try:
            line = socket.create_connection((address, port), timeout=timeout / len(addresses))
            line.settimeout(timeout)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
        except OSError as error:
            failure = error
    raise failure


@contextmanager
def deadline(ends_at: float) -> Iterator[Line]:
    """Yield a line that is cut when the time is over, however slowly bytes drip in, and closed in any case."""
    line = Line("unused")
    timer = threading.Timer(max(0.0, ends_at - time.monotonic()), line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.close()


def read(response: http.client.HTTPResponse) -> Reply:
    """Read an answer, and no more of it than is kept; the status counts even where the text breaks off."""
    text = b""
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        text = response.read(LONGEST_ANSWER)
    return Reply(
        status=response.status,
        text=text.decode("utf-8", errors="replace"),
        retry_after=response.getheader("Retry-After"),
    )
