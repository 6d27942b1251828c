"""Versions of the policy, and the draft of the next. A version is never changed; which one is active is a list of activations."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from coldframe.storage.instants import InstantField


class PlaybookVersion(models.Model):
    """One frozen playbook, whole."""

    number = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=200)
    #: As its owner wrote it, comments and all.
    text = models.TextField()
    text_hash = models.CharField(max_length=64, unique=True)
    published_at = InstantField()
    #: Where the text came from: a file name, or the starter it was made from.
    origin = models.CharField(max_length=255, default="")

    def __str__(self) -> str:
        return f"{self.number} · {self.name}"


class PlaybookActivation(models.Model):
    """From when a version was the active one; the last activation counts."""

    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="activations")
    activated_at = InstantField()
    #: Who did it, by the name of that time, and why; NULL: nobody said.
    activated_by = models.CharField(max_length=150, null=True)
    why = models.CharField(max_length=500, null=True)

    def __str__(self) -> str:
        return f"version {self.version_id} from {self.activated_at:%Y-%m-%d %H:%M}"


class PlaybookDraft(models.Model):
    """
    The next version while it is written: one text that everybody works on, and at most one of them open.

    It may hold mistakes. A draft that was put aside, or became a version, stays as it was.
    """

    text = models.TextField()
    #: The version it was begun from.
    base = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    #: Counts the times it was saved; whoever saves names the one they saw.
    revision = models.PositiveIntegerField(default=1)
    saved_by = models.CharField(max_length=150)
    saved_at = InstantField()
    begun_by = models.CharField(max_length=150)
    begun_at = InstantField()
    is_open = models.BooleanField(default=True)
    ended_at = InstantField(null=True)
    #: The version it became; NULL once it was ended: it was put aside.
    became = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_open"], condition=Q(is_open=True), name="draft_open_once"),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}, saved {self.revision} times"
