"""The content map: for each stage, buyer question and segment the assets there are, and who waits where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook
from coldframe.kernel.vocabulary import BuyerStage

#: What buyers ask in a stage for which no asset says it.
QUESTIONS: dict[BuyerStage, str] = {
    BuyerStage.PROBLEM_AWARENESS: "What is causing this issue?",
    BuyerStage.RESEARCH: "What options exist?",
    BuyerStage.COMPARISON: "Which approach is better?",
    BuyerStage.EVALUATION: "What would implementation involve?",
    BuyerStage.INTERNAL_ALIGNMENT: "How do I explain this internally?",
    BuyerStage.RE_ENGAGEMENT: "Is this still relevant?",
}
#: Leads in no segment of the playbook.
NO_SEGMENT = "no segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many leads in nurture share a stage, a segment, a role and a problem; None: not known."""

    stage: str | None
    segment: str | None
    role: str | None
    problem: str | None
    lead_count: int
    #: Of these, those to whom everything there is has been sent.
    exhausted_count: int = 0
    #: Good fits among all of them, and among those who have had everything.
    good_count: int = 0
    exhausted_good_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One stage, one question, one segment."""

    stage: str
    question: str
    segment: str
    asset_keys: tuple[str, ...]
    #: Of these, those that no template is for: no message goes out about them.
    without_template: tuple[str, ...]
    #: Leads that stand here.
    lead_count: int
    #: Of these, those for whom no asset is: of their role and problem.
    waiting_count: int
    #: Of these, those who have had everything.
    exhausted_count: int
    #: Good fits among those for whom no asset is, and among those who have had everything.
    waiting_good_count: int = 0
    exhausted_good_count: int = 0

    @property
    def is_gap(self) -> bool:
        """Whether there is nothing to send here."""
        return len(self.asset_keys) == len(self.without_template)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentMap:
    """All cells, in the order of the playbook, and the leads that no stage is known of."""

    cells: tuple[Cell, ...]
    #: Leads without evidence for any stage; every asset of their path may serve them.
    unstaged_count: int

    @property
    def gaps(self) -> tuple[Cell, ...]:
        """The cells where somebody waits, the most first."""
        found = [cell for cell in self.cells if cell.is_gap or cell.waiting_count]
        return tuple(sorted(found, key=lambda cell: -cell.waiting_count))


def content_map(playbook: Playbook, *, waiting: Iterable[Waiting]) -> ContentMap:
    """Return the map of a playbook's content over the leads in nurture."""
    segments = [segment.name for segment in playbook.segments]
    standing: dict[tuple[str | None, str], list[Waiting]] = {}
    for each in waiting:
        segment = each.segment if each.segment in segments else NO_SEGMENT
        standing.setdefault((each.stage, segment or NO_SEGMENT), []).append(each)
    stray = any(segment == NO_SEGMENT for _, segment in standing)
    cells = [
        cell_of(playbook, stage, question, segment, standing.get((stage.value.lower(), segment), []))
        for stage in (*playbook.stages.order, BuyerStage.RE_ENGAGEMENT)
        for question in questions_of(playbook, stage)
        for segment in (*segments, *([NO_SEGMENT] if stray else []))
    ]
    unstaged = sum(each.lead_count for (stage, _), here in standing.items() if stage is None for each in here)
    return ContentMap(cells=tuple(cells), unstaged_count=unstaged)


def questions_of(playbook: Playbook, stage: BuyerStage) -> list[str]:
    """Return the questions that assets of a stage answer, or the one that buyers ask there."""
    asked = [asset.answers for asset in playbook.assets if asset.stage is stage]
    return list(dict.fromkeys(asked)) or [QUESTIONS[stage]]


def cell_of(
    playbook: Playbook, stage: BuyerStage, question: str, segment: str, here: Sequence[Waiting]
) -> Cell:
    assets = [
        asset
        for asset in playbook.assets
        if asset.stage is stage
        and asset.answers == question
        and (not asset.segments or segment in asset.segments)
    ]
    mute = [
        asset.key
        for asset in assets
        if templates.find_template(playbook, f"{templates.ASSET}:{asset.key}") is None
    ]
    sendable = [asset for asset in assets if asset.key not in mute]
    unserved = [each for each in here if not any(serves(asset, each) for asset in sendable)]
    return Cell(
        stage=stage.value.lower(),
        question=question,
        segment=segment,
        asset_keys=tuple(asset.key for asset in assets),
        without_template=tuple(mute),
        lead_count=sum(each.lead_count for each in here),
        waiting_count=sum(each.lead_count for each in unserved),
        exhausted_count=sum(each.exhausted_count for each in here),
        waiting_good_count=sum(each.good_count for each in unserved),
        exhausted_good_count=sum(each.exhausted_good_count for each in here),
    )


def sendable_assets(playbook: Playbook, cell: Cell) -> list[Asset]:
    """Return the assets of a cell that a message can go out about."""
    keys = set(cell.asset_keys) - set(cell.without_template)
    return [asset for asset in playbook.assets if asset.key in keys]


def count_waiting(found: ContentMap, *, waiting: Iterable[Waiting], playbook: Playbook) -> int:
    """Return how many leads wait somewhere on the map, each counted once, however many questions of theirs are open."""
    named = {segment.name for segment in playbook.segments}
    places: dict[tuple[str, str], list[list[Asset]]] = {}
    for cell in found.cells:
        places.setdefault((cell.stage, cell.segment), []).append(sendable_assets(playbook, cell))
    total = 0
    for each in waiting:
        segment = each.segment if each.segment in named else NO_SEGMENT
        questions = places.get((each.stage or "", segment or NO_SEGMENT), [])
        is_unserved = any(not any(serves(asset, each) for asset in assets) for assets in questions)
        total += each.lead_count if is_unserved else each.exhausted_count if questions else 0
    return total


def stages_by_person(playbook: Playbook) -> frozenset[str]:
    """Return the stages where some question is answered for certain roles or problems alone: there it matters who asks."""
    return frozenset(
        cell.stage
        for cell in content_map(playbook, waiting=()).cells
        if not cell.is_gap and all(asset.roles or asset.problems for asset in sendable_assets(playbook, cell))
    )


def serves(asset: Asset, lead: Waiting) -> bool:
    """Return whether an asset is for leads of this role and problem."""
    problems = [problem.casefold() for problem in asset.problems]
    return (not asset.roles or lead.role in asset.roles) and (
        not problems or (lead.problem or "").casefold() in problems
    )
