"""Looking into mailboxes beside a worker's turns: a mailbox that does not answer must hold nothing up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections, connection

from coldframe.activity import mailboxes
from coldframe.activity.mailboxes import Opening

LOG = logging.getLogger(__name__)


def as_thread(work: Callable[[], None]) -> threading.Thread:
    """Start something on a thread of its own that ends with the process."""
    thread = threading.Thread(target=work, name="mailboxes", daemon=True)
    thread.start()
    return thread


@dataclass(kw_only=True)
class Watch:
    """Looks into the mailboxes that are due, all of them on one thread, which a new look waits for."""

    opening: Opening = mailboxes.opened
    running: threading.Thread | None = field(default=None)

    def look(self, at: datetime) -> None:
        """Begin a look unless one is going on; without mailboxes there is none."""
        if self.running is not None and self.running.is_alive():
            return
        if mailboxes.is_any():
            self.running = as_thread(lambda: self.look_now(at))

    def look_now(self, at: datetime) -> None:
        """Look into what is due, over a connection of this thread."""
        try:
            for source in mailboxes.claim_due(at=at):
                mailboxes.look_into(source, at=at, opening=self.opening)
        except Exception as error:  # noqa: BLE001 - The next look tries again; a thread has nobody to tell.
            LOG.warning("a look into mailboxes failed", extra={"because": type(error).__name__})
        finally:
            close_old_connections()
            connection.close()
