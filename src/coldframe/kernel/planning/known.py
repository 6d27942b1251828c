"""What is known of each lead beside its assessment, as one frame: fields, stay, contacts, permission, silence."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from coldframe.kernel.frames import INSTANT, OPPORTUNITIES, Facts, empty
from coldframe.kernel.planning import (
    cadence,
    calendar,
    content,
    enrolling,
    holding,
    holdout,
    permission,
    silence,
    waves,
)
from coldframe.kernel.planning.prepared import NOW, Prepared, Types, types_of, with_columns_of
from coldframe.kernel.playbook import expressions
from coldframe.kernel.running import collected
from coldframe.kernel.vocabulary import BuyerStage, Channel, Verdict

#: A date that sales was given is taken up for so long after it came.
FOLLOW_UP_WITHIN = timedelta(days=60)
#: Dates that the lead gave itself, where the playbook's fields bring them.
DATES_GIVEN = ("reply.until", "answer.budget_on")
#: Columns of leads that planning reads, with the type of one that is missing.
OF_LEADS: dict[str, pl.DataType] = {
    "role": pl.String(),
    "known_problem": pl.String(),
    "email_kind": pl.String(),
    "has_address": pl.Boolean(),
    "suppressed_by": pl.String(),
    "owner": pl.String(),
    "paused_until": INSTANT,
    **dict.fromkeys(DATES_GIVEN, INSTANT),
}
#: What ``overrides`` says of a lead.
OVERRIDDEN: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "override_status": pl.String,
    "override_path": pl.String,
    "override_stage": pl.String,
    "is_paused": pl.Boolean,
    "pause_ends_at": INSTANT,
    "override_reason": pl.String,
    "override_set_at": INSTANT,
    "override_until": INSTANT,
}


def overrides(found: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """
    Return what a person set for each lead and is in force, as ``OVERRIDDEN``: one row per lead that has an override.

    Of several that name the same thing the latest counts; ``override_until`` is when the first of them ends.
    """
    if found.is_empty():
        return empty(OVERRIDDEN)
    now = expressions.instant(as_of)
    in_force = found.filter((pl.col("set_at") <= now) & (pl.col("until") > now)).sort(
        "lead_id", "set_at", "until"
    )
    named = {
        name: pl.col(name).drop_nulls().last().alias(f"override_{name}")
        for name in ("status", "path", "stage")
    }
    return in_force.group_by("lead_id", maintain_order=True).agg(
        *named.values(),
        pl.col("is_paused").any(),
        pl.col("until").filter(pl.col("is_paused")).max().alias("pause_ends_at"),
        pl.col("reason").last().alias("override_reason"),
        pl.col("set_at").filter(pl.col("status").is_not_null()).last().alias("override_set_at"),
        pl.col("until").min().alias("override_until"),
    )


def leaving(assessed: pl.DataFrame, facts: Facts, prepared: Prepared, as_of: datetime) -> pl.LazyFrame:
    """Return the leads that are not in nurture, with what ends their stay reads: the old enrollment, and ``now``."""
    now = expressions.instant(as_of).alias("now")
    old = enrolling.old(facts.enrollments)
    frame = with_columns_of(assessed.lazy().with_columns(now), old, "lead_id", prepared)
    return frame.with_columns(enrolling.IS_ENROLLED.alias("is_enrolled"))


def leads(
    staying: pl.DataFrame,
    assessed: pl.DataFrame,
    facts: Facts,
    last: pl.DataFrame,
    prepared: Prepared,
    as_of: datetime,
) -> pl.DataFrame:
    """
    Return one row per lead that is in nurture, with all that ``holding`` reads but for content and calendar.

    ``staying``: those of ``assessed`` that are in nurture.

    Beside the assessment: the lead's own fields, owners, ``zone``; ``overrides``; the last handoff (``last``); the old
    enrollment and the stay as it is from now on (``enrolling``); contacts and bounds (``cadence``); ``silence``;
    permission; ``channel``; what it has had (``content``); ``blocked`` (the hold whatever there is to send, null: none).
    """
    now = expressions.instant(as_of).alias("now")
    frame = (
        staying.lazy()
        .with_columns(now)
        .join(_of_leads(facts, prepared), on="lead_id", how="left", maintain_order="left")
        .join(_of_accounts(facts, prepared), on="account_id", how="left", maintain_order="left")
    )
    old = enrolling.old(facts.enrollments)
    for each in (overrides(facts.overrides, as_of=as_of), last, old):
        frame = with_columns_of(frame, each, "lead_id", prepared)
    stays = (
        frame.with_columns(prepared.kept(_stands))
        .with_columns(prepared.kept(enrolling.path))
        .with_columns(prepared.kept(enrolling.stay))
    )
    # Computed here, for what follows joins parts of it to the whole.
    stay = collected(stays, rows=staying.height)
    frame = cadence.with_contacts(stay, facts.touches, prepared, now)
    silent = silence.silent_accounts(assessed, _opportunities(facts), prepared, as_of=as_of)
    frame = with_columns_of(frame, silent, "account_id", prepared)
    frame = content.with_had(frame, facts, prepared, leads=stay).with_columns(IS_FIRST_CONTACT)
    known = permission.with_permission(collected(frame, rows=staying.height), facts.consents, as_of=as_of)
    told = known.lazy().with_columns(prepared.kept(_told)).with_columns(prepared.kept(_blocked))
    return _with_follow_up(collected(told, rows=staying.height), facts)


#: Nothing that the lead could have read has reached it: a task, a list or a mail that was refused told it nothing.
IS_FIRST_CONTACT = (~pl.col("was_mailed")).alias("is_first_contact")


def _opportunities(facts: Facts) -> pl.DataFrame:
    return facts.opportunities if facts.opportunities.width else empty(OPPORTUNITIES)


def _of_leads(facts: Facts, prepared: Prepared) -> pl.LazyFrame:
    return facts.leads.lazy().select(prepared.kept(_lead_columns, types_of(facts.leads)))


def _lead_columns(prepared: Prepared, types: Types) -> list[pl.Expr]:
    schema = dict(types)
    return [
        pl.col("lead_id"),
        *(_column(schema, name, dtype) for name, dtype in OF_LEADS.items()),
        _column(schema, "country", pl.String()).alias("lead_country"),
        *calendar.zone_columns(prepared, "leads", types),
        *content.known_fields(prepared, "leads", types),
    ]


def _of_accounts(facts: Facts, prepared: Prepared) -> pl.LazyFrame:
    return facts.accounts.lazy().select(prepared.kept(_account_columns, types_of(facts.accounts)))


def _account_columns(prepared: Prepared, types: Types) -> list[pl.Expr]:
    schema = dict(types)
    return [
        pl.col("account_id"),
        _column(schema, "owner", pl.String()).alias("account_owner"),
        _column(schema, "country", pl.String()).alias("account_country"),
        *calendar.zone_columns(prepared, "accounts", types),
        *content.known_fields(prepared, "accounts", types),
    ]


def _column(schema: dict[str, pl.DataType], name: str, dtype: pl.DataType) -> pl.Expr:
    """A column, missing throughout where a frame does not bring it; a day is the instant at which it begins."""
    found = schema.get(name, pl.Null())
    if found == pl.Null:
        return pl.lit(None, dtype=dtype).alias(name)
    if dtype == INSTANT and found == pl.Date:
        return expressions.midnight(pl.col(name))
    if dtype == INSTANT and found == pl.String:
        return expressions.midnight(pl.col(name).str.to_date("%Y-%m-%d", strict=False))
    return pl.col(name)


def _stands(prepared: Prepared) -> list[pl.Expr]:
    return [
        enrolling.IS_ENROLLED.alias("is_enrolled"),
        pl.coalesce("override_stage", "stage").alias("stage"),
        pl.col("has_address").fill_null(pl.col("email_kind").is_not_null()),
        pl.col("is_paused").fill_null(False),
        pl.coalesce("lead_country", "account_country").str.to_uppercase().alias("country"),
        *calendar.zone(prepared),
    ]


def _told(prepared: Prepared) -> list[pl.Expr]:
    stage, dormant = pl.col("stage"), BuyerStage.RE_ENGAGEMENT.value
    first = pl.col("touch_count") == 0
    shy = first & ~pl.col("intent_level").is_in(["MEDIUM", "HIGH"])
    return [
        *cadence.bounds(prepared),
        _channel(prepared).alias("channel"),
        holdout.is_held_out(playbook=prepared.playbook).alias("is_held_out"),
        pl.max_horizontal("not_before", "pause_ends_at", "paused_until").alias("pause_at"),
        ((stage == dormant).fill_null(False) & first & pl.col("released_at").is_null()).alias("is_dormant"),
        waves.rank().alias("rank_in_wave"),
        (~pl.col("asked_last") & ~shy).alias("is_turn"),
        _follow_up().alias("follow_up"),
    ]


def _channel(prepared: Prepared) -> pl.Expr:
    """The first of a path's channels that is open to the lead; null where none is."""
    free = pl.col("suppressed_by").is_null()
    has_owner = pl.coalesce("owner", "account_owner").is_not_null()
    is_open = {
        Channel.EMAIL: pl.col("may_mail"),
        Channel.AUDIENCE: pl.col("may_mail"),
        Channel.TASK: free & has_owner,
        Channel.WEBHOOK: free,
    }
    paths = prepared.playbook.paths
    chain = pl.lit(None, dtype=pl.String)
    for channels in dict.fromkeys(path.channels for path in paths):
        names = [path.name for path in paths if path.channels == channels]
        ways = [Channel(each.upper()) for each in channels]
        first = pl.coalesce(*(pl.when(is_open[way]).then(pl.lit(way.value)) for way in ways))
        chain = pl.when(pl.col("path").is_in(names)).then(first).otherwise(chain)
    return chain


