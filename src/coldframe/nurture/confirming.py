"""Mailing the questions whether a form was sent in by whom it names: one each, with nothing else in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from coldframe.activity.forms import catalog, confirmations
from coldframe.activity.forms.confirmations import Asked
from coldframe.delivery import operations as delivery_operations
from coldframe.delivery import queries as delivery
from coldframe.delivery.channels.email import compose, headers
from coldframe.kernel.vocabulary import Channel, HoldReason
from coldframe.leads import tokens
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Claimed, Composed, Order, Settled, Withheld
from coldframe.storage import turns

KIND = "confirmation"
#: A question that could not be mailed by then would puzzle more than it helps.
LATE_AFTER = timedelta(days=2)
GONE = Withheld(HoldReason.EXITED.value, "It was confirmed, or the person is gone")

TEXT = """\
On {day} the form “{title}” was sent in with this address, and this was agreed to:

“{wording}”

Please confirm that it was you:

{url}

If it was not you, do nothing. Without your yes no mail follows.
"""


@turns.taken()
def queue(*, at: datetime) -> int:
    """Queue the mails of the questions that wait; return how many."""
    with transaction.atomic():
        asked = confirmations.take_to_mail(at=at)
        lane = delivery.find_lane(Channel.EMAIL)
        orders = [
            Order(
                key=f"{KIND}:{each.public_id.hex}",
                kind=KIND,
                subject_id=each.confirmation_id,
                lane=lane,
                domain=each.email.rpartition("@")[2],
                due_at=at,
                late_at=at + LATE_AFTER,
            )
            for each in asked
        ]
        return outbox.enqueue(orders, at=at) if orders else 0


class ConfirmationHandler(delivery_operations.ByLane):
    """The handler of confirmations."""

    kind = KIND

    def compose(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Composed | Withheld]:
        """Write each question."""
        found = confirmations.list_asked([each.subject_id for each in messages])
        return {each.id: written(each, found.get(each.subject_id), at=at) for each in messages}

    def guard(self, messages: Sequence[Claimed], *, at: datetime) -> dict[int, Withheld]:
        """Say which questions need no answer any more."""
        found = confirmations.list_asked([each.subject_id for each in messages])
        return {
            each.id: GONE
            for each in messages
            if each.subject_id not in found or found[each.subject_id].is_confirmed
        }

    def settled(self, ended: Sequence[Settled], *, at: datetime) -> None:
        """Nothing follows: who does not get the question cannot confirm."""


def written(message: Claimed, asked: Asked | None, *, at: datetime) -> Composed | Withheld:
    """Return a question as the bytes that go over the wire."""
    if asked is None:
        return GONE
    form = catalog.find(asked.form)
    title = form.form.title if form else asked.form
    prepared = compose.prepare(sender=delivery.get_sender(message.lane))
    token = tokens.make(tokens.Purpose.CONFIRM, lead=asked.lead, touch=asked.public_id)
    text = TEXT.format(
        day=f"{asked.given_at:%-d %B %Y}",
        title=title,
        wording=asked.wording,
        url=tokens.address("public:confirm", token),
    )
    try:
        made = compose.message(
            prepared,
            compose.Mail(
                touch=asked.public_id.hex,
                token=KIND,
                recipient=asked.email,
                subject=f"Please confirm: {title}",
                html="",
                text=text,
                is_notice=True,
            ),
            at=at,
        )
    except headers.UnsafeValue as unsafe:
        return Withheld(HoldReason.NOT_READY.value, str(unsafe))
    return Composed(message_id=made.message_id, sender=made.sender, recipient=made.recipient, body=made.body)
