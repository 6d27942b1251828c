"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class HandoffConfig(AppConfig):
    """Tables of the hand-over to sales."""

    name = "coldframe.handoff"
    label = "handoff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have what this app keeps of leads follow when they become one, or move."""
        from coldframe.handoff import joining
        from coldframe.leads import merging

        merging.register(joining.FOLLOWER)
