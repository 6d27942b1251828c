"""
What an import knows of the records it meets: as they are in the database, and as the file makes them.

An account or a lead is one object here, whether it is there already or comes into being in this import,
so that a second row finds what the first one made. A real import forgets after each chunk; a dry run
keeps everything, because nothing of it reaches the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import models

CUSTOM = "custom."
#: Columns that say how a record is kept, not what is known of it.
BOOKKEEPING = {
    "id",
    "public_id",
    "batch_id",
    "voided_at",
    "created_at",
    "account_id",
    "is_made_by_calls",
    "merged_into_id",
}


def value_columns(model: type[models.Model]) -> tuple[str, ...]:
    """Return the columns of a model that hold what is known."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname not in BOOKKEEPING)


class Known:
    """A record, there already or to be made."""

    __slots__ = ("before", "id", "is_counted", "is_revived", "links", "relinks", "values")

    def __init__(self, id: int | None, values: dict[str, Any]) -> None:
        self.id = id
        #: Column -> value, without the missing ones; one's own fields as ``custom.<name>``.
        self.values = values
        #: Column -> value before, of what this import changes.
        self.before: dict[str, Any] = {}
        #: It was voided by an undo, and this import brings it back.
        self.is_revived = False
        #: An earlier chunk of this import has counted it as new.
        self.is_counted = False
        #: External ids that this import adds, and those that it takes over from a voided record.
        self.links: list[str] = []
        self.relinks: list[str] = []

    @property
    def is_new(self) -> bool:
        """Say whether it comes into being, or back, in this import."""
        return self.id is None or self.is_revived

    @property
    def has_changed(self) -> bool:
        """Say whether some value is another than before this import."""
        return any(self.values.get(name) != value for name, value in self.before.items())

    def change(self, before: Mapping[str, Any]) -> None:
        """Remember what was before, for what had not changed yet."""
        for name, value in before.items():
            self.before.setdefault(name, value)

    def put(self, name: str, value: Any) -> None:
        """Set a value, None for missing; do nothing where it is the same."""
        if self.id is None and value is not None:
            self.values[name] = value
            return
        if self.values.get(name) == value:
            return
        self.before.setdefault(name, self.values.get(name))
        if value is None:
            del self.values[name]
        else:
            self.values[name] = value

    def settle(self) -> None:
        """Take what this import did so far as given; a dry run does this where a real one writes."""
        self.before = {}
        self.links, self.relinks = [], []
        self.is_counted = True

    def revive(self) -> None:
        """Begin anew: nothing of what it was before the undo counts."""
        self.values.clear()
        self.is_revived = True


class KnownAccount(Known):
    """A company, or the account of a person without one."""

    __slots__ = ("joined_to", "parent")

    def __init__(self, id: int | None, values: dict[str, Any]) -> None:
        super().__init__(id, values)
        #: The account that this import makes its parent.
        self.parent: KnownAccount | None = None
        #: The account that it turned out to be.
        self.joined_to: KnownAccount | None = None

    def settle(self) -> None:
        """Take what this import did so far as given."""
        super().settle()
        self.parent = None

    @property
    def is_personal(self) -> bool:
        """Say whether it is the account of a person without a company."""
        return bool(self.values.get("is_personal"))


def settled(account: KnownAccount) -> KnownAccount:
    """Return the account that an account turned out to be, itself where it is no other."""
    while account.joined_to is not None:
        account = account.joined_to
    return account


class KnownLead(Known):
    """A person."""

    __slots__ = ("account_before", "consents", "home", "suppressed_by")

    def __init__(self, id: int | None, values: dict[str, Any], account: KnownAccount | None) -> None:
        super().__init__(id, values)
        self.home = account
        #: The account it belonged to before this import moved it.
        self.account_before: KnownAccount | None = None
        #: Purposes and bases that are on record, withdrawn ones too.
        self.consents: dict[tuple[str, str], bool] = {}
        #: Words of ``SuppressionReason`` on record for the person.
        self.suppressed_by: set[str] = set()

    @property
    def account(self) -> KnownAccount | None:
        """Return the account it belongs to."""
        return settled(self.home) if self.home is not None else None

    def move(self, account: KnownAccount) -> None:
        """Have the lead belong to another account; its first account of this import is remembered."""
        if self.account is not None and not self.is_new and self.account_before is None:
            self.account_before = self.account
        self.home = account

    def settle(self) -> None:
        """Take what this import did so far as given."""
        super().settle()
        self.account_before = None


def unpacked(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """Return a row as column -> value, without missing ones, one's own fields flattened."""
    values = {name: value for name, value in zip(columns, row, strict=True) if value is not None}
    for name, value in (values.pop("custom", None) or {}).items():
        if value is not None:
            values[CUSTOM + name] = value
    return values


def packed(values: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    """Return the values of ``columns``; of ``custom`` one's own fields by name."""
    found = list(map(values.get, columns))
    if "custom" in columns:
        found[columns.index("custom")] = custom_of(values)
    return found


def packer(columns: Sequence[str], records: Iterable[Known]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """Return what packs the values of these records; where none has fields of its own, nothing looks for them."""
    if any(name.startswith(CUSTOM) for name in set().union(*(record.values for record in records))):
        return lambda values: packed(values, columns)
    place = columns.index("custom") if "custom" in columns else None
    if place is None:
        return lambda values: [*map(values.get, columns)]
    before, behind = columns[:place], columns[place + 1 :]
    return lambda values: [*map(values.get, before), {}, *map(values.get, behind)]


def in_use(columns: Sequence[str], records: Iterable[Known]) -> tuple[str, ...]:
    """Return those of the columns that a record fills, ``custom`` always."""
    filled = set().union(*(record.values for record in records))
    return tuple(name for name in columns if name in filled or name == "custom")


def custom_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return one's own fields by name."""
    names = [name for name in values if name.startswith(CUSTOM)]
    return {name[len(CUSTOM) :]: values[name] for name in names if values[name] is not None}


K = TypeVar("K", bound=Known)


def link(by_external: dict[str, K], external_id: str, record: K) -> None:
    """Have a record known by an id of the source from now on."""
    other = by_external.get(external_id)
    if other is not record:
        (record.links if other is None else record.relinks).append(external_id)
        by_external[external_id] = record
