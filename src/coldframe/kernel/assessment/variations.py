"""
Copies of accounts with something changed, so that the real assessment can say what would follow.

A variation is one copy of a lead's whole account: changes applied to it, and its past moved back by some days, which is
how the same facts look that many days from now. All copies go through one assessment at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel.assessment.changes import Candidate
from coldframe.kernel.engagement import quarantine
from coldframe.kernel.engagement.limits import QUARANTINE
from coldframe.kernel.frames import (
    ACCOUNTS,
    ENROLLMENTS,
    EVENTS,
    HANDOFFS,
    INSTANT,
    LEADS,
    OPPORTUNITIES,
    OVERRIDES,
    SHAPES,
    Facts,
    empty,
)
from coldframe.kernel.vocabulary import HandoffState

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

    @property
    def targets(self) -> pl.DataFrame:
        """The copied leads that the variations are about, as a frame: ``lead_id``."""
        return pl.DataFrame({"lead_id": self.lead_ids}, schema={"lead_id": pl.Int64})


def vary(facts: Facts, variations: Sequence[Variation], *, as_of: datetime) -> Varied:
    """
    Return one copy of the lead's account for each variation.

    New ids: account ``i`` for the variation with index ``i``; its leads ``i * stride + position``. Columns
    that a change names and the frames lack are added. Events that a change adds happen at ``as_of``,
    clicks so long before that their quarantine is over.
    """
    leads = facts.leads.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("position"))
    stride = leads.height + 1 + max((colleagues(each) for each in variations), default=0)
    places = {
        lead: (place, account)
        for lead, place, account in leads.select("lead_id", "position", "account_id").iter_rows()
    }
    targets = [index * stride + places[each.lead_id][0] for index, each in enumerate(variations)]
    copying = Copying(
        accounts=[places[each.lead_id][1] for each in variations],
        shifts=[each.days_later for each in variations],
        stride=stride,
        places=places,
    )
    added = additions(
        variations, targets=targets, stride=stride, first_new=leads.height, as_of=as_of, facts=facts
    )
    varied = Facts(
        leads=copied_leads(copying, leads, added.leads, field_changes(variations, targets, entity="lead")),
        accounts=copied_accounts(
            copying, facts.accounts, field_changes(variations, range(len(variations)), entity="account")
        ),
        events=pl.concat([copied_events(copying, facts.events), added.events], how="vertical"),
        shapes=pl.concat([facts.shapes.select(list(SHAPES)), added.shapes], how="vertical"),
        opportunities=copied_opportunities(
            copying, facts.opportunities, leads, lost=lost_deals(variations), as_of=as_of
        ),
        enrollments=copied_by_lead(copying, facts.enrollments, ENROLLMENTS),
        overrides=copied_by_lead(copying, facts.overrides, OVERRIDES),
        handoffs=answered(
            copied_by_lead(copying, facts.handoffs, HANDOFFS),
            verdicts(variations, targets),
            as_of=as_of,
        ),
    )
    return Varied(facts=varied, lead_ids=targets)


#: By column: the new values by key.
Changes = dict[str, dict[int, Any]]


@dataclass(frozen=True, kw_only=True)
class Copying:
    """Which account each copy is of, how many days later it is seen, and how far apart the new ids lie."""

    accounts: Sequence[int]
    shifts: Sequence[int]
    stride: int
    #: By lead: its position among all, and its account.
    places: dict[int, tuple[int, int]]

    def of(self, frame: pl.DataFrame, accounts: Sequence[int | None]) -> pl.DataFrame:
        """
        Return the rows of the copied accounts, copy by copy, with ``copy``; every instant and day back by the shift.

        ``accounts``: whose each row is. Rows are picked by their places: a few copies are made faster so than joined.
        """
        rows: dict[int | None, list[int]] = {}
        for row, account in enumerate(accounts):
            rows.setdefault(account, []).append(row)
        mine = [rows.get(account, ()) for account in self.accounts]
        picked = frame[[row for each in mine for row in each]]
        copies = [copy for copy, each in enumerate(mine) for _ in each]
        copied = picked.hstack([pl.Series("copy", copies, dtype=pl.Int64)])
        return self.earlier(copied) if any(self.shifts) else copied

    def of_leads(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of the copied leads, by their new ids; rows of nobody in an account are left out."""
        leads = frame["lead_id"].to_list()
        known = [self.places.get(lead, (None, None)) for lead in leads]
        positions = pl.Series("position", [position for position, _ in known], dtype=pl.Int64)
        copied = self.of(frame.with_columns(positions), [account for _, account in known])
        return copied.with_columns(self.lead_id)

    def earlier(self, copied: pl.DataFrame) -> pl.DataFrame:
        """Return the copies with every instant and day back by their shift."""
        days = pl.Series(self.shifts, dtype=pl.Int64).gather(copied["copy"])
        back = pl.duration(days=pl.lit(days))
        temporal = [each for each in copied.iter_columns() if each.dtype in (pl.Date, INSTANT)]
        return copied.with_columns([(pl.col(each.name) - back).cast(each.dtype) for each in temporal])

    @property
    def lead_id(self) -> pl.Expr:
        """The new id of the lead at ``position``."""
        return (pl.col("copy") * self.stride + pl.col("position")).alias("lead_id")


