"""What calls give leads and accounts: a value where there is none, or where what is there was theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import models

from coldframe.activity.identity.keeping import put_rows
from coldframe.activity.identity.sayings import Claimed
from coldframe.activity.models import ClaimedValue
from coldframe.leads.importing.leadrows import said_by
from coldframe.leads.importing.writing import update_rows

CUSTOM = "custom."


def values_of(claims: Iterable[Claimed], since: Mapping[str, datetime]) -> dict[str, Any]:
    """
    Return field -> value that claims of one person, or one company, come to.

    The source that was the first to say anything of a field says what it is. What a page says counts where nobody else
    says anything, and only if it said so before the person was known.
    """
    firm: dict[tuple[str, str], Claimed] = {}
    public: dict[str, Claimed] = {}
    for each in claims:
        if not each.is_public:
            key = (each.field, each.source)
            firm[key] = firm[key].joined(each) if key in firm else each
        elif each.node not in since or each.received_at < since[each.node]:
            public[each.field] = public[each.field].joined(each) if each.field in public else each
    found: dict[str, Claimed] = dict(public)
    decided: dict[str, Claimed] = {}
    for (name, _), each in firm.items():
        before = decided.get(name)
        if before is None or (each.first, each.source) < (before.first, before.source):
            decided[name] = each
    return {name: each.value for name, each in {**found, **decided}.items()}


def with_title(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with role and department that the job title says, where nobody else does."""
    said = said_by(values["job_title"]) if values.get("job_title") else {}
    return {**{name: value for name, value in said.items() if value}, **values}


class Giving:
    """Gives values to rows of one table, and notes what it has given."""

    def __init__(self, entity: str, claimed: Mapping[tuple[int, str], Any]) -> None:
        self.entity = entity
        self.claimed = dict(claimed)
        self.names: dict[int, set[str]] = {}
        for pk, name in self.claimed:
            self.names.setdefault(pk, set()).add(name)
        self.noted: dict[tuple[int, str], Any] = {}
        self.changed: dict[str, dict[int, models.Model]] = {}

    def give(self, row: Any, values: Mapping[str, Any], *, withdraw: bool = True) -> bool:
        """Give a row values where it has none or one that was given; take back given ones that nobody claims any more."""
        names = set(values)
        if withdraw:
            names |= self.names.get(row.pk, set()) - {"email", "account_id"}
        has_changed = False
        for name in sorted(names):
            has_changed |= self.put(row, name, values.get(name))
        return has_changed

    def is_ours(self, row: Any, name: str) -> bool:
        """Say whether a field holds nothing, or what calls have given it."""
        now = held(row, name)
        key = (row.pk, name)
        return now in (None, "") or (key in self.claimed and self.claimed[key] == plain(now))

    def put(self, row: Any, name: str, value: Any) -> bool:
        """Set a field if it is calls' to set; say whether anything changed."""
        if not self.is_ours(row, name):
            return False
        now = held(row, name)
        self.note(row.pk, name, value)
        if plain(now) == plain(value):
            return False
        column = name
        if name.startswith(CUSTOM):
            row.custom = {key: each for key, each in row.custom.items() if key != name.removeprefix(CUSTOM)}
            if value is not None:
                row.custom[name.removeprefix(CUSTOM)] = value
            column = "custom"
        else:
            setattr(row, name, typed(row, name, value))
        self.changed.setdefault(column, {})[row.pk] = row
        return True

    def note(self, pk: int, name: str, value: Any) -> None:
        """Note what a field was given."""
        if self.claimed.get((pk, name)) != plain(value):
            self.noted[pk, name] = plain(value)
            self.claimed[pk, name] = plain(value)

    def write(self, model: type[models.Model]) -> None:
        """Write the changed columns, and the notes."""
        for column, rows in sorted(self.changed.items()):
            update_rows(model, (column,), [(getattr(row, column), pk) for pk, row in sorted(rows.items())])
        gone = [key for key, value in self.noted.items() if value is None]
        for pk, name in gone:
            ClaimedValue.objects.filter(entity=self.entity, object_id=pk, field=name).delete()
        notes = [
            (self.entity, pk, name, value)
            for (pk, name), value in sorted(self.noted.items())
            if value is not None
        ]
        put_rows(
            ClaimedValue,
            ("entity", "object_id", "field", "value"),
            notes,
            key=("entity", "object_id", "field"),
        )
        self.changed, self.noted = {}, {}


def held(row: Any, name: str) -> Any:
    """Return what a row holds."""
    return row.custom.get(name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else getattr(row, name)


def typed(row: models.Model, name: str, value: Any) -> Any:
    """Return a plain value as the row holds it."""
    return value if value is None else by_attname(type(row))[name].to_python(value)


def by_attname(model: type[models.Model]) -> dict[str, Any]:
    """Return the columns of a model."""
    return {each.attname: each for each in model._meta.concrete_fields}


def plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value
