"""Outbox: what left the house, or waits to, or did not, and whether anything leaves at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from coldframe.delivery import queries as delivery
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import queries as library
from coldframe.nurture import ledger, words
from coldframe.outbox import queries as outbox
from coldframe.web import phrases, wording
from coldframe.web.pages import coming, feedback, parts, sending

PAGE_SIZE = 25
#: Name in the address -> what it is called, and the states of messages it stands for.
GROUPS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "waiting": (lazy("Waiting"), ("QUEUED", "CLAIMED", "HANDING_OFF")),
    "sent": (lazy("Sent"), ("SENT",)),
    "held": (lazy("Held"), ("HELD",)),
    "failed": (lazy("Failed"), ("FAILED",)),
    "uncertain": (lazy("Uncertain"), ("UNCERTAIN",)),
}
TONES = {"SENT": "green", "HELD": "yellow", "FAILED": "gray", "UNCERTAIN": "yellow"}
#: Longest id that an address may go on from.
DIGITS = 18


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address of the page asks for; odd values ask for nothing."""

    group: str = ""
    lane: str = ""
    text: str = ""
    before: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Say whether this asks for some of the messages alone."""
        return bool(self.group or self.lane or self.text or self.before is not None)

    @property
    def states(self) -> tuple[str, ...]:
        """Return the states that are asked for; none: all of them."""
        return GROUPS[self.group][1] if self.group else ()

    def url(self, *, route: str = "web:outbox", **changes: str) -> str:
        """Return the address of the page with some of this changed, from the newest message on."""
        given = self.given(**changes)
        return reverse(route) + ("?" + urlencode(given) if given else "")

    def given(self, **changes: str) -> dict[str, str]:
        """Return what an address says of this, with some of it changed."""
        pairs = {"state": self.group, "connection": self.lane, "q": self.text} | changes
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One message of the list."""

    message_id: int
    href: str
    recipient: str
    #: The lead it is for; None where the message is of another kind.
    lead: parts.Link | None
    what: str
    channel: str
    lane: str
    state: parts.Badge
    #: What was heard of it after it had left.
    heard: parts.Badge | None
    why: str
    at: parts.Instant


@dataclass(frozen=True, kw_only=True)
class OutboxPage:
    """The outbox."""

    frame: parts.Frame
    sentence: str
    sending: sending.Sending
    tabs: tuple[parts.Link, ...]
    lanes: tuple[parts.Link, ...]
    group: str
    lane: str
    text: str
    rows: tuple[Row, ...]
    is_filtered: bool
    #: The messages as a file; empty where there are none, or whoever looks may not take them.
    file: str
    newest: str
    older: str
    #: Rows can be chosen and settled together.
    is_settling: bool
    #: What is to come; None on pages that narrow the list.
    coming: coming.Coming | None


def parse(query: QueryDict) -> Asked:
    """Return what an address asks for."""
    before = query.get("before", "")
    is_number = before.isdecimal() and before.isascii() and len(before) <= DIGITS
    group = query.get("state", "")
    return Asked(
        group=group if group in GROUPS else "",
        lane=clean(query.get("connection", ""))[:64],
        text=clean(query.get("q", ""))[:200],
        before=int(before) if is_number else None,
    )


def clean(text: str) -> str:
    return text.replace("\0", " ").strip()


def build(asked: Asked, *, may_export: bool, now: datetime) -> OutboxPage:
    """Return the page."""
    counts = by_group(outbox.count_by_state())
    ways = delivery.list_connections()
    found = outbox.list_messages(
        states=asked.states,
        lane=asked.lane or None,
        recipient=asked.text,
        before_id=asked.before,
        limit=PAGE_SIZE + 1,
    )
    last = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
    state = sending.build(ways, now=now)
    return OutboxPage(
        frame=parts.build_frame(section="outbox", now=now),
        sentence=sentence(counts, is_real=state.is_real),
        sending=state,
        tabs=tabs(asked, counts),
        lanes=tuple(
            parts.Link(label=way.name, href=asked.url(connection=way.name), is_current=way.name == asked.lane)
            for way in ways
        ),
        group=asked.group,
        lane=asked.lane,
        text=asked.text,
        rows=rows(found[:PAGE_SIZE], ways=ways, now=now),
        is_filtered=bool(asked.group or asked.lane or asked.text),
        file=asked.url(route="web:outbox-file") if may_export and found else "",
        newest=asked.url() if asked.before else "",
        older=asked.url(before=str(last)) if last else "",
        is_settling=asked.group == "uncertain",
        coming=None if asked.is_narrow else coming.build(now=now),
    )


