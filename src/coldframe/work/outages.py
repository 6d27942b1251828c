"""A database that does not answer for a while: a worker waits for it, and gives up when it stays away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from coldframe.outbox import durable

LOG = logging.getLogger(__name__)

#: What a database says that is not there, or too busy; and that a statement is wrong, which ``outlast`` raises.
FAILURES = (OperationalError, InterfaceError)


@dataclass(kw_only=True)
class Outage:
    """How long the database has failed without a break."""

    #: Seconds after which a worker gives up.
    patience: float = 600.0
    #: Seconds between two tries.
    pause: float = 2.0
    sleep: Callable[[float], object] = time.sleep
    elapsed: Callable[[], float] = time.monotonic
    began: float | None = None

    def over(self) -> None:
        """Note that the database answers."""
        if self.began is not None:
            LOG.warning("the database answers again")
        self.began = None

    def outlast(self, error: Exception) -> None:
        """Wait a little; raise the error where the statement itself is wrong, or the database stays away."""
        now = self.elapsed()
        if self.began is None:
            LOG.error("the database failed", extra={"failure": type(error).__name__})
        self.began = now if self.began is None else self.began
        if durable.is_mistake(error) or now - self.began >= self.patience:
            raise error
        durable.drop_broken_line()
        self.sleep(self.pause)
