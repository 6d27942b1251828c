"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Tables of the outbox."""

    name = "coldframe.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the tables known that lie beside what reads and writes them."""
        from coldframe.outbox import holding, reconciling, workers  # noqa: F401
