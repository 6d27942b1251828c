"""
Where a call may go: to a public address over https, unless the operator has named the host.

A name is resolved once, every address it has is checked as a number, and the call connects to one of those
very addresses: a name that answers differently a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from coldframe.kernel.vocabulary import Refusal

LONGEST_URL = 2000
PORTS = {80, 443}
HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")
#: A last label such as 1, 0x7f or 0177 makes libraries read the name as a number.
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
SAFE_PATH = re.compile(r"[!-~]*")

#: IANA's special-purpose networks, and addresses that a cloud keeps for its own services.
NOT_PUBLIC_4 = [
    IPv4Network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
#: Public addresses of version 6 begin with 001; of those, the special ones, with Teredo and 6to4 among them.
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = [IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
#: These carry an address of version 4, which is the one that is reached.
MAPPED = IPv6Network("::ffff:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = {0x00005EFE, 0x02005EFE}

Address = IPv4Address | IPv6Address
#: Host and port -> the addresses it has, as text.
Resolve = Callable[[str, int], list[str]]


class ForbiddenDestination(Refusal):
    """A call may not go there."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a call goes: as written, taken apart."""

    scheme: str
    host: str
    port: int
    #: Path and query, as they stand in the request.
    target: str
    #: The operator named the host: any address, port and scheme will do.
    is_named: bool


def parse(url: str, *, named_hosts: Collection[str] = ()) -> Destination:
    """
    Take a URL apart, strictly.

    Raises ``ForbiddenDestination`` for anything but ``https://host/path`` on port 443 or 80, with
    ``named_hosts`` (``host`` or ``host:port``) excepted from scheme and port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise forbidden("It cannot be read as a URL.", url) from error
    host = (parts.hostname or "").rstrip(".")
    if not is_readable(url, parts.netloc, host):
        raise forbidden("Expected https://host/path, without a user, a blank or a fragment.", url)
    port = port or (443 if parts.scheme == "https" else 80)
    named = {host, f"{host}:{port}"} & {each.lower() for each in named_hosts}
    if parts.scheme not in ({"https", "http"} if named else {"https"}):
        raise forbidden("Only https is called.", url)
    if not named and port not in PORTS:
        raise forbidden("Only ports 443 and 80 are called.", url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(scheme=parts.scheme, host=host, port=port, target=target, is_named=bool(named))


def is_readable(url: str, netloc: str, host: str) -> bool:
    """Return whether every part reads the same to every library."""
    if len(url) > LONGEST_URL or not SAFE_PATH.fullmatch(url) or set(url) & set('\\#"<>`{}|^'):
        return False
    if "@" in netloc or not host:
        return False
    if ":" in host:
        return is_address(host)
    last = host.rpartition(".")[2]
    return bool(HOST.fullmatch(host)) and (not NUMBER.fullmatch(last) or is_address(host))


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses that the system's resolver knows for a host; raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def addresses_of(destination: Destination, *, resolve: Resolve = resolve) -> list[str]:
    """
    Return the addresses to connect to, each of them checked.

    Raises ``ForbiddenDestination`` when even one of them is not public and the operator has not named the
    host, and ``OSError`` when the name is not known; a failing look-up never lets anything through.
    """
    found = resolve(destination.host, destination.port)
    if not found:
        raise OSError(f"{destination.host} has no address")
    if not destination.is_named:
        for each in found:
            if not is_public(each):
                raise forbidden("It leads to an address that is not public.", f"{destination.host} -> {each}")
    return found


def is_public(text: str) -> bool:
    """Return whether an address, whatever form it is written in, is one of the public internet's."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return is_public_4(address) if isinstance(address, IPv4Address) else is_public_6(address)


def is_public_4(address: IPv4Address) -> bool:
    return not any(address in network for network in NOT_PUBLIC_4)


def is_public_6(address: IPv6Address) -> bool:
    """Return whether an address of version 6, and one of version 4 that it carries, is public."""
    low = int(address) & 0xFFFFFFFF
    if address in MAPPED or address in NAT64:
        return is_public_4(IPv4Address(low))
    if address.scope_id is not None or address not in PUBLIC_6:
        return False
    if any(address in network for network in NOT_PUBLIC_6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in ISATAP or is_public_4(IPv4Address(low))


def forbidden(what: str, got: str) -> ForbiddenDestination:
    return ForbiddenDestination(
        what,
        where="webhook",
        got=got[:200],
        advice="A host of one's own network is called once COLDFRAME_WEBHOOK_HOSTS names it.",
    )
