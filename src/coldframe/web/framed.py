"""A message shown as its reader would see it: a document of its own, in which nothing runs and nothing is fetched."""

from __future__ import annotations

from django.http import HttpResponse

#: Styles of its own alone; no script, picture, font, form or frame. ``sandbox`` also holds where it is opened by itself.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)


def framed(html: str) -> HttpResponse:
    """Return a document for the frame of a page of ours."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    return response