COPY = pl.col("copy").alias("account_id")


def copied_leads(
    copying: Copying, leads: pl.DataFrame, newcomers: pl.DataFrame, changes: Changes
) -> pl.DataFrame:
    """Return the copied leads with their changes, and the new colleagues."""
    copied = copying.of(leads, leads["account_id"].to_list()).with_columns(copying.lead_id, COPY)
    changed = set_fields(copied, key="lead_id", entity="lead", changes=changes)
    kept = changed.drop("copy", "position")
    return kept if newcomers.is_empty() else pl.concat([kept, newcomers], how="diagonal")


def copied_accounts(copying: Copying, accounts: pl.DataFrame, changes: Changes) -> pl.DataFrame:
    """Return the copied accounts with their changes."""
    copied = copying.of(accounts, accounts["account_id"].to_list()).with_columns(COPY).drop("copy")
    return set_fields(copied, key="account_id", entity="account", changes=changes)


def copied_events(copying: Copying, events: pl.DataFrame) -> pl.DataFrame:
    """Return the events of the copied leads, by their new ids."""
    if events.is_empty():
        return empty(EVENTS)
    return copying.of_leads(events[list(EVENTS)]).select(_typed(EVENTS))


def copied_opportunities(
    copying: Copying, opportunities: pl.DataFrame, leads: pl.DataFrame, *, lost: list[int], as_of: datetime
) -> pl.DataFrame:
    """Return the deals of the copied accounts, open ones lost where a change says so."""
    if opportunities.is_empty():
        return empty(OPPORTUNITIES)
    deals = opportunities[list(OPPORTUNITIES)].join(
        leads[["lead_id", "position"]], on="lead_id", how="left", maintain_order="left"
    )
    copied = copying.of(deals, deals["account_id"].to_list())
    is_lost = pl.col("copy").is_in(lost) & (pl.col("state") == "OPEN")
    return copied.select(
        COPY,
        copying.lead_id,
        state=pl.when(is_lost).then(pl.lit("LOST")).otherwise(pl.col("state")),
        opened_at=pl.col("opened_at"),
        closed_at=pl.when(is_lost).then(pl.lit(as_of, dtype=INSTANT)).otherwise(pl.col("closed_at")),
    )


def copied_by_lead(copying: Copying, frame: pl.DataFrame, contract: dict[str, Any]) -> pl.DataFrame:
    """Return the rows of the copied leads, by their new ids, with the columns of their contract."""
    if frame.is_empty():
        return empty(contract)
    return copying.of_leads(frame[list(contract)]).with_columns(COPY).select(_typed(contract))


def _typed(contract: dict[str, Any]) -> list[pl.Expr]:
    return [pl.col(name).cast(dtype) for name, dtype in contract.items()]


def verdicts(variations: Sequence[Variation], targets: Sequence[int]) -> dict[int, str]:
    """Return what sales says of the copied leads, by lead."""
    return {
        target: candidate.change.name
        for target, each in zip(targets, variations, strict=True)
        for candidate in each.candidates
        if candidate.change.kind == "verdict"
    }


