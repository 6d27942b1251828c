"""What a page shows while there is no lead: how the first ones come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.nurture import listing
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class EmptyPage:
    """The start of an empty data folder."""

    frame: parts.Frame
    title: str


def find(*, section: str, title: str, now: datetime) -> EmptyPage | None:
    """Return the page for a base without leads; None where there are some."""
    if listing.has_leads():
        return None
    return EmptyPage(frame=parts.build_frame(section=section, now=now), title=title)
