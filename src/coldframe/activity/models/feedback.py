"""What was heard of a mail after it had left."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.leads.models import Lead
from coldframe.storage.instants import InstantField


class Feedback(models.Model):
    """
    One thing that was heard of a touch's mail, from a provider or from a mail that came back.

    Each kind once for each touch, by its earliest instant, however often and in whatever order it is told;
    what a mail's state is follows from the kinds alone.
    """

    class Kind(models.TextChoices):
        #: A provider has it.
        SENT = "SENT"
        #: The recipient's side put it off; it is tried further.
        DEFERRED = "DEFERRED"
        DELIVERED = "DELIVERED"
        #: Not delivered, through no lasting fault of the address.
        SOFT_BOUNCED = "SOFT_BOUNCED"
        #: Not delivered, for the sender has something to mend.
        SENDER_REFUSED = "SENDER_REFUSED"
        #: The provider did not send it.
        NOT_SENT = "NOT_SENT"
        #: The address is dead.
        HARD_BOUNCED = "HARD_BOUNCED"
        UNSUBSCRIBED = "UNSUBSCRIBED"
        COMPLAINED = "COMPLAINED"
        #: By a person or a machine; both show that it arrived.
        OPENED = "OPENED"
        CLICKED = "CLICKED"
        REPLIED = "REPLIED"

    #: The touch's public id.
    touch = models.UUIDField()
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    occurred_at = InstantField()
    #: Name of the source that told so.
    source = models.CharField(max_length=64)
    #: Of RFC 3463, such as 5.1.1; empty where none was told.
    status = models.CharField(max_length=11, default="")
    #: What the other side said.
    text = models.CharField(max_length=500, default="")
    heard_at = InstantField()
    #: What follows for the outbox and the brake was done.
    is_passed_on = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["touch", "kind"], name="feedback_once")]
        indexes = [models.Index(fields=["id"], name="feedback_waiting", condition=Q(is_passed_on=False))]
