"""
What Anymail has read of a provider's call, as the events that are stored.

Anymail's words are kept; beside them stands what it leaves out and providers say each in their own place:
whether a bounce is for good, the status code, who opened and from where. Of the raw event nothing else is kept,
for it is full of other people's addresses, unless its type is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from coldframe.activity import hits, provider_events
from coldframe.activity.addressees import touch_named
from coldframe.activity.provider_events import ProviderEvent

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
ADDRESS = re.compile(r"\S+@\S+")
TEXT_LENGTH, RAW_LENGTH = 500, 20_000
ID_BYTES = 16
#: Anymail's types that say nothing here without the raw event.
UNKNOWN = "unknown"
#: Anymail's types of mail that came in: such a call was meant for another address.
MAIL = frozenset({"inbound", "inbound_failed"})

Raw = Mapping[str, Any]


def dig(raw: Any, *path: str | int) -> Any:
    """
    Return what lies at a path of a raw event, or None.

    >>> dig({"data": {"bounce": [{"type": "Permanent"}]}}, "data", "bounce", 0, "type")
    'Permanent'
    >>> dig({"data": None}, "data", "bounce") is None
    True
    """
    for each in path:
        try:
            raw = raw[each]
        except (KeyError, IndexError, TypeError):
            return None
    return raw


def either(word: object, *, yes: Sequence[object], no: Sequence[object]) -> bool | None:
    """Return whether a word is one for yes, or one for no; None: neither."""
    return True if word in yes else False if word in no else None


#: Key of a provider -> whether a raw event says that it gave up for good; None: it does not say.
PERMANENT: Mapping[str, Callable[[Raw], bool | None]] = {
    "amazon_ses": lambda raw: either(
        dig(raw, "bounce", "bounceType"), yes=["Permanent"], no=["Transient", "Undetermined"]
    ),
    "brevo": lambda raw: either(dig(raw, "event"), yes=["hard_bounce", "invalid_email"], no=["soft_bounce"]),
    "mailersend": lambda raw: either(dig(raw, "data", "type"), yes=["hard_bounced"], no=["soft_bounced"]),
    "mailgun": lambda raw: either(
        dig(raw, "event-data", "severity") or dig(raw, "event"),
        yes=["permanent", "bounced"],
        no=["temporary"],
    ),
    "mailjet": lambda raw: either(
        dig(raw, "hard_bounce"), yes=[True, 1, "1", "true"], no=[False, 0, "0", "false"]
    ),
    "mailtrap": lambda raw: either(dig(raw, "event"), yes=["bounce"], no=["soft bounce"]),
    "mandrill": lambda raw: either(dig(raw, "event"), yes=["hard_bounce"], no=["soft_bounce"]),
    "postal": lambda raw: either(dig(raw, "payload", "status"), yes=["HardFail"], no=["SoftFail"]),
    "postmark": lambda raw: either(dig(raw, "Type"), yes=["HardBounce"], no=["SoftBounce", "Transient"]),
    "resend": lambda raw: either(
        dig(raw, "data", "bounce", "type"), yes=["Permanent"], no=["Transient", "Undetermined"]
    ),
    "sendgrid": lambda raw: (
        either(dig(raw, "type"), yes=["bounce"], no=["blocked", "expired"])
        if dig(raw, "event") == "bounce"
        else None
    ),
    # Classes of bounces, as SparkPost lists them.
    "sparkpost": lambda raw: either(
        str(dig(of_sparkpost(raw), "bounce_class")),
        yes=["10", "30", "90"],
        no=["1", "20", "21", "22", "23", "24", "40", "60", "70", "100"],
    ),
    "unisender_go": lambda raw: either(dig(raw, "status"), yes=["hard_bounced"], no=["soft_bounced"]),
}
#: Key of a provider -> where its raw event says the status or the answer's code.
CODES: Mapping[str, Sequence[Sequence[str | int]]] = {
    "mailgun": [("event-data", "delivery-status", "enhanced-code"), ("code",)],
    "sendgrid": [("status",)],
    "mailtrap": [("response_code",)],
    "mandrill": [("msg", "bounce_description")],
}
#: Key of a provider -> its own word for what happened.
SAID: Mapping[str, Sequence[Sequence[str | int]]] = {
    "amazon_ses": [("eventType",), ("notificationType",)],
    "mailersend": [("data", "type")],
    "mailgun": [("event-data", "event"), ("event",)],
    "postal": [("event",), ("payload", "status")],
    "postmark": [("Type",), ("RecordType",)],
    "resend": [("type",)],
    "unisender_go": [("status",)],
}
#: Key of a provider -> where the address of an open or a click stands.
ADDRESSES: Mapping[str, Sequence[Sequence[str | int]]] = {
    "amazon_ses": [("click", "ipAddress"), ("open", "ipAddress")],
    "mailersend": [("data", "morph", "ip")],
    "mailgun": [("event-data", "ip"), ("ip",)],
    "postal": [("payload", "ip_address")],
    "postmark": [("Geo", "IP")],
    "resend": [("data", "click", "ipAddress")],
    "unisender_go": [("delivery_info", "ip")],
}
USUAL_ADDRESSES: Sequence[Sequence[str | int]] = [("ip",), ("ip_address",)]
#: Key of a provider -> whether it says itself that a machine did it.
BOT: Mapping[str, Callable[[Raw], bool]] = {
    "brevo": lambda raw: dig(raw, "event") in ("proxy_open", "unique_proxy_open"),
    "mailgun": lambda raw: bool(dig(raw, "event-data", "client-info", "bot")),
    "sendgrid": lambda raw: dig(raw, "sg_machine_open") is True,
    "sparkpost": lambda raw: dig(of_sparkpost(raw), "is_prefetched") is True,
}


def of_sparkpost(raw: Raw) -> Any:
    """Return SparkPost's event without the wrappings that say its class."""
    wrapped = dig(raw, "msys")
    return next(iter(wrapped.values()), {}) if isinstance(wrapped, dict) else {}


