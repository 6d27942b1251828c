"""Content: which buyer questions have an answer for whom, and how many leads wait where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.library import content_map, queries
from coldframe.nurture import content as contents
from coldframe.nurture import readers, remembering
from coldframe.reports import content_use
from coldframe.reports.columns import Column
from coldframe.web import wording
from coldframe.web.content import links
from coldframe.web.content.lines import AssetLine, asset_line, stage_name
from coldframe.web.pages import parts

#: Gaps listed; the map below shows all.
GAPS = 12
#: Shades of a cell by how many leads wait there.
SHADES = 4
#: Words of ``by=``: how gaps are ordered.
BY_GOOD = "good"
FILE = (
    Column("key", "Content"),
    Column("title", "Title"),
    Column("kind", "Kind"),
    Column("stage", "Buyer stage"),
    Column("answers", "Answers"),
    Column("segments", "Segments"),
    Column("roles", "Roles"),
    Column("problems", "Problems"),
    Column("had", "Leads that had it"),
    Column("template", "Template"),
)
GOOD = (("fit", "A"), ("fit", "B"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address of the page asks for; empty: nothing in particular."""

    order: str = ""
    stage: str = ""
    question: str = ""
    segment: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether the list of contents is narrowed to a place on the map."""
        return bool(self.stage or self.question or self.segment)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A question that some leads have, and nothing to send them."""

    question: str
    where: str
    text: str
    leads: parts.Link
    good: parts.Link | None
    #: Where an asset is added for it; empty for whoever may not.
    add: str


@dataclass(frozen=True, kw_only=True)
class CellBox:
    """One stage, question and segment of the map."""

    segment: str
    leads: parts.Link | None
    assets: parts.Link | None
    waits: tuple[parts.Link, ...]
    is_gap: bool
    #: A class of the style sheet: the more wait the warmer; where nobody does, the more stand there.
    shade: str
    add: str


@dataclass(frozen=True, kw_only=True)
class Most:
    """What the shades of the map are measured by: the most that wait, and that stand, in one cell."""

    waiting: int
    standing: int


@dataclass(frozen=True, kw_only=True)
class MapRow:
    """One question of one stage."""

    stage: str
    question: str
    cells: tuple[CellBox, ...]


@dataclass(frozen=True, kw_only=True)
class ContentPage:
    """The content map, and everything there is to send."""

    frame: parts.Frame
    sentence: str
    unstaged: parts.Link | None
    gaps: tuple[Gap, ...]
    orders: tuple[parts.Link, ...]
    more_gaps: int
    segments: tuple[str, ...]
    rows: tuple[MapRow, ...]
    assets: tuple[AssetLine, ...]
    #: What the list of contents is narrowed to; None: it shows all.
    narrowed: str | None
    add: str


def build(asked: Asked, *, may_edit: bool, now: datetime) -> ContentPage:
    """Return the page. Raises ``NoActivePlaybook``."""
    active = queries.get_active_playbook()
    playbook, waiting = active.playbook, load_waiting(active)
    found = content_map.content_map(playbook, waiting=waiting)
    needs = readers.list_needs(found, waiting=waiting, playbook=playbook)
    first = [need for need in needs if need.cell.question == needs[0].cell.question] if needs else []
    ranked = gaps(needs, by_good=asked.order == BY_GOOD, may_edit=may_edit)
    return ContentPage(
        frame=parts.build_frame(section="content", now=now),
        sentence=sentence(needs, content_map.count_waiting(found, waiting=waiting, playbook=playbook)),
        unstaged=unstaged(found.unstaged_count),
        gaps=tuple(ranked[:GAPS]),
        orders=orders(asked),
        more_gaps=max(0, len(ranked) - GAPS),
        segments=tuple(need.cell.segment for need in first),
        rows=map_rows(needs, may_edit=may_edit),
        assets=assets(asked, playbook),
        narrowed=narrowed(asked),
        add=links.add_asset() if may_edit else "",
    )


def load_waiting(active: queries.ActivePlaybook) -> list[content_map.Waiting]:
    """Return who waits where, remembered or new."""
    return remembering.remember(
        f"waiting {active.number}",
        lambda: contents.count_waiting(by_person_in=content_map.stages_by_person(active.playbook)),
        seconds=content_use.SECONDS,
        patience=content_use.PATIENCE,
    )


