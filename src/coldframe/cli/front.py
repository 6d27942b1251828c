"""
The front of the server: bodies are waited for without a thread; a thread answers once the body is there.

An application of the kind WSGI has a thread for each request. Were the body read by it, a handful of callers who send a
letter now and then would hold all threads, and nobody else would be answered. Here one loop waits for all of them,
for as long as something comes (``Patience``), and what is late is answered with 408.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from queue import Empty, SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[str, str]]
#: Answers a request in the loop: status, headers and body; None: a thread is to.
Soon = Callable[[Any, IO[bytes]], Awaitable[tuple[int, Headers, bytes] | None]]

MEBIBYTE = 2**20
#: Bodies that say they are no longer are read in one piece; longer ones go to a file when they grow.
AT_ONCE, IN_MEMORY = 64 * 1024, 256 * 1024
#: How an address begins -> bytes of a body that are taken in at most. Each refuses what is too long by its own rules:
#: of a body that says it is longer nothing is read, of any other no more.
LIMITS = (
    ("/v1/", MEBIBYTE),
    ("/batch", MEBIBYTE),
    ("/hooks/providers/", 41 * MEBIBYTE),
    ("/hooks/", 2 * MEBIBYTE),
    ("", 64 * MEBIBYTE),
)
TOO_SLOW = b"The body did not come.\n"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a body may take: seconds at first, and one more for so many bytes that came."""

    seconds: float = 15.0
    bytes_a_second: int = 16 * 1024

    def until(self, began: float, came: int) -> float:
        """
        Return the instant at which a body is late.

        >>> Patience(seconds=15, bytes_a_second=1000).until(100.0, 5000)
        120.0
        """
        return began + self.seconds + came / self.bytes_a_second


@dataclass(slots=True)
class Asked:
    """A request whose body is there."""

    scope: Any
    proto: Any
    body: IO[bytes]
    #: Ends the wait of the loop.
    answered: Callable[[], None]


