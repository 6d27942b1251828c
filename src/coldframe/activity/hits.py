"""
Hits: a tracked link opened, a pixel loaded, as whoever took it in saw it.

A hit arrives as JSON, one object for each arrival of the kind HIT (or straight as ``NewHit`` from whoever digests
a provider's events), and says no more than what was seen. Who stands behind it is judged afterwards, and again
as evidence comes in (``judging``):

======================  =================================================================================
``id``                  what the hit is known by: a number made for the request, or the provider's event id;
                        the same (``source``, ``id``) twice is one hit
``source``              who saw it: ``links`` for links of one's own, else the name of the source
``kind``                ``click`` or ``open``
``touch``               the touch's public id: a UUID, in any of its writings
``link``                position of the link in the mail, from 0; left out: of an open, or not known
``links``               how many distinct links the mail has, opt-out and hidden ones apart; left out: not known
``target``              where the link leads; its query and fragment are not kept
``asset``               key of the asset that the link leads to; left out: none, or not known
``at``                  when it was seen, ISO 8601 with its offset
``method``              of the request: GET, HEAD, OPTIONS, POST; left out: GET
``network``             ``network_hash`` of the address; left out: not known
``agent``               User-Agent; classed when it is digested, and not kept
``is_known_network``    the address is one of a known scanner (``agents.is_scanner_network``)
``is_prefetch``         the request said that it only fetches ahead (``is_prefetch``)
``is_hidden``           the link is the one that no person can see
``is_bot``              the provider says that it was a machine
======================  =================================================================================

The four flags are false where they are left out. Nothing else is allowed.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac

from coldframe.kernel.vocabulary import Refusal

SALT = "coldframe: networks of hits"
#: Addresses of one house: the last part of an address changes, the rest does not.
IPV4_BITS, IPV6_BITS = 24, 48
#: Bytes of a network's hash; as hexadecimal digits twice as many.
NETWORK_BYTES = 8
#: Headers by which browsers and mail programs say that they only fetch ahead, and the words for it.
PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
PREFETCH_WORDS = ("prefetch", "preview", "prerender")
MOST_LINKS = 1_000
TEXT_LIMITS = {"id": 2_000, "source": 64, "target": 2_000, "asset": 120, "agent": 1_000}
FLAGS = ("is_known_network", "is_prefetch", "is_hidden", "is_bot")


class NotAHit(Refusal):
    """Not the JSON of a hit."""


class HitKind(StrEnum):
    """What was done to the mail."""

    CLICK = "click"
    OPEN = "open"


class Method(StrEnum):
    """How it was asked for; any other is taken for GET."""

    GET = "GET"
    HEAD = "HEAD"
    OPTIONS = "OPTIONS"
    POST = "POST"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewHit:
    """A hit as it was seen; see the module for what each part means."""

    id: str
    source: str
    kind: HitKind
    touch: UUID
    at: datetime
    link: int | None = None
    links: int | None = None
    target: str = ""
    asset: str = ""
    method: Method = Method.GET
    network: str = ""
    agent: str = ""
    is_known_network: bool = False
    is_prefetch: bool = False
    is_hidden: bool = False
    is_bot: bool = False

    def as_body(self) -> bytes:
        """Return the hit as the body of an arrival."""
        found = {
            name: value
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) is not None and value is not False and value != ""
        }
        found |= {"touch": self.touch.hex, "at": self.at.isoformat()}
        return json.dumps(found, ensure_ascii=False).encode()


def network_hash(address: str) -> str:
    """
    Return by what a network is known: a keyed hash of the first 24 bits of an address, or 48 of a long one.

    Whoever has the database alone cannot tell the address. No address gives an empty text.
    """
    network = network_of(address)
    if network is None:
        return ""
    return salted_hmac(SALT, str(network), algorithm="sha256").digest()[:NETWORK_BYTES].hex()


def network_of(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """
    Return the network of an address; None where it is none.

    >>> str(network_of("192.0.2.77")), str(network_of("2001:db8:1:2::7")), str(network_of("::ffff:192.0.2.77"))
    ('192.0.2.0/24', '2001:db8:1::/48', '192.0.2.0/24')
    >>> network_of("somewhere") is None
    True
    """
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    bits = IPV4_BITS if found.version == 4 else IPV6_BITS
    return ipaddress.ip_network((found, bits), strict=False)


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """
    Return whether a request says that it only fetches ahead.

    >>> is_prefetch({"Sec-Purpose": "prefetch;prerender"}), is_prefetch({"Accept": "text/html"})
    (True, False)
    """
    said = [headers.get(name, "").lower() for name in PREFETCH_HEADERS]
    return any(word in text for text in said for word in PREFETCH_WORDS)


def read(body: bytes) -> NewHit:
    """
    Return the hit that an arrival's body tells of.

    Raises ``NotAHit``.

    >>> hit = NewHit(id="1", source="links", kind=HitKind.CLICK, touch=UUID(int=7), link=0, links=3,
    ...              target="https://brightpath.example/guide", at=datetime.fromisoformat("2026-03-02T09:00:00+00:00"))
    >>> read(hit.as_body()) == hit
    True
    """
    try:
        told = json.loads(body)
    except ValueError as error:
        raise refused("the body", expected="JSON in UTF-8") from error
    if not isinstance(told, dict):
        raise refused("the body", expected="one JSON object")
    unknown = sorted(set(told) - set(NewHit.__dataclass_fields__))
    if unknown:
        raise refused(unknown[0], expected=f"one of {', '.join(NewHit.__dataclass_fields__)}")
    parts: dict[str, Any] = {name: text(told, name) for name in TEXT_LIMITS}
    parts |= {name: flag(told, name) for name in FLAGS}
    return NewHit(
        **parts,
        kind=word(told, "kind", HitKind),
        touch=touch_of(told),
        at=instant(told),
        link=whole(told, "link", least=0),
        links=whole(told, "links", least=1),
        method=method_of(told),
        network=network(told),
    )


def refused(where: str, *, expected: str, got: object = None) -> NotAHit:
    """Return the refusal of a part."""
    shown = None if got is None else repr(got)[:80]
    return NotAHit("This is not a hit.", where=where, expected=expected, got=shown)


def text(told: Mapping[str, Any], name: str) -> str:
    """Return a text, cut to its length; ``id`` and ``source`` must not be empty."""
    found = told.get(name, "")
    if not isinstance(found, str) or (name in ("id", "source") and not found.strip()):
        raise refused(name, expected="a text", got=found)
    return found.replace("\x00", "")[: TEXT_LIMITS[name]]


def flag(told: Mapping[str, Any], name: str) -> bool:
    """Return a flag; false where it is left out."""
    found = told.get(name, False)
    if not isinstance(found, bool):
        raise refused(name, expected="true or false", got=found)
    return found


def word(told: Mapping[str, Any], name: str, words: type[HitKind]) -> HitKind:
    """Return one of some words."""
    try:
        return words(told.get(name, ""))
    except ValueError as error:
        expected = " or ".join(each.value for each in words)
        raise refused(name, expected=expected, got=told.get(name)) from error


def method_of(told: Mapping[str, Any]) -> Method:
    """Return how it was asked for."""
    found = str(told.get("method", Method.GET)).upper()
    return Method(found) if found in Method.__members__ else Method.GET


def touch_of(told: Mapping[str, Any]) -> UUID:
    """Return the touch's public id."""
    try:
        return UUID(str(told.get("touch", "")))
    except ValueError as error:
        raise refused("touch", expected="the touch's public id, a UUID", got=told.get("touch")) from error


def instant(told: Mapping[str, Any]) -> datetime:
    """Return when it was seen."""
    try:
        found = datetime.fromisoformat(str(told.get("at", "")))
    except ValueError as error:
        raise refused("at", expected="an instant, ISO 8601", got=told.get("at")) from error
    if found.tzinfo is None:
        raise refused("at", expected="an instant with its offset", got=told.get("at"))
    return found


def whole(told: Mapping[str, Any], name: str, *, least: int) -> int | None:
    """Return a whole number within bounds, or None."""
    found = told.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= MOST_LINKS:
        raise refused(name, expected=f"a whole number from {least} to {MOST_LINKS}", got=found)
    return found


def network(told: Mapping[str, Any]) -> str:
    """Return the network's hash, or an empty text."""
    found = told.get("network", "")
    try:
        known = bytes.fromhex(found)
    except (TypeError, ValueError) as error:
        raise refused("network", expected=f"{2 * NETWORK_BYTES} hexadecimal digits", got=found) from error
    if len(known) not in (0, NETWORK_BYTES):
        raise refused("network", expected=f"{2 * NETWORK_BYTES} hexadecimal digits", got=found)
    return known.hex()
