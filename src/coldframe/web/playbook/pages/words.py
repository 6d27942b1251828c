"""Places and values of a playbook in words for people."""

from __future__ import annotations

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from coldframe.kernel.assessment import wording as kernel
from coldframe.kernel.playbook import printing
from coldframe.kernel.playbook.conditions import Leaf, Tree
from coldframe.kernel.playbook.differences import Difference, Sort
from coldframe.kernel.playbook.model import Part
from coldframe.kernel.playbook.units import Duration
from coldframe.web import phrases, wording

#: A text of many lines is told by its beginning.
LONGEST = 90
SECTIONS: dict[str, str | Promise] = {
    "name": lazy("Name"),
    "about": lazy("About"),
    "cycle": lazy("Buying cycle"),
    "calendar": lazy("Calendar"),
    "fit": lazy("Fit"),
    "intent": lazy("Intent"),
    "stages": lazy("Buyer stages"),
    "timing": lazy("Timing"),
    "completeness": lazy("What sales needs to know"),
    "letter": lazy("Around every message"),
    "tracking": lazy("Tracking"),
    "cadence": lazy("Cadence"),
    "sales": lazy("Sales"),
    "experiment": lazy("Experiment"),
    "disqualify": lazy("Reasons to let go"),
    "signals": lazy("Signals"),
    "segments": lazy("Segments"),
    "assets": lazy("Assets"),
    "templates": lazy("Templates"),
    "paths": lazy("Paths"),
    "triggers": lazy("Triggers"),
    "exits": lazy("Exits"),
    "offers": lazy("Offers"),
    "lists": lazy("Lists"),
}
#: Sections whose parts have names -> what one of them is called.
ONE_OF: dict[str, str | Promise] = {
    "disqualify": lazy("Reason to let go"),
    "signals": lazy("Signal"),
    "segments": lazy("Segment"),
    "assets": lazy("Asset"),
    "templates": lazy("Template"),
    "paths": lazy("Path"),
    "triggers": lazy("Trigger"),
    "exits": lazy("Exit"),
    "offers": lazy("Offer"),
    "lists": lazy("List"),
}
#: Keys that mean more than they say.
KEYS: dict[str, str | Promise] = {
    "half_life": lazy("half-life"),
    "cap": lazy("most it may add up to"),
    "points": lazy("points"),
    "when": lazy("when"),
    "where": lazy("where"),
    "for": lazy("for"),
    "answer_within": lazy("answer within"),
    "passes_capacity": lazy("passes capacity"),
    "hand_raise": lazy("hand raise"),
    "high_intent_page": lazy("page of high intent"),
    "per_rep": lazy("for each rep"),
    "team": lazy("for the team"),
    "capacity": lazy("capacity"),
    "cool_off": lazy("cool-off"),
    "between": lazy("from one contact to the next"),
    "floor": lazy("nobody waits longer than"),
    "at_most": lazy("at most"),
    "per_account": lazy("colleagues of one account"),
    "holdout": lazy("kept out to measure by"),
    "look_again_in": lazy("look again in"),
    "levels": lazy("levels"),
    "poor_below": lazy("poor fit below"),
    "rules": lazy("rule"),
    "answers": lazy("question it answers"),
    "sales_needs": lazy("facts that sales needs"),
    "questions": lazy("question"),
    "ask": lazy("words of the question"),
    "options": lazy("answers to choose from"),
    "url": lazy("address"),
    "title": lazy("title"),
    "stage": lazy("stage"),
    "pool": lazy("pool"),
    "goals": lazy("goals"),
    "needs": lazy("points of evidence a stage needs"),
    "order": lazy("order"),
    "verdicts": lazy("after the answer"),
    "owner": lazy("owner"),
    "counts": lazy("what colleagues did counts"),
    "surge": lazy("surge"),
    "back_to": lazy("back to"),
    "to": lazy("to"),
    "wait": lazy("wait"),
    "wait_until": lazy("wait until"),
    "path": lazy("path"),
    "look_for": lazy("look for"),
    "by": lazy("found by"),
    "cadence": lazy("cadence"),
}
SORTS: dict[Sort, tuple[str | Promise, str]] = {
    Sort.ADDED: (lazy("New"), "green"),
    Sort.REMOVED: (lazy("Gone"), "yellow"),
    Sort.CHANGED: (lazy("Changed"), "blue"),
    Sort.MOVED: (lazy("Order"), "gray"),
}


def key(name: str) -> str:
    """Return what people call a key of the text; a name that its owner gave stays as it is."""
    if name in KEYS:
        return str(KEYS[name])
    return kernel.spaced(name) if re.fullmatch(r"[a-z0-9_]+", name) else name


def place(path: tuple[str, ...]) -> str:
    """
    Return where a difference is, in words.

    >>> place(("signals", "pricing_page", "half_life"))
    'Signal pricing page: half-life'
    """
    section, *rest = path
    if section in ONE_OF and rest:
        name = kernel.spaced(rest[0]) if section in ("signals", "disqualify", "exits") else rest[0]
        head, rest = f"{ONE_OF[section]} {name}", rest[1:]
    else:
        head = str(SECTIONS.get(section, section))
    tail = ", ".join(key(each) for each in rest)
    return f"{head}: {tail}" if tail else head


def quantity(found: Any) -> str:
    """Return a length of time, a rate or a limit in the reader's language."""
    return phrases.said(str(printing.plain(found)))


def after(found: Duration) -> str:
    """Return a length of time in the reader's language, as it stands after "in" and "within"."""
    return phrases.said_duration(str(found))


def value(found: Any) -> str:
    """Return a value of a playbook in words; a part is told by its name alone, which stands with its place."""
    if found is None:
        return wording.DASH
    if isinstance(found, Leaf | Tree):
        return clause(found)
    if isinstance(found, Part):
        return ", ".join(facts(found))
    if isinstance(found, tuple | list):
        return ", ".join(map(value, found)) or wording.DASH
    if isinstance(found, bool):
        return _("yes") if found else _("no")
    return short(quantity(found) if not isinstance(found, dict) else printing.flow(printing.plain(found)))


def facts(part: Part) -> list[str]:
    """Return the few things that tell one part from another."""
    told = ("points", "half_life", "answer_within", "stage", "title", "ask")
    return [
        f"{key(name)} {value(getattr(part, name))}"
        for name in told
        if getattr(part, name, None) not in (None, "")
    ]


def value_of_part(part: Part) -> str:
    """Return everything that a small part says: ``back to nurture, wait 30 days``."""
    told = printing.plain(part)
    return ", ".join(
        f"{key(name)} {phrases.said(found)}" for name, found in told.items() if isinstance(found, str)
    )


def short(text: str) -> str:
    """Return a text in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def clause(condition: Leaf | Tree) -> str:
    """Return a condition in words, in the reader's language."""
    return phrases.said(kernel.say(condition))


def sort(difference: Difference) -> tuple[str, str]:
    """Return how a part differs, as a badge: its word and its tone."""
    word, tone = SORTS[difference.sort]
    return str(word), tone
