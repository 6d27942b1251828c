"""
The contents of a playbook, and which of them comes next for a kind of lead: the best unanswered buyer question.

Contents are assets (``asset:<key>``) and questions asked of the lead (``question:<field>``), numbered; what a lead has
had is a set of bits.

Assets are ordered by cost, the least first: a stage ahead of the lead's costs 1 for each stage, a stage behind 1.25,
1.5 and so on; a buyer question that another asset has answered costs 1.5 more; an asset made for the lead's segment
costs 0.4 less, for its problem 0.3, for its role 0.2; equals stand in the order of the catalogue. So the lead's own
stage comes first, then the next one, then what was skipped, and a second answer to an old question after those. An
asset for certain roles, problems or segments goes to nobody else, and an unknown role is none of them. Sales material
goes out only where a path's pool names its kind; what asks "is this still relevant?" only to those gone quiet.

Questions are ordered by what the answer could move: first the points of the fit rules that are unknown to this lead
for want of the field, then whether sales needs it, then how many triggers, segments and paths read it. On a path that
asks, question and asset take turns, so that nobody is asked twice in a row while there is something to give; a lead
that was never contacted and shows little intent is given something first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import polars as pl

from coldframe.kernel.planning.prepared import Prepared
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition
from coldframe.kernel.playbook.model import Asset, Path, Playbook
from coldframe.kernel.vocabulary import BuyerStage

ASSET, QUESTION = "asset:", "question:"
#: Kind of assets that sales sends, not nurture.
SALES_KIND = "sales"
#: An answer to a question, as an event; its topic names the field.
ANSWERED = "answered"
#: Events that mean that a content did not arrive, or that say nothing.
NOT_HAD = ("email_bounced", "email_opened")
#: Kinds of event by which a lead finds, gets or answers a content.
FINDING_KINDS = frozenset(
    {"page", "asset_downloaded", "link_clicked", "video_watched", "email_sent", "email_delivered", ANSWERED}
)
BITS_A_WORD = 64

AHEAD, BEHIND_FIRST, BEHIND_MORE = 1.0, 1.25, 0.25
ANSWERED_COST = 1.5
FOR_SEGMENT, FOR_PROBLEM, FOR_ROLE = 0.4, 0.3, 0.2


@dataclass(frozen=True)
class Offered:
    """An asset as one kind of lead is offered it."""

    cost: float
    number: int
    #: The assets that answer the same question, itself left out.
    same_question: int
    reason: str


class Profile(NamedTuple):
    """What the choice of an asset reads of a lead."""

    path: str
    stage: str | None
    role: str | None
    problem: str | None
    segment: str | None


#: The columns of a profile, in its order.
PROFILE = ("path", "stage", "role", "known_problem", "segment")
SHAPE = ["shape_id", "kind", "path", "asset", "topic"]
#: Shapes of events that a catalogue remembers.
REMEMBERED = 50_000


def word(number: int) -> str:
    """Return the column that holds a word of the bits of what a lead has had."""
    return f"had:{number}"


class Catalog:
    """The contents of a playbook, numbered: assets first, then questions."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.assets = playbook.assets
        self.fields = tuple(playbook.completeness.questions)
        self.keys = [f"{ASSET}{asset.key}" for asset in self.assets]
        self.keys += [f"{QUESTION}{field}" for field in self.fields]
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.paths = {path.name: path for path in playbook.paths}
        self._offered: dict[tuple[str | None, ...], tuple[Offered, ...]] = {}
        self._found: dict[tuple[str, str, str, str], int] = {}
        self._asked: dict[int, tuple[tuple[int, str], ...]] = {}

    @property
    def words(self) -> int:
        """How many words of ``BITS_A_WORD`` bits hold one bit for each content."""
        return max(1, -(-len(self.keys) // BITS_A_WORD))

    @cached_property
    def by_page(self) -> dict[str, int]:
        """Assets by the path of their address; several at one page are found together."""
        found: dict[str, int] = {}
        for number, asset in enumerate(self.assets):
            page = _page(asset.url)
            if page not in ("", "/"):
                found[page] = found.get(page, 0) | 1 << number
        return found

    @cached_property
    def by_asset(self) -> dict[str, int]:
        return {asset.key.lower(): 1 << number for number, asset in enumerate(self.assets)}

    @cached_property
    def by_topic(self) -> dict[str, int]:
        """Questions by what names them: the field, with or without its prefix."""
        found: dict[str, int] = {}
        for number, field in enumerate(self.fields, start=len(self.assets)):
            for name in (field, field.partition(".")[2], field.rpartition(".")[2]):
                found[name.lower()] = found.get(name.lower(), 0) | 1 << number
        return found

    def found_by(self, kind: str, path: str, asset: str, topic: str) -> int:
        """Return the contents, as bits, that a lead has had or found once an event of this shape happened."""
        if kind in NOT_HAD:
            return 0
        bits = self.by_asset.get(asset.lower(), 0)
        if kind == ANSWERED:
            bits |= self.by_topic.get(topic.lower(), 0)
        return bits | (self.by_page.get(_page(path), 0) if path else 0)

    @cached_property
    def bits_by_key(self) -> pl.DataFrame:
        """The bits of each content: ``content_key`` and a u64 for each word."""
        keys = pl.Series(self.keys, dtype=pl.String)
        return self._table("content_key", keys, [1 << n for n in range(len(self.keys))])

    def bits_by_shape(self, shapes: pl.DataFrame) -> pl.DataFrame:
        """Return what events of each shape mean, as bits: ``shape_id`` and a u64 for each word; nothing: no row."""
        if len(self._found) > REMEMBERED:
            self._found.clear()
        hits: dict[int, int] = {}
        for shape, kind, path, asset, topic in shapes[SHAPE].iter_rows():
            key = (kind, path, asset, topic)
            bits = self._found.get(key)
            if bits is None:
                bits = self._found[key] = self.found_by(*key)
            if bits:
                hits[shape] = bits
        return self._table("shape_id", pl.Series(list(hits), dtype=pl.Int64), list(hits.values()))

    def _table(self, name: str, keys: pl.Series, bits: list[int]) -> pl.DataFrame:
        mask = (1 << BITS_A_WORD) - 1
        words = [[each >> (i * BITS_A_WORD) & mask for each in bits] for i in range(self.words)]
        columns = {word(i): pl.Series(values, dtype=pl.UInt64) for i, values in enumerate(words)}
        return pl.DataFrame({name: keys, **columns})

    def offered(self, profile: tuple[str | None, ...]) -> tuple[Offered, ...]:
        """Return the assets for leads of a ``Profile``, the cheapest first, answers to old questions not considered."""
        known = self._offered.get(profile)
        if known is None:
            offers = self._offers(Profile(*profile))  # type: ignore[arg-type]
            known = tuple(sorted(offers, key=lambda each: (each.cost, each.number)))
            self._offered[profile] = known
        return known

    def _offers(self, profile: Profile) -> Iterator[Offered]:
        path = self.paths[profile.path]
        for number, asset in enumerate(self.assets):
            distance = self._distance(asset, profile.stage)
            if distance is None or not in_pool(asset, path) or not is_for(asset, profile):
                continue
            yield Offered(
                cost=_cost(distance) - _closeness(asset),
                number=number,
                same_question=self._same_question(number),
                reason=_why(asset, distance),
            )

    def _distance(self, asset: Asset, stage: str | None) -> int | None:
        """Stages from the lead's to the asset's, negative for behind; None: not for a lead there."""
        order = self.playbook.stages.order
        if asset.stage is BuyerStage.RE_ENGAGEMENT:
            return 0 if stage == BuyerStage.RE_ENGAGEMENT.value else None
        if asset.stage not in order:
            return None
        at = order.index(asset.stage)
        if stage == BuyerStage.RE_ENGAGEMENT.value:
            return at + 1
        return at - (order.index(BuyerStage(stage)) if stage and BuyerStage(stage) in order else 0)

    def _same_question(self, number: int) -> int:
        question = self.assets[number].answers
        same = (1 << n for n, asset in enumerate(self.assets) if asset.answers == question and n != number)
        return sum(same)

    def asked(self, unknown: int) -> tuple[tuple[int, str], ...]:
        """Return the questions, best first, with reasons, for leads to whom these fit rules (bits) are unknown."""
        known = self._asked.get(unknown)
        if known is None:
            first = len(self.assets)
            weights = [
                (self._weight(field, unknown), first + i, field) for i, field in enumerate(self.fields)
            ]
            ordered = sorted(weights, key=lambda each: (*(-part for part in each[0]), each[1]))
            known = self._asked[unknown] = tuple(
                (number, _why_asked(field, weight)) for weight, number, field in ordered
            )
        return known

    def _weight(self, field: str, unknown: int) -> tuple[float, int, int]:
        rules = self.playbook.fit.rules
        points = sum(
            abs(rule.points) for i, rule in enumerate(rules) if unknown >> i & 1 and _reads(rule.when, field)
        )
        needed = int(field in self.playbook.completeness.sales_needs)
        return points, needed, self._readers[field]

    @cached_property
    def _readers(self) -> dict[str, int]:
        book = self.playbook
        conditions = [each.when for part in (book.triggers, book.segments, book.paths) for each in part]
        return {field: sum(_reads(condition, field) for condition in conditions) for field in self.fields}

    def choose(
        self, profile: tuple[str | None, ...], had: int, *, unknown: int, asks: bool, turn: bool
    ) -> tuple[int, str] | None:
        """
        Return the number of the next content and why that one, None where nothing is left.

        ``had``: bits of the contents had or found; ``asks``: the path asks; ``turn``: it is a question's turn.
        """
        question = self._next_question(had, unknown) if asks else None
        if question and turn:
            return question
        return self._next_asset(profile, had) or question

    def _next_question(self, had: int, unknown: int) -> tuple[int, str] | None:
        return next((each for each in self.asked(unknown) if not had >> each[0] & 1), None)

    def _next_asset(self, profile: tuple[str | None, ...], had: int) -> tuple[int, str] | None:
        best: Offered | None = None
        least, again = float("inf"), False
        for each in self.offered(profile):
            if each.cost >= least:
                break
            if had >> each.number & 1:
                continue
            is_answered = bool(had & each.same_question)
            cost = each.cost + (ANSWERED_COST if is_answered else 0)
            if cost < least:
                best, least, again = each, cost, is_answered
        if best is None:
            return None
        return (
            best.number,
            f"{best.reason}; another answer to a question they have one to" if again else best.reason,
        )


def catalog_of(prepared: Prepared) -> Catalog:
    """Return the catalogue of a playbook, with what earlier choices made of it."""
    return prepared.kept(_catalog)


def _catalog(prepared: Prepared) -> Catalog:
    return Catalog(prepared.playbook)


def in_pool(asset: Asset, path: Path) -> bool:
    """Return whether a path draws on an asset; what the pool does not name does not restrict."""
    pool = path.pool
    if asset.kind == SALES_KIND and SALES_KIND not in pool.kinds:
        return False
    return (
        (not pool.stages or asset.stage in pool.stages)
        and (not pool.kinds or asset.kind in pool.kinds)
        and _meet(asset.roles, pool.roles)
        and _meet(asset.problems, pool.problems)
    )


def _meet(mine: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return (
        not mine
        or not wanted
        or not {each.lower() for each in mine}.isdisjoint(each.lower() for each in wanted)
    )


def is_for(asset: Asset, profile: Profile) -> bool:
    """Return whether an asset is for leads of a kind; one for certain people is for nobody else."""
    named = (
        (asset.roles, profile.role),
        (asset.problems, profile.problem),
        (asset.segments, profile.segment),
    )
    return all(
        not wanted or (value is not None and value.lower() in {each.lower() for each in wanted})
        for wanted, value in named
    )


def _cost(distance: int) -> float:
    if distance >= 0:
        return distance * AHEAD
    return BEHIND_FIRST + BEHIND_MORE * (-distance - 1)


def _closeness(asset: Asset) -> float:
    return (
        (FOR_SEGMENT if asset.segments else 0.0)
        + (FOR_PROBLEM if asset.problems else 0.0)
        + (FOR_ROLE if asset.roles else 0.0)
    )


def _why(asset: Asset, distance: int) -> str:
    where = "their stage" if distance == 0 else f"{abs(distance)} {'ahead' if distance > 0 else 'behind'}"
    stage = asset.stage.value.lower().replace("_", " ")
    made_for = [
        word
        for word, values in (("role", asset.roles), ("problem", asset.problems), ("segment", asset.segments))
        if values
    ]
    fits = f"; made for their {' and '.join(made_for)}" if made_for else ""
    return f"answers “{asset.answers}” in {stage}, {where}{fits}"


def _why_asked(field: str, weight: tuple[float, int, int]) -> str:
    points, needed, readers = weight
    parts = [f"{points:.10g} points of fit hang on it"] if points else []
    parts += ["sales needs it"] if needed else []
    parts += [f"{readers} rules read it"] if readers else []
    return f"asks for {field}: {', '.join(parts) or 'nobody knows it yet'}"


def _reads(condition: Condition, field: str) -> bool:
    return any(leaf.field == field for leaf in expressions.leaves(condition))


def _page(address: str) -> str:
    """The path of an address or of a page, lower case, without what follows it and without a closing slash."""
    text = address.partition("#")[0].partition("?")[0]
    _, scheme, rest = text.partition("://")
    path = f"/{rest.partition('/')[2]}" if scheme else text
    return (path.rstrip("/") or "/").lower()
