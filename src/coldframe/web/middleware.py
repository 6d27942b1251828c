"""What applies to every page: refusals become pages, what is being counted is waited for, and caches keep nothing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri

from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import remembering
from coldframe.web import faults

#: Methods that change nothing, so that they can be asked again.
READS = {"GET", "HEAD"}
#: Seconds that a page waits for a number that nobody knows yet, before it says that it is being counted.
PATIENCE = 0.15
#: Seconds after which a browser asks again for what was being counted.
AGAIN = 1
#: What a part of a page that renews itself is told: leave it as it is, and ask again as usual.
UNCHANGED = 204
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class CharsetMiddleware:
    """
    Read whatever is asked as UTF-8, as the pages here send it, and not in a charset that a request names.

    Some of these say what nothing can keep or show, such as halves of characters.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.encoding is not None:
            request.encoding = None  # type: ignore[assignment]
        return self.get_response(request)


class PageMiddleware:
    """Turn a refusal into a page that says it, and set the headers that Django does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            with remembering.one_look(patience=patience_of(request)):
                response = self.get_response(request)
        else:
            response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # The list answers an htmx request with a part of the page, under the same address.
        patch_vary_headers(response, ["HX-Request"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a refusal, or for what is being counted; anything else is a fault, and goes on."""
        if isinstance(exception, remembering.BeingMade):
            return being_counted(request)
        if not isinstance(exception, Refusal):
            return None
        told = {
            "refusal": faults.refusal(exception),
            "was_change": request.method not in READS,
            "back": page_before(request),
        }
        return render(request, "web/refusal.html", told, status=400)


def page_before(request: HttpRequest) -> str:
    """Return the page of ours on which a form was sent in; nothing where it was none, or is not told."""
    before = urlsplit(request.headers.get("Referer", ""))
    is_ours = before.netloc == request.get_host() and not before.path.startswith("//")
    if request.method in READS or not is_ours:
        return ""
    return iri_to_uri(before._replace(scheme="", netloc="", fragment="").geturl())


def patience_of(request: HttpRequest) -> float | None:
    """Return how long a page waits for what is being counted; a part of it that somebody asks for, as long as it takes."""
    is_part = bool(request.htmx) and "mark" not in request.GET  # type: ignore[attr-defined]
    return None if is_part else PATIENCE


def being_counted(request: HttpRequest) -> HttpResponse:
    """Return the page that says so, and is asked for again by itself; a part that renews itself stays as it is."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=UNCHANGED)
    response = render(request, "web/being_counted.html", status=202)
    response["Refresh"] = str(AGAIN)
    response["Cache-Control"] = "no-store"
    return response
