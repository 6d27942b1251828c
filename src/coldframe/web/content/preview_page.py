"""Preview: what one message says to one lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.library import queries
from coldframe.nurture import content as contents
from coldframe.nurture import listing, readers
from coldframe.web import wording
from coldframe.web.content.lines import AssetLine, asset_line
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class PreviewPage:
    """What one message says to one lead."""

    frame: parts.Frame
    content_key: str
    title: str
    window_title: str
    asset: AssetLine
    asked: str
    lead: parts.Link | None
    #: Whose data it shows; empty: nobody's.
    public_id: str
    subject: str
    text: str
    html_href: str
    held_for: str


def build(content_key: str, *, lead_key: str, now: datetime) -> PreviewPage:
    """
    Return what a message says to the lead that is asked for, or to one whom it would suit.

    Raises ``NoSuchContent``, ``NoSuchLead``, ``SeveralLeads``.
    """
    playbook = queries.get_active_playbook().playbook
    queries.check_content_key(playbook, content_key)
    key = lead_key or str(readers.find_reader(content_key=content_key, playbook=playbook) or "")
    seen = preview_for(content_key, key) if key else None
    row = listing.find_row(lead_id=seen.lead_id) if seen else None
    asset = asset_line(content_key, playbook)
    shown = reverse("web:preview-html", args=[content_key]) + "?" + urlencode({"lead": key})
    return PreviewPage(
        frame=parts.build_frame(section="content", now=now),
        content_key=content_key,
        title=asset.title,
        window_title=wording.without_marks(asset.title),
        asset=asset,
        asked=lead_key,
        lead=lead_of(row) if row else None,
        public_id=str(row.public_id) if row else "",
        subject=seen.subject if seen else "",
        text=seen.text if seen else "",
        html_href=shown if seen and seen.html else "",
        held_for=seen.held_for or "" if seen else _("There is no lead to show it to."),
    )


def preview_for(content_key: str, lead_key: str) -> contents.Preview:
    """Return the message as the lead would get it, but for its footer."""
    return contents.preview(content_key=content_key, lead_key=lead_key, sender=contents.Sender())


def lead_of(row: listing.LeadRow) -> parts.Link:
    """Return the way to a lead."""
    name = wording.person(first_name=row.first_name, last_name=row.last_name, email=row.email)
    return parts.Link(label=name, href=reverse("web:lead", args=[row.public_id]))


def public_id_of(lead_id: int) -> str:
    """Return by what a lead is named in the log; empty where it is gone."""
    row = listing.find_row(lead_id=lead_id)
    return str(row.public_id) if row else ""
