"""
Calls of what clients sent: put in order, dated by our clock, and named in our words.

Reading one twice comes to the same, whatever came before or between. What cannot be understood is given
back with the reason, and stops nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from coldframe.activity import agents, facts, posthog
from coldframe.activity.calls import FACTS, Call, CallType
from coldframe.activity.envelopes import ENVELOPES, WORDS, Envelope
from coldframe.kernel.engagement.words import Agent
from coldframe.kernel.vocabulary import Evidence, Refusal

#: How an arrival's body is to be read: one call, a batch of them, or PostHog's batch.
BATCH, POSTHOG = "batch", "posthog"
#: A client's clock that is off by less is believed: most of it is the way to us.
SKEW = timedelta(minutes=1)
#: Further ahead of our clock, or from before, an instant is none.
AHEAD = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: A call of more, as JSON, is not kept.
MOST_BYTES = 32 * 1024
KEY_BYTES = 16

Json = dict[str, Any]
#: Of the context, what is kept beside the properties of a fact.
KEPT_OF_CONTEXT = ("locale", "timezone", "campaign", "referrer", "library")
#: What pydantic calls the choices of a field that may be several things.
UNION_TAGS = frozenset({"str", "int", "float", "constrained-str", "constrained-int", "constrained-float"})
#: Kinds that a page's own key may not say: a browser does not know, and they end or hold a path.
NOT_FROM_PAGES = frozenset(
    {
        *("email_sent", "email_delivered", "email_opened", "email_bounced", "complained", "unsubscribed"),
        *("replied", "call", "link_clicked", "sms_sent"),
    }
)


class Broken(Refusal):
    """A call that cannot be understood."""


@dataclass(frozen=True, kw_only=True)
class CallArrival:
    """An arrival of calls, as it was stored."""

    arrival_id: int
    source: str
    source_id: int
    is_public: bool
    body: bytes
    #: ``as``: one of ``envelopes.WORDS``, or ``BATCH`` or ``POSTHOG``; ``agent``: the browser's User-Agent.
    about: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadCall:
    """What came, how it is to be read, and what was understood: a call, or why it is none."""

    word: str
    body: Json
    call: Call | None = None
    reason: str = ""


def read(arrival: CallArrival) -> Iterator[ReadCall]:
    """Yield the calls of an arrival. Raises ``Broken`` where the whole of it is unreadable."""
    try:
        whole = json.loads(arrival.body)
    except (ValueError, RecursionError) as error:
        raise Broken("no JSON") from error
    how = arrival.about.get("as")
    if how == POSTHOG:
        yield from read_posthog(whole, arrival)
    elif how == BATCH:
        for position, item in enumerate(whole["batch"]):
            yield read_one(str(word_of(item)), with_defaults(item, whole), arrival, position=position)
    else:
        yield read_one(str(how), whole, arrival, position=0)


def read_posthog(whole: Json, arrival: CallArrival) -> Iterator[ReadCall]:
    """Yield the calls of PostHog's batch; an event of it may be two calls."""
    for position, item in enumerate(whole["batch"]):
        for word, body in posthog.as_segment(item, sent_at=whole.get("sent_at")):
            yield read_one(word, body, arrival, position=position)


def word_of(item: Json) -> object:
    """Return the type that a call of a batch names."""
    return item.get("type") or item.get("action")


def with_defaults(item: Json, batch: Json) -> Json:
    """Return a call of a batch with what the batch says for all."""
    context, given = batch.get("context"), item.get("context")
    if context and (given is None or isinstance(given, dict)):
        item = {**item, "context": {**context, **(given or {})}}
    if batch.get("sentAt") is not None and item.get("sentAt") is None:
        item = {**item, "sentAt": batch["sentAt"]}
    return item


def read_one(word: str, item: Json, arrival: CallArrival, *, position: int) -> ReadCall:
    """Return the call, or why it is none."""
    try:
        return ReadCall(word=word, body=item, call=as_call(word, item, arrival, position=position))
    except ValidationError as error:
        return ReadCall(word=word, body=item, reason=reason_of(error))
    except Broken as error:
        return ReadCall(word=word, body=item, reason=error.what)


