"""The host that the world sees: which pages it serves, and who asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from coldframe.team import queries

#: What the world may ask for; everything else is for this machine until an admin with a password exists.
PUBLIC_PATHS = (
    *("/u/", "/p/", "/r/", "/l/", "/o/", "/f/", "/c/", "/a/"),
    *("/v1/", "/hooks/", "/coldframe.js"),
    *("/static/web/public/", "/livez", "/robots.txt"),
)
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class PublicHostMiddleware:
    """Answer 404 to whatever is no public page, on the host that ``COLDFRAME_BASE_URL`` names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
        public = (urlsplit(settings.BASE_URL).hostname or "").lower()
        if host == public and host not in LOOPBACK and not self.is_served(request.path_info.lower()):
            return HttpResponse("Not found.\n", status=404, content_type="text/plain")
        return self.get_response(request)

    def is_served(self, path: str) -> bool:
        """Return whether the world may ask for a path, if only to sign in first."""
        return path.startswith(PUBLIC_PATHS) or queries.has_usable_admin()


class ClientAddressMiddleware:
    """
    Put the address of whoever asks in place of the proxy's, for limits and for what is kept of a hit.

    A proxy on this machine appends it to ``X-Forwarded-For``; what stands before that anybody may have written.
    Who is no proxy of ours has nothing to say about how a proxy was asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR", "")
        if not settings.PROXIES or not is_address(peer) or not ip_address(peer).is_loopback:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        request.META["REMOTE_ADDR"] = client_address(request.META, proxies=settings.PROXIES)
        return self.get_response(request)


def client_address(meta: Mapping[str, str], *, proxies: int) -> str:
    """
    Return the address of whoever asks, behind so many proxies.

    >>> client_address({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.9.9.9, 192.0.2.7"}, proxies=1)
    '192.0.2.7'
    >>> client_address({"REMOTE_ADDR": "192.0.2.8", "HTTP_X_FORWARDED_FOR": "10.9.9.9"}, proxies=1)
    '192.0.2.8'
    """
    peer = meta.get("REMOTE_ADDR", "")
    said = [each.strip() for each in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if not proxies or len(said) < proxies or not is_address(peer) or not ip_address(peer).is_loopback:
        return peer
    return said[-proxies] if is_address(said[-proxies]) else peer


def is_address(text: str) -> bool:
    """Return whether a text is an address of a machine."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
