"""The words of what people are told of handoffs, and the bodies of what a system is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, translation
from django.utils.translation import gettext as _

from coldframe.delivery import queries as delivery
from coldframe.delivery.channels.email import compose, headers
from coldframe.delivery.channels.email.compose import Attachment
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.handoff import calendar_file, documents, queries, recipients, tokens, zones
from coldframe.handoff.models import Notification
from coldframe.handoff.notifying import KIND, SYSTEM
from coldframe.handoff.queries import ESCALATED_FOR, HandoffRow
from coldframe.kernel.vocabulary import HoldReason, Notice, Verdict
from coldframe.outbox.handlers import Claimed, Composed, Withheld

#: Of a subject; the rest of a long name is on the desk.
LONGEST_SUBJECT = 150
#: Where the brief of a handoff lies, before its public id.
DESK = "/desk/"
GONE = Withheld(HoldReason.EXITED.value, "The handoff is gone")
NO_NEWS = Withheld(HoldReason.EXITED.value, "It waits for no answer any more")
IS_A_LEAD = Withheld(
    HoldReason.SUPPRESSED.value, "The address is a lead's: no lead is told what sales is told"
)


@dataclass(frozen=True, kw_only=True)
class AnswerLink:
    """One answer, and the page that gives it."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Notified:
    """What the words of a mail are made of."""

    language: str
    is_hand_raise: bool
    is_lapsed: bool
    is_handed_over: bool
    who: str
    job_title: str
    why: str
    owner: str
    handed_over_by: str
    answer_by: str
    deadline: str
    expires: str
    desk_url: str
    calendar_url: str
    answers: tuple[AnswerLink, ...]


def write(messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
    """Return each message as the bytes that go over the wire, or why it does not go."""
    told = Notification.objects.select_related("handoff").in_bulk([each.subject_id for each in messages])
    return {each.id: written(each, told.get(each.subject_id), at=at) for each in messages}


def written(message: Claimed, told: Notification | None, *, at: datetime) -> Composed | Withheld:
    """Return one message as the bytes that go over the wire."""
    row = queries.find(told.handoff.public_id) if told else None
    if told is None or row is None:
        return GONE
    if told.address.startswith(SYSTEM):
        return called(told, row)
    if recipients.are_leads([told.address]):
        return IS_A_LEAD
    try:
        return mailed(message, told, row, at=at)
    except headers.UnsafeValue as unsafe:
        return Withheld(HoldReason.NOT_READY.value, str(unsafe))


def called(told: Notification, row: HandoffRow) -> Composed:
    """Return the body of a call to another system."""
    body = webhook.payload(f"handoff.{told.what.lower()}", documents.of(row), at=told.made_at)
    name = told.address.removeprefix(SYSTEM)
    return Composed(
        message_id=f"{KIND}_{row.public_id.hex}_{told.what.lower()}", sender="", recipient=name, body=body
    )


def mailed(message: Claimed, told: Notification, row: HandoffRow, *, at: datetime) -> Composed:
    """Return a mail in the language and the time zone of whoever is told. Raises ``UnsafeValue``."""
    user = recipients.find_user(told)
    choice = recipients.choice_of(told.to)
    language = (user.language if user else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        notice = notified(told, row, language=language, zone=zones.zone_of(user))
        subject = render_to_string("handoff/notice/subject.txt", {"notice": notice}).strip()
        attachment = (
            Attachment(
                name=calendar_file.FILE_NAME,
                content_type=calendar_file.CONTENT_TYPE,
                data=calendar_file.of(row, url=notice.desk_url, at=at, zone=zones.zone_of(user)),
            )
            if (choice is None or choice.with_calendar) and not notice.is_lapsed
            else None
        )
        mail = compose.Mail(
            touch=row.public_id.hex,
            token=f"{KIND}-{told.pk}",
            recipient=told.address,
            recipient_name=told.to,
            subject=in_one_line(subject)[:LONGEST_SUBJECT],
            text=render_to_string("handoff/notice/body.txt", {"notice": notice}),
            html=render_to_string("handoff/notice/body.html", {"notice": notice}),
            language=language,
            is_notice=True,
            attachment=attachment,
        )
    made = compose.message(compose.prepare(sender=delivery.get_sender(message.lane)), mail, at=at)
    return Composed(message_id=made.message_id, sender=made.sender, recipient=made.recipient, body=made.body)


def notified(told: Notification, row: HandoffRow, *, language: str, zone: ZoneInfo) -> Notified:
    """Return what the words of a mail are made of."""
    expires_at = row.deadline_at + ESCALATED_FOR
    token = partial(tokens.make, handoff=row.public_id, notification_id=told.pk, expires_at=expires_at)
    links = [
        AnswerLink(label=label, url=tokens.address(token(tokens.Purpose.ANSWER, answer=answer)))
        for answer, label in labels()
    ]
    return Notified(
        language=language,
        is_hand_raise=row.is_hand_raise,
        is_lapsed=told.what == Notice.LAPSED,
        is_handed_over=told.what == Notice.HANDED_OVER,
        who=in_one_line(calendar_file.who(row)),
        job_title=in_one_line(row.job_title or ""),
        why=in_one_line(row.trigger.removeprefix("trigger:")),
        owner=in_one_line(row.owner or row.team),
        handed_over_by=in_one_line(row.owner_from.removeprefix("person:")),
        answer_by=shown(row.answer_by_at, zone),
        deadline=shown(row.deadline_at, zone),
        expires=shown(expires_at, zone),
        desk_url=f"{settings.BASE_URL}{DESK}{row.public_id}",
        calendar_url=tokens.calendar_address(token(tokens.Purpose.CALENDAR)),
        answers=tuple(links),
    )


def labels() -> list[tuple[Verdict, str]]:
    """Return the answers in the order in which they are offered, in words."""
    return [
        (Verdict.ACCEPTED, _("Accept")),
        (Verdict.NOT_NOW, _("Not now")),
        (Verdict.WRONG_PERSON, _("Wrong person")),
        (Verdict.NEEDS_EDUCATION, _("Needs education")),
        (Verdict.NOT_A_FIT, _("Not a fit")),
    ]


def shown(at: datetime | None, zone: ZoneInfo) -> str:
    """Return an instant in somebody's zone, with the zone; empty for none."""
    if at is None:
        return ""
    local = at.astimezone(zone)
    return f"{formats.date_format(local, 'D j M, H:i')} {local:%Z}"


def in_one_line(text: str) -> str:
    """Return a text without line ends and other signs that cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
