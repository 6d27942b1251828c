"""What a cycle must know beside the accounts themselves: holidays, what sales has taken on, room for a wave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

import polars as pl

from coldframe.handoff import frames as handoff
from coldframe.handoff import queries as handoffs
from coldframe.handoff import room
from coldframe.kernel.frames import HOLIDAYS, WAITING, Facts, Surroundings
from coldframe.kernel.planning import allocation
from coldframe.kernel.playbook.model import Playbook
from coldframe.storage import reads

#: Longest window of a capacity that is looked back on.
LOOK_BACK = room.LOOK_BACK
#: Leads that wait elsewhere are looked at up to so many; no team has room for more.
MOST_WAITING = 2_000
#: Ahead of which every account that waits for something is due.
EVER = timedelta(days=3650)
#: Holidays are told for this year, the one before and the two after.
YEARS = range(-1, 3)


def load_surroundings(
    facts: Facts, *, playbook: Playbook, as_of: datetime, asks_for_room: bool = True
) -> Surroundings:
    """
    Return what the cycle of these facts must know beside them.

    ``asks_for_room``: whether somebody should go before sales; what is waiting elsewhere matters only then, and only while
    sales has room to give. As long as it has none, nobody here gets any, whoever waits elsewhere; and where most do, they
    are many.
    """
    found = Surroundings(
        holidays=holidays_of(countries_of(facts), playbook=playbook, as_of=as_of),
        sales_load=handoff.load_sales_load_frame(since=as_of - LOOK_BACK),
        reps=tuple(handoffs.list_reps()),
        terms=handoffs.list_terms(),
    )
    if not asks_for_room or not has_room(found, playbook=playbook, as_of=as_of):
        return found
    return replace(found, waiting=load_waiting(facts, as_of=as_of))


def has_room(around: Surroundings, *, playbook: Playbook, as_of: datetime) -> bool:
    """Return whether the team takes one more lead now that is not a hand raise."""
    team, *_ = allocation.rooms(
        sales_load=around.sales_load, reps=around.reps, playbook=playbook, as_of=as_of, terms=around.terms
    )
    return team.left > 0


def load_line(facts: Facts, *, playbook: Playbook, as_of: datetime) -> Surroundings:
    """Return what these facts must be known with to say who would be where in the line for room at sales."""
    found = load_surroundings(facts, playbook=playbook, as_of=as_of, asks_for_room=False)
    return replace(found, waiting=load_waiting(facts, as_of=as_of + EVER))


def load_waiting(facts: Facts, *, as_of: datetime) -> pl.DataFrame:
    """
    Return the leads of other accounts that wait for room at sales and are decided in a moment, the best first.

    Only those whose account is due now count: who is not due now does not take the room now either.
    """
    here = facts.accounts["account_id"].to_list()
    sql = f"""SELECT s.lead_id, l.account_id, 0, '', s.reason, s.fit_level, s.account_intent_points, s.intent_points,
                     s.status_since, NULL
                FROM nurture_standing s
                JOIN leads_lead l ON l.id = s.lead_id AND l.voided_at IS NULL
                JOIN leads_accountdue d ON d.account_id = l.account_id AND d.due_at <= {reads.instant(as_of)}
               WHERE s.disposition = 'TO_SALES' AND s.status IN ('NURTURE', 'RE_ENGAGED')
               ORDER BY s.fit_level, s.account_intent_points DESC, s.intent_points DESC, s.status_since, s.lead_id
               LIMIT {MOST_WAITING}"""
    found = reads.read_frame(sql, schema=WAITING)
    return found.filter(~pl.col("account_id").is_in(here)).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("rank")
    )


def countries_of(facts: Facts) -> frozenset[str]:
    """Return the countries of the leads and accounts."""
    found: set[str] = set()
    for frame in (facts.leads, facts.accounts):
        if "country" in frame.columns:
            found |= set(frame["country"].drop_nulls().unique().to_list())
    return frozenset(found)


def holidays_of(countries: Collection[str], *, playbook: Playbook, as_of: datetime) -> pl.DataFrame:
    """Return the days on which nobody works: columns of ``kernel.frames.HOLIDAYS``."""
    if "by country" not in playbook.calendar.holidays:
        return pl.DataFrame(schema=HOLIDAYS)
    days = [(country, day) for country in sorted(countries) for day in days_of(country, as_of.year)]
    return pl.DataFrame(days, schema=HOLIDAYS, orient="row")


@lru_cache(maxsize=512)
def days_of(country: str, year: int) -> tuple[date, ...]:
    """Return the public holidays of a whole country around a year; none where they are not known."""
    import holidays

    try:
        found = holidays.country_holidays(country, years=[year + step for step in YEARS])
    except NotImplementedError:
        return ()
    return tuple(sorted(found))
