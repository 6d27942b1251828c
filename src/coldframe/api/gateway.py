"""
The event API straight at the server, beside Django: thousands of calls a second leave no time for more.

``gate`` stands before an application and answers the API's addresses itself; everything else passes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import IO, Any

from coldframe import clock
from coldframe.activity import arrivals, sources, strangers
from coldframe.activity.arrivals import NewArrival
from coldframe.api.committing import Committer
from coldframe.api.events import Answer, Asked, Receiver
from coldframe.api.keys import Keys, NotRemembered
from coldframe.storage import turns

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
#: Status, headers and body of an answer.
Soon = tuple[int, list[tuple[str, str]], bytes]

PREFIXES = ("/v1/", "/batch")
#: What Django answers, for programs with keys of another kind.
BESIDE = ("/v1/handoffs",)


class Database:
    """Where rows go: the database, through the connection of the thread that writes."""

    def accept(self, rows: Sequence[NewArrival]) -> None:
        """Store them all durably, or none and raise."""
        with turns.taken():
            arrivals.accept(rows, at=self.now())

    def note(self, heard: Mapping[int, datetime], refused: Mapping[int, Mapping[str, int]]) -> None:
        """Note who called, and what was refused; callers wait meanwhile, so it waits for nobody but the next in turn."""
        of_nobody = refused.get(strangers.NOBODY)
        known = {source_id: words for source_id, words in refused.items() if source_id != strangers.NOBODY}
        with turns.taken():
            if heard or known:
                sources.note(heard=heard, refused=known)
            if of_nobody:
                strangers.note(of_nobody, at=self.now())

    def now(self) -> datetime:
        """Return the present instant."""
        return clock.now()

    def close(self) -> None:
        """Let go of the connection; the next use opens another."""
        from django.db import connection

        connection.close()


@cache
def receiver() -> Receiver:
    """Return what this process takes calls in with."""
    return Receiver(keys=Keys(load=load_callers), committer=Committer(store=Database()))


def load_callers() -> dict[str, sources.Caller]:
    """Return who calls, and leave no connection open in a thread that serves other things."""
    from django.db import connection

    is_ours = connection.connection is None
    try:
        with turns.taken():
            return sources.callers_ever()
    finally:
        if is_ours:
            connection.close()


class Gate:
    """An application that answers the event API itself."""

    def __init__(self, application: Application, receive: Callable[[], Receiver]) -> None:
        self.application, self.receive = application, receive

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request in this thread."""
        if not is_ours(str(environ["PATH_INFO"])):
            return self.application(environ, start_response)
        answer = self.receive().answer(asked_of(environ))
        start_response(f"{answer.status.value} {answer.status.phrase}", headers_of(answer))
        return [answer.body]

    async def answer_soon(self, scope: Any, body: IO[bytes]) -> Soon | None:
        """Answer a request in a loop, without waiting for a database; None: it wants a thread."""
        if not is_ours(scope.path):
            return None
        try:
            answer = await self.receive().answer_soon(asked_in(scope, body))
        except NotRemembered:
            return None
        return answer.status.value, headers_of(answer), answer.body

    def leave_thread(self) -> None:
        """Let go of what a thread holds that ends."""
        from django.db import connections

        connections.close_all()


def is_ours(path: str) -> bool:
    """Return whether an address is one of the event API's."""
    return path.startswith(PREFIXES) and not path.startswith(BESIDE)


def gate(application: Application, *, receive: Callable[[], Receiver] = receiver) -> Gate:
    """Return an application that answers the event API itself."""
    return Gate(application, receive)


def asked_in(scope: Any, body: IO[bytes]) -> Asked:
    """Return what is asked, of a request whose body is there."""
    said = scope.headers.get
    length = said("content-length", "")
    return Asked(
        method=scope.method,
        path=scope.path,
        query=scope.query_string,
        authorization=said("authorization", ""),
        content_type=said("content-type", ""),
        content_encoding=said("content-encoding", ""),
        origin=said("origin", ""),
        agent=said("user-agent", ""),
        length=int(length) if length.isascii() and length.isdigit() else None,
        read=body.read,
    )


def asked_of(environ: Environ) -> Asked:
    """Return what is asked."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    return Asked(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=environ.get("QUERY_STRING", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        content_type=environ.get("CONTENT_TYPE", ""),
        content_encoding=environ.get("HTTP_CONTENT_ENCODING", ""),
        origin=environ.get("HTTP_ORIGIN", ""),
        agent=environ.get("HTTP_USER_AGENT", ""),
        length=int(length) if length.isascii() and length.isdigit() else None,
        read=environ["wsgi.input"].read,
    )


def headers_of(answer: Answer) -> list[tuple[str, str]]:
    """Return the headers of an answer."""
    headers = [
        ("Content-Length", str(len(answer.body))),
        ("X-Content-Type-Options", "nosniff"),
        *answer.headers,
    ]
    return [("Content-Type", "application/json"), *headers] if answer.body else headers