def _follow_up() -> pl.Expr:
    """The key of a date that was given and has come lately."""
    said = pl.when(pl.col("verdict") == Verdict.NOT_NOW.value).then("verdict_until")
    given = [
        pl.when((each <= NOW) & (each > NOW - FOLLOW_UP_WITHIN)).then(each)
        for each in (said, *map(pl.col, DATES_GIVEN))
    ]
    return pl.format(content.FOLLOW_UP + "{}", pl.max_horizontal(given).dt.strftime("%Y-%m-%d"))


def _blocked(prepared: Prepared) -> list[pl.Expr]:
    """The hold whatever there is to send and whatever the hour, and the instant from which the lead is ready."""
    return [holding.blocked(prepared.playbook).alias("blocked"), holding.ready_at().alias("ready_at")]


def _with_follow_up(frame: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """A date that was taken up once is not taken up again."""
    if facts.touches.is_empty() or frame["follow_up"].null_count() == frame.height:
        return frame
    had = facts.touches.filter(pl.col("content_key").str.starts_with(content.FOLLOW_UP))
    had = had.select(
        "lead_id", pl.col("content_key").alias("follow_up"), pl.lit(True).alias("is_had")
    ).unique()
    joined = frame.join(had, on=["lead_id", "follow_up"], how="left", maintain_order="left")
    anew = pl.when(pl.col("is_had").is_null()).then("follow_up").alias("follow_up")
    return joined.with_columns(anew).drop("is_had")
