"""
Writing the messages of touches: what is known of each reader, put into the playbook's words.

Everything for a batch is read in three statements; a reader's values are plain data and never read as a template.
The touch's channel says what is written: a mail, an entry of a list, an errand, a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db import connection

from coldframe.delivery import queries as delivery
from coldframe.delivery.channels.email import compose, headers
from coldframe.delivery.channels.email.compose import Sender
from coldframe.delivery.channels.email.footer import Leaving, Notice
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.playbook.templates import ASSET
from coldframe.kernel.vocabulary import Channel, HoldReason
from coldframe.leads import tokens
from coldframe.library import queries as library
from coldframe.library import rendering
from coldframe.library.fields import Value
from coldframe.library.rendering import Content, Leading, NotRendered, Rendered, Templates
from coldframe.nurture import errands, merging, tracked
from coldframe.nurture.errands import Reader
from coldframe.nurture.tracked import Trail, Trails
from coldframe.outbox.handlers import Claimed, Composed, Withheld
from coldframe.storage import locks, reads

COLUMNS = (
    "t.id",
    "t.public_id",
    "t.content_key",
    "t.channel",
    "t.path",
    "t.lap",
    "t.reason",
    "t.needs_notice",
    "l.id",
    "l.public_id",
    "l.email",
    "l.phone",
)
NO_ADDRESS = Withheld(HoldReason.NO_ADDRESS.value, "There is no address to write to")
CHANGED = Withheld(HoldReason.NOT_READY.value, "The address has changed since it was planned")
UNSUBSCRIBE = "?subject=unsubscribe"


@dataclass(frozen=True)
class Desk:
    """What all messages of a batch share: who writes, in which words, when."""

    sender: Sender
    templates: Templates
    trails: Trails
    at: datetime

    @cached_property
    def prepared(self) -> compose.Prepared:
        """What all mails of the sender share."""
        return compose.prepare(sender=self.sender)

    @cached_property
    def mailto(self) -> str:
        """The address that takes the wish to leave by mail."""
        return f"mailto:{self.sender.reply_to or self.sender.address}{UNSUBSCRIBE}"

    @cached_property
    def assets(self) -> dict[str, tuple[str, str]]:
        """Content key -> the asset's key, and where it can be read."""
        return {f"{ASSET}:{each.key}": (each.key, each.url) for each in self.playbook.assets}

    def rendered(self, reader: Reader, *, lead_by: Leading = list) -> Rendered | NotRendered:
        """Return the content in the playbook's words, or why it cannot be written."""
        own: dict[str, Value] = {
            "sender.name": self.sender.name or None,
            "sender.address": self.sender.address,
        }
        content = Content(content_key=reader.content_key, values={**reader.values, **own})
        return self.templates.render(content, lead_by=lead_by)

    def words(self, reader: Reader) -> Rendered | None:
        """Return the words of a content, None where there are none: people and systems do without."""
        found = self.rendered(reader)
        return found if isinstance(found, Rendered) else None

    @property
    def playbook(self) -> Playbook:
        """The policy that the words are of."""
        return self.templates.playbook


Writer = Callable[[Desk, Claimed, Reader], Composed | Withheld]


def write(messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
    """Return each message as the bytes that go over the wire, by id, or why it is not sent."""
    if not messages:
        return {}
    sender = delivery.get_sender(messages[0].lane)
    found = {reader.touch_id: reader for reader in readers([each.subject_id for each in messages])}
    templates = rendering.compiled(library.get_active_playbook())
    lead_ids = {each.lead_id for each in found.values() if each.channel is Channel.EMAIL}
    trails = tracked.load_trails(lead_ids, rules=templates.playbook.tracking, at=at)
    desk = Desk(sender, templates, trails, at)
    return {
        message.id: WRITERS[reader.channel](desk, message, reader)
        if (reader := found.get(message.subject_id))
        else NO_ADDRESS
        for message in messages
    }


def readers(touch_ids: Sequence[int]) -> Iterator[Reader]:
    """Yield the touches, and what is known of whom they are for."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {", ".join(COLUMNS)}
                  FROM nurture_touch t
                  JOIN leads_lead l ON l.id = t.lead_id
                 WHERE {reads.among("t.id", touch_ids)}"""
        )
        rows = cursor.fetchall()
    # What a preview shows is read by the same hand.
    values = merging.load_values(lead_ids={row[8] for row in rows})
    for row in rows:
        (
            touch_id,
            touch,
            content_key,
            channel,
            path,
            lap,
            reason,
            needs_notice,
            lead_id,
            lead,
            email,
            phone,
        ) = row
        yield Reader(
            touch_id=touch_id,
            touch=UUID(str(touch)),
            content_key=content_key,
            channel=Channel(channel),
            path=path,
            lap=lap,
            reason=reason,
            needs_notice=bool(needs_notice),
            lead_id=lead_id,
            lead=UUID(str(lead)),
            email=email,
            phone=phone,
            values=values[lead_id],
        )


