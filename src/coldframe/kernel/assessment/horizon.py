"""
When a lead must be looked at again, if nothing happens: the first instant at which time alone could change a decision.

Never too late, and hardly ever much too early: windows, clocks and dates end at instants that can be told. Points
fade, a sum of halvings whose logarithm falls ever more slowly; so its tangent meets a line before the sum does,
and asked again there it comes close to the true instant at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from coldframe.kernel import running
from coldframe.kernel.assessment import counting, departure, intent, known, matching, waiting
from coldframe.kernel.assessment.matching import MILLIONTHS
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.assessment.timing import STAYS_REACHED
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.frames import INSTANT, Facts, empty
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Leaf, Op
from coldframe.kernel.playbook.units import Duration

MICROSECOND = timedelta(microseconds=1)
#: A sum that stands at its line crosses it at once; it is looked at again after so long.
SOONEST = timedelta(minutes=1)
#: Where negative points fade too, a sum can rise; then it is looked at every so often.
WITH_NEGATIVES = timedelta(days=1)
#: Fading points come to nothing when they are rounded to no millionth.
NOTHING = 0.5
#: Later instants are looked for no further; nothing is counted beyond the calendar.
FURTHEST = timedelta(days=40_000)
POINTS = {"intent.points": "confirmed", "intent.account_points": "account"}
#: The first fact of an account that is dated ahead.
COMES: dict[str, pl.DataType | type[pl.DataType]] = {"account_id": pl.Int64, "comes_at": INSTANT}

#: How fast the points of a whole account fall, and those that are confirmed.
FADES = [
    pl.col(f"{own}:fades").fill_null(0.0).sum().over("account_id").alias(f"account_{own}:fades")
    for own in ("own", "confirmed")
]
#: Points that fall, how fast a lead's own fall, and its account's.
FALLING = {
    "intent": ("intent_points", "own:fades", "account_own:fades"),
    "confirmed": ("confirmed_points", "confirmed:fades", "account_confirmed:fades"),
}


def changes(policy: Policy) -> tuple[list[pl.Expr], ...]:
    """
    Return, step by step, the instants at which something ends, the first of them that is not over, and ``changes_at``.

    ``changes_at`` is the first instant after ``now`` at which the decision could differ; null for never. In steps, for
    what Polars takes to read an expression grows with its depth.
    """
    now = policy.now
    crossings = list(_crossings(policy))
    ends = [pl.col("comes_at"), *_clocks(policy), *_windows(policy), *_dates(policy), *_exits(policy)]
    ends += [now + each.comes_in().cast(pl.Duration("us")) for each in crossings]
    if any(slot.points < 0 for slot in policy.kept(matching.slots_of)):
        ends.append(pl.when(pl.col("evidence").is_not_null()).then(now + WITH_NEGATIVES))
    columns = [f"ends:{i}" for i in range(len(ends))]
    first = pl.min_horizontal(pl.when(pl.col(name) >= now).then(name) for name in columns)
    # What holds up to an instant included changes the moment after it.
    after = pl.when(pl.col("ends").is_not_null()).then(pl.max_horizontal("ends", now + MICROSECOND))
    return (
        [each for crossing in crossings for each in crossing.falling()],
        [crossing.line_below() for crossing in crossings],
        [crossing.until() for crossing in crossings],
        [end.cast(INSTANT).alias(name) for name, end in zip(columns, ends, strict=True)],
        [first.alias("ends")],
        [after.cast(INSTANT).alias("changes_at")],
    )


def with_changes(frame: pl.LazyFrame, facts: Facts, policy: Policy, as_of: datetime) -> pl.LazyFrame:
    """Add ``changes_at`` to the working frame of an assessment made with ``ahead``, before the status that follows."""
    comes = to_come(facts, as_of)
    if comes.is_empty():
        frame = frame.with_columns(pl.lit(None, dtype=INSTANT).alias("comes_at"))
    else:
        frame = frame.join(comes.lazy(), on="account_id", how="left")
    frame = frame.with_columns(FADES)
    for step in policy.kept(changes):
        frame = frame.with_columns(step)
    return frame


def to_come(facts: Facts, as_of: datetime) -> pl.DataFrame:
    """
    Return ``account_id`` and ``comes_at``: the first fact of each account that is dated ahead of the instant.

    A deal with a date ahead is opened, or closed, then; an event counts from then, a click once its quarantine ends.
    """
    dated = []
    if not facts.opportunities.is_empty():
        deals = facts.opportunities.lazy()
        dated += [
            deals.select("account_id", at=pl.col(name).cast(INSTANT)) for name in ("opened_at", "closed_at")
        ]
    events = quarantine.postponed(facts.events, facts.shapes, as_of=as_of)
    if (events["occurred_at"] > as_of).any():
        later = (
            events.lazy()
            .select("lead_id", at="occurred_at")
            .filter(pl.col("at") > expressions.instant(as_of))
        )
        dated.append(facts.leads.lazy().join(later, on="lead_id").select("account_id", "at"))
    if not dated:
        return empty(COMES)
    ahead = pl.concat(dated).filter(pl.col("at") > expressions.instant(as_of))
    found = ahead.group_by("account_id").agg(comes_at=pl.col("at").min())
    return running.aggregated(found, events=events.height)


def _clocks(policy: Policy) -> Iterator[pl.Expr]:
    """Times since something, at the lengths that conditions ask for."""
    for leaf in policy.leaves.values():
        if leaf.field in waiting.CLOCKS:
            for length in _lengths(leaf):
                yield known.moved(pl.col(waiting.CLOCKS[leaf.field]), length)


def _lengths(leaf: Leaf) -> Iterator[pl.Expr | float]:
    values = leaf.value if isinstance(leaf.value, list | tuple) else (leaf.value,)
    for value in values:
        if isinstance(value, Duration):
            yield waiting.days_of(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _windows(policy: Policy) -> Iterator[pl.Expr]:
    """Occurrences that leave the window in which they count, of this person's or for the account."""
    if policy.kept(counting.signal_leaves):
        yield policy.now + pl.col("counts:left").cast(pl.Duration("us"))
    for days in policy.kept(intent.active_days):
        if days != intent.EVER:
            yield known.moved(pl.col("last_meaningful_at"), days)


