"""
Links of messages, pixels, and the script for one's own site.

None of them asks the database: a hit is written down (``activity.tracking``), and whoever asked goes on. Nothing but
the target in a token of our own making is ever redirected to, and nothing that happens here changes what a person
agreed to, or where they stand.
"""

from __future__ import annotations

import hashlib
import logging
from base64 import b64decode
from datetime import datetime
from functools import cache, wraps
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt

from coldframe import clock
from coldframe.activity import agents, hits
from coldframe.activity.tracking import noting, tokens
from coldframe.activity.tracking.noting import Seen
from coldframe.activity.tracking.tokens import Link
from coldframe.kernel.engagement.words import Agent
from coldframe.team import access
from coldframe.web.public.open_page import HEADERS, POLICY, View

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "OPTIONS")
#: A transparent picture of one dot.
GIF = b64decode("R0lGODlhAQABAPAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
#: The name under which one's own site is told whose a visit is.
VISIT = "cf"
SCRIPT_KEPT = "public, max-age=3600"


def only_seen(view: View) -> View:
    """Make a view one that is only looked at: no cookie, no form, no trace in caches or at the target."""

    @access.is_open
    @csrf_exempt
    @csp_replace(POLICY)
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = request.method in METHODS
        response = view(request, *args, **kwargs) if known else HttpResponse(status=405)
        for name, value in HEADERS.items():
            response[name] = value
        if not known or request.method == "OPTIONS":
            response["Allow"] = ", ".join(METHODS)
        return response

    return shown  # type: ignore[return-value]


@only_seen
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Note that a link was opened, and lead to its target; a page that says so where it is no link of ours."""
    found, now = tokens.read_link(token), clock.now()
    if found is None:
        log.info("a link was asked for that is none of ours")
        page = {"site": settings.SITE_URL, "site_name": urlsplit(settings.SITE_URL).hostname}
        return render(request, "web/public/lost.html", page, status=404)
    seen = seen_of(request)
    noting.notebook().note(noting.click(found, seen, at=now), at=now)
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    response = HttpResponse(status=302)
    response["Location"] = target_of(found, seen, at=now)
    return response


def target_of(found: Link, seen: Seen, *, at: datetime) -> str:
    """Return where to lead; one's own site is told whose visit it is, where the reader agreed to that."""
    if found.visitor is None or not is_persons(seen):
        return found.target
    address, mark, fragment = found.target.partition("#")
    joined = "&" if "?" in address else "?"
    return f"{address}{joined}{VISIT}={tokens.make_visit(found.visitor, at=at)}{mark}{fragment}"


def is_persons(seen: Seen) -> bool:
    """Return whether a request may be a person's own."""
    is_plain = agents.class_of(seen.headers.get("User-Agent", "")) is Agent.PLAIN
    return seen.method == "GET" and is_plain and not hits.is_prefetch(seen.headers)


@only_seen
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Note that a message was opened, where the pixel is ours; the answer is always the same."""
    found, now = tokens.read_pixel(token.removesuffix(".gif")), clock.now()
    if found is not None:
        noting.notebook().note(noting.opening(found, seen_of(request), at=now), at=now)
    return HttpResponse(GIF, content_type="image/gif")


def seen_of(request: HttpRequest) -> Seen:
    """Return what is noted of a request."""
    return Seen(
        method=request.method or "GET", address=request.META.get("REMOTE_ADDR", ""), headers=request.headers
    )


@access.is_open
def script(request: HttpRequest) -> HttpResponse:
    """Return the script for one's own site."""
    body, tag = script_file()
    is_known = tag in parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse = (
        HttpResponseNotModified()
        if is_known
        else HttpResponse(body, content_type="text/javascript; charset=utf-8")
    )
    response["ETag"] = tag
    response["Cache-Control"] = SCRIPT_KEPT
    # Pages of other origins include it.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@cache
def script_file() -> tuple[bytes, str]:
    """Return the script and its entity tag."""
    written = (resources.files("coldframe.web") / "static" / "web" / "public" / "track.js").read_text("utf-8")
    lines = [line.strip() for line in written.splitlines()]
    # Its remarks are for whoever reads the file.
    body = "\n".join(line for line in lines if line and not line.startswith("//")).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
