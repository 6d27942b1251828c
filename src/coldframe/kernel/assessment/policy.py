"""A playbook made ready for one assessment: its leaves by the step at which they become known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.fields import FIELDS, SIGNAL_PREFIX, Step
from coldframe.kernel.playbook.model import Playbook, StageRule, Trigger


@dataclass(frozen=True)
class Policy:
    """One playbook at one instant."""

    playbook: Playbook
    as_of: datetime

    @cached_property
    def now(self) -> pl.Expr:
        """The instant as a literal."""
        return expressions.instant(self.as_of)

    @cached_property
    def cycle_days(self) -> float:
        """Length of a buying cycle where the lead's offer says nothing else."""
        return self.playbook.cycle.days()

    @cached_property
    def setting(self) -> expressions.Setting:
        """What comparisons need; the lead's own cycle stands in the column ``cycle_days``."""
        return expressions.Setting(
            as_of=self.as_of, lists=self.playbook.lists, cycle_days=pl.col("cycle_days")
        )

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """Every distinct leaf over leads, by the name of its column, in the order of first mention."""
        return {expressions.leaf_column(leaf): leaf for leaf in all_leaves(self.playbook)}

    def leaves_known_after(self, step: Step) -> dict[str, Leaf]:
        """Return the leaves that can be decided once a step is made, and not before."""
        return {name: leaf for name, leaf in self.leaves.items() if step_of(leaf.field) is step}

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers in the order in which they win: hand raises before all others."""
        return tuple(sorted(self.playbook.triggers, key=lambda trigger: not is_hand_raise(trigger)))


def is_hand_raise(trigger: Trigger) -> bool:
    """Return whether a trigger answers a buyer who asks for sales; such a one never waits for room."""
    return trigger.passes_capacity or any(
        leaf.field == "signal.hand_raise" for leaf in expressions.leaves(trigger.when)
    )


def step_of(field: str) -> Step:
    """Return the step after which a field is known; one's own fields are facts."""
    if field.startswith(SIGNAL_PREFIX):
        return Step.INTENT
    return FIELDS[field].known_after if field in FIELDS else Step.FACTS


def conditions(playbook: Playbook) -> Iterator[Condition]:
    """Yield every condition over leads, in the order of the text."""
    yield from (rule.when for rule in playbook.fit.rules)
    yield from (rule.when for rule in playbook.disqualify)
    yield from (rule.when for rule in stage_rules(playbook))
    yield playbook.timing.now
    yield from (segment.when for segment in playbook.segments)
    yield from (path.when for path in playbook.paths)
    yield from (trigger.when for trigger in playbook.triggers)
    yield from (each.when for each in playbook.exits)


def stage_rules(playbook: Playbook) -> list[StageRule]:
    """Return the rules that set a stage without counting evidence."""
    return [rule for rule in (playbook.stages.internal_alignment, playbook.stages.re_engagement) if rule]


def all_leaves(playbook: Playbook) -> Iterator[Leaf]:
    """Yield every leaf over leads; a fact that sales needs counts as the question whether it is missing."""
    for condition in conditions(playbook):
        yield from expressions.leaves(condition)
    yield from map(missing_leaf, playbook.completeness.sales_needs)


def missing_leaf(field: str) -> Leaf:
    """Return the leaf that holds when a field is missing."""
    return Leaf(field=field, op=Op.KNOWN, value=False)
