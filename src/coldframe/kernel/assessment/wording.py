"""Conditions and rules in words, as the because card says them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from coldframe.kernel.playbook.conditions import Condition, Leaf, Op, Tree
from coldframe.kernel.playbook.units import Duration

#: What people call a field. A field that is not here is called by its own name.
LABELS: dict[str, str] = {
    "lead.email_kind": "kind of address",
    "lead.is_role_address": "shared mailbox",
    "lead.role": "role in the decision",
    "lead.days_since_entry": "days since entry",
    "lead.days_since_meaningful_action": "days since the last meaningful action",
    "lead.time_since_meaningful_action": "time since the last meaningful action",
    "lead.suppressed_by": "suppression",
    "lead.left_company": "left the company",
    "lead.source_status": "status in the source",
    "account.name": "company name",
    "account.domain": "company domain",
    "account.industry": "industry",
    "account.employees": "company size",
    "account.annual_revenue": "yearly revenue",
    "account.country": "company's country",
    "account.city": "company's city",
    "account.technologies": "technologies in use",
    "account.renewal_on": "renewal date",
    "account.active_stakeholders": "active people in the account",
    "account.surge": "surge in the account",
    "opportunity.state": "opportunity",
    "fit.level": "fit",
    "fit.best_case": "fit at best",
    "fit.worst_case": "fit at worst",
    "fit.score": "fit score",
    "intent.level": "intent",
    "intent.points": "intent points",
    "intent.account_points": "the account's intent points",
    "stage": "buyer stage",
    "timing.state": "timing",
    "timing.date": "the date that timing names",
    "completeness.missing": "facts missing for sales",
    "segment": "segment",
    "status": "status",
    "verdict.until": "the date sales gave",
    "reply.until": "the date the reply gave",
    "answer.budget_on": "the budget date",
}

OP_WORDS: dict[Op, str] = {
    Op.IS: "is",
    Op.IS_NOT: "is not",
    Op.IN: "is one of",
    Op.NOT_IN: "is none of",
    Op.IN_LIST: "is on the list",
    Op.NOT_IN_LIST: "is not on the list",
    Op.AT_LEAST: "is at least",
    Op.AT_MOST: "is at most",
    Op.BELOW: "is below",
    Op.ABOVE: "is above",
    Op.STARTS: "starts with",
    Op.CONTAINS: "contains",
    Op.MENTIONS: "mentions",
}
#: One event of a kind, as people call it.
EVENT_NOUNS: dict[str, str] = {
    "page": "visit",
    "form_submitted": "form",
    "asset_downloaded": "download",
    "webinar_attended": "webinar attendance",
    "webinar_registered": "webinar registration",
    "link_clicked": "confirmed click",
    "replied": "reply",
    "declined": "no",
    "meeting_booked": "booked meeting",
    "call": "call",
    "answered": "answer",
}
#: Values of a list that a clause names.
SHOWN_VALUES = 3
#: A clause longer than this is left out where the rule has a name.
LONGEST_CLAUSE = 110
#: How each kind of condition joins its parts.
JOINTS = {"all": " and ", "any": " or "}


def label(field: str) -> str:
    """Return what people call a field."""
    if field in LABELS:
        return LABELS[field]
    for prefix in ("lead.custom.", "account.custom.", "signal.", "lead.", "account."):
        if field.startswith(prefix):
            return spaced(field.removeprefix(prefix))
    return spaced(field)


def spaced(word: str) -> str:
    """Return a key as words: ``pricing_page`` is "pricing page"."""
    return word.replace("_", " ").replace("-", " ").strip().replace("re engage", "re-engage")


def lowered(word: str | None) -> str:
    """Return a word of the vocabulary as people read it: ``ECONOMIC_BUYER`` is "economic buyer"."""
    return spaced((word or "").lower())


def rule(name: str, condition: Condition) -> str:
    """Return a rule by its name, with its condition where that is short enough to help."""
    clause = say(condition)
    return name if clause == "always" or len(clause) > LONGEST_CLAUSE else f"{name}: {clause}"


def say(condition: Condition) -> str:
    """Return a condition as a clause."""
    if isinstance(condition, Leaf):
        return say_leaf(condition)
    if not condition.of:
        return "always"
    if condition.kind == "none":
        return (
            f"not ({' or '.join(say(each) for each in condition.of)})"
            if len(condition.of) > 1
            else f"not {say(condition.of[0])}"
        )
    parts = [
        f"({say(each)})" if isinstance(each, Tree) and len(each.of) > 1 else say(each)
        for each in condition.of
    ]
    return JOINTS[condition.kind].join(parts)


def say_leaf(leaf: Leaf) -> str:
    """Return one comparison as a clause."""
    name = label(leaf.field)
    within = f" within {leaf.within}" if leaf.within else ""
    match leaf.op:
        case Op.KNOWN:
            return f"{name} is {'known' if leaf.value else 'not known'}"
        case Op.REACHED:
            return f"{name} has come" if leaf.value else f"{name} has not come"
        case Op.WITHIN:
            return f"{name} within {leaf.value}"
        case Op.COUNT_AT_LEAST:
            return f"{name} at least {times(leaf.value)}{within}"
        case Op.BETWEEN:
            return f"{name} is {number(leaf.value[0])} to {number(leaf.value[1])}"
        case Op.IS if isinstance(leaf.value, bool):
            return name if leaf.value else f"no {name}"
        case _:
            return f"{name} {OP_WORDS[leaf.op]} {value_words(leaf.value)}{within}"


def value_words(value: Any) -> str:
    """Return a leaf's value as people write it; a long list is cut."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = [value_words(each) for each in value[:SHOWN_VALUES]]
        more = len(value) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Duration):
        return str(value)
    return spaced(str(value)) if str(value).isupper() or "_" in str(value) else str(value)


def number(value: float) -> str:
    """Return a number without a needless fraction."""
    return f"{value:.10g}"


def happening(event: str, name: str, count: int) -> str:
    """Return that a signal happens so often: "2 visits: pricing page"."""
    noun = EVENT_NOUNS.get(event, spaced(event))
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    counted = f"{count} {noun if count == 1 else plural}"
    return counted if name == event or spaced(name) == noun else f"{counted}: {spaced(name)}"


def unconfirmed(event: str, count: int) -> str:
    """
    Return that something happened so often, and nobody knows by whom.

    >>> unconfirmed("link_clicked", 1)
    '1 click, not yet known to be a person'
    """
    noun = EVENT_NOUNS.get(event, spaced(event)).removeprefix("confirmed ")
    counted = f"1 {noun}" if count == 1 else f"{count} {noun}s"
    return f"{counted}, not yet known to be a person"


def times(count: int) -> str:
    """Return how often, in words where there are any."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def day(instant: datetime) -> str:
    """Return a day as people write it: 12 October 2026."""
    return f"{instant.day} {instant:%B %Y}"
