"""What an import will do with each column of a file, decided before the first row is taken in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import companies, customfields, formulas, headers, survey, targets
from coldframe.leads.importing.customfields import OwnField
from coldframe.leads.importing.dates import DateOrder
from coldframe.leads.importing.options import Options, Rule
from coldframe.leads.importing.records import Reader
from coldframe.leads.importing.rows import Row
from coldframe.leads.importing.suppressing import Suppressor
from coldframe.leads.importing.survey import KeyOf, Survey
from coldframe.leads.importing.tables import Table, open_table
from coldframe.leads.importing.targets import Target
from coldframe.leads.importing.values import BadValue

#: Columns of an error file that say why its rows were refused.
ABOUT_REFUSAL = {"Refused line", "Refused because"}


class NoSuchColumn(Refusal):
    """An option names a column that the file does not have."""


class NoSuchField(Refusal):
    """An option names a field that nothing knows."""


class NothingToKnowBy(Refusal):
    """No column says who or what the rows are."""


class AmbiguousDates(Refusal):
    """The dates of one or more columns can be read with the day first and with the month first."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        name, why = columns[0]
        super().__init__(
            f"The dates can be read in two ways: {why}",
            where=f'column "{name}"',
            expected="to be told which comes first",
            advice=f'Say --dates day-first or --dates month-first; --dates "{name}=day-first" for this column alone.',
        )
        #: Name and reason of each such column.
        self.columns = tuple(columns)


@dataclass(kw_only=True)
class Column:
    """One column of the file, and what becomes of it."""

    index: int
    name: str
    #: Field of ``headers.fields_of``, ``custom.<name>``, or None: left out.
    field: str | None = None
    target: Target | None = None
    own: OwnField | None = None
    rule: Rule | None = None
    dates: DateOrder | None = None
    #: The first value that is not missing.
    sample: str = ""
    is_asked: bool = False

    @property
    def holds_several(self) -> bool:
        """Say whether a cell may name several records, as HubSpot's columns of associated records do."""
        return headers.key(self.name).startswith("associated") and self.own is None

    def as_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "column": self.name,
            "field": self.field,
            "kind": self.target and self.target.kind.value,
            "rule": self.rule and self.rule.value,
            "dates": self.dates and self.dates.value,
            "sample": self.sample,
        }


@dataclass(kw_only=True)
class Plan:
    """A file, opened and understood."""

    path: Path
    options: Options
    table: Table
    #: The system the rows come from.
    source: str
    #: Field -> source of its ids, where it is another.
    source_of: dict[str, str]
    columns: list[Column]
    suppressors: list[Suppressor] = field(default_factory=list)
    suppresses_all: str | None = None
    event_kind: str | None = None
    survey: Survey
    notes: list[str] = field(default_factory=list)

    @property
    def file_hash(self) -> str:
        """Return the hash of the file's bytes."""
        return self.survey.file_hash

    @property
    def own_fields(self) -> list[OwnField]:
        """Return the fields of one's own that columns fill."""
        return [column.own for column in self.columns if column.own]

    @property
    def is_guarded(self) -> bool:
        """Say whether the file is an export or an error file of ours, whose cells are guarded against spreadsheets."""
        names = {column.name for column in self.columns}
        return names >= ABOUT_REFUSAL or headers.OWN_ID in map(headers.key, names)

    def rules(self, entity: str) -> dict[str, Rule]:
        """Return the rules that were asked for, by column of the entity."""
        return {
            "email" if column.target.column == "address" else column.target.column: column.rule
            for column in self.columns
            if column.rule and column.target and column.target.entity in {entity, "key"}
        }

    def readers(self, *, at: datetime) -> list[Reader]:
        """Return what reads the cells; instants after ``at`` are refused where they cannot be."""
        found = []
        for column in self.columns:
            if column.target:
                read = targets.reader_of(column.target, zone=self.options.tzinfo, order=column.dates, at=at)
                if column.holds_several:
                    read = first_of_several(read)
                if column.own:
                    read = kept(read)
                if self.is_guarded:
                    read = freed(read)
                found.append(
                    Reader(column.index, column.name, column.target.entity, column.target.column, read)
                )
        return found

    def key_columns(self) -> list[tuple[int, str, KeyOf]]:
        """Return the columns by which rows of one record are told."""
        keys = KEYS[self.options.kind]
        return [(each.index, *keys[each.field]) for each in self.columns if each.field in keys]

    def keys_of(self, row: Row) -> list[int]:
        """Return hashes of what a row is known by, as the survey has counted them."""
        return survey.keys_of(row, self.key_columns())

    def as_json(self) -> dict[str, Any]:
        """Return what was decided, by name."""
        return {
            "file": self.path.name,
            "kind": self.options.kind,
            "source": self.source,
            "rows": self.survey.row_count,
            "columns": [column.as_json() for column in self.columns],
            "notes": self.notes,
        }


def kept(read: targets.Read) -> targets.Read:
    """Return a reader whose values are as a field of one's own keeps them."""
    return lambda cell: customfields.stored(read(cell))