def mail(desk: Desk, message: Claimed, reader: Reader) -> Composed | Withheld:
    """
    Return a mail, frozen; withheld where a value must not stand in a header.

    An address that the message's locks do not name has come since it was planned: an opt-out of it would not wait
    for the hand-over, so the touch is planned anew.
    """
    if not reader.email:
        return NO_ADDRESS
    if is_locked_elsewhere(message, reader.email):
        return CHANGED
    trail = trail_of(desk, reader)
    rendered = desk.rendered(reader, lead_by=trail.lead_by)
    if isinstance(rendered, NotRendered):
        return Withheld(rendered.reason.value, rendered.detail)
    rendered = replace(rendered, html=trail.ended(rendered.html))
    try:
        made = compose.message(
            desk.prepared, addressed(desk, reader, rendered, token=message.key.rpartition(":")[2]), at=desk.at
        )
    except headers.UnsafeValue as unsafe:
        return Withheld(HoldReason.NOT_READY.value, str(unsafe))
    return Composed(message_id=made.message_id, sender=made.sender, recipient=made.recipient, body=made.body)


def trail_of(desk: Desk, reader: Reader) -> Trail:
    """Return what the mail tells of itself."""
    return desk.trails.of(
        lead_id=reader.lead_id,
        lead=reader.lead,
        # As for the permission: where the person's is not known, the company's counts.
        country=reader.values.get("lead.country") or reader.values.get("account.country"),
        touch=reader.touch,
        asset=desk.assets.get(reader.content_key, ("", "")),
    )


def is_locked_elsewhere(message: Claimed, email: str) -> bool:
    """Return whether the message holds the locks of other addresses than this one."""
    held = [each for each in message.locks if locks.is_of_address(each)]
    return bool(held) and locks.of_address(email) not in held


def addressed(desk: Desk, reader: Reader, rendered: Rendered, *, token: str) -> compose.Mail:
    """Return what one reader gets."""
    return compose.Mail(
        touch=reader.touch.hex,
        token=token,
        recipient=reader.email or "",
        recipient_name=errands.name_of(reader.values),
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        language=rendered.language,
        leaving=Leaving(
            unsubscribe_url=tokens.unsubscribe_url(lead=reader.lead, touch=reader.touch),
            preferences_url=tokens.preferences_url(lead=reader.lead, touch=reader.touch),
            unsubscribe_mailto=desk.mailto,
        ),
        notice=notice_of(reader),
        feedback=(reader.path, reader.content_key),
    )


def notice_of(reader: Reader) -> Notice | None:
    """Return what a first message on a legitimate interest says of where the address is from."""
    if not reader.needs_notice:
        return None
    source = reader.values.get("lead.source")
    return Notice(basis="LEGITIMATE_INTEREST", source=str(source) if source else "")


def entry(desk: Desk, message: Claimed, reader: Reader) -> Composed | Withheld:
    """Return an entry of the path's list."""
    return errands.entry(message, reader)


def errand(desk: Desk, message: Claimed, reader: Reader) -> Composed | Withheld:
    """Return a task for the owner, with the words to say where the playbook has them."""
    return errands.errand(message, reader, desk.words(reader), playbook=desk.playbook, at=desk.at)


def call(desk: Desk, message: Claimed, reader: Reader) -> Composed | Withheld:
    """Return a call of the receiver's."""
    return errands.call(message, reader, desk.words(reader), playbook=desk.playbook, at=desk.at)


WRITERS: dict[Channel, Writer] = {
    Channel.EMAIL: mail,
    Channel.AUDIENCE: entry,
    Channel.TASK: errand,
    Channel.WEBHOOK: call,
}