def answered(handoffs: pl.DataFrame, said: dict[int, str], *, as_of: datetime) -> pl.DataFrame:
    """Return the handoffs, those that are open answered as ``said``, by lead, at the instant."""
    if not said:
        return handoffs
    schema = {"lead_id": pl.Int64, "said": pl.String}
    words = pl.DataFrame([*said.items()], schema=schema, orient="row")
    made = handoffs.join(words, on="lead_id", how="left", maintain_order="left")
    is_said = pl.col("said").is_not_null() & (pl.col("state") == HandoffState.OPEN.value)
    at = pl.lit(as_of, dtype=INSTANT)
    return made.with_columns(
        pl.when(is_said).then(pl.lit(HandoffState.ANSWERED.value)).otherwise("state").alias("state"),
        pl.when(is_said).then("said").otherwise("verdict").alias("verdict"),
        pl.when(is_said).then(at).otherwise("verdict_at").alias("verdict_at"),
    ).drop("said")


def lost_deals(variations: Sequence[Variation]) -> list[int]:
    """Return the variations in which the account's open deal is lost."""
    return [
        index
        for index, each in enumerate(variations)
        if any(candidate.change.kind == "opportunity" for candidate in each.candidates)
    ]


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
    events: list[tuple[int, int, bool]] = []
    people: list[tuple[int, int]] = []
    for index, variation in enumerate(variations):
        for candidate in variation.candidates:
            if not candidate.shape:
                continue
            shape = shape_ids.setdefault(tuple(candidate.shape.values()), -1 - len(shape_ids))
            waits = candidate.shape["kind"] in quarantine.QUARANTINED_KINDS
            if candidate.change.kind == "signal":
                events += [(targets[index], shape, waits)] * candidate.change.value
            else:
                newcomers = [index * stride + first_new + number for number in range(candidate.change.value)]
                people += [(person, index) for person in newcomers]
                events += [(person, shape, waits) for person in newcomers]
    names = [name for name in SHAPES if name != "shape_id"]
    rows = [(identity, *key) for key, identity in shape_ids.items()]
    return Additions(
        leads=pl.DataFrame(
            people, schema={"lead_id": pl.Int64, "account_id": pl.Int64}, orient="row"
        ).with_columns(pl.lit(as_of, dtype=INSTANT).alias("entered_at")),
        events=pl.DataFrame(
            events, schema={"lead_id": pl.Int64, "shape_id": pl.Int64, "waits": pl.Boolean}, orient="row"
        ).select(
            "lead_id",
            "shape_id",
            # What would happen is looked at once it counts.
            (pl.lit(as_of, dtype=INSTANT) - pl.when("waits").then(QUARANTINE).otherwise(timedelta(0))).alias(
                "occurred_at"
            ),
            pl.lit(1.0, dtype=pl.Float32).alias("p_human"),
        ),
        shapes=pl.DataFrame(
            rows, schema={"shape_id": pl.Int64, **dict.fromkeys(names, pl.String)}, orient="row"
        ),
    )


def colleagues(variation: Variation) -> int:
    return sum(each.change.value for each in variation.candidates if each.change.kind == "colleagues")


def field_changes(variations: Sequence[Variation], keys: Sequence[int], *, entity: str) -> Changes:
    """Return column -> key -> new value, for the fields of one entity."""
    changes: Changes = {}
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


def set_fields(frame: pl.DataFrame, *, key: str, entity: str, changes: Changes) -> pl.DataFrame:
    """Return the frame with the changed values in place, each in its column's type; ``key`` is unique."""
    if not changes:
        return frame
    rows = {each: row for row, each in enumerate(frame[key].to_list())}
    return frame.with_columns(
        changed_column(frame, column, values, rows, entity=entity) for column, values in changes.items()
    )


def changed_column(
    frame: pl.DataFrame, column: str, values: dict[int, Any], rows: dict[int, int], *, entity: str
) -> pl.Series:
    """Return a column with new values by key; ``rows`` says where each key stands."""
    old = frame.get_column(column) if column in frame.columns else pl.Series(column, [None] * frame.height)
    dtype = type_of(column, values.values(), present=old.dtype, entity=entity)
    new = [(rows[each], typed(value, dtype)) for each, value in values.items() if each in rows]
    changed = old.cast(dtype).append(pl.Series(column, [value for _, value in new], dtype=dtype))
    places = list(range(frame.height))
    for number, (row, _) in enumerate(new):
        places[row] = frame.height + number
    return changed[places]


def type_of(column: str, values: Any, *, present: pl.DataType, entity: str) -> pl.DataType:
    """Return the type of a column: its own, else that of the contract, else what the values are."""
    contract = LEADS if entity == "lead" else ACCOUNTS
    found = (present if present != pl.Null else None) or contract.get(column) or inferred(values)
    return found() if isinstance(found, type) else found


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
