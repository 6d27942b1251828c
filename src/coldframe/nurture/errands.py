"""What touches say in the channels that are no mail: an entry of a list, a task for the owner, a call of another system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from coldframe.delivery.channels.audience import channel as audience
from coldframe.delivery.channels.task import channel as task
from coldframe.delivery.channels.task.channel import Errand
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import Channel, HoldReason
from coldframe.library.fields import Value
from coldframe.library.rendering import Rendered
from coldframe.outbox.handlers import Claimed, Composed, Withheld

#: The owner has so long for a task.
TASK_WITHIN = timedelta(days=2)
#: The type of a call, by which its receiver knows what it is about.
EVENT = "touch.due"
TITLE_LENGTH, OWNER_LENGTH = 200, 150


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A touch, and whom it is for."""

    touch_id: int
    touch: UUID
    content_key: str
    channel: Channel
    path: str
    lap: int
    #: Why this content now.
    reason: str
    needs_notice: bool
    lead_id: int
    lead: UUID
    email: str | None
    phone: str | None
    values: Mapping[str, Value]


def name_of(values: Mapping[str, Value]) -> str:
    """
    Return how a person is addressed; an empty text where no name is known.

    >>> name_of({"lead.first_name": "Anna", "lead.last_name": None})
    'Anna'
    """
    names = (values.get("lead.first_name"), values.get("lead.last_name"))
    return " ".join(str(each) for each in names if each)


def identity(message: Claimed, reader: Reader) -> str:
    """Return the id of a hand-over: the touch, and how often it was planned before."""
    return f"{reader.touch.hex}.{message.key.rpartition(':')[2]}"


def entry(message: Claimed, reader: Reader) -> Composed | Withheld:
    """Return an entry of the path's list; withheld where no platform could find the person."""
    try:
        body = audience.compose(
            audience=reader.path, lead_id=reader.lead_id, email=reader.email, phone=reader.phone
        )
    except audience.NothingToMatch as nothing:
        return Withheld(HoldReason.NO_ADDRESS.value, str(nothing))
    return Composed(message_id=identity(message, reader), sender="", recipient="", body=body)


def errand(
    message: Claimed, reader: Reader, words: Rendered | None, *, playbook: Playbook, at: datetime
) -> Composed:
    """Return a task for the lead's owner, else the account's: what to send or say, and why now."""
    values = reader.values
    whom = name_of(values) or reader.email or "this lead"
    about = words.subject if words else title_of(reader.content_key, playbook)
    made = Errand(
        lead_id=reader.lead_id,
        owner=str(values.get("lead.owner") or values.get("account.owner") or "")[:OWNER_LENGTH],
        title=f"{whom}: {about}"[:TITLE_LENGTH],
        what=what_of(reader.content_key, words, playbook),
        why=reader.reason,
        due_at=at + TASK_WITHIN,
    )
    return Composed(message_id=identity(message, reader), sender="", recipient="", body=task.compose(made))


def what_of(content_key: str, words: Rendered | None, playbook: Playbook) -> str:
    """Return what to do: the content, where it can be read, and the words for it where the playbook has them."""
    asset = templates.find_asset(playbook, content_key)
    parts = [title_of(content_key, playbook), asset.url if asset else "", words.text if words else ""]
    return "\n\n".join(part for part in parts if part)


def call(
    message: Claimed, reader: Reader, words: Rendered | None, *, playbook: Playbook, at: datetime
) -> Composed:
    """Return a call that tells another system whom to contact with what."""
    return Composed(
        message_id=f"msg_{identity(message, reader)}",
        sender="",
        recipient="",
        body=webhook.payload(EVENT, told(reader, words, playbook), at=at),
    )


def told(reader: Reader, words: Rendered | None, playbook: Playbook) -> dict[str, Any]:
    """Return what a call says, as plain values."""
    values = reader.values
    asset = templates.find_asset(playbook, reader.content_key)
    return {
        "touch": str(reader.touch),
        "lead": {
            "id": str(reader.lead),
            "email": reader.email,
            "phone": reader.phone,
            "first_name": values.get("lead.first_name"),
            "last_name": values.get("lead.last_name"),
            "owner": values.get("lead.owner") or values.get("account.owner"),
        },
        "company": values.get("account.name"),
        "path": reader.path,
        "lap": reader.lap,
        "content": {
            "key": reader.content_key,
            "title": title_of(reader.content_key, playbook),
            "url": asset.url if asset else None,
        },
        "why": reader.reason,
        "subject": words.subject if words else None,
        "text": words.text if words else None,
    }


def title_of(content_key: str, playbook: Playbook) -> str:
    """Return what a content is called among people: an asset's title, a question's words, a date to follow up."""
    asset = templates.find_asset(playbook, content_key)
    if asset is not None:
        return asset.title
    sort, rest = templates.sort_of(content_key)
    if sort == templates.FOLLOW_UP:
        return f"Follow up on {rest}"
    question = playbook.completeness.questions.get(rest)
    return f"Ask: {question.ask}" if question else content_key
