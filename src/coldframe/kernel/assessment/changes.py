"""
The single changes that the policy makes worth trying: values that would flip a leaf, events that are signals, and sales' answer.

Everything comes from the playbook: each leaf of each rule names a field and the values that would make it hold,
or stop it from holding. What is already so is left out by the search, which runs the real assessment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from coldframe.kernel.assessment import policy, wording
from coldframe.kernel.assessment.card import Change
from coldframe.kernel.playbook import expressions
from coldframe.kernel.playbook.conditions import Condition, Leaf, Op
from coldframe.kernel.playbook.fields import CUSTOM_PREFIXES, FIELDS, Kind, Step
from coldframe.kernel.playbook.model import Playbook, Signal
from coldframe.kernel.vocabulary import OpportunityState, Verdict

#: Most occurrences of one signal, and most new people of the account, that are tried.
MOST_OCCURRENCES = 3
MOST_COLLEAGUES = 4
#: Stands for a text that no rule answers to.
ANYTHING = "known"
#: What happened once, or is what the account is known by, and will not change; named last.
HISTORY = {
    "lead.form",
    "lead.message",
    "lead.source",
    "lead.campaign",
    "lead.landing_page",
    "lead.email_kind",
    "account.domain",
    "account.name",
}
HISTORY_COSTS = 4.0
#: Fields that are made by the assessment or by time, and so cannot be changed by anybody.
NOT_FACTS = {"lead.days_since_entry", "status"}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A change that may be tried, with what is needed to apply it."""

    change: Change
    #: How unlikely or laborious it is; smaller is tried and shown first.
    cost: float
    #: Changes of one group exclude each other: two values of one field, one visit and two visits.
    group: str
    #: Only for signals: the shape of the event that would happen.
    shape: dict[str, str] = field(default_factory=dict)
    #: Tried only where the field is missing, because it says no more than that it becomes known.
    only_if_missing: bool = False
    #: Named by a rule that decides by itself, and so worth combining even where it alone has no effect.
    is_decisive: bool = False
    #: What to say where the lead would be let go, when that follows from this very value and not from any.
    text_if_let_go: str = ""


def candidates(playbook: Playbook, *, as_of: datetime) -> list[Candidate]:
    """Return every single change that some rule of the playbook responds to, without doubles, simplest first."""
    found: dict[tuple[str, str, str], Candidate] = {}
    for each in [
        *field_candidates(playbook, as_of=as_of),
        *completing_candidates(playbook, as_of=as_of),
        *signal_candidates(playbook),
        *colleague_candidates(playbook),
        *opportunity_candidates(),
        *verdict_candidates(),
    ]:
        found.setdefault((each.change.kind, each.change.name, str(each.change.value)), each)
    return sorted(
        found.values(),
        key=lambda each: (each.cost, each.change.kind, each.change.name, str(each.change.value)),
    )


def decisive_leaves(playbook: Playbook) -> Iterator[Leaf]:
    """Yield the leaves of the rules that decide by themselves, and of what makes the timing ripe."""
    deciding = [
        rule.when for rules in (playbook.triggers, playbook.disqualify, playbook.exits) for rule in rules
    ]
    for condition in (*deciding, playbook.timing.now):
        yield from expressions.leaves(condition)


def field_candidates(playbook: Playbook, *, as_of: datetime) -> Iterator[Candidate]:
    """Yield values of facts that make some leaf hold, or stop it from holding."""
    for leaf in decisive_leaves(playbook):
        if is_fact(leaf.field):
            for each in values_for(leaf, playbook=playbook, as_of=as_of):
                yield replace(each, is_decisive=True)
    for rule in playbook.fit.rules:
        for leaf in expressions.leaves(rule.when):
            if is_fact(leaf.field):
                yield from values_for(leaf, playbook=playbook, as_of=as_of)


def is_fact(name: str) -> bool:
    """Return whether a field is a fact about the lead or the account that can become known or change."""
    if name in NOT_FACTS or name == "opportunity.state":
        return False
    if name.startswith(CUSTOM_PREFIXES):
        return True
    known = FIELDS.get(name)
    return known is not None and known.known_after is Step.FACTS and name.startswith(("lead.", "account."))


