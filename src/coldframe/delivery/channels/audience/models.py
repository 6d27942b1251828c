"""Who is on which list."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.storage.instants import InstantField


class Membership(models.Model):
    """One person's stay on one list; hashes alone, never an address."""

    #: The path whose list it is.
    audience = models.CharField(max_length=80)
    lead_id = models.BigIntegerField()
    #: SHA-256 of the normalized value, in hex; empty: none.
    email_hash = models.CharField(max_length=64, default="")
    phone_hash = models.CharField(max_length=64, default="")
    #: The hand-over that put the person in.
    message_id = models.CharField(max_length=255, unique=True)
    entered_at = InstantField()
    left_at = InstantField(null=True)

    class Meta:
        app_label = "delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "lead_id"], name="membership_open", condition=Q(left_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["lead_id"], name="membership_lead")]