def sentence(needs: Sequence[readers.Need], waiting: int) -> str:
    """Return the answer of the page in one sentence."""
    places = sum(bool(need.count) for need in needs)
    empty = sum(need.cell.is_gap for need in needs)
    if waiting:
        where = ngettext("%(count)s place", "%(count)s places", places) % {"count": wording.number(places)}
        return ngettext(
            "%(count)s lead in %(places)s of the map waits for something to read.",
            "%(count)s leads in %(places)s of the map wait for something to read.",
            waiting,
        ) % {"count": wording.number(waiting), "places": where}
    if empty:
        return ngettext(
            "%(count)s place of the map is empty, and no lead waits there.",
            "%(count)s places of the map are empty, and no lead waits there.",
            empty,
        ) % {"count": wording.number(empty)}
    return _("Every buyer question has an answer for every segment, and no lead waits for one.")


def unstaged(count: int) -> parts.Link | None:
    """Return the leads whose stage nobody knows, for whom every asset may serve."""
    if not count:
        return None
    pairs = [*(("status", status) for status in readers.IN_NURTURE), ("stage", None)]
    return parts.Link(label=links.leads(count).label, href=parts.leads_where(pairs))


def orders(asked: Asked) -> tuple[parts.Link, ...]:
    """Return the ways to order the gaps."""
    page = reverse("web:content")
    is_good = asked.order == BY_GOOD
    return (
        parts.Link(label=_("Most leads first"), href=page, is_current=not is_good),
        parts.Link(label=_("Most good fits first"), href=f"{page}?by={BY_GOOD}", is_current=is_good),
    )


def gaps(needs: Iterable[readers.Need], *, by_good: bool, may_edit: bool) -> list[Gap]:
    """Return where leads wait, most first; who has had everything is told once for a stage and a segment."""
    told: set[tuple[str, str]] = set()
    found: list[tuple[int, int, Gap]] = []
    for need in needs:
        cell, place = need.cell, (need.cell.stage, need.cell.segment)
        if cell.waiting_count:
            found.append(ranked(need, cell.waiting_count, cell.waiting_good_count, need.waiting, missing_text(cell), may_edit))  # fmt: skip
        if cell.exhausted_count and place not in told:
            told.add(place)
            text = _("They have had everything that there is.")
            found.append(ranked(need, cell.exhausted_count, cell.exhausted_good_count, need.exhausted, text, may_edit))  # fmt: skip
    found.sort(key=lambda each: (-each[1], -each[0]) if by_good else (-each[0], -each[1]))
    return [gap for _count, _good, gap in found]


def ranked(
    need: readers.Need, count: int, good: int, filters: readers.Filters, text: str, may_edit: bool
) -> tuple[int, int, Gap]:
    """Return a gap with what it is ordered by."""
    cell = need.cell
    said = ngettext("%(count)s good fit", "%(count)s good fits", good) % {"count": wording.number(good)}
    gap = Gap(
        question=cell.question,
        where=f"{stage_name(cell.stage)} · {cell.segment}",
        text=text,
        leads=parts.Link(label=links.leads(count).label, href=parts.leads_where(filters)),
        good=parts.Link(label=said, href=parts.leads_where((*filters, *GOOD))) if good else None,
        add=add_for(cell) if may_edit else "",
    )
    return count, good, gap


def add_for(cell: content_map.Cell) -> str:
    """Return where an asset is added for a cell."""
    segment = "" if cell.segment == content_map.NO_SEGMENT else cell.segment
    return links.add_asset(stage=cell.stage, question=cell.question, segment=segment)


def missing_text(cell: content_map.Cell) -> str:
    """Return what is missing in a cell."""
    if not cell.asset_keys:
        return _("There is no asset.")
    if cell.is_gap:
        return _("There are assets, and no template to send them with.")
    return _("What there is, is not for their role or problem.")


def map_rows(needs: Sequence[readers.Need], *, may_edit: bool) -> tuple[MapRow, ...]:
    """Return the map, one row for each question."""
    most = Most(
        waiting=max((need.count for need in needs), default=0),
        standing=max((need.cell.lead_count for need in needs), default=0),
    )
    by_question: dict[tuple[str, str], list[CellBox]] = {}
    for need in needs:
        box = cell_box(need, most=most, may_edit=may_edit)
        by_question.setdefault((need.cell.stage, need.cell.question), []).append(box)
    return tuple(
        MapRow(stage=stage_name(stage), question=question, cells=tuple(cells))
        for (stage, question), cells in by_question.items()
    )


