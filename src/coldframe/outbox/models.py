"""Messages that leave the house, and every try."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.storage.instants import InstantField
from coldframe.storage.keys import SharedKey


class OutboxMessage(models.Model):
    """
    One thing to hand over, at most once.

    ``QUEUED -> CLAIMED -> HANDING_OFF -> SENT | FAILED | UNCERTAIN``, or ``HELD`` before the hand-over; a
    claim that died before ``HANDING_OFF`` is ``QUEUED`` again, one that died in it is ``UNCERTAIN``.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED"
        #: Somebody holds it, until ``lease_until``; nothing irrevocable has happened.
        CLAIMED = "CLAIMED"
        #: The marker: committed just before the other side could take it.
        HANDING_OFF = "HANDING_OFF"
        SENT = "SENT"
        #: Not handed over, for a reason; whoever enqueued it may queue it again.
        HELD = "HELD"
        FAILED = "FAILED"
        #: Handed over, and no answer came. Never handed over again blind.
        UNCERTAIN = "UNCERTAIN"

    #: Names the thing for ever; the same key is never queued twice.
    key = models.CharField(max_length=120, unique=True)
    #: Whose handler composes, guards and delivers it.
    kind = models.CharField(max_length=32)
    #: The handler's own row.
    subject_id = models.BigIntegerField()
    #: Connection whose limits it counts against; empty: none.
    lane = models.CharField(max_length=64, default="")
    #: Domain of the recipient, for its own limit; empty: none.
    domain = models.CharField(max_length=255, default="")
    #: What an opt-out or an exit locks while it is recorded, such as ``lead:17`` and ``address:a@b.example``.
    locks = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    #: Not before; moved on by a retry.
    due_at = InstantField()
    #: Too late from here on: held as stale.
    late_at = InstantField()
    lease_until = InstantField(null=True)
    #: Fencing token: grows with every claim; only its holder may write.
    token = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=64, default="")
    #: Counted before an attempt is made.
    attempt_count = models.SmallIntegerField(default=0)
    #: Workers that died while they held it; from the first on it is claimed alone.
    death_count = models.SmallIntegerField(default=0)
    first_attempt_at = InstantField(null=True)
    #: Frozen when first composed, with the content; a retry sends the same.
    message_id = models.CharField(max_length=255, null=True)
    sender = models.CharField(max_length=320, null=True)
    recipient = models.CharField(max_length=320, null=True)
    composed_at = InstantField(null=True)
    marked_at = InstantField(null=True)
    #: Set in every state of ``SETTLED``, and in no other.
    settled_at = InstantField(null=True)
    #: Why it is held, failed or uncertain: a word, and what was said.
    reason = models.CharField(max_length=32, default="")
    detail = models.CharField(max_length=500, default="")
    #: The other side's answer, such as ``250 2.0.0 Ok: queued as 4XyZ``.
    receipt = models.CharField(max_length=500, default="")
    created_at = InstantField()

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "due_at", "id"], name="outboxmessage_due", condition=Q(state="QUEUED")
            ),
            models.Index(fields=["late_at"], name="outboxmessage_late", condition=Q(state="QUEUED")),
            models.Index(
                fields=["lease_until"],
                name="outboxmessage_leased",
                condition=Q(state__in=["CLAIMED", "HANDING_OFF"]),
            ),
            models.Index(fields=["kind", "subject_id"], name="outboxmessage_subject"),
            models.Index(
                fields=["settled_at"], name="outboxmessage_uncertain", condition=Q(state="UNCERTAIN")
            ),
            # For people: how many there are of each state and way, and the newest of them.
            models.Index(
                fields=["state", "id", "settled_at"],
                name="outboxmessage_settled",
                condition=Q(settled_at__isnull=False),
            ),
            models.Index(fields=["id"], name="outboxmessage_open", condition=Q(settled_at__isnull=True)),
            models.Index(fields=["lane", "id"], name="outboxmessage_lane"),
        ]


#: States that a message stays in unless a person or evidence says otherwise.
SETTLED = frozenset({"SENT", "HELD", "FAILED", "UNCERTAIN"})


class Content(models.Model):
    """The bytes of a message, apart from its row, which changes at every step and is small for that."""

    message = SharedKey(
        OutboxMessage,
        on_delete=models.CASCADE,
        related_name="content",
        db_constraint=False,
    )
    #: Compressed (zlib). NULL: erased.
    body = models.BinaryField(null=True)
    #: SHA-256 of the bytes as sent.
    body_hash = models.CharField(max_length=64)


class Attempt(models.Model):
    """One try to hand a message over."""

    message = models.ForeignKey(
        OutboxMessage, on_delete=models.CASCADE, related_name="attempts", db_constraint=False
    )
    number = models.SmallIntegerField()
    token = models.BigIntegerField()
    worker = models.CharField(max_length=64)
    started_at = InstantField()
    ended_at = InstantField()
    #: Where it ended: connect, tls, login, sender, recipient, body, final dot; or guard, compose.
    phase = models.CharField(max_length=16)
    #: sent, retry, failed, held, uncertain.
    outcome = models.CharField(max_length=12)
    #: The other side's code, such as 450; 0: none.
    code = models.SmallIntegerField(default=0)
    text = models.CharField(max_length=500, default="")