def _dates(policy: Policy) -> Iterator[pl.Expr]:
    """Dates that come, or come near enough; a date that has come stays reached for a while."""
    for source in policy.playbook.timing.later.date_from:
        before = source.before.delta(cycle=policy.playbook.cycle) if source.before else timedelta(0)
        yield pl.col(source.field) - before
        yield pl.col(source.field) - before + STAYS_REACHED
    for leaf in policy.leaves.values():
        if leaf.op in {Op.WITHIN, Op.REACHED} and leaf.field in policy.kept(known.date_fields):
            yield pl.col(leaf.field)
            yield pl.col(leaf.field) + timedelta(days=1)
            if isinstance(leaf.value, Duration):
                yield known.moved(pl.col(leaf.field), -waiting.days_of(leaf.value))


def _exits(policy: Policy) -> Iterator[pl.Expr]:
    """Clocks of exits that start again with a stay, and dates to look again."""
    for name, index in policy.kept(departure.ran_out).items():
        yield pl.col(name)
        yield pl.col("began") + (pl.col(name) - pl.col("quiet_since"))
        again = policy.playbook.exits[index].look_again_in
        if again is not None:
            yield known.moved(pl.col("status_since"), waiting.days_of(again))


@dataclass(frozen=True)
class _Crossing:
    """
    Points (millionths) that fade, and the lines that they could fall below.

    With points v, falling at f, the tangent of log v meets log θ after v / f · log(v / θ).
    """

    name: str
    points: pl.Expr
    fades: pl.Expr
    lines: tuple[float, ...]

    def falling(self) -> list[pl.Expr]:
        """``points:<name>``, and ``falls:<name>``, how fast they fall."""
        return [
            self.points.cast(pl.Float64).alias(f"points:{self.name}"),
            self.fades.alias(f"falls:{self.name}"),
        ]

    def line_below(self) -> pl.Expr:
        """``line:<name>``: the next line at the points or below; null where there is none."""
        points = pl.col(f"points:{self.name}")
        steps = sorted({max(float(line * MILLIONTHS), NOTHING) for line in self.lines})
        reached = [pl.when(points >= step).then(pl.lit(step)) for step in steps]
        return pl.max_horizontal(reached).alias(f"line:{self.name}")

    def until(self) -> pl.Expr:
        """``until:<name>``: microseconds until the points could fall to the line."""
        points, falls, line = (pl.col(f"{each}:{self.name}") for each in ("points", "falls", "line"))
        return (points / falls * (points / line).log()).alias(f"until:{self.name}")

    def comes_in(self) -> pl.Expr:
        """Whole microseconds until then, neither too soon nor too far; null where nothing falls."""
        most, least = (each / MICROSECOND for each in (FURTHEST, SOONEST))
        until = pl.col(f"until:{self.name}").clip(least, most)
        return pl.when(pl.col(f"falls:{self.name}") > 0).then(until).floor().cast(pl.Int64)


def _crossings(policy: Policy) -> Iterator[_Crossing]:
    """Yield what of a lead fades towards lines: for each kind of points, and the evidence for each stage."""
    share = policy.playbook.intent.account.counts.value
    levels = policy.playbook.intent.levels
    lines = {kind: list(_lines(policy, kind)) for kind in ("intent", "confirmed", "account")}
    for kind, (points, own, of_account) in FALLING.items():
        fades = pl.col(own).fill_null(0.0)
        lines[kind] += [levels.low, levels.medium, levels.high]
        falls = fades + share * (pl.col(of_account) - fades)
        yield _Crossing(kind, pl.col(points) * MILLIONTHS, falls, tuple(lines[kind]))
    if lines["account"]:
        account = pl.col("confirmed_account_points") * MILLIONTHS
        yield _Crossing("account", account, pl.col("account_confirmed:fades"), tuple(lines["account"]))
    enough = policy.playbook.stages.needs
    for stage in sorted(policy.kept(matching.stages_of)):
        yield _Crossing(stage, pl.col(f"stage:{stage}"), pl.col(f"stage:{stage}:fades"), (enough,))
    yield _Crossing("evidence", pl.col("evidence"), pl.col("evidence:fades"), (0,))


def _lines(policy: Policy, kind: str) -> Iterator[float]:
    """Points that conditions compare with."""
    for leaf in policy.leaves.values():
        if POINTS.get(leaf.field) == kind:
            values = leaf.value if isinstance(leaf.value, list | tuple) else (leaf.value,)
            yield from (float(value) for value in values if isinstance(value, int | float))
