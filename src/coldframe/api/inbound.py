"""
Receives mail that a provider takes in: ``/hooks/providers/<source>/inbound``.

A call is proven like one of events, its mail is stored as it came, and only then is it answered with 200. What
a mail is, is found out afterwards. A call whose mail cannot be read is stored as a whole, for a person to look at:
the provider would give up sooner or later, and the mail would be lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anymail.exceptions import AnymailConfigurationError, AnymailError
from django.http import HttpRequest, HttpResponse

from coldframe import clock
from coldframe.activity import arrivals, source_counts
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.mail import limits
from coldframe.api import anymail_views, mending, providers, receivers
from coldframe.api.receivers import NotTaken

if TYPE_CHECKING:
    from coldframe.activity.models import Source

#: A mail with what is attached, in base64, and a form around it.
MOST_BYTES = 40 * receivers.MEBIBYTE


@receivers.receiver(kind="PROVIDER", allowed=("POST",))
def mail(request: HttpRequest, source: Source) -> HttpResponse:
    """Store the mail of a call of the source's provider."""
    receivers.take_body(request, most=MOST_BYTES)
    at = clock.now()
    view = anymail_views.proven(request, source=source, at=at, inbound=True)
    if source.settings.get("provider") == "amazon_ses":
        providers.answer_subscription(request, source)
    arrivals.accept(taken(view, request, source=source), at=at)
    source_counts.note_arrival(source, at=at)
    return HttpResponse()


def taken(view: Any, request: HttpRequest, *, source: Source) -> list[NewArrival]:
    """
    Return the mails of a call; of one that cannot be read, the call itself, to be set aside.

    Raises ``NotTaken`` for events.
    """
    try:
        found = read(view, request)
        if any(getattr(each, "message", None) is None for each in found):
            raise wrong_address()
        return [as_arrival(event, source=source) for event in found]
    except AnymailConfigurationError as error:
        raise wrong_address() from error
    except (*anymail_views.STUMBLES, ImportError) as error:
        return [unread(request, error, source=source)]


def unread(request: HttpRequest, error: Exception, *, source: Source) -> NewArrival:
    """Return a call as it came, whose mail nobody can read, with the reason."""
    # Of errors their name alone, for their text may be personal.
    about = {
        "unread": f"A mail that cannot be read: {type(error).__name__}",
        "content_type": request.headers.get("Content-Type", "")[:200],
    }
    return NewArrival(kind=arrivals.Kind.MAIL, source_id=source.pk, body=request.body, about=about)


def read(view: Any, request: HttpRequest) -> list[Any]:
    """Return what Anymail reads of a call; where it stumbles, of what can be kept of it."""
    try:
        return list(view.parse_events(request))
    except AnymailConfigurationError:
        raise
    except anymail_views.STUMBLES:
        return list(view.parse_events(mending.mended(request)))


def wrong_address() -> NotTaken:
    """Return the refusal of events at the address for mail; they are not taken, so that they are not lost."""
    return NotTaken(422, "wrong_address", "Events go to the address without /inbound.")


def as_arrival(event: Any, *, source: Source) -> NewArrival:
    """Return a mail as something that arrived, with the envelope as the provider tells it."""
    message = event.message
    told = {"return_path": message.envelope_sender, "recipient": message.envelope_recipient}
    about = {name: envelope_word(value) for name, value in told.items() if value is not None}
    return NewArrival(kind=arrivals.Kind.MAIL, source_id=source.pk, body=bytes_of(message), about=about)


def envelope_word(value: object) -> str:
    """Return an address of an envelope, as every database keeps it."""
    return mending.keepable(str(value))[:320].lower()


def bytes_of(message: Any) -> bytes:
    """Return a mail as bytes, no more than is read; without what is attached where it cannot be written."""
    try:
        written: bytes = message.as_bytes()
    except (*anymail_views.STUMBLES, UnicodeError, AnymailError):
        head = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in message.raw_items())
        written = mending.keepable(f"{head}\n\n{message.text or ''}").encode()
    return written[: 2 * limits.MOST_BYTES]
