"""
What the first pages of a process need to know, made before anybody asks: of the whole base, of the code and of the playbook.

A server that has just begun knows nothing; whoever comes first would be told that numbers are being counted, or wait until
the text of the playbook was read.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db import DatabaseError, connection
from django.urls import get_resolver

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import grouping, listing, paging, summaries
from coldframe.web.pages import lead
from coldframe.web.playbook.pages import editor, forms
from coldframe.web.today import page

log = logging.getLogger(__name__)


def begin() -> None:
    """Begin on a thread of its own, so that pages are served meanwhile."""
    threading.Thread(target=warm, name="warming", daemon=True).start()


def warm() -> None:
    """Load the pages, and make what costs much of them; a database that is not ready is left to the first page."""
    try:
        # Every page is found by the table of addresses, which loads them all.
        get_resolver().url_patterns  # noqa: B018 - It is loaded by being asked for.
        make(now=clock.now())
    except (DatabaseError, Refusal) as error:
        log.info("nothing could be made ahead yet", extra={"because": type(error).__name__})
    finally:
        connection.close()


def make(*, now: datetime) -> None:
    """Make what Today and the lists show of the whole base, one lead's card, and the playbook's text as forms and findings."""
    if listing.has_leads():
        page.count_all(now=now)
        summaries.get_choices()
        for each in paging.list_group(grouping.Group.NURTURE, limit=1):
            lead.find(each.public_id, may_change=True, now=now)
    editor.build(now=now)
    forms.build(now=now)
