"""
Noting a hit: what is kept of a request, and how many of one sort.

A pixel may be loaded by anything, as often as it likes; beyond what could be a reader's doing nothing more is learned
from it, so it is not written down.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from coldframe.activity import agents, hits
from coldframe.activity.hits import HitKind, Method, NewHit
from coldframe.activity.tracking import spool
from coldframe.activity.tracking.spool import Spool
from coldframe.activity.tracking.tokens import Link, Pixel

log = logging.getLogger(__name__)

#: The name that hits of links of one's own go by.
SOURCE = "links"
ID_BYTES = 12
LONGEST_AGENT = 300
#: In a process, of one touch within an hour, and of all pixels within a second.
MOST_OPENS, MOST_CLICKS = 20, 500
OPENS_A_SECOND = 200
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a request tells."""

    method: str
    #: Of the client, as far as it is known.
    address: str
    headers: Mapping[str, str]


def click(link: Link, seen: Seen, *, at: datetime) -> NewHit:
    """Return the hit of a link that was opened."""
    return NewHit(
        kind=HitKind.CLICK,
        touch=link.touch,
        link=link.position,
        links=max(1, link.links),
        target=without_query(link.target),
        asset=link.asset,
        is_hidden=link.is_hidden,
        **common(seen, at=at),
    )


def opening(pixel: Pixel, seen: Seen, *, at: datetime) -> NewHit:
    """Return the hit of a pixel that was loaded."""
    found = common(seen, at=at)
    if pixel.by_day:
        found |= {"at": at.replace(hour=0, minute=0, second=0, microsecond=0), "network": ""}
    return NewHit(kind=HitKind.OPEN, touch=pixel.touch, **found)


def common(seen: Seen, *, at: datetime) -> dict[str, Any]:
    """Return what all hits have."""
    method = seen.method.upper()
    return {
        "id": secrets.token_hex(ID_BYTES),
        "source": SOURCE,
        "at": at,
        "method": Method(method) if method in Method.__members__ else Method.GET,
        "network": hits.network_hash(seen.address),
        "agent": seen.headers.get("User-Agent", "")[:LONGEST_AGENT],
        "is_prefetch": hits.is_prefetch(seen.headers),
        "is_known_network": agents.is_scanner_network(seen.address),
    }


def without_query(target: str) -> str:
    """
    Return where a link leads, without what may be personal in it.

    >>> without_query("https://ours.example/guide?mail=a%40b.example#top")
    'https://ours.example/guide'
    """
    return target.partition("#")[0].partition("?")[0]


class Notebook:
    """Writes hits down, as many of one sort as can be a reader's doing."""

    def __init__(self, file: Spool) -> None:
        self.file = file
        self.lock = threading.Lock()
        self.hour = self.second = 0
        self.of_touch: Counter[tuple[UUID, HitKind]] = Counter()
        self.opens = 0
        #: What was not written down, by reason.
        self.left_out: Counter[str] = Counter()

    def note(self, hit: NewHit, *, at: datetime) -> bool:
        """Write a hit down; return whether it was. Whatever fails, whoever asked gets their answer."""
        reason = self.refusal(hit, at=at)
        if not reason:
            try:
                self.file.append(hit.as_body())
            except spool.Full as full:
                reason = str(full)
                log.error("a hit could not be written down", extra={"because": reason})
        self.left_out[reason] += bool(reason)
        return not reason

    def refusal(self, hit: NewHit, *, at: datetime) -> str:
        """Return why a hit is one too many; an empty text where it is not."""
        with self.lock:
            second = int(at.timestamp())
            if second // HOUR.seconds != self.hour:
                self.hour = second // HOUR.seconds
                self.of_touch.clear()
            if second != self.second:
                self.second, self.opens = second, 0
            self.of_touch[hit.touch, hit.kind] += 1
            self.opens += hit.kind is HitKind.OPEN
            most = MOST_OPENS if hit.kind is HitKind.OPEN else MOST_CLICKS
            if self.of_touch[hit.touch, hit.kind] > most:
                return "too many of one touch"
            return "too many at once" if hit.kind is HitKind.OPEN and self.opens > OPENS_A_SECOND else ""


@cache
def notebook() -> Notebook:
    """Return the notebook of this process."""
    return Notebook(Spool(Path(settings.HOME) / spool.FOLDER))
