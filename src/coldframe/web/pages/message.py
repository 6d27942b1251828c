"""Message: what was, or is to be, handed over, as its reader sees it, with every try and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from coldframe.activity.engagement import count_by_mail
from coldframe.delivery import queries as delivery
from coldframe.languages import Words
from coldframe.library import queries as library
from coldframe.nurture import dispatch, ledger, words
from coldframe.outbox import queries as outbox
from coldframe.team.rights import Person
from coldframe.web import phrases, wording
from coldframe.web.pages import engagement, feedback, parts, proofs, sending
from coldframe.web.pages import outbox as outbox_page

#: Headers that a person looks for; all others fold away.
FIRST = ("From", "To", "Subject", "Date")
PHASES = Words(
    {
        "connect": noop("reaching the server"),
        "tls": noop("securing the connection"),
        "login": noop("signing in"),
        "sender": noop("the sender"),
        "recipient": noop("the recipient"),
        "body": noop("handing over the text"),
        "final dot": noop("the last dot"),
        "guard": noop("asking whether it may still go"),
        "compose": noop("writing it"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header of the message."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try to hand it over."""

    number: int
    outcome: parts.Badge
    text: str
    at: parts.Instant
    worker: str


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """One message."""

    frame: parts.Frame
    id: int
    title: str
    window_title: str
    lead: parts.Link | None
    about: str
    #: Why this content, to this lead, at that time.
    why: str
    path: str
    channel: str
    lane: str
    state: parts.Badge
    state_text: str
    at: parts.Instant
    headers: tuple[Header, ...]
    more_headers: tuple[Header, ...]
    text: str
    html_href: str
    #: What stands where there is nothing to read.
    nothing: str
    attempts: tuple[Attempt, ...]
    #: What was heard of it after it had left.
    heard: tuple[feedback.Line, ...]
    #: Clicks by who stands behind them, and opens.
    clicks: str
    opens: str
    receipt: str
    is_uncertain: bool


def find(message_id: int, *, person: Person, now: datetime) -> MessagePage | None:
    """Return the page of a message for somebody, or None where there is none."""
    found = outbox.find_message(message_id)
    return build(found, person=person, now=now) if found else None


def build(found: outbox.Message, *, person: Person, now: datetime) -> MessagePage:
    """Return the page of a message, without the proofs that are not for whoever reads it."""
    touches = ledger.list_touches(touch_ids=[found.subject_id]) if found.kind == parts.TOUCH else {}
    touch = touches.get(found.subject_id)
    kinds = {way.name: way.kind for way in delivery.list_connections()}
    mail = parsed(found.body) if found.body is not None else None
    headers = tuple(headers_of(mail, person=person)) if mail else ()
    title = title_of(mail, touch) or found.kind
    is_local = kinds.get(found.lane) == "LOCAL"
    touch_id = dispatch.touch_of(found.key)
    seen = count_by_mail([touch_id]).get(touch_id, engagement.NOTHING) if touch_id else engagement.NOTHING
    return MessagePage(
        frame=parts.build_frame(section="outbox", now=now),
        id=found.id,
        title=title,
        window_title=wording.without_marks(title),
        lead=outbox_page.lead_link(touch) if touch else None,
        about=" · ".join(filter(None, [touch.job_title, touch.company])) if touch else "",
        why=phrases.said(words.plain(touch.reason)) if touch else "",
        path=_("%(path)s, lap %(lap)s") % {"path": touch.path, "lap": touch.lap} if touch else "",
        channel=wording.CHANNELS.get(touch.channel, "") if touch else "",
        lane=sending.lane_name(found.lane, kinds),
        state=outbox_page.badge(found.state, is_local=is_local),
        state_text=state_text(found, is_local=is_local),
        at=parts.instant(found.settled_at or found.due_at, now=now),
        headers=tuple(each for each in headers if each.name in FIRST),
        more_headers=tuple(each for each in headers if each.name not in FIRST),
        text=proofs.hidden(part(mail, "plain"), person=person) if mail else "",
        html_href=reverse("web:message-html", args=[found.id]) if mail and part(mail, "html") else "",
        nothing=nothing(found),
        attempts=tuple(attempt(each, now=now) for each in found.tries),
        heard=feedback.lines(found, now=now),
        clicks=engagement.clicks(seen),
        opens=engagement.opens(seen),
        receipt=found.receipt,
        is_uncertain=found.state == "UNCERTAIN",
    )


