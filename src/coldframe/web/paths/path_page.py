"""A path: who is where on it, what it draws on, and why people leave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.playbook.model import Path, Playbook
from coldframe.kernel.vocabulary import BuyerStage, EnrollmentState
from coldframe.library import queries
from coldframe.nurture import words as nurture_words
from coldframe.reports import paths as reports
from coldframe.reports.content_filters import EXITS_SINCE
from coldframe.web import wording
from coldframe.web.content import links
from coldframe.web.content.lines import AssetLine, asset_line
from coldframe.web.pages import parts
from coldframe.web.paths import list_page, words

#: States of a stay that goes on, in the order of the table.
STATES = (
    EnrollmentState.ACTIVE,
    EnrollmentState.WAITING,
    EnrollmentState.PAUSED,
    EnrollmentState.EXHAUSTED,
)


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """How many on the path stand in one stage, by the state of their stay."""

    stage: str
    goal: str
    number: parts.Link
    width: int
    by_state: tuple[parts.Link, ...]


@dataclass(frozen=True, kw_only=True)
class PathPage:
    """One path."""

    frame: parts.Frame
    name: str
    window_title: str
    sentence: str
    whom: str
    cadence: str
    ways: str
    pool: str
    #: In the playbook, the place among the paths from 1; None: it has it no more.
    place: int | None
    place_of: int
    states: tuple[str, ...]
    stages: tuple[StageRow, ...]
    assets: tuple[AssetLine, ...]
    exits: tuple[list_page.Exit, ...]
    left: parts.Link
    median_stay: str
    ended_count: int
    days: int
    #: Where the rest of the page comes from.
    coming: str
    edit: str


def build(name: str, *, may_edit: bool, now: datetime) -> PathPage:
    """Return the page; raise ``Http404`` for a path that neither the playbook nor anybody's stay knows."""
    playbook = queries.get_active_playbook().playbook
    path = next((each for each in playbook.paths if each.name == name), None)
    uses = reports.load(as_of=now)
    if path is None and name not in uses:
        raise Http404
    use = list_page.use_of(uses, name)
    assets = words.drawn_on(path, playbook) if path else []
    had = reports.count_had(name) if assets else {}
    return PathPage(
        frame=parts.build_frame(section="paths", now=now),
        name=name,
        window_title=wording.without_marks(name),
        sentence=sentence(use),
        whom=words.whom(path, playbook) if path else "",
        cadence=words.cadence(path, playbook) if path else "",
        ways=words.ways(path) if path else "",
        pool=words.pool(path, playbook) if path else "",
        place=playbook.paths.index(path) + 1 if path else None,
        place_of=len(playbook.paths),
        states=tuple(str(nurture_words.STAYS[state]) for state in shown_states(use)),
        stages=stage_rows(use, path, playbook),
        assets=tuple(pool_line(f"asset:{asset.key}", playbook, had, path=name) for asset in assets),
        exits=list_page.exits(use),
        left=list_page.number(use.ended_count, exited=name),
        median_stay=list_page.days(use.median_stay),
        ended_count=use.ended_count,
        days=EXITS_SINCE.days,
        coming=reverse("web:path-next", args=[name]),
        edit=reverse("web:playbook-edit") if may_edit and path else "",
    )


def pool_line(content_key: str, playbook: Playbook, had: dict[str, int], *, path: str) -> AssetLine:
    """Return an asset of the pool, with how many of those on the path had it."""
    return asset_line(
        content_key, playbook, had=links.number(had.get(content_key, 0), had=content_key, on=path)
    )


def sentence(use: reports.PathUse) -> str:
    """Return the answer of the page in one sentence."""
    if not use.count:
        return _("Nobody is on it.")
    said = ngettext("%(count)s lead is on it", "%(count)s leads are on it", use.count)
    parts = [said % {"count": wording.number(use.count)}]
    if use.exhausted_count:
        more = ngettext("%(count)s has had everything", "%(count)s have had everything", use.exhausted_count)
        parts.append(more % {"count": wording.number(use.exhausted_count)})
    if use.ended_count:
        left = ngettext(
            "%(count)s left it in the last %(days)s days", "%(count)s left it in the last %(days)s days", use.ended_count
        )  # fmt: skip
        parts.append(left % {"count": wording.number(use.ended_count), "days": EXITS_SINCE.days})
    return "; ".join(parts) + "."


def shown_states(use: reports.PathUse) -> tuple[EnrollmentState, ...]:
    """Return the states that a stay of somebody is in, where there is more than one to tell apart."""
    found = tuple(state for state in STATES if use.by_state.get(state))
    return found if len(found) > 1 else ()


def stage_rows(use: reports.PathUse, path: Path | None, playbook: Playbook) -> tuple[StageRow, ...]:
    """Return who stands where on the path: every stage that it has a goal for, or that somebody stands in."""
    name, counts = use.path, reports.count_stages(use.path)
    goals = {stage.value: goal for stage, goal in path.goals.items()} if path else {}
    order: list[str | None] = [
        *(stage.value for stage in playbook.stages.order),
        BuyerStage.RE_ENGAGEMENT.value,
    ]
    stood = {stage for stage, _state in counts}
    shown = [stage for stage in order if stage in goals or stage in stood]
    shown += sorted(stage for stage in stood if stage is not None and stage not in order)
    shown += [None] if None in stood else []
    totals = {stage: sum(counts.get((stage, state), 0) for state in STATES) for stage in shown}
    most = max(totals.values(), default=0)
    return tuple(
        StageRow(
            stage=wording.STAGES.get(stage, wording.plain(stage.lower())) if stage else str(wording.UNKNOWN),
            goal=goals.get(stage or "", ""),
            number=list_page.number(totals[stage], on=name, stage=stage),
            width=round(100 * totals[stage] / most) if most else 0,
            by_state=tuple(
                list_page.number(counts.get((stage, state), 0), on=name, stage=stage, stay=state.value)
                for state in shown_states(use)
            ),
        )
        for stage in shown
    )
