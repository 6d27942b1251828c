"""What applies to every page: refusals become pages, and what is shown is not kept by caches."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from coldframe.kernel.vocabulary import Refusal
from coldframe.web import faults

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class PageMiddleware:
    """Turn a refusal into a page that says it, and set the headers that Django does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # The list answers an htmx request with a part of the page, under the same address.
        patch_vary_headers(response, ["HX-Request"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a refusal; anything else is a fault, and goes on."""
        if not isinstance(exception, Refusal):
            return None
        return render(request, "web/refusal.html", {"refusal": faults.refusal(exception)}, status=400)