def values_for(leaf: Leaf, *, playbook: Playbook, as_of: datetime) -> Iterator[Candidate]:
    """Yield the values that turn one leaf to true or to false."""
    name = leaf.field
    if name == "lead.suppressed_by":
        yield made("field", name, None, "the person agrees to be mailed again", cost=2.0)
        return
    holds = wording.say_leaf(leaf)
    for value in values_that_hold(leaf, playbook=playbook, as_of=as_of):
        text = (
            holds if not isinstance(value, str) else f"{wording.label(name)} is {wording.value_words(value)}"
        )
        yield made("field", name, value, text, cost=1.0)
    for value in values_that_fail(leaf, playbook=playbook):
        yield made(
            "field",
            name,
            value,
            f"{wording.label(name)}{': ' if isinstance(value, bool) else ' is '}{wording.value_words(value)}",
            cost=1.5,
        )


def made(kind: str, name: str, value: Any, text: str, *, cost: float) -> Candidate:
    change = Change(kind=kind, name=name, value=value, text=text)
    extra = HISTORY_COSTS if name in HISTORY else 0.0
    return Candidate(change=change, cost=cost + extra, group=f"{kind}:{name}")


def values_that_hold(leaf: Leaf, *, playbook: Playbook, as_of: datetime) -> Iterable[Any]:
    """Return the nearest values that make the leaf hold."""
    value = leaf.value
    match leaf.op:
        case Op.IS | Op.STARTS | Op.CONTAINS | Op.AT_LEAST | Op.AT_MOST:
            return [value] if not isinstance(value, tuple) else list(value[:1])
        case Op.IN:
            return list(value[:6])
        case Op.BETWEEN:
            return list(value)
        case Op.ABOVE:
            return [value + 1]
        case Op.BELOW:
            return [value - 1]
        case Op.MENTIONS:
            return [value if isinstance(value, str) else value[0]]
        case Op.IN_LIST:
            return list(playbook.lists.get(value, ())[:3])
        case Op.WITHIN:
            return [date_ahead(as_of)]
        case _:
            return []


def values_that_fail(leaf: Leaf, *, playbook: Playbook) -> Iterable[Any]:
    """Return the nearest values that stop the leaf from holding; only where a better value can be named."""
    value = leaf.value
    match leaf.op:
        case Op.NOT_IN:
            return list(value[:3])
        case Op.NOT_IN_LIST:
            return list(playbook.lists.get(value, ())[:3])
        case Op.IS_NOT:
            return [value]
        case Op.AT_LEAST:
            return [value - 1] if isinstance(value, int | float) and not isinstance(value, bool) else []
        case Op.AT_MOST:
            return [value + 1] if isinstance(value, int | float) and not isinstance(value, bool) else []
        case Op.IS:
            return [not value] if isinstance(value, bool) else other_words(leaf)
        case Op.IN:
            return other_words(leaf)
        case _:
            return []


def other_words(leaf: Leaf) -> list[str]:
    """Return two words of a closed set that the leaf does not name; being unknown is not a value."""
    known = FIELDS.get(leaf.field)
    if known is None or known.kind is not Kind.WORD:
        return []
    named = {leaf.value} if isinstance(leaf.value, str) else set(leaf.value)
    return [word for word in known.words if word not in {*named, "unknown"}][:2]


def date_ahead(as_of: datetime) -> date:
    return (as_of + timedelta(days=30)).date()


def completing_candidates(playbook: Playbook, *, as_of: datetime) -> Iterator[Candidate]:
    """Yield, for each fact that sales needs, that it becomes known."""
    for name in playbook.completeness.sales_needs:
        if is_fact(name):
            value = example_value(name, playbook=playbook, as_of=as_of)
            text = f"{wording.label(name)} becomes known"
            yield replace(
                made("field", name, value, text, cost=0.9),
                only_if_missing=True,
                text_if_let_go=no_better_than(name, value, playbook=playbook),
            )


def no_better_than(name: str, value: Any, *, playbook: Playbook) -> str:
    """
    Say that a field turns out to be this example, where some rule answers to other values of it; else nothing.

    Whoever is let go once an industry is known would not be, were it one that a rule gives points for.
    """
    named = [
        leaf.value for leaf in policy.all_leaves(playbook) if leaf.field == name and leaf.op is not Op.KNOWN
    ]
    if not named:
        return ""
    if value != ANYTHING:
        return f"{wording.label(name)} is {wording.value_words(value)}"
    words = [each for given in named for each in (given if isinstance(given, tuple) else (given,))]
    return f"{wording.label(name)} is none of {wording.value_words(list(dict.fromkeys(words)))}"


