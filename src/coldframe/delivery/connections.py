"""Connections by name."""

from __future__ import annotations

from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal

LOCAL_NAME = "local"
LOCAL_SENDER = "nurture@local.invalid"


class UnknownConnection(Refusal):
    """There is no connection of this name."""


def get(name: str) -> Connection:
    """Return the row of a connection; raises ``UnknownConnection``."""
    found = Connection.objects.filter(name=name).first()
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> UnknownConnection:
    """Return what to raise for a name that nobody knows."""
    known = ", ".join(Connection.objects.order_by("name").values_list("name", flat=True))
    return UnknownConnection(
        f'There is no connection "{name}".', expected=known or "one that was added before"
    )
