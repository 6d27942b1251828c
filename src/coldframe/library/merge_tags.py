"""
Merge tags: Liquid, cut down to what a letter needs. The only module that imports ``liquid``.

No loader, no loops, no assignments: ``if``, ``unless`` and ``case``, outputs of known fields, and seven
filters. What a template may name is checked before Liquid sees it, and Liquid gets plain dicts. Values are
put in once, after everything is parsed: nothing in them is ever read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from liquid import Environment, Mode
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.primitive import IntegerLiteral, StringLiteral
from liquid.builtin.tags import case_tag, if_tag, unless_tag
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from coldframe.kernel.playbook.problems import suggestion
from coldframe.library import fields
from coldframe.library.scanning import DEEPEST, Fault, malformed

MOST_OUTPUT = 256 * 1024

#: Words in the expression of a tag: fields, and what is left is Liquid's own.
WORD = re.compile(r"[^\W\d][\w-]*(?:\.[\w-]+)*")
LIQUIDS_OWN = frozenset({"and", "or", "contains", "true", "false", "nil", "null", "empty", "blank"})
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")

Values = Mapping[str, object]


# Filters. Each takes a cleaned value (None: missing) and returns one.


def default(value: object, instead: object = "") -> object:
    return instead if value is None or value == "" or value is False else value


def capitalize(value: object) -> object:
    text = fields.shown(value)
    return text[:1].upper() + text[1:].lower()


def upcase(value: object) -> object:
    return fields.shown(value).upper()


def downcase(value: object) -> object:
    return fields.shown(value).lower()


def words(value: object) -> object:
    """Return ``technical_evaluator`` as ``technical evaluator``."""
    return fields.shown(value).replace("_", " ")


def format_day(value: object, form: object = "day") -> object:
    """Return a day as ``12 October 2026``, ``October 2026``, ``Q4 2026``, ``Monday, 12 October`` or ``2026``."""
    if not isinstance(value, date):
        return value
    month = fields.MONTHS[value.month - 1]
    forms = {
        "day": f"{value.day} {month} {value.year}",
        "month": f"{month} {value.year}",
        "quarter": f"Q{(value.month + 2) // 3} {value.year}",
        "weekday": f"{fields.DAYS[value.weekday()]}, {value.day} {month}",
        "year": str(value.year),
    }
    return forms.get(str(form), forms["day"])


DATE_FORMS = ("day", "month", "quarter", "weekday", "year")
FILTERS: dict[str, Callable[..., object]] = {
    "default": default,
    "capitalize": capitalize,
    "upcase": upcase,
    "downcase": downcase,
    "words": words,
    "date": format_day,
}
#: Least and most arguments of each filter.
ARGUMENTS = {
    "default": (1, 1),
    "capitalize": (0, 0),
    "upcase": (0, 0),
    "downcase": (0, 0),
    "words": (0, 0),
    "date": (1, 1),
}


# Liquid


class Letters(Environment):
    """Liquid with the tags and filters of letters, and no others."""

    block_nesting_limit = DEEPEST + 1
    context_depth_limit = DEEPEST + 4
    loop_iteration_limit = 1
    local_namespace_limit = 1
    output_stream_limit = MOST_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register what is allowed."""
        for tag in (
            content.Literal,
            output.Output,
            illegal.Illegal,
            if_tag.IfTag,
            unless_tag.UnlessTag,
            case_tag.CaseTag,
        ):
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


ENVIRONMENT = Letters(tolerance=Mode.STRICT, strict_filters=True, autoescape=False)


class Unmergeable(Exception):
    """A text cannot be made with these values: what Liquid says of it, and where."""

    def __init__(self, error: LiquidError) -> None:
        super().__init__(said(error))
        #: Characters into the text, where Liquid says so.
        self.offset = error.token.start_index if error.token and error.token.start_index >= 0 else None


@dataclass(frozen=True, kw_only=True)
class Output:
    """One output: which field it shows, and what it makes of the values."""

    field: str
    filters: tuple[tuple[str, tuple[object, ...]], ...] = ()

    def text(self, values: Values) -> str:
        """Return the words for these values, as they stand; empty where there is nothing to show."""
        value: object = fields.cleaned(values.get(self.field))
        for name, arguments in self.filters:
            value = FILTERS[name](value, *arguments)
        return value if isinstance(value, str) else fields.shown(value)

    @property
    def has_fallback(self) -> bool:
        return any(name == "default" for name, _ in self.filters)


