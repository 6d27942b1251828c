"""What arrived and was acknowledged, and is not yet understood."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.activity.models.sources import Source
from coldframe.storage.instants import InstantField


class Arrival(models.Model):
    """
    Something that was taken in as it came, stored before it was acknowledged.

    Digesting turns it into facts and deletes it in one transaction; what cannot be understood stays, with
    the reason. Personal values may stand in it, so it is searched and emptied when a person is erased.
    """

    class Kind(models.TextChoices):
        #: Calls of the event API: a list of JSON objects, each with its type.
        CALLS = "CALLS"
        #: A link opened, a pixel loaded.
        HIT = "HIT"
        #: What a provider tells of messages: normalized, with the raw event.
        PROVIDER = "PROVIDER"
        #: A mail as it came.
        MAIL = "MAIL"
        #: JSON of a webhook, to be read by its source's mapping.
        WEBHOOK = "WEBHOOK"
        #: A form that was sent in.
        FORM = "FORM"

    class State(models.TextChoices):
        WAITING = "WAITING"
        #: Not understood; kept for a person to look at, for a limited time.
        QUARANTINED = "QUARANTINED"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    #: None: it needs none, such as a link that carries all it says.
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, db_index=False)
    #: What came: JSON in UTF-8, or a mail.
    body = models.BinaryField()
    #: What is known beside it: headers that matter, how it was verified. Never a secret.
    about = models.JSONField(default=dict)
    received_at = InstantField()
    state = models.CharField(max_length=11, choices=State.choices, default=State.WAITING)
    #: Why it is not understood.
    reason = models.CharField(max_length=255, default="")
    #: By what a repeat is known once it was set aside, where its kind has such a thing.
    key = models.BinaryField(max_length=16, null=True)
    #: How often digesting it alone was begun; one that ends its process is not tried for ever.
    tries = models.SmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="arrival_waiting", condition=Q(state="WAITING")),
            models.Index(fields=["received_at"], name="arrival_kept", condition=Q(state="QUARANTINED")),
            models.Index(fields=["key"], name="arrival_key", condition=Q(key__isnull=False)),
        ]


class KnownCall(models.Model):
    """
    A call that says who somebody is, dated by when it came: sent again, it is the one of then.

    A call that is a fact is known by the fact's key, and one that its sender dates by itself comes to the same each time.
    """

    #: Of the source and the message's id.
    key = models.BinaryField(max_length=16, primary_key=True)
    #: What it was dated when it first came.
    occurred_at = InstantField()
    #: When it was first digested; it is remembered for a while from then.
    noted_at = InstantField(db_index=True)
