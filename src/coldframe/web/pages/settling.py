"""Several messages of which nobody knows whether they arrived, settled by one word of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.outbox import operations
from coldframe.outbox import queries as outbox
from coldframe.outbox.operations import NotUncertain
from coldframe.team import operations as team
from coldframe.team.rights import Person
from coldframe.web import wording
from coldframe.web.pages import parts
from coldframe.work import trades

#: So many at once: each is a transaction of its own.
MOST = 100
#: Longest number that names a message.
DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class SettlePage:
    """What somebody is about to say, of which messages."""

    frame: parts.Frame
    sentence: str
    consequence: str
    answer: str
    rows: tuple[parts.Link, ...]
    message_ids: tuple[int, ...]


def chosen(words: Iterable[str]) -> tuple[int, ...]:
    """Return the numbers of messages that a form names, each once; odd ones name nothing."""
    numbers = [int(each) for each in words if each.isascii() and each.isdigit() and len(each) <= DIGITS]
    return tuple(dict.fromkeys(numbers))[:MOST]


def build(message_ids: Iterable[int], *, arrived: bool, now: datetime) -> SettlePage:
    """Return what is asked before several messages are settled; those that are not uncertain are left out."""
    wanted = set(message_ids)
    found = [each for each in outbox.list_uncertain(limit=10 * MOST) if each.id in wanted]
    count = len(found)
    asked = (
        ngettext("Did this message arrive?", "Did these %(count)s messages arrive?", count)
        if arrived
        else ngettext("Did this message not arrive?", "Did these %(count)s messages not arrive?", count)
    )
    return SettlePage(
        frame=parts.build_frame(section="outbox", now=now),
        sentence=asked % {"count": wording.number(count)},
        consequence=_("They count as sent, and are never sent again.")
        if arrived
        else _(
            "The same bytes are queued again, unless it is too late for them. Whoever has them would get them twice."
        ),
        answer="yes" if arrived else "no",
        rows=tuple(
            parts.Link(label=each.recipient or f"{each.id}", href=reverse("web:message", args=[each.id]))
            for each in found
        ),
        message_ids=tuple(each.id for each in found),
    )


def settle(message_ids: Iterable[int], *, arrived: bool, person: Person, at: datetime) -> str:
    """Settle messages; return what to say of it. One that somebody else settled meanwhile stays as it is."""
    handlers, done = trades.handlers(), 0
    for number in message_ids:
        try:
            operations.resettle(number, delivered=arrived, by=person.name, handlers=handlers, at=at)
        except NotUncertain:
            continue
        details = {"arrived": arrived}
        team.note(by=person, what="message.settled", at=at, subject=str(number), details=details)
        done += 1
    said = ngettext("%(count)s message is settled.", "%(count)s messages are settled.", done)
    return said % {"count": wording.number(done)}
