"""The places of a playbook's text that forms change, and how a text stands in an input and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from coldframe.kernel.playbook import editing, printing
from coldframe.kernel.playbook.model import Cadence, Capacity, Experiment, Sales
from coldframe.kernel.playbook.problems import Problem
from coldframe.kernel.playbook.source import ITEM_NAMES, LONGEST_LABEL
from coldframe.web import faults, wording

#: Keys as the text has them; the items of a list go by their names.
Place = tuple[str, ...]
#: Longer than any value that a form asks for.
LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input."""

    place: Place
    label: str
    value: str
    #: What counts while it is empty.
    default: str = ""
    #: Several values, with commas between them.
    is_list: bool = False
    error: str = ""

    @property
    def name(self) -> str:
        """The name of the input: the place, so that what was typed finds it in another text too."""
        return json.dumps(self.place)

    @property
    def where(self) -> str:
        """The place as the checker writes it."""
        return where(self.place)


@dataclass(frozen=True, kw_only=True)
class Row:
    """Inputs about one thing."""

    label: str
    hint: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form: inputs that are saved together."""

    key: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    error: str = ""

    @property
    def fields(self) -> Iterator[Field]:
        """Every input."""
        for row in self.rows:
            yield from row.fields


def where(place: Place) -> str:
    """
    Return a place as the checker writes it.

    >>> where(("triggers", "Ready", "answer_within"))
    'triggers[Ready].answer_within'
    """
    section, *rest = place
    if section in ("triggers", "paths", "assets") and rest:
        name = rest[0] if len(rest[0]) <= LONGEST_LABEL else rest[0][:LONGEST_LABEL] + "…"
        return ".".join([f"{section}[{name}]", *rest[1:]])
    return ".".join(place)


def path_of(tree: Any, place: Place) -> editing.Path | None:
    """Return a place as keys and numbers of a tree; None where a list has no item of that name."""
    path: editing.Path = ()
    for key in place:
        here = editing.at(tree, path)
        if isinstance(here, list):
            index = next((i for i, item in enumerate(here) if name_of(item) == key), None)
            if index is None:
                return None
            path = (*path, index)
        else:
            path = (*path, key)
    return path


def name_of(item: Any) -> str:
    """Return the name of an item of a list, or an empty text."""
    named = [item[key] for key in ITEM_NAMES if key in item] if isinstance(item, dict) else []
    return str(named[0]) if named else ""


def field(tree: Any, place: Place, label: str, *, default: Any = None, is_list: bool = False) -> Field:
    """Return an input with what the text has at the place."""
    path = path_of(tree, place)
    found = editing.at(tree, path) if path is not None else None
    return Field(
        place=place,
        label=label,
        value=shown(found),
        default="" if default is None else shown(printing.plain(default)),
        is_list=is_list,
    )


def shown(value: Any) -> str:
    """Return a plain value as an input shows it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or isinstance(value, dict) else str(value)


def typed(form: Form, given: Mapping[str, str]) -> Form:
    """Return a form with what somebody has typed; what was not sent stays as it is."""
    return replace(
        form,
        rows=tuple(
            replace(
                row,
                fields=tuple(
                    replace(each, value=given.get(each.name, each.value).strip()[:LONGEST])
                    for each in row.fields
                ),
            )
            for row in form.rows
        ),
    )


def written(text: str, fields: Sequence[Field]) -> str:
    """Return the text with the values of some inputs in it; an empty one takes its value away. Raises ``NotEditable``."""
    tree = editing.plain(text)
    after = tree
    for each in fields:
        path = path_of(after, each.place)
        if path is None or each.value == shown(editing.at(after, path)):
            continue
        items = [part.strip() for part in each.value.split(",") if part.strip()]
        after = editing.replaced(
            after, path, (items if each.is_list else each.value) if items or each.value else None
        )
    return editing.rewritten(text, after)


def with_errors(form: Form, new: Sequence[Problem]) -> Form:
    """Return a form with each new mistake at its input, or above them all."""
    rows = tuple(
        replace(row, fields=tuple(replace(each, error=error_of(each, new)) for each in row.fields))
        for row in form.rows
    )
    told = {each.where for row in rows for each in row.fields if each.error}
    rest = [problem for problem in new if not any(concerns(problem, place) for place in told)]
    return replace(form, rows=rows, error=" ".join(map(sentence, rest)))


def error_of(each: Field, new: Sequence[Problem]) -> str:
    return " ".join(sentence(problem) for problem in new if concerns(problem, each.where))


def concerns(problem: Problem, place: str) -> bool:
    """Return whether a mistake is at a place, or in one of its values."""
    return problem.where == place or problem.where.startswith(f"{place}[")


def sentence(problem: Problem) -> str:
    """Return a mistake in a sentence."""
    problem = faults.problem(problem)
    text = _("Expected %(expected)s, got %(got)s.") % {"expected": problem.expected, "got": problem.got}
    return f"{text} {problem.advice}".strip()


