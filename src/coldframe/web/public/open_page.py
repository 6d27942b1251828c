"""What holds for every public page: who may ask how, and what the answer says to browsers and caches."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from coldframe.team import access

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
POLICY = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}
View = Callable[..., HttpResponse]


def open_page(view: View) -> View:
    """Make a view one that anybody with its link may use, and that loads nothing and stands in no frame."""
    return csp_replace(POLICY)(open_to_all(view))  # type: ignore[return-value]


def open_to_all(view: View) -> View:
    """
    Make a view one that anybody with its link may use; what it may load and be framed by, it says itself.

    No cookie and no form token is asked for: the link is the permission, as RFC 8058 wants it. Only POST
    does anything; OPTIONS is answered here, so that nothing depends on the view.
    """

    @access.is_open
    @csrf_exempt
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS" or request.method not in METHODS:
            response = HttpResponse(status=204 if request.method == "OPTIONS" else 405)
            response["Allow"] = ", ".join(METHODS)
        else:
            response = view(request, *args, **kwargs)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return shown
