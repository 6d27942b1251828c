"""Facts that arrived, each with an id of its own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.activity.models.visitors import Visitor
from coldframe.leads.models import Account, ImportBatch, Lead
from coldframe.storage.instants import InstantField
from coldframe.storage.keys import SharedKey


class EventShape(models.Model):
    """
    What many events have in common: their kind and what they were about.

    Kept apart so that an event is a handful of numbers and a condition over a path is decided once for
    each path, not once for each of millions of visits (ADR 0004). Holds no personal value.
    """

    #: page, form_submitted, asset_downloaded, webinar_attended, replied, link_clicked, call, …
    kind = models.CharField(max_length=64)
    #: Of the page, without query and fragment.
    path = models.CharField(max_length=500, default="")
    form = models.CharField(max_length=120, default="")
    #: Key of an asset of the catalogue.
    asset = models.CharField(max_length=120, default="")
    #: Target of a clicked link, or what else tells events of a kind apart (a call's outcome, a webinar's name).
    topic = models.CharField(max_length=300, default="")
    campaign = models.CharField(max_length=200, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "path", "form", "asset", "topic", "campaign"], name="eventshape_once"
            )
        ]


class Event(models.Model):
    """A fact at an instant. Never changed; an undone import voids it through its batch."""

    class EvidenceCode(models.IntegerChoices):
        MACHINE = 0
        UNSURE = 1
        HUMAN = 2

    #: Of (source, the source's own id, or the row's content): the same fact twice is one row.
    key = models.BinaryField(max_length=16, unique=True)
    shape = models.ForeignKey(EventShape, on_delete=models.PROTECT, db_index=False)
    #: NULL while nobody knows who it was.
    lead = models.ForeignKey(Lead, null=True, on_delete=models.PROTECT, related_name="events", db_index=False)
    #: Whose browser it was, where the event came from one; kept once the lead is known.
    visitor = models.ForeignKey(
        Visitor, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    #: Maintained when a lead moves; not part of the fact.
    account = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    occurred_at = InstantField()
    received_at = InstantField()
    evidence = models.SmallIntegerField(choices=EvidenceCode.choices, default=EvidenceCode.HUMAN)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(account__isnull=False) | Q(visitor__isnull=False),
                name="event_of_somebody",
            )
        ]
        indexes = [
            # Who did what an import told of; what came by calls has no batch, and adds nothing here.
            models.Index(fields=["batch", "lead"], name="event_of_import", condition=Q(batch__isnull=False)),
            models.Index(fields=["visitor"], name="event_visitor", condition=Q(visitor__isnull=False)),
            # Who did something of a kind: few shapes, so that what comes in is added at a few hundred places.
            models.Index(fields=["shape"], name="event_shape"),
            # All that a decision reads of an account's events stands here: of a base of millions each event would else be a
            # page of its own to look up.
            models.Index(
                fields=["account", "lead", "shape", "evidence", "occurred_at"], name="event_of_account"
            ),
        ]


class Payload(models.Model):
    """The personal part of an event, kept apart so that it can be erased."""

    event = SharedKey(Event, on_delete=models.CASCADE, related_name="payload")
    properties = models.JSONField(default=dict)
