"""
What is known of mail hosts and mailboxes: free-mail, throw-away and academic hosts, mailboxes of roles.

The lists lie in ``lists/``, one entry a line, and are this project's own; throw-away hosts, which change
every week, come from the package ``disposable-email-domains`` (CC0).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tldextract

_LISTS = Path(__file__).with_name("lists")


@cache
def _entries(name: str) -> frozenset[str]:
    lines = (_LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    words = (word for line in lines if not line.startswith("#") for word in line.split())
    return frozenset(words)


@cache
def _disposable() -> frozenset[str]:
    import disposable_email_domains

    return frozenset(disposable_email_domains.blocklist) | _entries("disposable")


@cache
def _extract() -> tldextract.TLDExtract:
    import tldextract

    # The packaged list of public suffixes; nothing is fetched.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(1 << 16)
def registrable(host: str) -> str:
    """Return the domain that an organization registers: ``mail.brightpath.co.uk`` is ``brightpath.co.uk``."""
    if host.count(".") < 2:
        return host
    found = _extract()(host)
    if found.suffix and found.domain:
        return f"{found.domain}.{found.suffix}"
    return ".".join(host.split(".")[-2:])


def _is_below(host: str, known: frozenset[str]) -> bool:
    """Say whether a host, or a domain above it, is known."""
    while "." in host:
        if host in known:
            return True
        host = host.partition(".")[2]
    return False


def is_disposable(host: str) -> bool:
    """Say whether a host, or one above it, hands out throw-away addresses."""
    return _is_below(host, _disposable())


def is_free(host: str) -> bool:
    """Say whether a host is a free-mail provider, whose name says nothing of a company."""
    if _is_below(host, _entries("free_mail")):
        return True
    label, _, suffix = host.partition(".")
    if label in _entries("free_mail_families"):
        return _COUNTRY_SUFFIX.fullmatch(suffix) is not None
    return _VANITY.fullmatch(host) is not None


_COUNTRY_SUFFIX = re.compile(r"com|(?:com?\.)?[a-z]{2}")
#: One provider has a thousand of these: mail2london.com, mail2doctor.com.
_VANITY = re.compile(r"mail2[a-z]+\.com")
_ACADEMIC = re.compile(
    r"(?:^|\.)(?:edu(?:\.[a-z]{2})?|ac\.[a-z]{2}|sch\.[a-z]{2}|k12\.[a-z]{2}\.us|school\.[a-z]{2})$"
    r"|(?:^|\.)(?:uni|tu|th|fh|hs|ph|hochschule|univ|u|umcs|stud)-[a-z0-9-]+\.(?:de|at|ch|fr|it|eu)$"
    r"|(?:^|\.)univ[a-z0-9-]*\.(?:fr|it|es)$"
)


def is_academic(host: str) -> bool:
    """Say whether a host belongs to a school or university."""
    return bool(_ACADEMIC.search(host)) or _is_below(host, _entries("academic"))


def is_shared_site(host: str) -> bool:
    """Say whether a web host carries pages of many companies: social networks, site builders, shops."""
    return _is_below(host, _entries("shared_sites"))


@cache
def _roles() -> frozenset[str]:
    return _entries("role_mailboxes")


def is_role_mailbox(local: str) -> bool:
    """Say whether a local part (lower case) names a function and no person; tags, signs and figures do not matter."""
    roles = _roles()
    if local in roles:
        return True
    if local.isalpha():
        return False
    plain = local.partition("+")[0].rstrip("0123456789")
    return plain.replace(".", "").replace("-", "").replace("_", "") in roles
