"""What somebody chose on a page about the columns of a file, as plain values, and the options that this makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.importing import customfields, options
from coldframe.leads.importing.dates import DateOrder
from coldframe.leads.importing.looking import KINDS, Look
from coldframe.leads.importing.options import Options, Rule

#: Keep the column as a field of one's own.
OWN = "custom"


class FieldTwice(Refusal):
    """Two columns were chosen for one field."""


class NoSuchKind(Refusal):
    """A file holds none of that."""


def options_of(choice: Mapping[str, Any]) -> Options:
    """Return what was chosen as the options of an import. Raises BadOption, NoSuchKind."""
    if choice.get("kind") not in KINDS:
        raise NoSuchKind("There is no such kind of file.", expected=", ".join(KINDS))
    return Options(
        kind=choice["kind"],
        mapping=tuple((column, name) for column, name in choice.get("mapping", ())),
        source=choice.get("source") or None,
        column_dates=tuple((column, DateOrder(order)) for column, order in choice.get("dates", ())),
        zone=options.zone_of(choice.get("zone") or "UTC"),
        encoding=choice.get("encoding") or None,
        delimiter=choice.get("delimiter") or None,
        sheet=choice.get("sheet") or None,
        collisions=tuple((column, Rule(rule)) for column, rule in choice.get("rules", ())),
        basis=options.basis_of(choice.get("basis") or None),
        basis_source=choice.get("basis_source") or None,
        basis_wording=choice.get("basis_wording") or None,
    )


def mapping_of(look: Look, chosen: Mapping[int, str]) -> list[list[str]]:
    """
    Return (column, field) of the columns that somebody wants otherwise than they were recognized.

    Raises FieldTwice.
    """
    refuse_doubles(look, chosen)
    pairs = []
    for column in look.columns:
        wanted = chosen.get(column.index, column.field or "")
        if wanted == OWN:
            pairs.append([column.name, f"custom.{customfields.name_of(column.name)}"])
        elif wanted != (column.field or ""):
            pairs.append([column.name, wanted])
    # What is left out comes first, so that the field is free for the column that is to have it.
    return sorted(pairs, key=lambda pair: bool(pair[1]))


def refuse_doubles(look: Look, chosen: Mapping[int, str]) -> None:
    """Raise FieldTwice where two columns would fill the same field."""
    taken: dict[str, str] = {}
    for column in look.columns:
        wanted = chosen.get(column.index, column.field or "")
        if wanted and wanted != OWN and wanted in taken:
            raise FieldTwice(
                f'Two columns cannot both be "{wanted}".',
                got=f'"{taken[wanted]}" and "{column.name}"',
                advice="Leave one of them out, or keep it as a field of your own.",
            )
        taken[wanted] = column.name