def find_html(message_id: int, *, person: Person) -> str | None:
    """Return the HTML part of a message for somebody, or None."""
    found = outbox.find_message(message_id)
    mail = parsed(found.body) if found and found.body is not None else None
    return (proofs.hidden(part(mail, "html"), person=person) or None) if mail else None


def headers_of(mail: EmailMessage, *, person: Person) -> Iterator[Header]:
    """Yield the headers of a message for somebody."""
    for name, value in mail.items():
        yield Header(name=name, value=proofs.hidden(str(value), person=person))


def parsed(body: bytes) -> EmailMessage:
    """Return the bytes of a message as its parts; whatever they are, something comes of them."""
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(body)


def part(mail: EmailMessage, kind: str) -> str:
    """Return the text of a part, ``plain`` or ``html``; empty where there is none."""
    found = mail.get_body((kind,))
    return str(found.get_content()) if found is not None else ""


def title_of(mail: EmailMessage | None, touch: ledger.TouchLine | None) -> str:
    """Return the subject; before it is composed, what it is about."""
    if mail and mail["Subject"]:
        return str(mail["Subject"])
    if touch is None:
        return ""
    return wording.sentence(
        phrases.said(words.title_of(library.get_active_playbook().playbook, touch.content_key))
    )


def state_text(found: outbox.Message, *, is_local: bool) -> str:
    """Return what became of a message in one sentence."""
    texts = {
        "QUEUED": _("It waits to be handed over"),
        "CLAIMED": _("A worker has it, and hands it over"),
        "HANDING_OFF": _("A worker is handing it over right now"),
        "SENT": _("It was kept here and handed to nobody") if is_local else _("It was handed over and taken"),
        "HELD": _("It was held back, and is planned anew"),
        "FAILED": _("It could not be delivered"),
        "UNCERTAIN": _(
            "It was handed over, and nobody knows whether it arrived. It is not sent again by itself"
        ),
    }
    said = [texts[found.state]]
    if found.state in {"HELD", "FAILED"} and found.reason:
        said = [f"{said[0]}: {wording.said_of_message(found.reason)}"]
    if found.state in {"HELD", "FAILED", "UNCERTAIN"} and found.detail:
        said.append(wording.sentence(phrases.said(found.detail)))
    return ". ".join(each.rstrip(".") for each in said) + "."


def nothing(found: outbox.Message) -> str:
    """Return why there is nothing to read."""
    if found.composed_at is None:
        return _("It has not been written yet: a message is written when it is handed over.")
    return _("Its words were erased, with the person they were for.") if found.body is None else ""


def attempt(each: outbox.Try, *, now: datetime) -> Attempt:
    """Return one try in words."""
    outcome = each.outcome.upper()
    tones = outbox_page.TONES | {"RETRY": "blue"}
    label = {"RETRY": _("To be tried again")}.get(outcome) or wording.MESSAGES.get(
        outcome, wording.plain(each.outcome)
    )
    step = PHASES.get(each.phase, each.phase)
    where = _("While: %(step)s") % {"step": step} if each.phase and outcome != "SENT" else ""
    answer = " ".join(filter(None, [str(each.code) if each.code else "", each.text]))
    return Attempt(
        number=each.number,
        outcome=parts.Badge(text=label, tone=tones.get(outcome, "gray")),
        text=": ".join(filter(None, [where, answer])),
        at=parts.instant(each.ended_at, now=now),
        worker=each.worker,
    )
