"""What was heard of messages after they had left, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from coldframe.activity import mail_feedback
from coldframe.activity.mail_feedback import HeardLine
from coldframe.nurture import dispatch
from coldframe.outbox import queries as outbox
from coldframe.web import status_words, wording
from coldframe.web.pages import parts

#: Kind -> its words and its tone.
WORDS: Mapping[str, tuple[Promise, str]] = {
    "SENT": (lazy("Taken by the provider"), "blue"),
    "DEFERRED": (lazy("Put off by the recipient’s side"), "yellow"),
    "DELIVERED": (lazy("Delivered"), "green"),
    "SOFT_BOUNCED": (lazy("Came back for now"), "yellow"),
    "SENDER_REFUSED": (lazy("Refused for the sender’s sake"), "yellow"),
    "NOT_SENT": (lazy("Not sent by the provider"), "yellow"),
    "HARD_BOUNCED": (lazy("Came back: nobody is there"), "yellow"),
    "UNSUBSCRIBED": (lazy("Reader wants no more"), "yellow"),
    "COMPLAINED": (lazy("Reader complained of spam"), "yellow"),
    "OPENED": (lazy("Opened, by a person or a machine"), "gray"),
    "CLICKED": (lazy("A link was opened, by a person or a machine"), "gray"),
    "REPLIED": (lazy("Answered"), "green"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was heard."""

    badge: parts.Badge
    at: parts.Instant
    #: What the status means, and what the other side said.
    text: str
    said: str
    source: str


def lines(message: outbox.Message, *, now: datetime) -> tuple[Line, ...]:
    """Return all that was heard of a message, oldest first."""
    touch = dispatch.touch_of(message.key)
    found = mail_feedback.list_heard([touch]) if touch else []
    return tuple(line(each, now=now) for each in found)


def line(heard: HeardLine, *, now: datetime) -> Line:
    """Return one thing that was heard in words."""
    meaning = status_words.in_words(heard.status)
    return Line(
        badge=badge_of(heard.kind),
        at=parts.instant(heard.occurred_at, now=now),
        text=f"{wording.sentence(meaning)} ({heard.status})." if meaning else "",
        said=heard.text,
        source=heard.source,
    )


def badge_of(kind: str) -> parts.Badge:
    """Return the badge of a kind."""
    text, tone = WORDS[kind]
    return parts.Badge(text=str(text), tone=tone)


def states(messages: Sequence[outbox.Message]) -> dict[int, parts.Badge]:
    """Return the state of messages after they had left, by id; those of which nothing was heard are left out."""
    touches = {each.id: touch for each in messages if (touch := dispatch.touch_of(each.key))}
    kinds: dict[UUID, list[str]] = defaultdict(list)
    for heard in mail_feedback.list_heard(touches.values()):
        kinds[heard.touch].append(heard.kind)
    known = {id_: mail_feedback.state_of(kinds[touch]) for id_, touch in touches.items() if touch in kinds}
    return {id_: badge_of(state) for id_, state in known.items() if state is not None}
