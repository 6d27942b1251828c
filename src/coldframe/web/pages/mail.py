"""Mail: what came in and waits for a person, and what was made of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from coldframe.activity import mail_queries
from coldframe.activity.mail_queries import MailLine
from coldframe.activity.mail_settling import Answer
from coldframe.web import wording
from coldframe.web.pages import parts

WAITING, LATEST = 50, 50
CLASSES = {
    "BOUNCE": (lazy("Bounce"), "yellow"),
    "COMPLAINT": (lazy("Complaint"), "yellow"),
    "AUTO_REPLY": (lazy("Away"), "gray"),
    "LEFT_COMPANY": (lazy("Left the company"), "gray"),
    "UNSUBSCRIBE": (lazy("Opt-out"), "gray"),
    "REPLY": (lazy("Reply"), "green"),
    "NOTICE": (lazy("Notice"), "gray"),
    "UNCLEAR": (lazy("Not clear"), "yellow"),
}
ANSWERS = {
    Answer.ANSWERED: lazy("Answered"),
    Answer.REPLY: lazy("It is their reply"),
    Answer.UNSUBSCRIBE: lazy("They want no more mail"),
    Answer.DEAD: lazy("The address is dead"),
    Answer.LEFT: lazy("They have left"),
    Answer.IGNORE: lazy("Ignore it"),
}
#: Characters of a text that a row shows.
SHOWN = 600


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer that a person may give."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One mail."""

    mail_id: int
    #: The lead it is matched to; None: nobody known here.
    lead: parts.Link | None
    sender: str
    subject: str
    text: str
    what: parts.Badge
    note: str
    #: Signs by which it was told apart, and what could not be read.
    signs: tuple[str, ...]
    at: parts.Instant
    settle_href: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, kw_only=True)
class MailPage:
    """The page."""

    frame: parts.Frame
    sentence: str
    waiting: tuple[Row, ...]
    latest: tuple[Row, ...]
    #: Mailboxes that cannot be read, in words.
    failures: tuple[str, ...]


def build(*, now: datetime) -> MailPage:
    """Return the page at an instant."""
    count = mail_queries.count_open()
    waiting = mail_queries.list_open(limit=WAITING)
    open_ids = {line.mail_id for line in waiting}
    latest = [line for line in mail_queries.list_recent(limit=LATEST) if line.mail_id not in open_ids]
    return MailPage(
        frame=parts.build_frame(section="mail", now=now),
        sentence=sentence(count),
        waiting=tuple(as_row(line, now=now) for line in waiting),
        latest=tuple(as_row(line, now=now) for line in latest),
        failures=tuple(
            f"{box.source} ({box.folder}): {box.failure}"
            for box in mail_queries.list_mailboxes()
            if box.failure
        ),
    )


def sentence(count: int) -> str:
    """Return the answer of the page in one sentence."""
    if not count:
        return _("No mail waits for a person.")
    return wording.how_many(count, "%(count)s mail waits for a person.", "%(count)s mails wait for a person.")


def as_row(line: MailLine, *, now: datetime) -> Row:
    """Return a mail as a row."""
    label, tone = CLASSES.get(line.mail_class, (line.mail_class, "gray"))
    href = reverse("web:lead", args=[line.lead_public_id]) if line.lead_public_id else ""
    return Row(
        mail_id=line.mail_id,
        lead=parts.Link(label=line.lead_name or _("A lead without a name"), href=href) if href else None,
        sender=line.sender,
        subject=line.subject,
        text=line.text[:SHOWN] + ("…" if len(line.text) > SHOWN else ""),
        what=parts.Badge(text=str(label), tone=tone),
        note=line.note,
        signs=(*line.reasons, *line.defects),
        at=parts.instant(line.received_at, now=now),
        settle_href=reverse("web:mail-settle", args=[line.mail_id]),
        choices=tuple(
            Choice(value=answer.value, label=str(label))
            for answer, label in ANSWERS.items()
            if line.lead_id is not None or answer is Answer.IGNORE
        ),
    )
