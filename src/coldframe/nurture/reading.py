"""What a lead has read, and which questions, the buyer's and ours, are answered or open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Max

from coldframe.activity.models import Event
from coldframe.kernel.planning.catalog import SALES_KIND, Catalog
from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.model import Asset, Playbook
from coldframe.kernel.vocabulary import TouchState
from coldframe.leads.models import ImportBatch
from coldframe.library import queries as library
from coldframe.nurture import merging
from coldframe.nurture.models import Touch

#: A touch of which nobody knows whether it arrived counts as had: it is never made again.
HAD = (TouchState.SENT.value, TouchState.UNCERTAIN.value)


@dataclass(frozen=True, kw_only=True)
class Read:
    """An asset that a lead has had from us, or found by itself."""

    content_key: str
    title: str
    answers: str
    stage: str
    #: When it was sent last; None: it never was.
    sent_at: datetime | None
    #: When the lead last found it; None: it never did.
    found_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class BuyerQuestion:
    """A question in the buyer's mind, as the content of the playbook answers it."""

    text: str
    stage: str
    #: Titles of what the lead has had of it; none: the question is open.
    answered_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of ours."""

    field: str
    text: str
    #: What is known; empty: nothing is.
    answer: str
    asked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All of it for one lead."""

    #: The latest first.
    read: tuple[Read, ...]
    #: In the order of the stages.
    questions: tuple[BuyerQuestion, ...]
    asked: tuple[Asked, ...]


@lru_cache(maxsize=4)
def catalog_of(version_id: int) -> Catalog:
    """Return the contents of a version of the playbook, numbered; a version never changes."""
    return Catalog(library.get_active_playbook().playbook)


def load(*, lead_id: int, account_id: int, as_of: datetime) -> Reading:
    """Return what a lead has read and what is open, in a fixed number of queries. Raises ``NoActivePlaybook``."""
    active = library.get_active_playbook()
    playbook, catalog = active.playbook, catalog_of(active.version_id)
    touched = when_touched(lead_id)
    found = when_found(catalog, lead_id=lead_id, account_id=account_id, as_of=as_of)
    values = merging.load_values(lead_ids=[lead_id]).get(lead_id, {})
    read = [
        read_of(asset, touched.get(key), found.get(key))
        for asset, key in zip(catalog.assets, catalog.keys, strict=False)
        if key in touched or key in found
    ]
    return Reading(
        read=tuple(sorted(read, key=last_at, reverse=True)),
        questions=tuple(buyer_questions(playbook, {each.content_key for each in read})),
        asked=tuple(
            Asked(
                field=name,
                text=question.ask,
                answer=str(values.get(name) or ""),
                asked_at=touched.get(f"{templates.QUESTION}:{name}"),
            )
            for name, question in playbook.completeness.questions.items()
        ),
    )


def when_touched(lead_id: int) -> dict[str, datetime]:
    """Return content key -> when it was sent to the lead."""
    rows = Touch.objects.filter(lead_id=lead_id, state__in=HAD)
    return {
        key: at or planned
        for key, at, planned in rows.values_list("content_key", "settled_at", "planned_for")
    }


def when_found(catalog: Catalog, *, lead_id: int, account_id: int, as_of: datetime) -> dict[str, datetime]:
    """Return content key -> when the lead last found it by itself, as planning understands its events."""
    events = Event.objects.filter(account_id=account_id, lead_id=lead_id, occurred_at__lte=as_of)
    shapes = (
        events.exclude(batch__state=ImportBatch.State.UNDONE)
        .filter(evidence=Event.EvidenceCode.HUMAN)
        .values_list("shape__kind", "shape__path", "shape__asset", "shape__topic")
        .annotate(last=Max("occurred_at"))
    )
    found: dict[str, datetime] = {}
    for kind, path, asset, topic, last in shapes.order_by():
        bits = catalog.found_by(kind, path, asset, topic)
        for number, key in enumerate(catalog.keys):
            if bits >> number & 1:
                found[key] = max(last, found.get(key, last))
    return found


def read_of(asset: Asset, sent_at: datetime | None, found_at: datetime | None) -> Read:
    return Read(
        content_key=f"{templates.ASSET}:{asset.key}",
        title=asset.title,
        answers=asset.answers,
        stage=asset.stage.value,
        sent_at=sent_at,
        found_at=found_at,
    )


def last_at(read: Read) -> datetime:
    """Return when a lead last had to do with an asset."""
    return max(at for at in (read.sent_at, read.found_at) if at)


def buyer_questions(playbook: Playbook, had: set[str]) -> Iterable[BuyerQuestion]:
    """Yield the questions that the playbook's content answers, by stage, with what of it was had."""
    answering: dict[tuple[str, str], list[Asset]] = {}
    for asset in playbook.assets:
        if asset.kind != SALES_KIND:
            answering.setdefault((asset.stage.value, asset.answers), []).append(asset)
    order = [stage.value for stage in playbook.stages.order]
    for (stage, text), assets in sorted(
        answering.items(), key=lambda each: order.index(each[0][0]) if each[0][0] in order else len(order)
    ):
        yield BuyerQuestion(
            text=text,
            stage=stage,
            answered_by=tuple(asset.title for asset in assets if f"{templates.ASSET}:{asset.key}" in had),
        )
