"""E-mail addresses: checked, normalized, and told apart by kind."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from coldframe.kernel.vocabulary import EmailKind
from coldframe.leads.importing import domains
from coldframe.leads.importing.values import BadValue


class Address(NamedTuple):
    """A usable e-mail address."""

    #: Lower case, host in ASCII.
    normalized: str
    as_given: str
    #: Host in ASCII, lower case.
    domain: str
    kind: EmailKind
    #: A shared mailbox such as info@, no person.
    is_role: bool


_LOCAL_LIMIT, _ADDRESS_LIMIT = 64, 254

#: Plain addresses, which need no closer look: ASCII, no dots side by side, no ``--`` (IDN) in the host.
_PLAIN = re.compile(
    r"([a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})"
)
#: Hosts that mail never reaches (RFC 6761 and its followers), with everything below them.
_SPECIAL = re.compile(r"(?:^|\.)(?:arpa|invalid|local|localhost|onion|test)$")


def parse(text: str) -> Address:
    """Return a trimmed cell as an address; raises ``values.BadValue`` with the reason."""
    lowered = text.lower()
    match = _PLAIN.fullmatch(lowered)
    if match and "--" not in match[2] and text.isascii():
        local, domain = match[1], match[2]
        if len(local) <= _LOCAL_LIMIT and len(lowered) <= _ADDRESS_LIMIT:
            kind, is_special = _of_domain(domain)
            if not is_special:
                return Address(lowered, text, domain, kind, domains.is_role_mailbox(local))
    return _parse_closely(text)


def _parse_closely(text: str) -> Address:
    import email_validator

    _refuse_what_people_mistake(text)
    try:
        found = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise BadValue(_sentence(str(error)), got=f'"{text[:80]}"') from None
    domain = found.ascii_domain.lower()
    local = found.local_part.lower()
    normalized = f"{local}@{domain}"
    if len(normalized) > _ADDRESS_LIMIT:
        raise BadValue(f"address longer than {_ADDRESS_LIMIT} characters", got=f'"{text[:80]}"')
    return Address(normalized, text, domain, kind_of_domain(domain), domains.is_role_mailbox(local))


def _sentence(message: str) -> str:
    first = message.removesuffix(".")
    return f"not an address: {first[0].lower()}{first[1:]}"


_SEVERAL = re.compile(r"@[^@]*[\s,;/|]+[^@]*@")


def _refuse_what_people_mistake(text: str) -> None:
    """Raise BadValue with a reason in people's words for what is commonly wrong."""
    problem = None
    host = text.rpartition("@")[2]
    if "\r" in text or "\n" in text:
        problem = "a line break in the address"
    elif "<" in text or ">" in text:
        problem = "a name beside the address: only the address belongs here"
    elif _SEVERAL.search(text):
        problem = "more than one address: one belongs here"
    elif text.lower().startswith("mailto:"):
        problem = 'not an address: "mailto:" stands before it'
    elif "@" not in text:
        problem = "not an address: it has no @"
    elif text.count("@") > 1:
        problem = "not an address: it has more than one @"
    elif text.endswith("."):
        problem = "not an address: it ends with a dot"
    elif "." not in host.replace("\u3002", ".").replace("\uff0e", ".").replace("\uff61", "."):
        problem = "not an address: no dot after the @"
    elif len(host.rpartition(".")[2]) == 1:
        problem = "not an address: its last part has one letter"
    if problem:
        raise BadValue(problem, got=f'"{text[:80]}"')


@lru_cache(1 << 16)
def _of_domain(domain: str) -> tuple[EmailKind, bool]:
    return kind_of_domain(domain), _SPECIAL.search(domain) is not None


@lru_cache(1 << 16)
def kind_of_domain(domain: str) -> EmailKind:
    """Return the kind of addresses at a host (ASCII, lower case). Disposable goes before free."""
    if domains.is_disposable(domain):
        return EmailKind.DISPOSABLE
    if domains.is_free(domain):
        return EmailKind.FREE
    return EmailKind.ACADEMIC if domains.is_academic(domain) else EmailKind.BUSINESS
