"""A content as lists and headings show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook
from coldframe.nurture import words
from coldframe.web import phrases, wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class AssetLine:
    """Something that can be sent."""

    title: str
    href: str
    kind: str
    stage: str
    answers: str
    restricted: str
    #: Empty where no template is for it.
    template: str
    #: Leads that had it.
    had: parts.Link | None = None


def asset_line(content_key: str, playbook: Playbook, *, had: parts.Link | None = None) -> AssetLine:
    """Return an asset, a question or a follow-up as the list shows it."""
    asset = templates.find_asset(playbook, content_key)
    template = templates.find_template(playbook, content_key)
    sort, field = templates.sort_of(content_key)
    asks = playbook.completeness.questions[field].ask if field in playbook.completeness.questions else ""
    title = asset.title if asset else wording.sentence(phrases.said(words.title_of(playbook, content_key)))
    return AssetLine(
        title=title,
        href=reverse("web:asset", args=[content_key]),
        kind=wording.plain(asset.kind) if asset else wording.plain(sort),
        stage=stage_name(asset.stage.value) if asset else wording.DASH,
        answers=asset.answers if asset else asks,
        restricted=restricted(asset) if asset else "",
        template=template.name if template else "",
        had=had,
    )


def restricted(asset: Asset) -> str:
    """Return for whom alone an asset is; empty: for everybody."""
    roles = [wording.ROLES.get(each.upper(), each) for each in asset.roles]
    only = [*asset.segments, *roles, *asset.problems]
    return _("only for %(whom)s") % {"whom": ", ".join(only)} if only else ""


def stage_name(stage: str) -> str:
    """Return a stage in words."""
    return wording.STAGES.get(stage.upper(), wording.plain(stage))
