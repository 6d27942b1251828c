"""
The event API: who calls, is it readable, store it, answer.

What is stored is what came, without the key. Nothing is looked up but the caller: whose call it is and what
it means is found out afterwards (``activity.calls``), within a second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any

from pydantic import BaseModel, ValidationError

from coldframe.activity import arrivals, bodies, strangers, wire
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.bodies import BadBody, TooLarge
from coldframe.activity.envelopes import ENVELOPES, Batch, PostHogBatch
from coldframe.activity.sources import Caller
from coldframe.api import keys
from coldframe.api.committing import Committer, NotStored
from coldframe.api.keys import Keys
from coldframe.kernel.vocabulary import Refusal

#: Bytes of a batch, and of one call, as Segment allows them.
BATCH_BYTES, CALL_BYTES = 500 * 1024, wire.MOST_BYTES
#: Content types that clients send JSON as; a page sends text, so that the browser need not ask first.
CONTENT_TYPES = {"", "application/json", "text/plain"}
JSON = "application/json"
#: Path -> how its body is read. Segment's script in pages and its clients for phones use the short ones.
ROUTES: Mapping[str, str] = {
    **{f"/v1/{word}": word for word in ENVELOPES},
    **{f"/v1/{word[0]}": word for word in ENVELOPES},
    **dict.fromkeys(("/v1/batch", "/v1/import", "/v1/b"), wire.BATCH),
    "/batch": wire.POSTHOG,
}
MODELS: Mapping[str, type[BaseModel]] = {**ENVELOPES, wire.BATCH: Batch, wire.POSTHOG: PostHogBatch}
#: Seconds after which to come again.
RETRY_AFTER = "5"
#: A page's own User-Agent says whether a person looks at it.
AGENT_LETTERS = 512
#: Any page may call; whether its key may is looked at.
CROSS_ORIGIN = (("Access-Control-Allow-Origin", "*"),)
PREFLIGHT = (
    *CROSS_ORIGIN,
    ("Access-Control-Allow-Methods", "POST"),
    ("Access-Control-Allow-Headers", "authorization, content-type, content-encoding"),
    ("Access-Control-Max-Age", "86400"),
)
ACCEPTED = json.dumps({"success": True}).encode()


class TooOften(Refusal):
    """A caller that calls more often than it may."""


class OtherPage(Refusal):
    """A page that may not use this key."""


class NoSuchPath(Refusal):
    """An address that is none of the API."""


class OtherMethod(Refusal):
    """A method that an address does not know."""


class NotUnderstood(Refusal):
    """A call that is not in its shape."""


STATUS: Mapping[type[Refusal], HTTPStatus] = {
    keys.NoKey: HTTPStatus.UNAUTHORIZED,
    keys.UnknownKey: HTTPStatus.UNAUTHORIZED,
    keys.KeyElsewhere: HTTPStatus.UNAUTHORIZED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotStored: HTTPStatus.SERVICE_UNAVAILABLE,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    OtherPage: HTTPStatus.FORBIDDEN,
    NoSuchPath: HTTPStatus.NOT_FOUND,
    OtherMethod: HTTPStatus.METHOD_NOT_ALLOWED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked, as far as it matters here."""

    method: str
    path: str
    query: str = ""
    authorization: str = ""
    content_type: str = ""
    content_encoding: str = ""
    origin: str = ""
    agent: str = ""
    #: None where nobody says.
    length: int | None = None
    #: Reads at most so many bytes of the body.
    read: Callable[[int], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered."""

    status: HTTPStatus
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


STORED = Answer(status=HTTPStatus.OK, body=ACCEPTED, headers=CROSS_ORIGIN)


@dataclass(kw_only=True)
class Buckets:
    """How often each caller may still call: as many as a second brings, up to one second's."""

    elapsed: Callable[[], float] = monotonic
    left: dict[int, tuple[float, float]] = field(default_factory=dict)

    def take(self, caller: Caller) -> None:
        """Count a call. Raises ``TooOften``."""
        if not caller.per_second:
            return
        now = self.elapsed()
        left, counted_at = self.left.get(caller.source_id, (float(caller.per_second), now))
        left = min(left + (now - counted_at) * caller.per_second, float(caller.per_second))
        self.left[caller.source_id] = (max(left - 1, 0.0), now)
        if left < 1:
            raise TooOften(
                "Too many calls in a second.",
                expected=f"at most {caller.per_second}",
                advice="Send batches, or come again.",
            )


@dataclass(kw_only=True)
class Receiver:
    """What a process has to take calls in with."""

    keys: Keys
    committer: Committer
    buckets: Buckets = field(default_factory=Buckets)

    def answer(self, asked: Asked) -> Answer:
        """Take a call in, or say why not; never raises what a caller sent."""
        try:
            return self.take_in(asked)
        except Refusal as refusal:
            return refused(refusal)

    async def answer_soon(self, asked: Asked) -> Answer:
        """Do the same in a loop, and let others be answered meanwhile. Raises ``keys.NotRemembered``: ask a thread."""
        try:
            found = self.checked(asked, find=self.keys.remembered)
            if isinstance(found, Answer):
                return found
            await self.committer.put_soon(found)
        except Refusal as refusal:
            return refused(refusal)
        return STORED

    def take_in(self, asked: Asked) -> Answer:
        """Store a call and say so. Raises a ``Refusal``."""
        found = self.checked(asked, find=self.keys.find)
        if isinstance(found, Answer):
            return found
        self.committer.put(found)
        return STORED

    def checked(self, asked: Asked, *, find: Callable[[str], Caller]) -> NewArrival | Answer:
        """Return what is to be stored of a call, or the answer to one that brings nothing. Raises a ``Refusal``."""
        how = ROUTES.get(asked.path.rstrip("/"))
        if how is None:
            raise NoSuchPath(
                "There is no such address.", where=asked.path[:80], expected=", ".join(sorted(ROUTES))
            )
        if asked.method == "OPTIONS":
            return Answer(status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)
        if asked.method != "POST":
            raise OtherMethod("This address takes calls in.", where=asked.method[:20], expected="POST")
        try:
            body = body_of(asked, limit=BATCH_BYTES if how in {wire.BATCH, wire.POSTHOG} else CALL_BYTES)
            document = bodies.read(body)
        except BadBody as refusal:
            self.count(refusal, asked, find=find)
            raise
        key = self.key_of(asked, document)
        caller = self.whose(key, find=find)
        try:
            self.check(asked, caller, how, document)
        except Refusal as refusal:
            self.committer.refuse(caller.source_id, code_of(refusal))
            raise
        about = {"as": how, "agent": asked.agent[:AGENT_LETTERS]} if caller.is_public else {"as": how}
        return arrivals.calls(source_id=caller.source_id, body=without_key(body, key, document), about=about)

    def key_of(self, asked: Asked, document: Mapping[str, Any]) -> str:
        """Return the key of a call; one without is counted. Raises ``keys.NoKey`` and ``keys.KeyElsewhere``."""
        try:
            return keys.given_key(
                authorization=asked.authorization,
                query=asked.query,
                in_body=document.get("writeKey") or document.get("api_key"),
            )
        except keys.NoKey:
            self.committer.refuse(strangers.NOBODY, strangers.NO_KEY)
            raise

    def count(self, refusal: BadBody, asked: Asked, *, find: Callable[[str], Caller]) -> None:
        """Count a body that cannot be read, where the header says whose it is."""
        key = keys.from_header(asked.authorization)
        with suppress(keys.UnknownKey):
            if key:
                self.committer.refuse(self.whose(key, find=find).source_id, code_of(refusal))

    def whose(self, key: str, *, find: Callable[[str], Caller]) -> Caller:
        """
        Return whose key it is; one that was withdrawn is counted where it belonged, any other one as nobody's.

        Raises ``keys.UnknownKey``.
        """
        try:
            return find(key)
        except keys.UnknownKey:
            former = self.keys.refused(key)
            if former is None or not former.refused_as:
                self.committer.refuse(strangers.NOBODY, strangers.UNKNOWN_KEY)
            else:
                self.committer.refuse(former.source_id, former.refused_as)
            raise

    def check(self, asked: Asked, caller: Caller, how: str, document: Mapping[str, Any]) -> None:
        """Raise a ``Refusal`` unless this caller may say this, in this shape, now."""
        if caller.origins and asked.origin not in caller.origins:
            raise OtherPage(
                "This page may not use this key.",
                where="Origin",
                expected=", ".join(sorted(caller.origins)),
                got=asked.origin[:200],
            )
        self.buckets.take(caller)
        try:
            MODELS[how].model_validate(document)
        except ValidationError as error:
            raise NotUnderstood(
                "The call is not in its shape.", where=how, expected=wire.reason_of(error)
            ) from error


def body_of(asked: Asked, *, limit: int) -> bytes:
    """Return the body, unpacked. Raises ``BadBody``."""
    content_type = asked.content_type.partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise BadBody(
            "Not a kind of content that is understood.",
            where="Content-Type",
            expected=JSON,
            got=content_type[:80],
        )
    if asked.length is not None and asked.length > limit:
        raise bodies.too_large(limit)
    body = asked.read(limit + 1)
    if len(body) > limit:
        raise bodies.too_large(limit)
    if asked.length is not None and len(body) < asked.length:
        raise BadBody(
            "The body ended too early.", where="body", expected=f"{asked.length} bytes", got=f"{len(body)}"
        )
    return bodies.unpack(body, encoding=asked.content_encoding, limit=limit)


def without_key(body: bytes, key: str, document: Mapping[str, Any]) -> bytes:
    """Return the body without the key in it: a key is never stored."""
    if document.get("writeKey") is None and document.get("api_key") is None:
        return body
    found = body.replace(key.encode(), b"")
    if found != body:
        return found
    kept = {name: value for name, value in document.items() if name not in {"writeKey", "api_key"}}
    return json.dumps(kept, ensure_ascii=False).encode()


def refused(refusal: Refusal) -> Answer:
    """Return what a refusal is answered with."""
    status = STATUS.get(type(refusal), HTTPStatus.BAD_REQUEST)
    document = {"success": False, "code": code_of(refusal), "message": str(refusal), **refusal.as_json()}
    headers = list(CROSS_ORIGIN)
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        headers.append(("Retry-After", "1" if status is HTTPStatus.TOO_MANY_REQUESTS else RETRY_AFTER))
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append(("WWW-Authenticate", 'Basic realm="Coldframe"'))
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append(("Allow", "POST, OPTIONS"))
    return Answer(status=status, body=json.dumps(document).encode(), headers=tuple(headers))


def code_of(refusal: Refusal) -> str:
    """
    Return the name of a refusal as programs know it.

    >>> code_of(TooOften("Too many calls in a second."))
    'too_often'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(refusal).__name__).lower()
