"""The page ``docs/reference/playbook.md``, made from the models, the fields and the comparisons."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from coldframe.kernel.playbook import conditions, fields, merge_fields, printing, scalars
from coldframe.kernel.playbook.conditions import KIND_WORDS, OPS, Op
from coldframe.kernel.playbook.fields import Field
from coldframe.kernel.playbook.model import DateSource, Part, PathLimit, Playbook
from coldframe.kernel.playbook.problems import CODES
from coldframe.kernel.playbook.units import UNITS
from coldframe.kernel.playbook.validation import parts_in

OPENING = """# The playbook

Generated from the program by `coldframe playbook reference`. A playbook is one YAML (or JSON) text of at most 256 KiB: the whole
policy. It is checked by `coldframe playbook check FILE`, made active by `coldframe playbook use FILE`, and a published version is
never changed. `coldframe playbook starters` names the ones to begin with.

How the text is read:

- No value has a type of its own; the place where it stands gives it one. `NO` is Norway where a country stands and *no* where
  yes or no stands; `1.10` and `12:30` stay what they are. `true` and `false` may stand for `yes` and `no`.
- Each key stands once. Anchors, aliases and tags are refused, and so are unknown keys, with the nearest known one.
- Quantities carry their unit: `14 days`, `7 to 14 days`, `50%`, `1 in 5 days`, `10 a week`, `10 points`.
- Names (of rules, signals, paths, segments) have at most 80 characters and are unique; every explanation uses them.
"""

TYPE_WORDS: dict[Any, str] = {
    scalars.Text: "text",
    scalars.Name: "name",
    scalars.Handle: "name in `lower_case`",
    scalars.Number: "number",
    scalars.Positive: "number above 0",
    scalars.Whole: "whole number",
    scalars.Switch: "yes or no",
    scalars.Points: "points",
    scalars.Time: "[duration](#quantities)",
    scalars.PlainTime: "[duration](#quantities)",
    scalars.TimeRange: "[range](#quantities)",
    scalars.RateOf: "[rate](#quantities)",
    scalars.ShareOf: "[share](#quantities)",
    scalars.ShareOfAccounts: "[share](#quantities) of accounts",
    scalars.Stage: "buyer stage",
    scalars.SignalStage: "buyer stage or `from asset`",
    scalars.Level: "fit level",
    scalars.Role: "role",
    scalars.AllOr: "list of: text, or `all`",
    scalars.When: "[condition](#conditions)",
    scalars.WhereEvent: "[condition](#conditions) over the [event](#fields-of-events)",
    scalars.WorkingHours: "days and hours",
    scalars.Holiday: "`by country` or a date",
    scalars.Zone: "time zone",
    scalars.WebAddress: "web address",
    scalars.Country: "country, such as `DE`",
}
#: What the text spells otherwise than the model.
TEXT_ROWS: dict[tuple[str, str], tuple[str, str]] = {
    ("Path", "segments"): ("for.segments", ""),
    ("Path", "when"): (
        "for",
        "whom it is for: a condition, beside it perhaps `segments`; `{all: []}` is everybody",
    ),
    ("Exit", "look_again_in"): ("then", "`look again in 365 days`"),
}


def markdown() -> str:
    """Return the page."""
    parts = [
        OPENING,
        *part_sections(),
        conditions_section(),
        fields_section(),
        merge_section(),
        quantities_section(),
        codes_section(),
    ]
    return "\n".join(parts).rstrip() + "\n"


def part_sections() -> Iterator[str]:
    """Yield a section for the playbook and each part of it, each followed by its own parts."""
    pending: list[type[Part]] = [Playbook]
    seen: set[type[Part]] = set()
    while pending:
        part = pending.pop(0)
        if part in seen or part in (PathLimit, DateSource):
            continue
        seen.add(part)
        hints = get_type_hints(part, include_extras=True)
        title = "Top level" if part is Playbook else part.__name__
        rows = [part_row(part, name, hints[name]) for name in part.model_fields]
        yield f"## {title}\n\n{part.__doc__}\n\n{table(('Key', 'Value', 'Default', 'Means'), rows)}"
        # Parts of a part come right behind it.
        pending[:0] = [each for name in part.model_fields for each in parts_in(hints[name])]


def part_row(part: type[Part], name: str, hint: Any) -> tuple[str, ...]:
    field = part.model_fields[name]
    key, about = TEXT_ROWS.get((part.__name__, name), (field.alias or name, ""))
    default = (
        "must be there" if field.is_required() else default_of(field.get_default(call_default_factory=True))
    )
    if (part.__name__, name) == ("Path", "when"):
        default = "must be there"
    return f"`{key}`", type_words(hint), default, about or field.description or ""


def default_of(value: object) -> str:
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, Part) and not (set(type(value).model_fields) & set(printing.plain(value))):
        return "see there"
    return f"`{printing.flow(printing.plain(value))}`"


def type_words(hint: Any) -> str:
    """Return the kind of value that an annotation asks for, in words."""
    if hint in TYPE_WORDS:
        return TYPE_WORDS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return type_words(next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return f"list of: {type_words(arguments[0])}"
    if origin is dict:
        return f"by name: {type_words(arguments[1])}"
    if hint is PathLimit or hint is DateSource:
        return "text"
    if isinstance(hint, type) and issubclass(hint, Part):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if origin is Annotated:
        return "word" if arguments[0] is str else type_words(arguments[0])
    return "text"


def conditions_section() -> str:
    rows = [(KIND_WORDS[kind], ", ".join(f"`{op}`" for op in ops)) for kind, ops in OPS.items()]
    meanings = [(f"`{op}`", OP_WORDS[op]) for op in Op]
    return f"""## Conditions

