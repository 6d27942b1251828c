"""People of whom only a browser's own id is known, until they say who they are."""

from __future__ import annotations

from django.db import models

from coldframe.leads.models import Lead
from coldframe.storage.instants import InstantField


class Visitor(models.Model):
    """
    Whoever is behind an anonymous id. Its events wait here and go to the lead when it is identified.

    The earliest identification by its own time decides, whatever order they arrive in, so that a shared
    computer does not carry one person's history to the next.
    """

    #: As the site's script or a client made it.
    anonymous_id = models.CharField(max_length=128, unique=True)
    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="visitors")
    #: When it was identified, by the clock of who told so, and by which call (its key), to tell equals apart.
    identified_at = InstantField(null=True)
    identified_by = models.BinaryField(max_length=16, null=True)
    created_at = InstantField()