def new_mistakes(before: Sequence[Problem], after: Sequence[Problem]) -> list[Problem]:
    """Return the mistakes that a text has and the one before it had not, wherever its lines have moved."""
    known = {(each.code, each.where, each.got) for each in before}
    return [each for each in after if not each.is_warning and (each.code, each.where, each.got) not in known]


# The forms


def levels(tree: Any) -> Form:
    fit = [field(tree, ("fit", "levels", name), _("%(level)s from") % {"level": name}) for name in "ABC"]
    intent = [
        field(
            tree, ("intent", "levels", name), _("%(level)s from") % {"level": wording.INTENTS[name.upper()]}
        )
        for name in ("high", "medium", "low")
    ]
    return Form(
        key="levels",
        title=_("Levels of fit and intent"),
        about=_("The least points of each level."),
        columns=(),
        rows=(
            Row(label=_("Fit"), hint=_("0 to 100 points; below C is D"), fields=tuple(fit)),
            Row(label=_("Intent"), hint=_("below low is none"), fields=tuple(intent)),
        ),
    )


def signals(tree: Any) -> Form:
    found = editing.at(tree, ("signals",))
    columns = {"points": _("Points"), "half_life": _("Half-life"), "cap": _("At most")}
    return Form(
        key="signals",
        title=_("Signals"),
        about=_(
            "Points when fresh, the time after which half of them are left, and what repetition may add up to."
        ),
        columns=tuple(columns.values()),
        rows=tuple(
            Row(
                label=wording.plain(name),
                hint=wording.plain(str(each.get("event", ""))),
                fields=tuple(field(tree, ("signals", name, key), label) for key, label in columns.items()),
            )
            for name, each in (found.items() if isinstance(found, dict) else ())
            if isinstance(each, dict)
        ),
    )


def triggers(tree: Any) -> Form:
    found = editing.at(tree, ("triggers",))
    label = _("Answer within")
    return Form(
        key="triggers",
        title=_("Response times agreed with sales"),
        about=_("In working hours. Empty: nothing is agreed."),
        columns=(label,),
        rows=tuple(
            Row(label=name, hint="", fields=(field(tree, ("triggers", name, "answer_within"), label),))
            for name in names_in(found)
        ),
    )


def names_in(found: Any) -> list[str]:
    """Return the names of the items of a list that have one."""
    return [name for item in (found if isinstance(found, list) else ()) if (name := name_of(item))]


def cadence(tree: Any) -> Form:
    usual = Cadence()
    between, floor = _("From one contact to the next"), _("Nobody waits longer than")
    general = Row(
        label=_("All paths together"),
        hint=_("each ceiling binds; put a comma between two"),
        fields=(
            field(tree, ("cadence", "at_most"), _("At most"), default=usual.at_most, is_list=True),
            field(tree, ("cadence", "floor"), floor, default=usual.floor),
        ),
    )
    return Form(
        key="cadence",
        title=_("Cadence"),
        about=_(
            "How often a lead hears from you, and how long it waits at most. Empty: what all paths have."
        ),
        columns=(),
        rows=(
            general,
            *(
                Row(
                    label=name,
                    hint="",
                    fields=(
                        field(tree, ("paths", name, "cadence", "between"), between),
                        field(tree, ("paths", name, "cadence", "floor"), floor),
                    ),
                )
                for name in names_in(editing.at(tree, ("paths",)))
            ),
        ),
    )


def capacity(tree: Any) -> Form:
    usual, room = Sales(), Capacity()
    return Form(
        key="capacity",
        title=_("Room at sales"),
        about=_("Hand raises count and never wait; all others never exceed what is left."),
        columns=(),
        rows=(
            Row(
                label=_("Leads"),
                hint=_("such as 10 a week"),
                fields=(
                    field(tree, ("sales", "capacity", "per_rep"), _("For each rep"), default=room.per_rep),
                    field(tree, ("sales", "capacity", "team"), _("For the team"), default=room.team),
                    field(tree, ("sales", "cool_off"), _("Not to the same rep for"), default=usual.cool_off),
                ),
            ),
        ),
    )


def experiment(tree: Any) -> Form:
    return Form(
        key="experiment",
        title=_("Experiment"),
        about=_("Accounts that are kept out of nurture at random, so that what it causes can be measured."),
        columns=(),
        rows=(
            Row(
                label=_("Held out"),
                hint=_("such as 10% of accounts"),
                fields=(
                    field(
                        tree,
                        ("experiment", "holdout"),
                        _("Share"),
                        default=f"{Experiment().holdout} of accounts",
                    ),
                ),
            ),
        ),
    )


FORMS = {
    "levels": levels,
    "signals": signals,
    "triggers": triggers,
    "cadence": cadence,
    "capacity": capacity,
    "experiment": experiment,
}