def by_group(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how many messages are in each group of states."""
    return {group: sum(counts[state] for state in states) for group, (_label, states) in GROUPS.items()}


def sentence(counts: Mapping[str, int], *, is_real: bool) -> str:
    """Return the answer of the page in one sentence."""
    first = (
        wording.how_many(counts["sent"], "%(count)s message went out", "%(count)s messages went out")
        if is_real
        else wording.how_many(
            counts["sent"],
            "Nothing leaves the house: %(count)s message lies here to be read",
            "Nothing leaves the house: %(count)s messages lie here to be read",
        )
    )
    rest = [
        wording.how_many(counts["waiting"], "%(count)s waits", "%(count)s wait") if counts["waiting"] else "",
        wording.how_many(counts["failed"], "%(count)s failed", "%(count)s failed")
        if counts["failed"]
        else "",
        wording.how_many(counts["uncertain"], "%(count)s uncertain", "%(count)s uncertain")
        if counts["uncertain"]
        else "",
    ]
    return ", ".join(filter(None, [first, *rest])) + "."


def tabs(asked: Asked, counts: Mapping[str, int]) -> tuple[parts.Link, ...]:
    """Return one tab for all messages and one for each group of states."""
    everything = parts.Link(
        label=_("All"), href=asked.url(state=""), count=wording.number(sum(counts.values())), is_current=not asked.group
    )  # fmt: skip
    return (
        everything,
        *(
            parts.Link(
                label=str(label),
                href=asked.url(state=group),
                count=wording.number(counts[group]),
                is_current=group == asked.group,
            )
            for group, (label, _states) in GROUPS.items()
        ),
    )


def rows(found: Iterable[outbox.Message], *, ways: Iterable[delivery.Way], now: datetime) -> tuple[Row, ...]:
    """Return messages as the list shows them, each with the lead that it is for."""
    messages = list(found)
    touches = ledger.list_touches(
        touch_ids=[each.subject_id for each in messages if each.kind == parts.TOUCH]
    )
    playbook = library.get_active_playbook().playbook if messages else None
    kinds = {way.name: way.kind for way in ways}
    heard = feedback.states(messages)
    return tuple(
        row(
            each,
            touches.get(each.subject_id) if each.kind == parts.TOUCH else None,
            playbook,
            kinds,
            heard=heard.get(each.id),
            now=now,
        )
        for each in messages
    )


def row(
    message: outbox.Message,
    touch: ledger.TouchLine | None,
    playbook: Playbook | None,
    kinds: Mapping[str, str],
    *,
    heard: parts.Badge | None,
    now: datetime,
) -> Row:
    """Return one message in words."""
    title = phrases.said(words.title_of(playbook, touch.content_key)) if touch and playbook else message.kind
    return Row(
        message_id=message.id,
        href=reverse("web:message", args=[message.id]),
        recipient=message.recipient or "",
        lead=lead_link(touch) if touch else None,
        what=wording.sentence(title),
        channel=wording.CHANNELS.get(touch.channel, "") if touch else "",
        lane=sending.lane_name(message.lane, kinds),
        state=badge(message.state, is_local=kinds.get(message.lane) == "LOCAL"),
        heard=heard,
        why=wording.said_of_message(message.reason) if message.reason else "",
        at=parts.instant(message.settled_at or message.due_at, now=now),
    )


def badge(state: str, *, is_local: bool) -> parts.Badge:
    """Return the badge of a message's state; what the local outbox keeps was not sent anywhere."""
    kept = is_local and state == "SENT"
    return parts.Badge(
        text=_("Kept here") if kept else wording.MESSAGES[state], tone=TONES.get(state, "blue")
    )


def lead_link(touch: ledger.TouchLine) -> parts.Link:
    """Return the way to the lead of a touch."""
    name = wording.person(first_name=touch.first_name, last_name=touch.last_name, email=touch.email)
    return parts.Link(label=name, href=reverse("web:lead", args=[touch.lead_public_id]))
