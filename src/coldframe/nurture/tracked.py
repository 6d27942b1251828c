"""
What a message tells of itself: which of its links are tracked, whether a picture tells that it was opened.

The playbook says what is wanted, and each reader what they let be. Ways to leave are no links of this kind, the
plain part keeps its addresses, and a message without a link of its own has nothing hidden in it either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from coldframe.activity import sources
from coldframe.activity.tracking import tokens
from coldframe.activity.tracking.tokens import Link, Pixel
from coldframe.kernel.playbook.model import Tracking
from coldframe.leads import tokens as people
from coldframe.leads import tracking
from coldframe.leads.tokens import path_before
from coldframe.leads.tracking import Wish

#: No person sees it, and no program that reads aloud names it; scanners of mail follow it like any other.
HIDDEN = '<a href="{}" rel="nofollow" tabindex="-1" aria-hidden="true" style="display:none;font-size:0;line-height:0"></a>'
PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'
BODY_ENDS = "</body>"


@dataclass(kw_only=True)
class Trail:
    """What one message tells of itself."""

    touch: UUID
    #: The lead's public id: a form that is served here opens for its reader.
    reader: UUID
    #: The same where a visit is to be theirs.
    visitor: UUID | None
    #: Hosts of one's own site.
    sites: frozenset[str]
    #: The asset that the message is about, and where it can be read.
    asset: str
    asset_url: str
    tracks_links: bool
    pixel: Pixel | None
    #: The distinct targets that are tracked, in their order; known once the links are written.
    tracked: list[str] = field(default_factory=list)

    def lead_by(self, targets: list[str]) -> list[str]:
        """Return for each link where it leads first, so that it is noted."""
        found = list(dict.fromkeys(filter(is_trackable, targets))) if self.tracks_links else []
        self.tracked = found if len(found) <= tokens.MOST_LINKS else []
        count = len(self.tracked)
        made = {target: self.address(target, place, count) for place, target in enumerate(self.tracked)}
        return [made.get(each) or self.opened(each) for each in targets]

    def opened(self, target: str) -> str:
        """Return the address of a form of one's own as one that opens for the reader; any other as it is."""
        if not target.startswith(forms_begin()) or "?" in target or "#" in target:
            return target
        return f"{target}?k={people.make(people.Purpose.FORM, lead=self.reader, touch=self.touch)}"

    def address(self, target: str, place: int, count: int, *, is_hidden: bool = False) -> str:
        """Return the address of a tracked link."""
        asset = self.asset if target == self.asset_url else ""
        visitor = self.visitor if self.visitor and host_of(target) in self.sites else None
        link = Link(self.touch, place, count, target, asset, is_hidden, None if is_hidden else visitor)
        return f"{links_begin()}{tokens.make_link(link)}"

    def ended(self, html: str) -> str:
        """Return the HTML with what no reader sees at its end: a link for scanners, and the pixel."""
        unseen, count = "", len(self.tracked)
        if count:
            unseen = HIDDEN.format(self.address(self.tracked[0], count, count, is_hidden=True))
        if self.pixel:
            unseen += PIXEL.format(f"{pixels_begin()}{tokens.make_pixel(self.pixel)}.gif")
        place = html.rfind(BODY_ENDS)
        return html[:place] + unseen + html[place:] if unseen and place >= 0 else html + unseen


@dataclass(frozen=True, kw_only=True)
class Trails:
    """What all messages of a batch tell of themselves, as far as it is the same."""

    rules: Tracking
    wishes: dict[int, Wish]
    sites: frozenset[str]

    def of(self, *, lead_id: int, lead: UUID, country: object, touch: UUID, asset: tuple[str, str]) -> Trail:
        """Return what the message of a touch tells of itself. ``asset``: its key, and where it can be read."""
        wish = self.wishes.get(lead_id)
        agreed = wish is Wish.AGREED
        is_let = agreed or (wish is None and country not in self.rules.plain_links_in)
        has_pixel = agreed and self.rules.pixel != "no"
        return Trail(
            touch=touch,
            reader=lead,
            visitor=lead if agreed and self.rules.visits else None,
            sites=self.sites,
            asset=asset[0],
            asset_url=asset[1],
            tracks_links=self.rules.links and is_let,
            pixel=Pixel(touch, self.rules.pixel == "day") if has_pixel else None,
        )


def load_trails(lead_ids: Collection[int], *, rules: Tracking, at: datetime) -> Trails:
    """Return what the messages to some leads tell of themselves: one query, or two."""
    wishes = tracking.wishes_of(lead_ids, at=at) if rules.links or rules.pixel != "no" else {}
    agreed = rules.visits and Wish.AGREED in wishes.values()
    return Trails(rules=rules, wishes=wishes, sites=own_sites() if agreed else frozenset())


def own_sites() -> frozenset[str]:
    """Return the hosts of one's own site: those whose pages may use the key of a site."""
    public = [each for each in sources.callers().values() if each.is_public]
    return frozenset(host_of(origin) for each in public for origin in each.origins) - {""}


def is_trackable(target: str) -> bool:
    """Return whether a link can be tracked: a page of the web, and none of those that only its reader may open."""
    return tokens.fits(target) and not target.startswith(f"{settings.BASE_URL}/")


@lru_cache(maxsize=4096)
def host_of(address: str) -> str:
    """Return the host of an address, in lower case; an empty text for none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def links_begin() -> str:
    """Return what every tracked link begins with."""
    return settings.BASE_URL + path_before("public:link")


def forms_begin() -> str:
    """Return what the address of every form begins with."""
    return settings.BASE_URL + path_before("public:form")


def pixels_begin() -> str:
    """Return what the address of every pixel begins with."""
    return settings.BASE_URL + path_before("public:pixel")
