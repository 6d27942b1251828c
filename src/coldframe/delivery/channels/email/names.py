"""Looking names up in the DNS; the checks take any function of this shape."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Protocol

#: Seconds for one look-up.
PATIENCE = 5.0


class NoSuchName(Exception):
    """The name does not exist."""


class LookupFailed(Exception):
    """Nobody answered, or the answer was a failure; nothing is known about the name."""


class Lookup(Protocol):
    """Returns the records of a kind, as text; an empty list when the name has none of it."""

    def __call__(self, name: str, kind: str) -> list[str]: ...


def ask_dns(name: str, kind: str) -> list[str]:
    """Ask this machine's resolvers; raises ``NoSuchName`` and ``LookupFailed``."""
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, kind, lifetime=PATIENCE, search=False)
    except dns.resolver.NXDOMAIN as error:
        raise NoSuchName(name) from error
    except dns.resolver.NoAnswer:
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise LookupFailed(f"{name}: {type(error).__name__}") from error
    return [text_of(record, kind) for record in found]


def text_of(record: object, kind: str) -> str:
    """Return a record as text; the strings of a TXT record joined, as those who read it join them."""
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", errors="replace")  # type: ignore[attr-defined]
    return str(record).rstrip(".") if kind in {"CNAME", "PTR"} else str(record)


def texts(lookup: Lookup, name: str) -> list[str]:
    """Return a name's TXT records; none where there is no such name."""
    try:
        return lookup(name, "TXT")
    except NoSuchName:
        return []


def tags_of(record: str) -> dict[str, str] | None:
    """Return ``v=DKIM1; p=abc`` by tag; None where it cannot be read."""
    tags: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in record.split(";"))):
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in tags:
            return None
        tags[name] = value.strip()
    return tags


def organization_of(domain: str) -> str:
    """Return the domain that somebody registered: ``ours.co.uk`` for ``mail.ours.co.uk``. Asks nobody."""
    return str(extractor()(domain).top_domain_under_public_suffix) or domain


@cache
def extractor() -> Any:
    """Return what knows the public suffixes, from the list that comes with it; reading it takes a moment."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def is_aligned(domain: str, other: str, *, is_strict: bool) -> bool:
    """Return whether two domains are the same to DMARC: equal, or of one organization unless strict."""
    if is_strict:
        return domain == other
    return organization_of(domain) == organization_of(other)