def first_of_several(read: targets.Read) -> targets.Read:
    """Return a reader of cells that name several records, parted by semicolons; the first one counts."""
    return lambda cell: read(cell.partition(";")[0].strip() if isinstance(cell, str) else cell)


def freed(read: targets.Read) -> targets.Read:
    """Return a reader of cells that were guarded when they were exported."""
    return lambda cell: read(formulas.free(cell) if isinstance(cell, str) else cell)


def folded(cell: Any) -> str | None:
    """Return a cell as keys are compared."""
    return str(cell).strip().casefold() or None


def domain_key(cell: Any) -> str | None:
    """Return the domain of a website, or None."""
    try:
        return companies.domain_of(str(cell)) if cell else None
    except BadValue:
        return None


def name_key(cell: Any) -> str | None:
    """Return the key of a company's name, or None."""
    return companies.name_key(str(cell)) if cell else None


#: Field -> (name of the key, how it is read), by kind of file. Columns of one name share their keys.
KEYS: dict[str, dict[str | None, tuple[str, KeyOf]]] = {
    "leads": {"external_id": ("id", folded), "email": ("email", folded)},
    "accounts": {
        "external_id": ("id", folded),
        "website": ("domain", domain_key),
        "domain": ("domain", domain_key),
        "name": ("name", name_key),
        "parent": ("name", name_key),
    },
    "opportunities": {"external_id": ("id", folded)},
    "events": {},
}


def prepare(path: Path, options: Options) -> Plan:
    """
    Open a file and decide what becomes of each column; reads the whole file once.

    Raises NoSuchColumn, NoSuchField, NothingToKnowBy, AmbiguousDates, FieldOfAnotherKind, and what
    ``open_table`` refuses.
    """
    table = open_table(
        path,
        sheet=options.sheet,
        encoding=options.encoding,
        delimiter=options.delimiter,
        looking_for=options.kind,
    )
    sample = table.sample()
    found = headers.recognize(table.header, sample, kind=options.kind, file_name=path.name)
    columns = mapped(table.header, found, options)
    mapping = {column.index: column.field for column in columns if column.field}
    source = options.source or found.source
    refuse_unidentified(columns, options, found)
    plan = Plan(
        path=path,
        options=options,
        table=table,
        source=source,
        source_of=found.source_of,
        columns=columns,
        suppressors=headers.suppressors(table.header, mapping=mapping, source=found.source)
        if options.kind == "leads"
        else [],
        suppresses_all=found.suppresses_all,
        event_kind=found.event_kind,
        survey=Survey(file_hash=""),
        notes=[*table.notes, *found.notes],
    )
    look_at_all(plan, sample)
    return plan


def mapped(header: Sequence[str], found: headers.Recognition, options: Options) -> list[Column]:
    """Return the columns with their fields: what was asked for, else what was recognized."""
    columns = [
        Column(index=index, name=name, field=found.mapping.get(index)) for index, name in enumerate(header)
    ]
    for name, field_name in options.mapping:
        ask(column_named(columns, name, option="--map"), field_name, columns, options)
    for column in columns:
        if column.field and column.target is None:
            column.target = targets.TARGETS[options.kind].get(column.field)
    for name, rule in options.collisions:
        column_named(columns, name, option="--collision").rule = rule
    return columns


def column_named(columns: Iterable[Column], name: str, *, option: str) -> Column:
    """Return the column of that name, in any case; raises NoSuchColumn."""
    by_name = {column.name: column for column in columns}
    folded_names = {column.casefold(): column for column in by_name}
    found = by_name.get(name) or by_name.get(folded_names.get(name.casefold(), ""))
    if found:
        return found
    near = difflib.get_close_matches(name, by_name, n=1)
    raise NoSuchColumn(
        f'The file has no column "{name}".',
        where=option,
        expected=f'"{near[0]}"' if near else None,
        advice=f"Its columns: {', '.join(by_name)}.",
    )


def ask(column: Column, field_name: str, columns: Iterable[Column], options: Options) -> None:
    """Map a column as asked; a column that was recognized as that field is left out then."""
    column.is_asked, column.target, column.own = True, None, None
    column.field = field_name or None
    if not field_name:
        return
    if field_name.startswith("custom.") and options.kind in targets.OWNERS:
        column.own = own_field(column, field_name, options)
        column.field = f"custom.{column.own.name}" if column.own else field_name
        return
    known = targets.TARGETS[options.kind].keys() | (targets.SUPPRESSING if options.kind == "leads" else set())
    if field_name not in known:
        near = difflib.get_close_matches(field_name, known, n=1)
        raise NoSuchField(
            f'There is no field "{field_name}".',
            where=f'--map "{column.name}={field_name}"',
            expected=f'"{near[0]}"' if near else None,
            advice=f"Fields: {', '.join(sorted(known))}; custom.NAME:KIND for one of your own.",
        )
    for other in columns:
        if other is not column and other.field == field_name:
            other.field = other.target = None


