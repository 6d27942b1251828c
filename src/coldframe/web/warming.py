"""
What the first pages of a process need to know of the whole base, counted before anybody asks.

A server that has just begun knows nothing; whoever comes first would be told that numbers are being counted.
"""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection

from coldframe import clock
from coldframe.nurture import listing, summaries
from coldframe.web.today import page

log = logging.getLogger(__name__)


def begin() -> None:
    """Count on a thread of its own, so that pages are served meanwhile."""
    threading.Thread(target=warm, name="warming", daemon=True).start()


def warm() -> None:
    """Count what Today and the lists show of the whole base; a database that is not ready is left to the first page."""
    try:
        if listing.has_leads():
            page.count_all(now=clock.now())
            summaries.get_choices()
    except DatabaseError as error:
        log.info("nothing could be counted yet", extra={"error": str(error)})
    finally:
        connection.close()
