"""What holds for every receiver of hooks: how much is read of a call, and what is answered to one that is not taken."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from coldframe import clock
from coldframe.activity import source_counts, sources, strangers
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import access

LOG = logging.getLogger(__name__)

MEBIBYTE = 2**20
#: Seconds after which a caller may try again when the database does not answer.
RETRY_AFTER = "30"
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}

View = Callable[..., HttpResponse]


class NotTaken(Exception):
    """A call that is not taken in: the status, a word for counting, and a sentence for who called."""

    def __init__(
        self, status: int, word: str, text: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.word = word
        self.headers = dict(headers or {})


def receiver(*, kind: str, allowed: tuple[str, ...] = ("POST",)) -> Callable[[View], View]:
    """
    Make a function of (request, source) the receiver of calls for sources of a kind, by their name.

    What is not taken is answered and counted at its source; while the database does not answer it is 503, so
    that the caller comes again. HEAD, by which providers try an address, is answered with 200.
    """

    def decorated(take: View) -> View:
        @access.is_open
        @csrf_exempt
        @wraps(take)
        def received(request: HttpRequest, name: str, **rest: Any) -> HttpResponse:
            try:
                response = answered(take, request, name, kind=kind, allowed=allowed, **rest)
            except (OperationalError, InterfaceError) as error:
                LOG.error("a call was put off", extra={"source": name, "because": type(error).__name__})
                response = plain(503, "Not now: try again.", {"Retry-After": RETRY_AFTER})
            for header, value in HEADERS.items():
                response.headers.setdefault(header, value)
            return response

        return received

    return decorated


def answered(
    take: View, request: HttpRequest, name: str, *, kind: str, allowed: tuple[str, ...], **rest: Any
) -> HttpResponse:
    """Return the answer to a call."""
    if request.method == "HEAD":
        return HttpResponse()
    if request.method not in allowed:
        return plain(405, "Not this way.", {"Allow": ", ".join([*allowed, "HEAD"])})
    source = sources.get(name, kind=sources.Kind(kind))
    if source is None:
        source_counts.note_refused(strangers.NOBODY, strangers.NO_SUCH_SOURCE, at=clock.now())
        return plain(404, "Not found.")
    try:
        if source.disabled_at is not None:
            raise NotTaken(403, "disabled", "This source is switched off.")
        return take(request, source, **rest)
    except NotTaken as refused:
        source_counts.note_refused(source.pk, refused.word, at=clock.now())
        LOG.warning("a call was refused", extra={"source": name, "because": refused.word})
        return plain(refused.status, str(refused), refused.headers)
    except Refusal as refusal:
        # Something is wrong here, such as a secret that cannot be opened; the caller does well to come again.
        LOG.error("a call was put off", extra={"source": name, "because": refusal.what})
        return plain(503, "Not now: try again.", {"Retry-After": RETRY_AFTER})


def plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return an answer of one line."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain", headers=dict(headers or {}))


def take_body(request: HttpRequest, *, most: int) -> None:
    """
    Read the body of a call once, up to ``most`` bytes, so that whoever looks at it finds it read.

    A body without its length, or in compressed form, is not taken: neither says how large it will be. Raises
    ``NotTaken``.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise NotTaken(415, "compressed", "Compressed bodies are not taken.")
    if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
        raise NotTaken(411, "no_length", "Content-Length is missing.")
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError as error:
        raise NotTaken(400, "no_length", "Content-Length is no number.") from error
    if not 0 <= length <= most:
        raise NotTaken(413, "too_large", f"At most {most // MEBIBYTE} MiB are taken.")
    try:
        body = request.read(length) if length else b""
    except (OSError, UnreadablePostError) as error:
        raise NotTaken(400, "cut_off", "The body ended early.") from error
    if len(body) < length:
        raise NotTaken(400, "cut_off", "The body ended early.")
    # Django's own limit is one for all pages, and smaller; a body that was read is what it looks for here.
    request._body = body
    try:
        request.POST  # noqa: B018 - forms are read now, so that what is wrong with them is found here.
    except RequestDataTooBig as error:
        raise NotTaken(413, "too_large", "A field of this form is too large.") from error
    except SuspiciousOperation as error:
        raise NotTaken(400, "unreadable", "This form cannot be read.") from error


def told_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body; an empty one where it is none."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