def example_value(name: str, *, playbook: Playbook, as_of: datetime) -> Any:
    """Return some value of a field that no rule responds to by itself, as far as one can be named."""
    question = playbook.completeness.questions.get(name)
    if name in FIELDS and FIELDS[name].words:
        return FIELDS[name].words[-2] if FIELDS[name].words[-1] == "unknown" else FIELDS[name].words[-1]
    kind = FIELDS[name].kind if name in FIELDS else Kind.CUSTOM
    if kind is Kind.NUMBER:
        return 1
    if kind is Kind.DATE:
        return (as_of + timedelta(days=3650)).date()
    if kind is Kind.YES_NO:
        return False
    return question.options[0] if question and question.options else ANYTHING


def signal_candidates(playbook: Playbook) -> Iterator[Candidate]:
    """Yield one, two and three occurrences of each signal, by the lead."""
    for name, signal in playbook.signals.items():
        shape = event_shape(signal, playbook=playbook)
        if shape is None or signal.points <= 0:
            continue
        for count in range(1, MOST_OCCURRENCES + 1):
            text = wording.happening(signal.event, name, count)
            change = Change(kind="signal", name=name, value=count, text=text)
            yield Candidate(change=change, cost=0.6 + 0.4 * count, group=f"signal:{name}", shape=shape)


def event_shape(signal: Signal, *, playbook: Playbook) -> dict[str, str] | None:
    """Return the shape of an event that is this signal, or None where none can be made up."""
    shape = {"kind": signal.event, "path": "", "form": "", "asset": "", "topic": "", "campaign": ""}
    if signal.stage == "from asset" and playbook.assets:
        shape["asset"] = playbook.assets[0].key
    for leaf in positive_leaves(signal.where):
        value = (
            leaf.value
            if isinstance(leaf.value, str)
            else leaf.value[0]
            if isinstance(leaf.value, tuple)
            else None
        )
        if value is None:
            continue
        if leaf.field == "asset.kind":
            keys = [asset.key for asset in playbook.assets if asset.kind == value]
            if not keys:
                return None
            shape["asset"] = keys[0]
        elif leaf.field in shape:
            shape[leaf.field] = value
    return shape


def positive_leaves(condition: Condition | None) -> Iterator[Leaf]:
    """Yield the leaves that must hold: all of an ``all``, the first of an ``any``, none of a ``none``."""
    if isinstance(condition, Leaf):
        yield condition
    elif condition is not None and condition.kind != "none":
        for part in condition.of[: 1 if condition.kind == "any" else None]:
            yield from positive_leaves(part)


def colleague_candidates(playbook: Playbook) -> Iterator[Candidate]:
    """Yield one to four colleagues who become active."""
    named = next(
        (name for name, signal in playbook.signals.items() if signal.points > 0 and not signal.hand_raise),
        None,
    )
    shape = event_shape(playbook.signals[named], playbook=playbook) if named else None
    if shape is None:
        return
    for count in range(1, MOST_COLLEAGUES + 1):
        who = "a colleague becomes active" if count == 1 else f"{count} colleagues become active"
        change = Change(kind="colleagues", name="account.active_stakeholders", value=count, text=who)
        yield Candidate(change=change, cost=1.2 + 0.5 * count, group="colleagues", shape=shape)


def opportunity_candidates() -> Iterator[Candidate]:
    """Yield that the account's open deal is lost."""
    change = Change(
        kind="opportunity",
        name="opportunity.state",
        value=OpportunityState.LOST.value,
        text="the open opportunity is lost",
    )
    yield Candidate(change=change, cost=1.0, group="opportunity")


#: What sales may say of a lead that is before it, beside that it accepts.
ANSWERS = {
    Verdict.NOT_NOW: "sales says that it is not the time",
    Verdict.NEEDS_EDUCATION: "sales says that it needs education",
    Verdict.WRONG_PERSON: "sales says that it is the wrong person",
    Verdict.NOT_A_FIT: "sales says that it is not a fit",
}


def verdict_candidates() -> Iterator[Candidate]:
    """Yield what sales may say; tried only of a lead whose handoff is open."""
    for cost, (verdict, text) in enumerate(ANSWERS.items()):
        change = Change(kind="verdict", name=verdict.value, value=verdict.value, text=text)
        yield Candidate(change=change, cost=0.5 + cost / 100, group="verdict")
