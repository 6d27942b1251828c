"""Fields of one's own: which kind a column's values are, and the record of the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import values
from coldframe.leads.importing.dates import DateOrder, DateReader
from coldframe.leads.importing.targets import Kind, Target
from coldframe.leads.importing.values import BadValue
from coldframe.leads.models import CustomField

#: As ``--map COLUMN=custom.name:kind`` writes them.
KINDS: dict[str, str] = {
    "text": CustomField.Kind.TEXT,
    "number": CustomField.Kind.NUMBER,
    "date": CustomField.Kind.DATE,
    "yes-no": CustomField.Kind.YES_NO,
}
READ_AS: dict[str, Kind] = {
    CustomField.Kind.TEXT: Kind.LONG_TEXT,
    CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.DATE: Kind.DAY,
    CustomField.Kind.YES_NO: Kind.YES_NO,
}
#: A number that would lose something as a number: a code with leading zeros, or one too long to be exact.
CODE = re.compile(r"0\d|\+|.*\d{16}")


class FieldOfAnotherKind(Refusal):
    """A field of one's own is there already and holds values of another kind."""


@dataclass(frozen=True, slots=True)
class OwnField:
    """A column kept as a field of one's own."""

    entity: str
    name: str
    label: str
    kind: str

    @property
    def target(self) -> Target:
        """Return where its values go."""
        return Target(self.entity, f"custom.{self.name}", READ_AS[self.kind], 10_000)


def name_of(header: str) -> str:
    """
    Return a header as the name of a field: lower case, digits, underscores, a letter first.

    >>> name_of("Total Time Spent on Website"), name_of("2024 revenue"), name_of("Größe")
    ('total_time_spent_on_website', 'f_2024_revenue', 'grosse')
    """
    import unicodedata

    plain = unicodedata.normalize("NFKD", header.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (name if name[:1].isalpha() else f"f_{name}".rstrip("_"))[:63]


class KindGuess:
    """Which kinds the values of a column can be; text is always possible."""

    def __init__(self) -> None:
        self.possible: dict[tuple[str, DateOrder | None], Callable[[Any], Any]] = {
            (CustomField.Kind.NUMBER, None): number_without_loss,
            (CustomField.Kind.YES_NO, None): values.yes_no,
            **{
                (CustomField.Kind.DATE, order): DateReader(order=order, zone=UTC).day
                for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
            },
        }
        self.has_values = False
        self.dates_differ = False

    def add(self, cells: Iterable[Any]) -> None:
        """Look at further values, each once."""
        for cell in cells:
            if isinstance(cell, str) and values.is_missing(cell):
                continue
            self.has_values = True
            self.possible = {key: read for key, read in self.possible.items() if reads(read, cell)}
            self.dates_differ = self.dates_differ or self.reads_differ(cell)
            if not self.possible:
                return

    def reads_differ(self, cell: Any) -> bool:
        """Say whether day first and month first give two days."""
        days = {read(cell) for (kind, _), read in self.possible.items() if kind == CustomField.Kind.DATE}
        return len(days) > 1

    @property
    def kind(self) -> str:
        """
        Return the kind, empty where there is no value.

        A number before yes and no (0 and 1 are numbers); dates only where they are certain.
        """
        kinds = [kind for kind, _ in self.possible]
        if not self.has_values:
            return ""
        if CustomField.Kind.NUMBER in kinds:
            return CustomField.Kind.NUMBER
        if CustomField.Kind.YES_NO in kinds:
            return CustomField.Kind.YES_NO
        dates = kinds.count(CustomField.Kind.DATE)
        return (
            CustomField.Kind.DATE
            if dates and (dates == 1 or not self.dates_differ)
            else CustomField.Kind.TEXT
        )

    @property
    def order(self) -> DateOrder:
        """Return the order of the column's dates, if it is one of dates."""
        orders = [order for kind, order in self.possible if kind == CustomField.Kind.DATE and order]
        return orders[0] if len(orders) == 1 else DateOrder.PLAIN


def number_without_loss(cell: Any) -> float | None:
    """Return a number; raise BadValue for a code such as 007."""
    if isinstance(cell, str) and CODE.match(cell):
        raise BadValue("a code, not a number")
    return values.number(cell)


def reads(read: Callable[[Any], Any], cell: Any) -> bool:
    """Say whether a cell can be read so."""
    try:
        return read(cell) is not None
    except BadValue:
        return False


def settled_kind(found: str, known: str | None) -> str:
    """Return the kind of a column whose values are of the kind found, beside the kind the field has already."""
    # A text field takes any value; a column without values says nothing against any kind.
    return (
        known if known == CustomField.Kind.TEXT or (known and not found) else found or CustomField.Kind.TEXT
    )


def known_kinds(entity: str) -> dict[str, str]:
    """Return the kinds of the fields of one's own that are there, by name."""
    return dict(CustomField.objects.filter(entity=entity).values_list("name", "kind"))


def refuse_other_kind(field: OwnField, known: dict[str, str]) -> None:
    """Raise FieldOfAnotherKind where the field is there with another kind."""
    kind = known.get(field.name, field.kind)
    if kind != field.kind:
        raise FieldOfAnotherKind(
            f"The field {field.entity}.custom.{field.name} holds values of another kind.",
            where=f'column "{field.label}"',
            expected=word(kind),
            got=word(field.kind),
            advice=f'Keep the column under another name: --map "{field.label}=custom.{field.name}_2:{word(field.kind)}"',
        )


def word(kind: str) -> str:
    """Return a kind as options write it."""
    return next(name for name, each in KINDS.items() if each == kind)


def save(fields: Iterable[OwnField]) -> None:
    """Record the fields that are not there yet."""
    CustomField.objects.bulk_create(
        [
            CustomField(entity=each.entity, name=each.name, label=each.label[:255], kind=each.kind)
            for each in fields
        ],
        ignore_conflicts=True,
    )


def stored(value: Any) -> Any:
    """Return a value as a field of one's own keeps it: whole numbers whole, days as ISO text."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value.isoformat() if hasattr(value, "isoformat") else value
