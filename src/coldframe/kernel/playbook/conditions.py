"""
Conditions: trees of all / any / none over leaves ``{field, op: value}``.

What a leaf's ``value`` is after reading, by the kind of its field:

============  =====================================  ==============================================
kind          ops                                    value
============  =====================================  ==============================================
text          is, is_not, starts                     str, as written; compared without regard to case
text          contains                               str, or a tuple of str: any of them
text          in, not_in, mentions                   tuple of str
text          in_list, not_in_list                   str, a name under ``lists``
word          is, is_not                             str, as in ``Field.words``
word          in, not_in                             tuple of str, as in ``Field.words``
level         is, is_not, in, not_in                 as for word
level         at_least, at_most, above, below        str, as in ``Field.words``; at least B is A or B
number        is, is_not, at_least, at_most,         int or float
              above, below
number        in, not_in                             tuple of numbers
number        between                                two numbers, the smaller first, both included
yes or no     is, is_not                             bool
date          within                                 Duration: from now to so long ahead
date          reached                                bool
duration      at_least, at_most, above, below        Duration
signal        within                                 Duration: at least once within so long before now
signal        count_at_least                         int; beside it perhaps ``within``
custom        is, is_not, starts                     str, whatever the column's type
custom        contains, in, not_in, mentions, …      as for text
custom        at_least, at_most, above, below        int or float
custom        between, within, reached               as for number and date
all           known                                  bool (not for signals)
============  =====================================  ==============================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from coldframe.kernel.playbook import fields
from coldframe.kernel.playbook.fields import Field, Kind
from coldframe.kernel.playbook.problems import BadParts, BadValue, shown, suggestion
from coldframe.kernel.playbook.units import Duration


class Op(StrEnum):
    """What a leaf compares. Text is compared without regard to case."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    #: The value names a list under ``lists``.
    IN_LIST = "in_list"
    #: Of a list without entries this never holds: a list not yet filled lets nobody go.
    NOT_IN_LIST = "not_in_list"
    #: Two numbers, both included.
    BETWEEN = "between"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    #: Strictly; for levels, worse than.
    BELOW = "below"
    ABOVE = "above"
    STARTS = "starts"
    #: One text, or any of several.
    CONTAINS = "contains"
    #: Any of these phrases, as whole words.
    MENTIONS = "mentions"
    #: A date within so long from now, in the future; a signal within so long before now.
    WITHIN = "within"
    #: A date that has come.
    REACHED = "reached"
    #: A signal that happened at least so often, optionally ``within`` a time.
    COUNT_AT_LEAST = "count_at_least"
    #: Whether the field is known at all; the one leaf that is never unknown.
    KNOWN = "known"


#: A leaf's value after validation: text, number, switch, duration, or a list of texts or numbers.
Value = str | int | float | bool | Duration | tuple[str | int | float, ...]

SAMENESS = (Op.IS, Op.IS_NOT, Op.IN, Op.NOT_IN)
LISTED = (Op.IN_LIST, Op.NOT_IN_LIST)
ORDER = (Op.AT_LEAST, Op.AT_MOST, Op.BELOW, Op.ABOVE)
WORDING = (Op.STARTS, Op.CONTAINS, Op.MENTIONS)
DATING = (Op.WITHIN, Op.REACHED)