def stored(event: Any, *, provider: str, source: str, at: datetime) -> ProviderEvent:
    """Return one of Anymail's events as it is stored; ``at``: when it was received."""
    raw = event.esp_event if isinstance(event.esp_event, Mapping) else {}
    happened, is_received_time = provider_events.plausible(event.timestamp, at=at)
    text = event.mta_response or event.description or ""
    is_known = event.event_type != UNKNOWN
    return ProviderEvent(
        id=id_of(event),
        source=source,
        type=str(event.event_type),
        said=said_of(event, raw, provider)[:80],
        touch=touch_named(names_in(event, raw)),
        recipient=str(event.recipient or "")[:320],
        at=happened,
        is_received_time=is_received_time,
        status=status_of(text, raw, provider),
        text=one_line(text),
        is_permanent=PERMANENT[provider](raw),
        reject_reason=str(event.reject_reason or "")[:32],
        url=str(event.click_url or "")[:2_000],
        agent=str(event.user_agent or "")[:1_000],
        network=hits.network_hash(str(first(raw, ADDRESSES.get(provider, USUAL_ADDRESSES)) or "")),
        is_bot=provider in BOT and BOT[provider](raw),
        raw="" if is_known else one_line(written(raw), RAW_LENGTH),
    )


def id_of(event: Any) -> str:
    """
    Return by what an event is known again.

    A provider's id may stand for several recipients, and some providers give none: so it is made of all that
    does not change when the event is told again.
    """
    told = event.timestamp.isoformat() if event.timestamp and not event.event_id else ""
    parts = (
        event.event_id, event.event_type, event.recipient, event.message_id, told, event.click_url
    )  # fmt: skip
    return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=ID_BYTES).hexdigest()


def names_in(event: Any, raw: Raw) -> Iterator[object]:
    """Yield what may name the touch, the surest first."""
    if isinstance(event.metadata, Mapping):
        yield event.metadata.get("touch")
    yield from event.tags if isinstance(event.tags, list | tuple) else ()
    yield event.message_id
    # Amazon tells the headers of the message.
    for header in dig(raw, "mail", "headers") or ():
        if str(dig(header, "name")).lower() in ("x-coldframe-touch", "message-id"):
            yield dig(header, "value")
    for path in (("smtp-id",), ("Message-Id",), ("message", "headers", "message-id")):
        yield dig(raw, *path)


def said_of(event: Any, raw: Raw, provider: str) -> str:
    """Return the provider's own word for what happened; never an address."""
    found = first(raw, SAID.get(provider, [("event",), ("type",)])) or first(of_sparkpost(raw), [("type",)])
    return ADDRESS.sub("", str(found or event.event_type)).strip()


def first(raw: Any, paths: Sequence[Sequence[str | int]]) -> Any:
    """Return what stands at the first of some paths that is there."""
    return next((found for path in paths if (found := dig(raw, *path)) is not None), None)


def status_of(text: str, raw: Raw, provider: str) -> str:
    """Return the status of RFC 3463 that an event tells, or an empty text."""
    said = f"{first(raw, CODES.get(provider, ())) or ''} {text}"
    found = STATUS.search(said)
    return found.group(1) if found else ""


def one_line(text: object, most: int = TEXT_LENGTH) -> str:
    """Return a text as one line, cut."""
    return " ".join(str(text).replace("\x00", "").split())[:most]


def written(raw: Raw) -> str:
    """Return a raw event as JSON."""
    try:
        return json.dumps(raw, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return ""
