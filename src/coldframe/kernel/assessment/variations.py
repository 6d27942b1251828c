"""
Copies of accounts with something changed, so that the real assessment can say what would follow.

A variation is one copy of a lead's whole account: changes applied to it, and its past moved back by some days, which is
how the same facts look that many days from now. All copies go through one assessment at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.frames import ACCOUNTS, EVENTS, INSTANT, LEADS, OPPORTUNITIES, SHAPES, Facts

#: Columns whose words are upper case in frames and lower case in playbooks.
UPPER_COLUMNS = {"role", "email_kind"}


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One copy of the account of ``lead_id``, seen ``days_later``, with ``candidates`` applied to it."""

    lead_id: int
    candidates: tuple[Candidate, ...] = ()
    days_later: int = 0


@dataclass(frozen=True, kw_only=True)
class Varied:
    """The copies as facts, and the copied lead's id for each variation, in order."""

    facts: Facts
    lead_ids: list[int]


def vary(facts: Facts, variations: Sequence[Variation], *, as_of: datetime) -> Varied:
    """
    Return one copy of the lead's account for each variation.

    New ids: account ``i`` for the variation with index ``i``; its leads ``i * stride + position``. Columns
    that a change names and the frames lack are added. Events that a change adds happen at ``as_of``.
    """
    leads = facts.leads.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    stride = leads.height + 1 + max((colleagues(each) for each in variations), default=0)
    place = dict(leads.select("lead_id", "position").iter_rows())
    account = dict(leads.select("lead_id", "account_id").iter_rows())
    copies = pl.DataFrame(
        {
            "copy": range(len(variations)),
            "account_id": [account[each.lead_id] for each in variations],
            "shift": [each.days_later for each in variations],
        },
        schema={"copy": pl.Int64, "account_id": pl.Int64, "shift": pl.Int64},
    )
    targets = [index * stride + place[each.lead_id] for index, each in enumerate(variations)]
    copied_leads = moved(
        copies.join(leads, on="account_id").with_columns(
            lead_id=pl.col("copy") * stride + pl.col("position"), account_id=pl.col("copy")
        )
    )
    copied_accounts = moved(
        copies.join(facts.accounts, on="account_id").with_columns(account_id=pl.col("copy"))
    )
    added = additions(
        variations, targets=targets, stride=stride, first_new=leads.height, as_of=as_of, facts=facts
    )
    varied = Facts(
        leads=set_fields(
            pl.concat([copied_leads.drop("copy", "shift", "position"), added.leads], how="diagonal"),
            key="lead_id",
            entity="lead",
            changes=field_changes(variations, targets, entity="lead"),
        ),
        accounts=set_fields(
            copied_accounts.drop("copy", "shift"),
            key="account_id",
            entity="account",
            changes=field_changes(variations, list(range(len(variations))), entity="account"),
        ),
        events=pl.concat([copied_events(facts, copies, leads, stride), added.events], how="vertical"),
        shapes=pl.concat([facts.shapes.select(list(SHAPES)), added.shapes], how="vertical"),
        opportunities=copied_opportunities(facts, copies, leads, stride, variations, as_of=as_of),
    )
    return Varied(facts=varied, lead_ids=targets)


def moved(frame: pl.DataFrame) -> pl.DataFrame:
    """Move every instant and day of a frame back by its column ``shift``, in days."""
    back = pl.duration(days=pl.col("shift"))
    temporal = [name for name, dtype in frame.schema.items() if dtype in (pl.Date, INSTANT)]
    return frame.with_columns([(pl.col(name) - back).cast(frame.schema[name]) for name in temporal])


def copied_events(facts: Facts, copies: pl.DataFrame, leads: pl.DataFrame, stride: int) -> pl.DataFrame:
    """Return the events of the copied leads, by their new ids."""
    events = facts.events.select(list(EVENTS)).join(
        leads.select("lead_id", "account_id", "position"), on="lead_id"
    )
    joined = moved(copies.join(events, on="account_id"))
    return joined.with_columns(lead_id=pl.col("copy") * stride + pl.col("position")).select(
        pl.col(name).cast(dtype) for name, dtype in EVENTS.items()
    )


def copied_opportunities(
    facts: Facts,
    copies: pl.DataFrame,
    leads: pl.DataFrame,
    stride: int,
    variations: Sequence[Variation],
    *,
    as_of: datetime,
) -> pl.DataFrame:
    """Return the deals of the copied accounts, open ones lost where a change says so."""
    places = leads.select("lead_id", "position")
    joined = moved(copies.join(facts.opportunities.select(list(OPPORTUNITIES)), on="account_id")).join(
        places, on="lead_id", how="left"
    )
    lost = [
        index
        for index, each in enumerate(variations)
        if any(c.change.kind == "opportunity" for c in each.candidates)
    ]
    is_lost = pl.col("copy").is_in(lost) & (pl.col("state") == "OPEN")
    return joined.select(
        account_id=pl.col("copy"),
        lead_id=pl.col("copy") * stride + pl.col("position"),
        state=pl.when(is_lost).then(pl.lit("LOST")).otherwise(pl.col("state")),
        opened_at=pl.col("opened_at"),
        closed_at=pl.when(is_lost).then(pl.lit(as_of, dtype=INSTANT)).otherwise(pl.col("closed_at")),
    )