#: Which comparisons make sense for which kind of field.
OPS: dict[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (*SAMENESS, *LISTED, *WORDING, Op.KNOWN),
    Kind.WORD: (*SAMENESS, Op.KNOWN),
    Kind.LEVEL: (*SAMENESS, *ORDER, Op.KNOWN),
    Kind.NUMBER: (*SAMENESS, Op.BETWEEN, *ORDER, Op.KNOWN),
    Kind.YES_NO: (Op.IS, Op.IS_NOT, Op.KNOWN),
    Kind.DATE: (*DATING, Op.KNOWN),
    Kind.DURATION: (*ORDER, Op.KNOWN),
    Kind.SIGNAL: (Op.WITHIN, Op.COUNT_AT_LEAST),
    Kind.CUSTOM: (*SAMENESS, *LISTED, *WORDING, Op.BETWEEN, *ORDER, *DATING, Op.KNOWN),
}
#: The fields whose count may be narrowed to a time.
COUNTED_FIELDS = ("account.active_stakeholders",)
TREE_KINDS = ("all", "any", "none")
CUSTOM_NAME = re.compile(r"^[a-z0-9_]{1,60}$")
NUMBER = re.compile(r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$")
YES_WORDS = {"yes": True, "no": False, "true": True, "false": False}


class Leaf(BaseModel):
    """One comparison. A missing field makes it unknown: it never holds, and the explanation says so."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    field: str
    op: Op
    value: Any
    #: Beside ``count_at_least`` or ``at_least``: only what happened within so long before now.
    within: Duration | None = None


class Tree(BaseModel):
    """All, any or none of some conditions, under Kleene's three-valued logic. All of nothing holds."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    #: all, any or none.
    kind: str
    of: tuple[Leaf | Tree, ...]


Condition = Leaf | Tree

#: The condition that everybody meets.
EVERYBODY = Tree(kind="all", of=())


def leaves(
    condition: Condition, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
    """Yield each leaf with the path to it, in the order of the text."""
    if isinstance(condition, Leaf):
        yield path, condition
        return
    for index, child in enumerate(condition.of):
        yield from leaves(child, (*path, condition.kind, index))


def read_policy_condition(value: object) -> Condition:
    """Return a condition over leads and accounts; raise ``BadParts`` naming every mistake."""
    return read(value, scope=fields.FIELDS)


def read_event_condition(value: object) -> Condition:
    """Return a condition over one event; raise ``BadParts`` naming every mistake."""
    return read(value, scope=fields.EVENT_FIELDS)


def read(value: object, *, scope: Mapping[str, Field]) -> Condition:
    """Return the condition that plain text, lists and dicts spell; what is one already passes."""
    if isinstance(value, Leaf | Tree):
        return value
    mistakes: list[BadValue] = []
    condition = branch(value, scope, (), mistakes)
    if mistakes:
        raise BadParts(mistakes)
    return condition


def branch(
    value: object, scope: Mapping[str, Field], path: tuple[str | int, ...], mistakes: list[BadValue]
) -> Condition:
    """Return a tree or leaf; note mistakes, and let everybody stand for what cannot be read."""
    if not isinstance(value, dict) or not value:
        expected = "a condition such as {field: lead.country, is: PL} or {all: [...]}"
        mistakes.append(BadValue(expected, shown(value), code="PB307", path=path))
        return EVERYBODY
    if "field" in value:
        try:
            return read_leaf(value, scope, path, mistakes)
        except BadValue as mistake:
            mistakes.append(mistake)
            return EVERYBODY
    return read_tree(value, scope, path, mistakes)


def read_tree(
    value: dict[str, object],
    scope: Mapping[str, Field],
    path: tuple[str | int, ...],
    mistakes: list[BadValue],
) -> Condition:
    kinds = [key for key in value if key in TREE_KINDS]
    for key in value:
        if key not in kinds[:1]:
            expected = "one of all, any, none" if kinds else "all, any, none or field"
            advice = (
                "Put one inside the other." if key in TREE_KINDS else suggestion(key, [*TREE_KINDS, "field"])
            )
            mistakes.append(BadValue(expected, shown(key), advice=advice, code="PB307", path=(*path, key)))
    if not kinds:
        return EVERYBODY
    kind = kinds[0]
    children = value[kind]
    if not isinstance(children, list):
        expected = f"a list of conditions under {kind}"
        mistakes.append(BadValue(expected, shown(children), code="PB307", path=(*path, kind)))
        return EVERYBODY
    return Tree(
        kind=kind,
        of=tuple(branch(child, scope, (*path, kind, i), mistakes) for i, child in enumerate(children)),
    )


def read_leaf(
    value: dict[str, object],
    scope: Mapping[str, Field],
    path: tuple[str | int, ...],
    mistakes: list[BadValue],
) -> Leaf:
    """Return the leaf; raise ``BadValue`` for the first mistake in it."""
    name = value["field"]
    if not isinstance(name, str):
        raise BadValue("the name of a field", shown(name), code="PB301", path=(*path, "field"))
    field = find_field(name, scope, path)
    op = find_op(value, field, path)
    within = None
    for key in value:
        if key == "within" and op is not Op.WITHIN:
            within = read_within(value["within"], field, op, path)
        elif key not in ("field", op.value):
            mistakes.append(extra_key(key, op, path))
    return Leaf(field=name, op=op, value=placed(value[op.value], field, op, (*path, op.value)), within=within)


def extra_key(key: str, op: Op, path: tuple[str | int, ...]) -> BadValue:
    is_op = key in tuple(Op)
    advice = "Write two leaves under `all`." if is_op else suggestion(key, [*Op, "field"])
    return BadValue(
        f'nothing beside "{op.value}"', shown(key), advice=advice, code="PB307", path=(*path, key)
    )


def find_field(name: str, scope: Mapping[str, Field], path: tuple[str | int, ...]) -> Field:
    """Return the field of that name, one's own and signals among them; raise ``BadValue`` for none."""
    if name in scope:
        return scope[name]
    if scope is fields.FIELDS:
        if name.startswith(fields.SIGNAL_PREFIX) and name != fields.SIGNAL_PREFIX:
            return Field(name, Kind.SIGNAL, "occurrences of a signal", fields.Step.INTENT)
        own = [prefix for prefix in fields.CUSTOM_PREFIXES if name.startswith(prefix)]
        if own and CUSTOM_NAME.match(name.removeprefix(own[0])):
            return Field(name, Kind.CUSTOM, "a field of one's own")
    expected = "a field" if scope is fields.FIELDS else "a field of the event"
    raise BadValue(expected, shown(name), advice=suggestion(name, scope), code="PB301", path=(*path, "field"))


def find_op(value: dict[str, object], field: Field, path: tuple[str | int, ...]) -> Op:
    """Return the comparison a leaf makes; ``within`` is one only when it stands alone."""
    named = [key for key in value if key in tuple(Op)]
    fitting = OPS[field.kind]
    if not named:
        others = [key for key in value if key not in ("field", "within")]
        got = shown(others[0]) if others else "none"
        advice = suggestion(others[0], fitting) if others else f"Possible: {', '.join(fitting)}."
        raise BadValue(
            f"a comparison for {field.name}", got, advice=advice, code="PB302", path=(*path, *others[:1])
        )
    ops = [Op(key) for key in named if key != Op.WITHIN] or [Op.WITHIN]
    if ops[0] not in fitting:
        advice = f"Possible: {', '.join(fitting)}."
        expected = f"a comparison that fits {field.name}, which holds {KIND_WORDS[field.kind]}"
        raise BadValue(expected, shown(ops[0].value), advice=advice, code="PB303", path=(*path, ops[0].value))
    return ops[0]


KIND_WORDS: dict[Kind, str] = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.DATE: "a date",
    Kind.YES_NO: "yes or no",
    Kind.WORD: "one of a few words",
    Kind.LEVEL: "a level",
    Kind.DURATION: "a length of time",
    Kind.SIGNAL: "occurrences of a signal",
    Kind.CUSTOM: "a value of one's own",
}


def read_within(value: object, field: Field, op: Op, path: tuple[str | int, ...]) -> Duration:
    """Return the time that a count is narrowed to."""
    is_count = op is Op.COUNT_AT_LEAST or (op is Op.AT_LEAST and field.name in COUNTED_FIELDS)
    if not is_count:
        raise BadValue(
            f'no "within" beside "{op.value}"',
            shown(value),
            advice="It narrows only count_at_least of a signal, and at_least of account.active_stakeholders.",
            code="PB303",
            path=(*path, "within"),
        )
    return read_duration(value, (*path, "within"))


def read_duration(value: object, path: tuple[str | int, ...]) -> Duration:
    try:
        return Duration.parse(value)
    except BadValue as mistake:
        mistake.path = path
        raise


def placed(value: object, field: Field, op: Op, path: tuple[str | int, ...]) -> Value:
    """Return a leaf's value in the type that its field and comparison ask for."""
    if op is Op.KNOWN or op is Op.REACHED or field.kind is Kind.YES_NO:
        return read_switch(value, path)
    if op is Op.WITHIN or field.kind is Kind.DURATION:
        return read_duration(value, path)
    if op is Op.COUNT_AT_LEAST:
        return read_count(value, path)
    if op is Op.BETWEEN:
        return read_pair(value, path)
    if op in (Op.IN, Op.NOT_IN, Op.MENTIONS) or (op is Op.CONTAINS and isinstance(value, list)):
        return read_several(value, field, op, path)
    return read_one(value, field, op, path)


def read_one(value: object, field: Field, op: Op, path: tuple[str | int, ...]) -> str | int | float:
    """Return one text, word or number."""
    if field.kind is Kind.NUMBER or (field.kind is Kind.CUSTOM and op in ORDER):
        return read_number(value, path)
    if not isinstance(value, str) or not value.strip():
        raise BadValue("a text", shown(value), code="PB304", path=path)
    if field.words:
        lowered = {word.lower(): word for word in field.words}
        if value.strip().lower() not in lowered:
            advice = suggestion(value, field.words)
            raise BadValue(
                f"a word that {field.name} can hold", shown(value), advice=advice, code="PB304", path=path
            )
        return lowered[value.strip().lower()]
    return value


def read_several(
    value: object, field: Field, op: Op, path: tuple[str | int, ...]
) -> tuple[str | int | float, ...]:
    """Return the entries of a list; for ``mentions`` one phrase may stand without a list."""
    if op is Op.MENTIONS and isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        advice = f"Write [{value}]." if isinstance(value, str) and value else ""
        raise BadValue(
            f'a list of at least one value for "{op.value}"',
            shown(value),
            advice=advice,
            code="PB304",
            path=path,
        )
    return tuple(read_one(item, field, op, (*path, index)) for index, item in enumerate(value))


def read_number(value: object, path: tuple[str | int, ...]) -> int | float:
    text = str(value).strip() if not isinstance(value, bool) else ""
    if not NUMBER.match(text):
        raise BadValue("a number", shown(value), code="PB304", path=path)
    return float(text) if "." in text else int(text)


def read_count(value: object, path: tuple[str | int, ...]) -> int:
    number = read_number(value, path)
    if not isinstance(number, int) or number < 1:
        raise BadValue("a whole number of at least 1", shown(value), code="PB304", path=path)
    return number


def read_pair(value: object, path: tuple[str | int, ...]) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadValue("two numbers such as [50, 1000]", shown(value), code="PB304", path=path)
    low, high = (read_number(item, (*path, index)) for index, item in enumerate(value))
    if low > high:
        raise BadValue(
            "the smaller number first",
            f"[{low}, {high}]",
            advice=f"Write [{high}, {low}].",
            code="PB304",
            path=path,
        )
    return (low, high)


def read_switch(value: object, path: tuple[str | int, ...]) -> bool:
    """Return yes or no; written as words, for the text holds no types."""
    if isinstance(value, bool):
        return value
    known = YES_WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        raise BadValue("yes or no", shown(value), code="PB304", path=path)
    return known