def cell_box(need: readers.Need, *, most: Most, may_edit: bool) -> CellBox:
    """Return one cell in words."""
    cell = need.cell
    count = len(cell.asset_keys) - len(cell.without_template)
    said = ngettext("%(count)s asset", "%(count)s assets", count) % {"count": wording.number(count)}
    place = {"stage": cell.stage, "question": cell.question, "segment": cell.segment}
    here = parts.Link(label=links.leads(cell.lead_count).label, href=parts.leads_where(need.standing))
    return CellBox(
        segment=cell.segment,
        leads=here if cell.lead_count else None,
        assets=parts.Link(label=said, href=f"{reverse('web:content')}?{urlencode(place)}#assets")
        if count
        else None,
        waits=waits(need),
        is_gap=cell.is_gap,
        shade=shade(need, most),
        add=add_for(cell) if may_edit and (cell.is_gap or need.count) else "",
    )


def shade(need: readers.Need, most: Most) -> str:
    """Return how a cell is shaded; by the root, for a few cells hold most of the leads."""
    if need.count:
        return f"cf-heat-{ceil(SHADES * sqrt(need.count / most.waiting))}"
    if need.cell.is_gap:
        return "cf-empty"
    if not need.cell.lead_count:
        return ""
    return f"cf-stand-{ceil(SHADES * sqrt(need.cell.lead_count / most.standing))}"


def waits(need: readers.Need) -> tuple[parts.Link, ...]:
    """Return who waits in a cell: those nothing is for, and those who have had everything."""
    cell, found = need.cell, []
    if count := cell.waiting_count:
        said = ngettext("%(count)s waits", "%(count)s wait", count) % {"count": wording.number(count)}
        found.append(parts.Link(label=said, href=parts.leads_where(need.waiting)))
    if count := cell.exhausted_count:
        said = ngettext("%(count)s had it all", "%(count)s had it all", count)
        link = parts.Link(
            label=said % {"count": wording.number(count)}, href=parts.leads_where(need.exhausted)
        )
        found.append(link)
    return tuple(found)


def keys(asked: Asked, playbook: Playbook) -> Iterator[str]:
    """Yield everything there is to send, or what there is for a place on the map."""
    for key in queries.content_keys(playbook):
        asset = templates.find_asset(playbook, key)
        if not asked.is_narrowed or (asset and is_at(asset, asked)):
            yield key


def file_rows(asked: Asked) -> Iterator[list[Any]]:
    """Yield what there is to send in the order of the columns of a file. Raises ``NoActivePlaybook``."""
    playbook, counts = queries.get_active_playbook().playbook, content_use.count_all()
    for key in keys(asked, playbook):
        asset, line = templates.find_asset(playbook, key), asset_line(key, playbook)
        yield [
            key,
            line.title,
            asset.kind if asset else templates.sort_of(key)[0],
            asset.stage.value if asset else None,
            line.answers,
            *((list(asset.segments), list(asset.roles), list(asset.problems)) if asset else (None,) * 3),
            counts.get(key, {}).get(TouchState.SENT, 0),
            line.template,
        ]


def assets(asked: Asked, playbook: Playbook) -> tuple[AssetLine, ...]:
    """Return everything there is to send, or what there is for a place on the map, with how many had it."""
    counts = content_use.count_all()
    found = []
    for key in keys(asked, playbook):
        had = links.number(counts.get(key, {}).get(TouchState.SENT, 0), had=key)
        found.append(asset_line(key, playbook, had=had))
    return tuple(found)


def is_at(asset: Asset, asked: Asked) -> bool:
    """Return whether an asset stands at a place on the map."""
    return (
        asked.stage in ("", asset.stage.value.lower())
        and asked.question in ("", asset.answers)
        and (not asked.segment or not asset.segments or asked.segment in asset.segments)
    )


def narrowed(asked: Asked) -> str | None:
    """Return what the list of contents is narrowed to."""
    if not asked.is_narrowed:
        return None
    stage = stage_name(asked.stage) if asked.stage else ""
    return " · ".join(each for each in (stage, asked.question, asked.segment) if each)