def reason_of(error: ValidationError) -> str:
    """Return where a call is wrong, and what was expected there; never a value, which may be personal."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part not in UNION_TAGS)
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def as_call(word: str, item: Json, arrival: CallArrival, *, position: int) -> Call:
    """Return the call. Raises ``Broken`` and ``ValidationError``."""
    envelope = checked(word, item)
    kind = CallType[word.upper()]
    occurred_at, is_undated = instant_of(envelope, received_at=arrival.received_at)
    message_id, is_named = message_id_of(word, item, envelope, arrival, position=position)
    context = envelope.context
    call: dict[str, Any] = {
        "anonymous_id": text_of(getattr(envelope, "anonymous_id", None)),
        "user_id": text_of(getattr(envelope, "user_id", None)),
        "previous_id": text_of(getattr(envelope, "previous_id", None)),
        "group_id": text_of(getattr(envelope, "group_id", None)) or text_of(context.get("groupId")),
        "traits": traits_of(envelope),
    }
    if kind in FACTS:
        call |= fact_of(kind, envelope, arrival)
    elif kind is CallType.IDENTIFY and arrival.is_public:
        call["traits"] = with_campaign(call["traits"], context)
    return Call(
        arrival_id=arrival.arrival_id,
        source=arrival.source,
        source_id=arrival.source_id,
        is_public=arrival.is_public,
        type=kind,
        message_id=message_id,
        occurred_at=occurred_at,
        is_undated=is_undated,
        is_dated_by_coming=is_named and occurred_at != parse_instant(envelope.timestamp),
        **call,
    )


def checked(word: str, item: Json) -> Envelope:
    """Return a call in its shape. Raises ``Broken`` and ``ValidationError``."""
    if word not in ENVELOPES:
        raise Broken(f"type: expected one of {', '.join(WORDS)}")
    if len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()) > MOST_BYTES:
        raise Broken(f"expected at most {MOST_BYTES // 1024} KiB")
    return ENVELOPES[word].model_validate(item)


def text_of(value: object) -> str:
    """Return an id as text; an empty one for what is none."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def traits_of(envelope: Envelope) -> Mapping[str, Any]:
    """Return what a call says of the person, or of the company."""
    given = getattr(envelope, "traits", None)
    if given:
        return dict(given)
    found = envelope.context.get("traits")
    return found if isinstance(found, dict) and not hasattr(envelope, "group_id") else {}


def with_campaign(traits: Mapping[str, Any], context: Json) -> Mapping[str, Any]:
    """Return what a page says of the person, with the campaign that brought them; of this the first word counts."""
    campaign = facts.impersonal(facts.campaign_of({}, context, ""))
    return {"campaign": campaign, **traits} if campaign else traits


def message_id_of(
    word: str, item: Json, envelope: Envelope, arrival: CallArrival, *, position: int
) -> tuple[str, bool]:
    """
    Return what the call is known by, and whether it is the same when it is sent again.

    Without an id of its own: its content, if it says when it happened, else where it arrived; sent again, the
    first counts once, and the second counts again.
    """
    own = text_of(envelope.message_id)
    if own:
        return own, True
    if envelope.timestamp is None:
        return f"{arrival.arrival_id}/{position}", False
    content = {name: value for name, value in item.items() if name not in {"sentAt", "writeKey"}}
    digest = blake2b(json.dumps([word, content], sort_keys=True).encode(), digest_size=KEY_BYTES)
    return digest.hexdigest(), True


def instant_of(envelope: Envelope, *, received_at: datetime) -> tuple[datetime, bool]:
    """
    Return when it happened, by our clock, and whether that is only when it arrived.

    A client's clock that is clearly off is told by when it says that it sent; the call is dated by how long before
    that it happened.
    """
    if envelope.timestamp is None:
        return received_at, False
    happened, sent = parse_instant(envelope.timestamp), parse_instant(envelope.sent_at)
    if happened is None:
        return received_at, True
    if sent is not None and abs(received_at - sent) > SKEW:
        happened = shifted(happened, received_at - sent)
    if happened is None or happened < EARLIEST or happened > received_at + AHEAD:
        return received_at, True
    return min(happened, received_at), False


def shifted(instant: datetime, by: timedelta) -> datetime | None:
    """Return an instant moved; None where there is no such day."""
    try:
        return instant + by
    except OverflowError:
        return None


def parse_instant(value: str | float | None) -> datetime | None:
    """
    Return an instant; None for what is none. Without a zone it is UTC.

    >>> parse_instant("2026-11-22T05:06:29.267Z") == parse_instant(1795323989267)
    True
    >>> parse_instant("soon"), parse_instant(1e300), parse_instant("0001-01-01T00:00:00+14:00")
    (None, None, None)
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
            return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
        return None if value is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        return None


def fact_of(kind: CallType, envelope: Envelope, arrival: CallArrival) -> dict[str, Any]:
    """Return the fields of a call that say what happened. Raises ``Broken``."""
    found = facts.describe(kind, envelope)
    if arrival.is_public and found["kind"] in NOT_FROM_PAGES:
        raise Broken(
            f"event: a page's key cannot say {found['kind']}; send it from a server, with a key of its own"
        )
    agent = envelope.context.get("userAgent") or arrival.about.get("agent") or ""
    if agents.class_of(agent if isinstance(agent, str) else "") is not Agent.PLAIN:
        found["evidence"] = Evidence.MACHINE
    found["properties"] = kept(envelope)
    return found


def kept(envelope: Envelope) -> Json:
    """Return the personal part of a fact: its properties, and what matters of its surroundings."""
    properties = dict(getattr(envelope, "properties", {}))
    context = {name: envelope.context[name] for name in KEPT_OF_CONTEXT if envelope.context.get(name)}
    if context and "context" not in properties:
        properties["context"] = context
    return properties
