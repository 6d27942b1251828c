"""Who asks: somebody with a session, a program with a key, whoever sits at this machine before there are people, or nobody."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest
from django.http.request import split_domain_port

from coldframe import clock
from coldframe.team import operations, queries
from coldframe.team.rights import AT_THIS_MACHINE, NOBODY, Person

#: All that a program may do with pages, which are made for people.
READS = {"GET", "HEAD"}
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
#: What proxies add. Behind one, the world may come from this machine's own address.
ADDED_BY_PROXIES = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP"),
    *("HTTP_FORWARDED", "HTTP_VIA", "HTTP_CF_CONNECTING_IP"),
)


def who(request: HttpRequest) -> Person:
    """Return who asks."""
    if request.user.is_authenticated:
        return queries.person_of_user(request.user)
    # A program changes things through the API, where each call asks for the right that it needs.
    if (key := key_of(request)) and request.method in READS:
        return operations.person_of_key(key, at=clock.now()) or NOBODY
    if is_at_this_machine(request) and not queries.has_people():
        return AT_THIS_MACHINE
    return NOBODY


def key_of(request: HttpRequest) -> str:
    """Return the key that a program sends with a request; empty: none. Forms are not sent by it: they need their token."""
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def is_at_this_machine(request: HttpRequest) -> bool:
    """Return whether a request comes from this machine, for itself, and not through a proxy."""
    host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    if host not in LOOPBACK or any(name in request.META for name in ADDED_BY_PROXIES):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
