"""
Receives what providers tell of mails: ``/hooks/providers/<source>``.

A call is proven, read, stored, and only then answered with 200. What of it cannot be read is stored beside the
rest with the reason, so that the provider does not send for ever what will never be understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailConfigurationError
from django.http import HttpRequest, HttpResponse

from coldframe import clock
from coldframe.activity import arrivals, providers, source_counts
from coldframe.activity.arrivals import NewArrival
from coldframe.api import anymail_views, provider_events, receivers, splitting, subscriptions
from coldframe.api.receivers import NotTaken

if TYPE_CHECKING:
    from coldframe.activity.models import Source

MOST_BYTES = 5 * receivers.MEBIBYTE
MOST_EVENTS = 50_000
#: Asks by GET whether there is somebody at an address.
PINGS_BY_GET = "unisender_go"


@receivers.receiver(kind="PROVIDER", allowed=("POST", "GET"))
def events(request: HttpRequest, source: Source) -> HttpResponse:
    """Store the events of a call of the source's provider."""
    provider = str(source.settings.get("provider", ""))
    if request.method == "GET":
        is_ping = provider == PINGS_BY_GET
        return HttpResponse() if is_ping else receivers.plain(405, "Not this way.", {"Allow": "POST, HEAD"})
    receivers.take_body(request, most=MOST_BYTES)
    at = clock.now()
    view = anymail_views.proven(request, source=source, at=at)
    if provider == "amazon_ses":
        answer_subscription(request, source)
    arrived = list(read(view, request, source=source, provider=provider, at=at))
    if len(arrived) > MOST_EVENTS:
        raise NotTaken(413, "too_many", f"At most {MOST_EVENTS} events are taken in one call.")
    arrivals.accept(arrived, at=at)
    source_counts.note_arrival(source, at=at)
    return HttpResponse()


def answer_subscription(request: HttpRequest, source: Source) -> None:
    """Confirm a subscription, where the call asks for it and the source may."""
    message = receivers.told_json(request)
    if message.get("Type") == "SubscriptionConfirmation" and source.settings.get("confirm", True):
        topics = providers.topics_of(source.settings)
        subscriptions.confirm(message, topics=topics, opening=subscriptions.fetch)


def read(
    view: Any, request: HttpRequest, *, source: Source, provider: str, at: datetime
) -> Iterator[NewArrival]:
    """Yield what a call brings, each event by itself where they cannot be read together."""
    try:
        found = parsed(view, request)
    except anymail_views.STUMBLES as error:
        yield from read_singly(view, request, error, source=source, provider=provider, at=at)
        return
    for event in found:
        yield as_arrival(event, source=source, provider=provider, at=at)


def read_singly(
    view: Any, request: HttpRequest, error: Exception, *, source: Source, provider: str, at: datetime
) -> Iterator[NewArrival]:
    """Yield what a call brings whose events cannot be read together."""
    parts = splitting.split(request, provider=provider)
    if len(parts) == 1:
        yield unread(parts[0], error, source=source)
        return
    for part in parts:
        try:
            found = parsed(view, splitting.with_body(request, part))
        except anymail_views.STUMBLES as stumbled:
            yield unread(part, stumbled, source=source)
            continue
        for event in found:
            yield as_arrival(event, source=source, provider=provider, at=at)


def parsed(view: Any, request: HttpRequest) -> list[Any]:
    """Return the events of a call. Raises ``NotTaken`` for mail, and what Anymail stumbles over."""
    try:
        found = list(view.parse_events(request))
    except AnymailConfigurationError as error:
        raise wrong_address() from error
    if any(each.event_type in provider_events.MAIL for each in found):
        raise wrong_address()
    return found


def wrong_address() -> NotTaken:
    """Return the refusal of mail at the address for events; it is not taken, so that it is not lost."""
    return NotTaken(422, "wrong_address", "Mail goes to the address that ends in /inbound.")


def as_arrival(event: Any, *, source: Source, provider: str, at: datetime) -> NewArrival:
    """Return an event as it is stored; one with a part that nobody foresaw as it came."""
    try:
        found = provider_events.stored(event, provider=provider, source=source.name, at=at)
    except anymail_views.STUMBLES as error:
        raw = provider_events.written(event.esp_event) if isinstance(event.esp_event, dict) else ""
        return unread(raw.encode("utf-8", "replace"), error, source=source)
    return NewArrival(kind=arrivals.Kind.PROVIDER, source_id=source.pk, body=found.as_body())


def unread(body: bytes, error: Exception, *, source: Source) -> NewArrival:
    """Return what cannot be read, with the reason."""
    # Of errors their name alone, for their text may be personal; a missing field is a word of the code's.
    missing = f" ({error.args[0]} is missing)" if isinstance(error, KeyError) and error.args else ""
    about = {"unread": f"An event that cannot be read: {type(error).__name__}{missing}"[:255]}
    return NewArrival(kind=arrivals.Kind.PROVIDER, source_id=source.pk, body=body, about=about)