A condition is a leaf, `{{field: account.employees, at_least: 50}}`, or a tree: `all`, `any` or `none` of a list of conditions.
`all: []` holds for everybody. Text is compared without regard to case.

A leaf whose field is missing is *unknown*. It never holds; neither does its opposite: `none` of something unknown is unknown.
`all` is false as soon as one part is false and `any` true as soon as one is true, whatever else is unknown. Only `known` always
has an answer.

{table(("A field that holds", "can be compared by"), rows)}
{table(("Comparison", "Means"), meanings)}"""


OP_WORDS: dict[Op, str] = {
    Op.IS: "the same",
    Op.IS_NOT: "known, and not the same",
    Op.IN: "one of these: `[PL, DE]`",
    Op.NOT_IN: "known, and none of these",
    Op.IN_LIST: "in the list of that name under `lists`",
    Op.NOT_IN_LIST: "known, and not in the list of that name; never holds for a list that is empty",
    Op.BETWEEN: "from the first number to the second, both included: `[50, 1000]`",
    Op.AT_LEAST: "that much or more; of levels, that one or a better one",
    Op.AT_MOST: "that much or less; of levels, that one or a worse one",
    Op.BELOW: "less; of levels, worse",
    Op.ABOVE: "more; of levels, better",
    Op.STARTS: "the text begins so",
    Op.CONTAINS: "this text, or any of these, stands somewhere in it, also inside a word",
    Op.MENTIONS: "any of these phrases stands in it as whole words",
    Op.WITHIN: "a date from now to so long ahead; a signal at least once in so long before now",
    Op.REACHED: "`yes`: the date has come",
    Op.COUNT_AT_LEAST: "the signal happened so often, by a person; beside it perhaps `within: 14 days`",
    Op.KNOWN: "`yes`: there is a value",
}


def fields_section() -> str:
    policy = table(("Field", "Holds", "Known after", "Means"), map(field_row, fields.FIELDS.values()))
    events = table(
        ("Field", "Means"), [(f"`{field.name}`", field.about) for field in fields.EVENT_FIELDS.values()]
    )
    groups = ", ".join(f"`signal.{name}`" for name in fields.SIGNAL_GROUPS)
    kinds = ", ".join(f"`{kind}`" for kind in fields.EVENT_KINDS)
    return f"""## Fields

A condition may read only what an earlier step of the assessment has made: facts, then fit, intent, stage, timing,
completeness, segment, and the decision last.

{policy}
Beside these, one's own fields, `lead.custom.<name>` and `account.custom.<name>`, whose type comes with the data; and
`signal.<name>` for each signal of the playbook, and {groups} for every signal with that mark. `count_at_least` and `at_least` of
{", ".join(f"`{name}`" for name in conditions.COUNTED_FIELDS)} may be narrowed by `within`.

## Fields of events

For the `where` of a signal:

{events}
Kinds of event: {kinds}. Others may be named too, if your sources send them."""


def field_row(field: Field) -> tuple[str, ...]:
    words = f": {', '.join(f'`{word}`' for word in field.words)}" if field.words else ""
    note = "" if field.is_filled else "; nothing fills it yet, so a condition on it is unknown"
    return (
        f"`{field.name}`",
        KIND_WORDS[field.kind] + words,
        field.known_after.name.lower(),
        field.about + note,
    )


SORT_WORDS = {None: "every message", "asset": "assets", "question": "questions", "follow_up": "follow-ups"}


def merge_section() -> str:
    rows = [(f"`{each.name}`", SORT_WORDS[each.sort], each.about) for each in merge_fields.FIELDS.values()]
    filters = [(f"`{name}`", about) for name, about in merge_fields.FILTERS.items()]
    return f"""
## Merge fields

The texts of messages are Markdown with Liquid merge tags: `{{{{ lead.first_name | default: "there" }}}}` shows a field,
`{{% if lead.city %}} … {{% elsif … %}} … {{% else %}} … {{% endif %}}`, `unless` and `case` choose between words. There are no loops,
no assignments and no other tags. HTML and images are not taken: a message is a letter. A message that would show an empty field is
held, not sent. Values are put in last: nothing in them is ever read as Markdown, HTML or a tag.

{table(("Field", "In", "Means"), rows)}
Beside these, one's own fields: `lead.custom.<name>` and `account.custom.<name>`.

{table(("Filter", "Gives"), filters)}
Limits of one text: 8192 characters, 300 lines, 400 marks such as `*` and `[`, 200 fields and tags, 8 tags in each other; of a
message, 256 KiB. A value longer than 500 characters is cut."""


def quantities_section() -> str:
    return f"""
## Quantities

{
        table(
            ("Kind", "Written"),
            [
                ("duration", f"a whole number and a unit: `14 days`; units: {', '.join(UNITS)}"),
                ("range", "`7 to 14 days`"),
                ("rate", "`1 in 5 days`, `10 a week`"),
                ("share", "`50%`"),
            ],
        )
    }
A month is a twelfth of 365.25 days. A cycle is the playbook's `cycle`, or that of the lead's offer."""


def codes_section() -> str:
    rows = [(f"`{code}`", meaning) for code, meaning in CODES.items()]
    return f"""
## Messages

Each names file, line, column, code and place, what was expected and what was found. Mistakes keep a playbook from being used;
warnings do not. Items of a list go by their name in the path to a place, `fit.rules[Core size].points`, else by their
number from 1.

{table(("Code", "Means"), rows)}"""


def table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