@dataclass(frozen=True)
class Additions:
    """What variations add: new colleagues, events, and the shapes of these."""

    leads: pl.DataFrame
    events: pl.DataFrame
    shapes: pl.DataFrame


def additions(
    variations: Sequence[Variation],
    *,
    targets: list[int],
    stride: int,
    first_new: int,
    as_of: datetime,
    facts: Facts,
) -> Additions:
    """Return the rows that signals and new colleagues bring; shapes of made-up events have negative ids."""
    shape_ids: dict[tuple[str, ...], int] = {}
    events: list[tuple[int, int]] = []
    people: list[tuple[int, int]] = []
    for index, variation in enumerate(variations):
        for candidate in variation.candidates:
            if not candidate.shape:
                continue
            shape = shape_ids.setdefault(tuple(candidate.shape.values()), -1 - len(shape_ids))
            if candidate.change.kind == "signal":
                events += [(targets[index], shape)] * candidate.change.value
            else:
                newcomers = [index * stride + first_new + number for number in range(candidate.change.value)]
                people += [(person, index) for person in newcomers]
                events += [(person, shape) for person in newcomers]
    names = [name for name in SHAPES if name != "shape_id"]
    rows = [(identity, *key) for key, identity in shape_ids.items()]
    return Additions(
        leads=pl.DataFrame(
            people, schema={"lead_id": pl.Int64, "account_id": pl.Int64}, orient="row"
        ).with_columns(pl.lit(as_of, dtype=INSTANT).alias("entered_at")),
        events=pl.DataFrame(events, schema={"lead_id": pl.Int64, "shape_id": pl.Int64}, orient="row").select(
            "lead_id",
            "shape_id",
            pl.lit(as_of, dtype=INSTANT).alias("occurred_at"),
            pl.lit(1.0, dtype=pl.Float32).alias("p_human"),
        ),
        shapes=pl.DataFrame(
            rows, schema={"shape_id": pl.Int64, **dict.fromkeys(names, pl.String)}, orient="row"
        ),
    )


def colleagues(variation: Variation) -> int:
    return sum(each.change.value for each in variation.candidates if each.change.kind == "colleagues")


def field_changes(
    variations: Sequence[Variation], keys: list[int], *, entity: str
) -> dict[str, dict[int, Any]]:
    """Return column -> key -> new value, for the fields of one entity."""
    changes: dict[str, dict[int, Any]] = {}
    for key, variation in zip(keys, variations, strict=True):
        for candidate in variation.candidates:
            kind, name = candidate.change.kind, candidate.change.name
            if kind == "field" and name.startswith(f"{entity}."):
                column = name.removeprefix(f"{entity}.")
                changes.setdefault(column, {})[key] = framed(column, candidate.change.value)
    return changes


def framed(column: str, value: Any) -> Any:
    """Return a playbook's value as frames hold it."""
    return value.upper() if column in UPPER_COLUMNS and isinstance(value, str) else value


def set_fields(
    frame: pl.DataFrame, *, key: str, entity: str, changes: dict[str, dict[int, Any]]
) -> pl.DataFrame:
    """Return the frame with the changed values in place, each in its column's type."""
    contract = LEADS if entity == "lead" else ACCOUNTS
    for column, values in changes.items():
        dtype = frame.schema.get(column) or contract.get(column) or inferred(values.values())
        if dtype == pl.Null:
            dtype = contract.get(column) or inferred(values.values())
        present = pl.col(column).cast(dtype) if column in frame.columns else pl.lit(None, dtype=dtype)
        new = pl.Series("new", [typed(value, dtype) for value in values.values()], dtype=dtype)
        changed = pl.DataFrame(
            {key: pl.Series(list(values), dtype=pl.Int64), "new": new, "is_changed": [True] * len(values)}
        )
        frame = (
            frame.join(changed, on=key, how="left", maintain_order="left")
            .with_columns(pl.when(pl.col("is_changed")).then(pl.col("new")).otherwise(present).alias(column))
            .drop("new", "is_changed")
        )
    return frame


def typed(value: Any, dtype: pl.DataType | type[pl.DataType]) -> Any:
    """Return a value as the column's type takes it."""
    if value is None:
        return None
    if dtype == pl.String:
        return str(value)
    if dtype in (pl.Float64, pl.Float32):
        return float(value) if not isinstance(value, str) else None
    return value


def inferred(values: Any) -> pl.DataType | type[pl.DataType]:
    """Return the type of a column that the facts do not have."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pl.Boolean
    return pl.Float64 if kinds <= {int, float} else pl.String