@dataclass(kw_only=True)
class Front:
    """
    An application of the kind WSGI, with so many threads that answer.

    Where it has ``leave_thread()``, a thread that ends calls it. Where it has ``answer_soon(scope, body)``, it is asked in the loop first whether it answers without waiting for anything
    but the loop; None: a thread is to answer. Long bodies are always a thread's, for to read them takes a while.
    """

    application: Application
    threads: int
    patience: Patience = field(default_factory=Patience)
    #: Seconds after which a thread that nobody needs ends, and with it what it holds of the database.
    idle_seconds: float = 30.0
    #: Threads that wait, the last to have answered at the end: it is the next to be asked.
    idle: list[SimpleQueue[Asked]] = field(default_factory=list)
    #: Requests that wait for a thread, and how many threads there are.
    waiting: deque[Asked] = field(default_factory=deque)
    begun: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: What is the same for all requests.
    environ: Environ = field(default_factory=dict)
    soon: Soon | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in the process that serves."""
        self.soon = getattr(self.application, "answer_soon", None)
        self.environ = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "Coldframe",
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Wait for the body, then for a thread that answers."""
        try:
            body = await self.body_of(scope, proto)
        except TimeoutError:
            headers = [("Content-Type", "text/plain"), ("Connection", "close")]
            proto.response_bytes(408, headers, TOO_SLOW)
            return
        if self.soon is not None and isinstance(body, io.BytesIO):
            answer = await self.soon(scope, body)
            if answer is not None:
                proto.response_bytes(*answer)
                return
            body.seek(0)
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self.give(Asked(scope, proto, body, lambda: tell(loop, done)))
        await done

    async def body_of(self, scope: Any, proto: Any) -> IO[bytes]:
        """Return the body of a request. Raises ``TimeoutError``."""
        said = scope.headers.get("content-length", "")
        if not said and "transfer-encoding" not in scope.headers and scope.http_version[0] == "1":
            return io.BytesIO()
        length = int(said) if said.isascii() and said.isdigit() else None
        limit = limit_of(scope.path)
        if length is not None and length > limit:
            return io.BytesIO()
        async with asyncio.timeout(self.patience.seconds) as timeout:
            if length is not None and length <= AT_ONCE:
                return io.BytesIO(await proto())
            kept = cast("IO[bytes]", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - Who answers closes it.
            try:
                await self.keep(proto, kept, limit=limit, timeout=timeout)
            except BaseException:
                kept.close()
                raise
        return kept

    async def keep(self, proto: Any, kept: IO[bytes], *, limit: int, timeout: asyncio.Timeout) -> None:
        """Write a body down piece by piece; whoever goes on sending has more time."""
        began, came = asyncio.get_running_loop().time(), 0
        async for chunk in proto:
            came += len(chunk)
            kept.write(chunk)
            if came > limit:
                break
            timeout.reschedule(self.patience.until(began, came))
        kept.seek(0)

    def give(self, asked: Asked) -> None:
        """Give a request to the thread that answered last, to a new one, or to the next that is done."""
        with self.lock:
            if self.idle:
                self.idle.pop().put(asked)
            elif self.begun < self.threads:
                self.begun += 1
                threading.Thread(target=self.work, args=(asked,), name="answers", daemon=True).start()
            else:
                self.waiting.append(asked)

    def work(self, asked: Asked | None) -> None:
        """Answer one request after the other, until there are none for a while."""
        given: SimpleQueue[Asked] = SimpleQueue()
        while asked is not None:
            try:
                self.answer(asked)
            except Exception:
                log.exception("a request ended in an error")
                asked.proto.response_bytes(500, [("Content-Type", "text/plain")], b"Something went wrong.\n")
            finally:
                asked.answered()
            asked = self.next_for(given)
        leave = getattr(self.application, "leave_thread", None)
        if leave is not None:
            leave()

    def next_for(self, given: SimpleQueue[Asked]) -> Asked | None:
        """Return the next request for a thread; None: it is not needed any more."""
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.idle.append(given)
        try:
            return given.get(timeout=self.idle_seconds)
        except Empty:
            with self.lock:
                if given in self.idle:
                    self.idle.remove(given)
                    self.begun -= 1
                    return None
        # It was given something in the last moment.
        return given.get()

    def answer(self, asked: Asked) -> None:
        """Have the application answer a request."""
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> None:
            started[:] = [(int(status[:3]), headers)]

        with asked.body:
            found = self.application(environ_of(asked.scope, asked.body, self.environ), start_response)
            if isinstance(found, list):
                asked.proto.response_bytes(*started[0], b"".join(found))
                return
            try:
                send(asked.proto, iter(found), started)
            finally:
                if hasattr(found, "close"):
                    found.close()


def send(proto: Any, parts: Iterator[bytes], started: list[tuple[int, Headers]]) -> None:
    """Send an answer part by part; one part alone is sent at once."""
    first, second = next(parts, b""), next(parts, None)
    if second is None:
        proto.response_bytes(*started[0], first)
        return
    line = proto.response_stream(*started[0])
    line.send_bytes(first)
    line.send_bytes(second)
    for part in parts:
        line.send_bytes(part)


def tell(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    """End a wait from another thread; once the server has stopped, nobody waits any more."""
    try:
        loop.call_soon_threadsafe(end, done)
    except RuntimeError:
        log.debug("the loop has ended")


def end(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def limit_of(path: str) -> int:
    """
    Return how many bytes of a body are taken in at an address.

    >>> limit_of("/v1/track") == MEBIBYTE, limit_of("/import") == 64 * MEBIBYTE
    (True, True)
    """
    return next(limit for beginning, limit in LIMITS if path.startswith(beginning))


def environ_of(scope: Any, body: IO[bytes], common: Environ) -> Environ:
    """Return what an application of the kind WSGI is told of a request."""
    found = common.copy()
    server, client = scope.server.rpartition(":"), scope.client.rpartition(":")
    found["SERVER_PROTOCOL"] = f"HTTP/{scope.http_version}"
    found["SERVER_NAME"], found["SERVER_PORT"] = server[0].strip("[]"), server[2]
    found["REMOTE_ADDR"] = client[0].strip("[]")
    found["REQUEST_METHOD"] = scope.method
    # WSGI has bytes of a path as letters of Latin-1.
    found["PATH_INFO"] = scope.path.encode().decode("latin-1")
    found["QUERY_STRING"] = scope.query_string
    found["wsgi.url_scheme"] = scope.scheme
    found["wsgi.input"] = body
    for name, value in scope.headers.items():
        if "_" in name:
            # It would pass for one with hyphens, which a proxy may have set.
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = "HTTP_" + key
        found[key] = f"{found[key]},{value}" if key in found and key[:5] == "HTTP_" else value
    if "HTTP_HOST" not in found:
        found["HTTP_HOST"] = scope.authority or ""
    return found


def load(target: str, *, threads: int) -> Any:
    """Return an application that is named as ``module:name``, behind the front; the server takes it as it is."""
    module, _, name = target.partition(":")
    return Front(application=getattr(import_module(module), name), threads=threads)
