"""
Webhooks of anybody: ``/hooks/<source>``.

A call is proven, read strictly, stored as it came, and only then answered with 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from coldframe import clock
from coldframe.activity import arrivals, bodies, source_counts, sources
from coldframe.activity.bodies import BadBody
from coldframe.activity.webhooks import signatures
from coldframe.activity.webhooks.signatures import BadSignature, Signed
from coldframe.api import receivers
from coldframe.api.receivers import NotTaken

if TYPE_CHECKING:
    from coldframe.activity.models import Source

MOST_BYTES = receivers.MEBIBYTE
#: Zoom asks with this event whether an address is its owner's.
ZOOM_ASKS = "endpoint.url_validation"


@receivers.receiver(kind="WEBHOOK")
def receive(request: HttpRequest, source: Source) -> HttpResponse:
    """Store what a source's sender posts."""
    check_content(request)
    receivers.take_body(request, most=MOST_BYTES)
    secret, at = sources.open_secret(source), clock.now()
    settings = source.settings.get("signature", {})
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        signed = Signed(headers=headers, body=request.body)
        signatures.verify(signed, secret=secret, settings=settings, at=at)
        document = bodies.read_any(request.body)
    except BadSignature as error:
        raise NotTaken(401, "bad_signature", error.what) from error
    except BadBody as error:
        raise NotTaken(400, "bad_body", str(error)) from error
    if settings.get("scheme") == "zoom" and (token := asked_by_zoom(document)):
        return JsonResponse(signatures.answer_to_zoom(token, secret=secret))
    arrivals.accept([arrivals.webhook(source_id=source.pk, body=request.body)], at=at)
    source_counts.note_arrival(source, at=at)
    return JsonResponse({"success": True})


def check_content(request: HttpRequest) -> None:
    """Raise ``NotTaken`` for a body that does not say that it is JSON."""
    kind = (request.content_type or "").lower()
    if kind not in {"application/json", "text/json"} and not kind.endswith("+json"):
        raise NotTaken(415, "other_content", "Content-Type must be application/json.")


def asked_by_zoom(document: Any) -> str:
    """Return the token that Zoom wants to see signed; empty where it asks nothing."""
    if not isinstance(document, dict) or document.get("event") != ZOOM_ASKS:
        return ""
    payload = document.get("payload")
    return str(payload.get("plainToken", ""))[:200] if isinstance(payload, dict) else ""
