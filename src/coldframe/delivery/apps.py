"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Tables of delivery."""

    name = "coldframe.delivery"
    label = "delivery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the tables known that lie beside what reads and writes them."""
        from coldframe.delivery.channels.audience import models as _audience  # noqa: F401
        from coldframe.delivery.channels.task import models as _task  # noqa: F401
