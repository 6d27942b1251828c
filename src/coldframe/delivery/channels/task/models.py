"""What somebody is to do by hand."""

from __future__ import annotations

from django.db import models

from coldframe.storage.instants import InstantField


class Task(models.Model):
    """One thing to do for one lead."""

    lead_id = models.BigIntegerField()
    #: Who is to do it; empty: whoever is free.
    owner = models.CharField(max_length=150, default="")
    title = models.CharField(max_length=200)
    #: What to do, and why, in a sentence each.
    what = models.TextField(default="")
    why = models.TextField(default="")
    due_at = InstantField()
    #: The hand-over that made it.
    message_id = models.CharField(max_length=255, unique=True)
    created_at = InstantField()
    done_at = InstantField(null=True)
    done_by = models.CharField(max_length=150, default="")

    class Meta:
        app_label = "delivery"
        indexes = [
            models.Index(fields=["due_at"], name="task_open", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["lead_id"], name="task_lead"),
        ]