@lru_cache(maxsize=2048)
def output_of(expression: str) -> Output | Fault:
    """Return what an output's expression means, or what is wrong with it, the offset counted within it."""
    try:
        parsed: Any = ENVIRONMENT.from_string("{{ " + expression + " }}").nodes[0]
        parsed = parsed.expression
    except (LiquidError, IndexError, AttributeError) as error:
        return malformed(
            0, "a field and perhaps filters", said(error), 'Such as {{ lead.first_name | default: "there" }}.'
        )
    if not isinstance(parsed, FilteredExpression) or not is_plain(parsed.left):
        return malformed(
            0,
            "a field such as lead.first_name",
            f"{{{{ {expression} }}}}",
            "Fixed words stand outside the braces.",
        )
    filters: list[tuple[str, tuple[object, ...]]] = []
    for each in parsed.filters or []:
        made = filter_of(each)
        if isinstance(made, Fault):
            return made
        filters.append(made)
    return Output(field=".".join(parsed.left.path), filters=tuple(filters))  # type: ignore[attr-defined]


def is_plain(expression: object) -> bool:
    return isinstance(expression, Path) and all(isinstance(part, str) for part in expression.path)


def filter_of(found: Any) -> tuple[str, tuple[object, ...]] | Fault:
    """Return name and arguments of a filter, or what is wrong with it."""
    name, offset = found.name, max(0, found.token.start_index - len("{{ "))
    if name not in FILTERS:
        return Fault(
            offset=offset,
            code="PB603",
            expected=f"one of {', '.join(FILTERS)}",
            got=name,
            advice=near(name, FILTERS),
        )
    arguments = [
        each.value.value
        for each in found.args
        if isinstance(each, PositionalArgument) and isinstance(each.value, StringLiteral | IntegerLiteral)
    ]
    least, most = ARGUMENTS[name]
    if len(arguments) != len(found.args) or not least <= len(arguments) <= most:
        expected = 'one text, such as default: "there"' if most else "no argument"
        return Fault(offset=offset, code="PB603", expected=expected, got=str(found)[:60])
    if name == "default" and not str(arguments[0]).strip():
        advice = "Leave the field out by {% if … %}, or name a word that fits every reader."
        return Fault(offset=offset, code="PB606", expected="a fallback to show", got="nothing", advice=advice)
    if name == "date" and arguments[0] not in DATE_FORMS:
        return Fault(
            offset=offset,
            code="PB603",
            expected=f"one of {', '.join(DATE_FORMS)}",
            got=str(arguments[0])[:40],
        )
    return name, tuple(arguments)


def near(name: str, options: Iterable[str]) -> str:
    return suggestion(name, list(options))


def said(error: Exception) -> str:
    """Return the first line of what Liquid says."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return " ".join(text.split())[:120]


@lru_cache(maxsize=512)
def branches(source: str) -> BoundTemplate:
    """Return a text of literals and tags, ready to be decided; raise ``Unmergeable`` for one that is none."""
    try:
        return ENVIRONMENT.from_string(source)
    except LiquidError as error:
        raise Unmergeable(error) from error


def decide(source: str, values: Values) -> str:
    """Return what a text without outputs says for these values: its tags decided."""
    try:
        return branches(source).render(fields.nested(values))
    except LiquidError as error:
        raise Unmergeable(error) from error


def evaluated(expression: str, values: Values) -> str:
    """Return what Liquid itself makes of an output; ``Output.text`` must say the same, and is quicker."""
    node: Any = ENVIRONMENT.from_string("{{ " + expression + " }}")
    context = node.context_class(node, globals=fields.nested(values))
    return fields.shown(present(node.nodes[0].expression.evaluate(context)))


def present(value: object) -> object:
    """Return None for what Liquid calls undefined."""
    return value if isinstance(value, str | int | float | date) else None


def fields_in(tag: str) -> list[str]:
    """Return the fields that the expression of a tag names, in order."""
    return [word for word in WORD.findall(QUOTED.sub('""', tag)) if word not in LIQUIDS_OWN]
