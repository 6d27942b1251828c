"""One message to try a connection out, by a person's own word; past the outbox, and counted nowhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from coldframe.delivery import connections, handing, queries
from coldframe.delivery.channels.answers import Answer
from coldframe.delivery.channels.email import compose
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal

Kind = Connection.Kind
SUBJECT = "Coldframe: a test"
TEXT = "This message was sent to try the connection {name} out. Nobody else got it.\n"


class NoTrial(Refusal):
    """A connection cannot be tried out with a message."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A message that is in no outbox."""

    key: str
    message_id: str
    sender: str
    recipient: str
    body: bytes
    id: int = 1
    domain: str = ""


def try_out(name: str, *, recipient: str, at: datetime) -> Answer:
    """
    Send one message through a connection, live or not; return what came of it.

    Raises ``UnknownConnection``, ``NoTrial``, and what keeps the connection from being used at all.
    """
    found = connections.get(name)
    answers: list[Answer] = []
    trouble = handing.through(
        found,
        iter([trial_of(found, recipient, at=at)]),
        mark=list,
        report=answers.append,
        beat=lambda: None,
        at=at,
    )
    if trouble is not None:
        raise NoTrial("The connection does not work.", where=name, got=f"{trouble.reason}: {trouble.text}")
    return answers[0]


def trial_of(found: Connection, recipient: str, *, at: datetime) -> Trial:
    """Return the message: a notice by mail, or an event of the type ``test``."""
    token = secrets.token_hex(8)
    if found.kind == Kind.WEBHOOK:
        body = webhook.payload("test", {"connection": found.name}, at=at)
        return Trial(
            key=f"test:{token}", message_id=f"msg_test_{token}", sender="", recipient=found.name, body=body
        )
    if found.kind not in {Kind.SMTP, Kind.PROVIDER}:
        raise NoTrial("Nothing leaves the house through it; there is nothing to try.", where=found.name)
    made = compose.message(
        compose.prepare(sender=queries.get_sender(found.name)),
        compose.Mail(
            touch="test",
            token=token,
            recipient=recipient,
            subject=SUBJECT,
            text=TEXT.format(name=found.name),
            html="",
            is_notice=True,
        ),
        at=at,
    )
    return Trial(
        key=f"test:{token}",
        message_id=made.message_id,
        sender=made.sender,
        recipient=made.recipient,
        body=made.body,
    )
