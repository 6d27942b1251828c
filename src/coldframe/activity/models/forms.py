"""Questions by mail whether a form was sent in by whom it names, and their answers."""

from __future__ import annotations

import uuid

from django.db import models

from coldframe.leads.models import Lead
from coldframe.storage.instants import InstantField


class Confirmation(models.Model):
    """
    A consent that was given on a form and waits for its giver to confirm it by a link in a mail.

    The proof is kept: the words, the version of the form, from which network and when, and when it was confirmed.
    """

    class State(models.TextChoices):
        #: To be mailed.
        WAITING = "WAITING"
        MAILED = "MAILED"
        CONFIRMED = "CONFIRMED"
        #: Not mailed: the address got one within the day, or the form sent too many.
        SPARED = "SPARED"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="confirmations")
    #: Normalized: where the question goes, and whose yes it is.
    email = models.CharField(max_length=254, db_index=True)
    #: Name of the form.
    form = models.CharField(max_length=64)
    version = models.CharField(max_length=12)
    #: What was agreed to, word for word.
    wording = models.TextField()
    #: Keyed hash of the network it was sent in from; empty: not known.
    network = models.CharField(max_length=32, default="")
    #: What else was said, to be believed once it is confirmed: field -> text.
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    given_at = InstantField()
    mailed_at = InstantField(null=True)
    confirmed_at = InstantField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "form", "given_at"], name="confirmation_once")]
        indexes = [models.Index(fields=["state", "form"], name="confirmation_state")]
