"""Versions of the policy. A version is never changed; which one is active is a list of activations."""

from __future__ import annotations

from django.db import models

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

    def __str__(self) -> str:
        return f"version {self.version_id} from {self.activated_at:%Y-%m-%d %H:%M}"
