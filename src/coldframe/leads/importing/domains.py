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
    found = _extract()(host)
    if found.suffix and found.domain:
        return f"{found.domain}.{found.suffix}"
    return ".".join(host.split(".")[-2:])


def _parents(host: str) -> list[str]:
    """Return the host and the domains above it, without the last label alone."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def is_disposable(host: str) -> bool:
    """Say whether a host, or one above it, hands out throw-away addresses."""
    known = _disposable()
    return any(each in known for each in _parents(host))


def is_free(host: str) -> bool:
    """Say whether a host is a free-mail provider, whose name says nothing of a company."""
    known, families = _entries("free_mail"), _entries("free_mail_families")
    if any(each in known for each in _parents(host)):
        return True
    label, _, suffix = host.partition(".")
    if label in families:
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
    return bool(_ACADEMIC.search(host)) or registrable(host) in _entries("academic")


def is_shared_site(host: str) -> bool:
    """Say whether a web host carries pages of many companies: social networks, site builders, shops."""
    known = _entries("shared_sites")
    return any(each in known for each in _parents(host))


def role_local_parts() -> frozenset[str]:
    """Return what stands before the @ in addresses of roles, without signs."""
    return _entries("role_mailboxes")


@lru_cache(1 << 14)
def role_key(local: str) -> str:
    """Return a local part as the list writes it: without a tag, signs and figures at its end."""
    return re.sub(r"[._-]+|\d+$", "", local.partition("+")[0])