def own_field(column: Column, field_name: str, options: Options) -> OwnField | None:
    """Return the field of one's own that ``custom.name:kind`` asks for; None while the kind is to be found."""
    name, _, kind = field_name.removeprefix("custom.").partition(":")
    if name != customfields.name_of(name):
        raise NoSuchField(
            f'"{name}" cannot be the name of a field.',
            where=f'--map "{column.name}={field_name}"',
            expected=f'lower case, digits and underscores, such as "{customfields.name_of(name)}"',
        )
    kind = kind.replace("_", "-")
    if kind and kind not in customfields.KINDS:
        raise NoSuchField(
            f'There is no kind "{kind}".',
            where=f'--map "{column.name}={field_name}"',
            expected=", ".join(customfields.KINDS),
        )
    return OwnField(targets.OWNERS[options.kind], name, column.name, customfields.KINDS.get(kind, ""))


def refuse_unidentified(columns: Iterable[Column], options: Options, found: headers.Recognition) -> None:
    """Raise NothingToKnowBy where no column says who or what a row is; notes tell which ones were not taken, and why."""
    columns = list(columns)
    fields = {column.field for column in columns if column.field}
    missing = headers.what_is_missing(options.kind, fields, event_kind=found.event_kind)
    if missing:
        raise NothingToKnowBy(
            f"No {options.kind} found: no column is {'; none is '.join(missing)}.",
            expected=f"a column for {' and for '.join(missing)}",
            got=f"the columns {', '.join(column.name for column in columns)}",
            advice="\n".join(
                [*found.notes, f'Say which column it is: --map "COLUMN={missing[0].split(" or ")[0]}".']
            ),
        )


def look_at_all(plan: Plan, sample: Sequence[Sequence[Any]]) -> None:
    """Read the whole file once, and decide what the whole of a column decides."""
    options = plan.options
    rest = [column for column in plan.columns if is_rest(column)] if options.keep_rest else []
    rest = rest if options.kind in targets.OWNERS else []
    untyped = [column for column in plan.columns if column.own and not column.own.kind]
    dated = [each for each in plan.columns if each.target and each.target.kind in targets.DATES]
    dated += [each for each in plan.columns if each.own and each.own.kind == customfields.KINDS["date"]]
    plan.survey = survey.take(
        plan.table,
        date_columns=[column.index for column in dated] if not options.dates else [],
        open_columns=[column.index for column in (*rest, *untyped)],
        key_columns=plan.key_columns(),
    )
    keep(plan, rest, untyped)
    settle_orders(plan)
    for column in plan.columns:
        column.sample = first_value(column.index, sample)
        if column.target and column.holds_several and any(";" in str(row[column.index]) for row in sample):
            plan.notes.append(f"Of several in one cell of {column.name} the first is taken.")


def settle_orders(plan: Plan) -> None:
    """Decide how the dates of each column are read; raises AmbiguousDates, which names every column in doubt."""
    said = {
        column_named(plan.columns, name, option="--dates").name: order
        for name, order in plan.options.column_dates
    }
    doubtful = []
    for column in plan.columns:
        if column.target is None or column.target.kind not in targets.DATES:
            continue
        found = plan.survey.dates.get(column.index)
        column.dates = (
            said.get(column.name) or plan.options.dates or (found.order if found else DateOrder.PLAIN)
        )
        if found and column.dates is DateOrder.AMBIGUOUS:
            doubtful.append((column.name, found.why or ""))
    if doubtful:
        raise AmbiguousDates(doubtful)


def is_rest(column: Column) -> bool:
    """Say whether nothing maps a column and nobody has left it out."""
    if column.name in ABOUT_REFUSAL or headers.is_computed(column.name):
        return False
    return column.field is None and not column.is_asked


def keep(plan: Plan, rest: Sequence[Column], untyped: Sequence[Column]) -> None:
    """Make the columns fields of one's own, with the kind that all their values are of."""
    entity = targets.OWNERS.get(plan.options.kind, "")
    known = customfields.known_kinds(entity) if entity else {}
    taken = {each.own.name for each in plan.columns if each.own}
    for column in (*rest, *untyped):
        name = column.own.name if column.own else free_name(customfields.name_of(column.name), taken)
        kind = customfields.settled_kind(plan.survey.kinds[column.index], known.get(name))
        column.own = OwnField(entity, name, column.name, kind)
    for column in plan.columns:
        if column.own:
            customfields.refuse_other_kind(column.own, known)
            column.field, column.target = f"custom.{column.own.name}", column.own.target


def free_name(name: str, taken: set[str]) -> str:
    """Return a name that no other column has, and take it."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name[:60]}_{number}", number + 1
    taken.add(found)
    return found


def first_value(index: int, sample: Sequence[Sequence[Any]]) -> str:
    """Return the first cell of a column that is not empty."""
    return next((str(row[index]) for row in sample if index < len(row) and str(row[index]).strip()), "")
