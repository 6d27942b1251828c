"""
A playbook made ready for assessments: its leaves by the step at which they become known.

To build the expressions of a playbook takes longer than to assess a hundred leads with them. So a policy keeps
what its steps make, and serves every assessment under its playbook, at any instant: the instant is a column,
``now``, of the working frames. Nothing that is kept depends on anything but the playbook and the types of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import polars as pl

from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.fields import FIELDS, SIGNAL_PREFIX, Step
from coldframe.kernel.playbook.model import Playbook, StageRule, Trigger

#: The instant an assessment speaks for.
NOW = pl.col("now")
#: Policies kept ready, one for each playbook used last.
PLAYBOOKS = 16
#: Results of steps that one policy keeps; frames differ in their columns' types, but not in so many ways.
KEPT = 512

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Policy:
    """One playbook, and what the steps of an assessment have made of it so far. Threads may share it."""

    playbook: Playbook
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)

    def kept(self, make: Callable[..., Made], *about: Any) -> Made:
        """
        Return ``make(policy, *about)``, made once and kept.

        Two threads may make the same at the same time; either result serves. What is made is never changed.
        """
        key = (make, *about)
        made = self._made.get(key)
        if made is None:
            if len(self._made) >= KEPT:
                self._made.clear()
            made = self._made[key] = make(self, *about)
        return made

    @property
    def now(self) -> pl.Expr:
        """The instant that the assessment speaks for: a column of every working frame."""
        return NOW

    @cached_property
    def cycle_days(self) -> float:
        """Length of a buying cycle where the lead's offer says nothing else."""
        return self.playbook.cycle.days()

    @cached_property
    def setting(self) -> expressions.Setting:
        """What comparisons need; the lead's own cycle stands in the column ``cycle_days``."""
        return expressions.Setting(now=self.now, lists=self.playbook.lists, cycle_days=pl.col("cycle_days"))

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


@dataclass(frozen=True, eq=False)
class Itself:
    """A playbook as a key: the same object, which never changes, is the same playbook."""

    playbook: Playbook

    def __hash__(self) -> int:
        return id(self.playbook)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.playbook is self.playbook


def policy_of(playbook: Playbook) -> Policy:
    """Return the policy of a playbook, with what earlier assessments made of it."""
    return _policy(Itself(playbook))


@lru_cache(maxsize=PLAYBOOKS)
def _policy(key: Itself) -> Policy:
    return Policy(key.playbook)


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
