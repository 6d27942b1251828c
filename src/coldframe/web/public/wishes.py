"""What people ask for on the public pages, read from a form and carried out."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as lazy

from coldframe.leads import operations, persons
from coldframe.leads.consent import MARKETING, Permission
from coldframe.leads.tokens import Link
from coldframe.leads.tracking import TRACKING
from coldframe.nurture import persons as touches
from coldframe.storage import turns

#: What a person agrees to by coming back, word for word; it is put on file with the consent, in the language it was read in.
WORDING = lazy(
    "Yes, send me mail about what I am working on again. I can end it at any time by the link in every mail."
)
#: The same for being tracked.
TRACKING_WORDING = lazy(
    "Yes, you may note what I open and click in your mail, and what I look at on your site when I come from it. "
    "I can end it at any time by the link in every mail."
)
#: For how long one may ask for quiet.
MONTHS = (1, 3, 6, 12)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One thing asked for on the preference page."""

    #: stop, start, pause, resume.
    what: str
    purpose: str = MARKETING
    months: int = 0


class LetFall(FileUploadHandler):
    """Keeps no file that is sent along with a form, neither in memory nor on the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Pass over a file."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep nothing."""

    def file_complete(self, file_size: int) -> None:
        """Return no file."""


def read(request: HttpRequest) -> Wish | None:
    """Return what the form asks for; None where it asks for nothing that there is. Files are let fall unread."""
    request.upload_handlers = [LetFall(request)]
    try:
        what, purpose = request.POST.get("do", ""), request.POST.get("purpose", MARKETING)
        months = request.POST.get("months", "")
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return None
    if what == "pause":
        return Wish(what=what, months=int(months)) if months in map(str, MONTHS) else None
    return Wish(what=what, purpose=purpose) if what in {"stop", "start", "resume"} else None


def carry_out(link: Link, wish: Wish, *, at: datetime) -> Wish | None:
    """Do what was asked for; return it, or None where there is nobody, or no such purpose on file."""
    person = persons.find_reachable(link.lead, at=at)
    if person is None or wish.purpose not in {MARKETING, TRACKING, *person.purposes}:
        return None
    if wish.what == "pause":
        until = months_later(at, wish.months)
        operations.pause(lead_id=person.lead_id, until=until, source="preference page", at=at)
    elif wish.what == "resume":
        operations.end_pause(lead_id=person.lead_id, at=at)
    elif wish.what == "stop" and wish.purpose == TRACKING:
        operations.object_to_tracking(lead_id=person.lead_id, source="preference page", at=at)
    elif wish.what == "stop":
        leave(link, at=at, purpose=wish.purpose)
    else:
        come_back(link, source="preference page", at=at, purpose=wish.purpose)
    return wish


def leave(link: Link, *, at: datetime, purpose: str = MARKETING) -> persons.Behind | None:
    """End the mail to whoever is behind a link, and to the address that the message went to; return who that is."""
    person = persons.find_behind(link.lead)
    if person is not None:
        emails = touches.addresses_written_to(link.touch) if link.touch else ()
        source = f"link in message {link.touch}" if link.touch else "link"
        # Many who leave at once are heard in the order in which they came.
        with turns.taken():
            operations.unsubscribe(
                lead_id=person.lead_id, source=source, at=at, emails=emails, purpose=purpose
            )
    return person


def come_back(link: Link, *, source: str, at: datetime, purpose: str = MARKETING) -> None:
    """Put a new consent of the person's own on file, which lifts what they had said before."""
    person = persons.find_reachable(link.lead, at=at)
    if person is not None:
        operations.give_consent(
            lead_id=person.came_by,
            permission=Permission(
                purpose=purpose,
                wording=str(TRACKING_WORDING if purpose == TRACKING else WORDING),
                source=source,
                given_at=at,
                confirmed_at=at,
                proof=f"a button behind the link in message {link.touch}" if link.touch else "a button",
            ),
            at=at,
        )


def months_later(at: datetime, months: int) -> datetime:
    """Return the same day and time so many months later, or the month's last day."""
    year, month = divmod(at.month - 1 + months, 12)
    last = calendar.monthrange(at.year + year, month + 1)[1]
    return at.replace(year=at.year + year, month=month + 1, day=min(at.day, last))
