"""The event API as a caller meets it, within one process: the gate, and rows that go straight to the database."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from coldframe.activity import arrivals, sources
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Source
from coldframe.api import gateway
from coldframe.api.committing import Committer
from coldframe.api.events import Receiver
from coldframe.api.keys import Keys
from tests.world import NOW


class Direct(Committer):
    """Stores in the caller's own thread, so that a test's transaction sees it."""

    def put(self, arrival: NewArrival) -> None:
        arrivals.accept([arrival], at=NOW)

    def refuse(self, source_id: int, reason: str) -> None:
        self.store.note({}, {source_id: {reason: 1}})


@dataclass(kw_only=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass(kw_only=True)
class Caller:
    """A client with one key."""

    key: str = ""
    elapsed: Callable[[], float] = lambda: 0.0
    receiver: Receiver = field(init=False)

    def __post_init__(self) -> None:
        keys = Keys(load=sources.callers_ever, elapsed=self.elapsed)
        self.receiver = Receiver(keys=keys, committer=Direct(store=gateway.Database()))
        self.receiver.buckets.elapsed = self.elapsed

    def post(self, path: str, body: object = None, *, raw: bytes | None = None, **environ: Any) -> Answered:
        """Send a body, as JSON or as it is, with the key of this client unless another is given."""
        data = json.dumps(body).encode() if raw is None else raw
        basic = base64.b64encode(f"{self.key}:".encode()).decode()
        given = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data),
        }  # fmt: skip
        if self.key:
            given["HTTP_AUTHORIZATION"] = f"Basic {basic}"
        return self.ask({name: value for name, value in (given | environ).items() if value is not None})

    def ask(self, environ: dict[str, Any]) -> Answered:
        """Ask whatever is asked."""
        said: list[Any] = []
        gate = gateway.gate(lambda *_: [b"beyond"], receive=lambda: self.receiver)
        body = b"".join(gate(environ, lambda status, headers: said.extend([status, headers])))
        if not said:
            return Answered(status=HTTPStatus.NOT_FOUND, headers={}, body=body)
        return Answered(status=int(said[0].split()[0]), headers=dict(said[1]), body=body)


def caller(name: str = "app", *, kind: str = "API", **settings: Any) -> Caller:
    """Return a client of a source that is made for it."""
    made = sources.add(name, kind=Source.Kind[kind], at=NOW, settings=settings, with_key=True)
    return Caller(key=str(made.key))
