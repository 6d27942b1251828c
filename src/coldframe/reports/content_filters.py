"""
Leads by the content they had and the path they are or were on: what the numbers of those pages lead to.

Each number of a page and the list behind it ask the same question of the same tables.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
from django.db.models import Q

from coldframe.activity.models import Feedback
from coldframe.kernel.vocabulary import TouchState
from coldframe.library import queries as library
from coldframe.nurture.models import Enrollment
from coldframe.reports import content_effects, content_use, exhaustion, outlooks

#: Exits are counted over so long.
EXITS_SINCE = timedelta(days=90)
#: Between the path and the reason of an exit in the value of a filter.
BETWEEN = "|"


def had(value: str, as_of: datetime) -> Q:
    """Return the leads to whom a content was handed over."""
    return in_state(value, TouchState.SENT)


def getting(value: str, as_of: datetime) -> Q:
    """Return the leads to whom a content is on its way."""
    return in_state(value, TouchState.PLANNED)


def in_state(content_key: str, state: TouchState) -> Q:
    found = content_use.touches_of(content_key).filter(state=state.value)
    return Q(pk__in=found.values("lead_id"))


def after_it(content_key: str, kind: str) -> Q:
    """Return the leads of whom something was heard after a mail with a content."""
    touches = content_use.touches_of(content_key).values("public_id")
    return Q(pk__in=Feedback.objects.filter(touch__in=touches, kind=kind).values("lead_id"))


def replied(value: str, as_of: datetime) -> Q:
    """Return the leads that replied to a mail with a content."""
    return after_it(value, Feedback.Kind.REPLIED)


def left_after(value: str, as_of: datetime) -> Q:
    """Return the leads that unsubscribed by a mail with a content."""
    return after_it(value, Feedback.Kind.UNSUBSCRIBED)


def complained(value: str, as_of: datetime) -> Q:
    """Return the leads that complained of a mail with a content."""
    return after_it(value, Feedback.Kind.COMPLAINED)


def bounced(value: str, as_of: datetime) -> Q:
    """Return the leads whose address turned out dead by a mail with a content."""
    return after_it(value, Feedback.Kind.HARD_BOUNCED)


def undelivered(value: str, as_of: datetime) -> Q:
    """Return the leads to whom a content could not be delivered."""
    return in_state(value, TouchState.FAILED)


def uncertain(value: str, as_of: datetime) -> Q:
    """Return the leads of whom nobody knows whether a content arrived."""
    return in_state(value, TouchState.UNCERTAIN)


def clicked(value: str, as_of: datetime) -> Q:
    """Return the leads that clicked on a link of a mail with a content, themselves."""
    return Q(pk__in=content_use.clicked(value).values("event__lead_id"))


def found(value: str, as_of: datetime) -> Q:
    """Return the leads that came upon a content by themselves."""
    playbook = library.get_active_playbook().playbook
    return Q(pk__in=content_use.found_by_themselves(value, playbook).values("lead_id"))


def forward(value: str, as_of: datetime) -> Q:
    """Return the leads whose stage went forward within the days after a content, as its page counts them."""
    effects = content_effects.remembered(value, active=library.get_active_playbook(), as_of=as_of)
    return Q(pk__in=effects.forward.lead_ids)


def handed(value: str, as_of: datetime) -> Q:
    """Return the leads that were put before sales within the days after a content, as its page counts them."""
    effects = content_effects.remembered(value, active=library.get_active_playbook(), as_of=as_of)
    return Q(pk__in=effects.handed.lead_ids)


def on(value: str, as_of: datetime) -> Q:
    """Return the leads that are on a path now."""
    return Q(pk__in=Enrollment.objects.filter(path=value, ended_at__isnull=True).values("lead_id"))


def exited(value: str, as_of: datetime) -> Q:
    """Return the leads that left a path lately, ``path|reason``; without a reason, for whatever reason."""
    ended = Enrollment.objects.filter(ended_at__gt=as_of - EXITS_SINCE, ended_at__lte=as_of)
    if BETWEEN not in value:
        return Q(pk__in=ended.filter(path=value).values("lead_id"))
    # A name may hold the bar as well: every way to read the value is one.
    places = [place for place, each in enumerate(value) if each == BETWEEN]
    ways = Q()
    for place in places[:8]:
        ways |= Q(path=value[:place], exit_reason=value[place + 1 :])
    return Q(pk__in=ended.filter(ways).values("lead_id"))


def coming(value: str, as_of: datetime) -> Q:
    """Return the leads that would be sent a content next, once what holds it back is over."""
    return outlooks.where_held_with(value)


def next_touch(value: str, as_of: datetime) -> Q:
    """Return the leads on a path whose next touch falls on a day, or within ``first..last``; ``-``: on none that is known."""
    return outlooks.where_next(value)


def runs_out(value: str, as_of: datetime) -> Q:
    """Return the leads that a path's content is used up for within ``path|first..last``."""
    path, _, days = value.rpartition(BETWEEN)
    first, last = outlooks.span(days)
    found = exhaustion.forecast(path, active=library.get_active_playbook(), as_of=as_of)
    within = found.filter(pl.col("runs_out_at").is_between(first, last))
    return outlooks.among(within["lead_id"].to_list())


CONDITIONS: dict[str, Callable[[str, datetime], Q]] = {
    "had": had,
    "getting": getting,
    "coming": coming,
    "found": found,
    "clicked": clicked,
    "replied": replied,
    "left_after": left_after,
    "complained": complained,
    "bounced": bounced,
    "undelivered": undelivered,
    "uncertain": uncertain,
    "forward": forward,
    "handed": handed,
    "on": on,
    "exited": exited,
    "next": next_touch,
    "runs_out": runs_out,
}
