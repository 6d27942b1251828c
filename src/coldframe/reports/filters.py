"""
Which leads a query string means: ``disposition=TO_SALES&source=webinar``.

Different names narrow, the same name twice widens. ``stage=-`` is the leads that have no stage; an empty
value leaves that side open. The audit's figures, the Leads page and the export use these.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from coldframe.activity.models import Event
from coldframe.kernel.vocabulary import (
    Disposition,
    EnrollmentState,
    FitLevel,
    FitVerdict,
    HoldReason,
    LeadStatus,
    Refusal,
)
from coldframe.leads import imported as imports
from coldframe.leads.models import Consent, ImportBatch, Lead, Suppression
from coldframe.nurture import grouping, ledger, listing
from coldframe.reports import changes, content_filters, floor

#: No meaningful action for so long: dormant.
DORMANT_AFTER = timedelta(days=90)
#: Good enough to be worth waking.
GOOD_LEVELS = (FitLevel.A.value, FitLevel.B.value)
#: The purpose that marketing by e-mail needs a basis for.
PURPOSE = "marketing_email"

#: Filters that compare one column of the lead, of its account, or of its standing.
COLUMNS: dict[str, str] = {
    "source": "source",
    "campaign": "campaign",
    "offer": "offer",
    "owner": "owner",
    "problem": "known_problem",
    "role": "role",
    "email_kind": "email_kind",
    "department": "department",
    "country": "account__country",
    "industry": "account__industry",
    "account": "account__domain",
    "id": "id",
    "disposition": "standing__disposition",
    "reason": "standing__reason",
    "fit": "standing__fit_level",
    "fit_best": "standing__fit_level_best",
    "verdict": "standing__fit_verdict",
    "intent": "standing__intent_level",
    "stage": "standing__stage",
    "timing": "standing__timing",
    "missing_count": "standing__missing_count",
    "segment": "standing__segment",
    "path": "standing__path",
}

#: Playbook field -> column, for ``missing=``.
RECORD: dict[str, str] = {
    "lead.email": "email",
    "lead.first_name": "first_name",
    "lead.last_name": "last_name",
    "lead.job_title": "job_title",
    "lead.department": "department",
    "lead.role": "role",
    "lead.phone": "phone",
    "lead.country": "country",
    "lead.city": "city",
    "lead.time_zone": "time_zone",
    "lead.language": "language",
    "lead.source": "source",
    "lead.campaign": "campaign",
    "lead.landing_page": "landing_page",
    "lead.offer": "offer",
    "lead.form": "form",
    "lead.message": "message",
    "lead.known_problem": "known_problem",
    "lead.timeline": "timeline",
    "lead.owner": "owner",
    "lead.source_status": "source_status",
    "lead.entered_at": "entered_at",
    "account.name": "account__name",
    "account.domain": "account__domain",
    "account.industry": "account__industry",
    "account.employees": "account__employees",
    "account.annual_revenue": "account__annual_revenue_cents",
    "account.country": "account__country",
    "account.city": "account__city",
    "account.technologies": "account__technologies",
    "account.renewal_on": "account__renewal_on",
    "account.owner": "account__owner",
}


#: Values of ``moved=``, of the beginning of ``moved_since=``, and of ``floor=``, each by itself.
STATUSES = {word.value: word.value for word in LeadStatus}
RISKS = {"any": "any"} | {word.value: word.value for word in HoldReason}

Meaning = TypeVar("Meaning")


class UnknownFilter(Refusal):
    """A filter has a name or a value that means nothing here."""


def leads(wanted: Sequence[tuple[str, str]], *, as_of: datetime) -> QuerySet[Lead]:
    """Return the leads that these names and values mean; voided ones are never among them."""
    return Lead.objects.filter(where(wanted, as_of=as_of), voided_at=None)


def parsed(query: str) -> list[tuple[str, str]]:
    """Return a query string as names and values."""
    return parse_qsl(query, keep_blank_values=True)


def where(wanted: Sequence[tuple[str, str]], *, as_of: datetime) -> Q:
    """Return the condition; raise ``UnknownFilter`` for a name or value that means nothing."""
    by_name: dict[str, list[str]] = {}
    for name, value in wanted:
        if value:
            by_name.setdefault(name, []).append(value)
    conditions = [
        reduce(or_, (condition(name, value, as_of) for value in values)) for name, values in by_name.items()
    ]
    return reduce(and_, conditions, Q())


def query(**values: Any) -> str:
    """Return the query string of these filters; ``None`` stands for "has none", a list widens."""
    pairs = [
        (name, each)
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    return urlencode([(name, listing.NONE if value is None else value) for name, value in pairs])


def condition(name: str, value: str, as_of: datetime) -> Q:
    """Return what one ``name=value`` means."""
    if "\0" in value:
        raise UnknownFilter(f'The filter "{name}" holds a character that no lead can have.', got="NUL")
    if name in SPECIAL:
        return SPECIAL[name](value, as_of)
    if name not in COLUMNS:
        raise UnknownFilter(
            f'There is no filter "{name}".',
            expected=nearest(name),
            advice=f"Filters: {', '.join(sorted(NAMES))}.",
        )
    column = COLUMNS[name]
    if value == listing.NONE:
        return Q(**{f"{column}__isnull": True})
    if name in NUMBERS and not value.isdecimal():
        raise UnknownFilter(f'The filter "{name}" takes a whole number.', got=f'"{value}"')
    return Q(**{column: value})


def nearest(name: str) -> str | None:
    """Return the nearest filter name in quotes, if one is near."""
    found = difflib.get_close_matches(name, NAMES, n=1)
    return f'"{found[0]}"' if found else None


def status(value: str, as_of: datetime) -> Q:
    """Return the leads in a status; one never assessed is NEW."""
    held = Q(standing__status=value)
    return held | Q(standing=None) if value == LeadStatus.NEW else held


def entered(value: str, as_of: datetime) -> Q:
    """Return the leads that entered in a month, ``2026-03``, or in a year."""
    try:
        start = datetime.strptime(value, "%Y-%m" if "-" in value else "%Y").replace(tzinfo=UTC)
        end = months_later(start, 1 if "-" in value else 12)
    except ValueError as error:
        raise UnknownFilter(
            "No such month.", expected='a month such as "2026-03"', got=f'"{value}"'
        ) from error
    recorded = Q(entered_at=None, created_at__gte=start, created_at__lt=end)
    return Q(entered_at__gte=start, entered_at__lt=end) | recorded


def months_later(start: datetime, months: int) -> datetime:
    """Return the first of the month, so many months later."""
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)


def missing(value: str, as_of: datetime) -> Q:
    """Return the leads that lack a field, named as in the playbook. An unknown role is a missing one."""
    if value == "lead.role":
        return Q(role=None) | Q(role="UNKNOWN")
    for prefix, path in (("lead.custom.", "custom__"), ("account.custom.", "account__custom__")):
        name = value.removeprefix(prefix)
        if value.startswith(prefix) and name.replace("_", "a").isalnum() and "__" not in name:
            return Q(**{f"{path}{name}__isnull": True}) | Q(**{f"{path}{name}": None})
    if value not in RECORD:
        close = difflib.get_close_matches(value, RECORD, n=1)
        raise UnknownFilter(f'There is no field "{value}".', expected=f'"{close[0]}"' if close else None)
    return Q(**{f"{RECORD[value]}__isnull": True})


def address(value: str, as_of: datetime) -> Q:
    """Return the leads by their kind of address: business, free, disposable, academic, role, dead, none."""
    if value == "none":
        return Q(email=None)
    if value == "role":
        return Q(is_role_address=True, email__isnull=False)
    if value == "dead":
        return suppressed("hard_bounce", as_of)
    return Q(email_kind=value.upper(), email__isnull=False)


def suppressed(value: str, as_of: datetime) -> Q:
    """Return the leads suppressed for a reason, or for ``any``: as a person, or by their address."""
    rows = Suppression.objects.filter(suppressed_at__lte=as_of)
    if value != "any":
        rows = rows.filter(reason=value.upper())
    return Q(Exists(rows.filter(lead=OuterRef("pk")))) | Q(Exists(rows.filter(email=OuterRef("email"))))


def has_basis(as_of: datetime) -> Q:
    """Return the leads with a basis for e-mail that is neither withdrawn nor expired."""
    rows = Consent.objects.filter(lead=OuterRef("pk"), purpose=PURPOSE)
    alive = Q(withdrawn_at=None) | Q(withdrawn_at__gt=as_of)
    unexpired = Q(expires_at=None) | Q(expires_at__gt=as_of)
    return Q(Exists(rows.filter(alive, unexpired)))


def mailing(value: str, as_of: datetime) -> Q:
    """Return the leads that may be mailed, or the first reason why not: each lead is in exactly one."""
    silent = suppressed("any", as_of)
    addressed = Q(email__isnull=False)
    conditions = {
        "suppressed": silent,
        "no_address": ~silent & ~addressed,
        "no_basis": ~silent & addressed & ~has_basis(as_of),
        "mailable": ~silent & addressed & has_basis(as_of),
    }
    return one_of(conditions, "mailing", value)


def group(value: str, as_of: datetime) -> Q:
    """Return the leads of one of the five answers: each lead is in exactly one."""
    return one_of(grouping.CONDITIONS, "group", value)


def event(value: str, as_of: datetime) -> Q:
    """Return the leads with an event of this kind, or with ``none`` at all."""
    rows = Event.objects.filter(occurred_at__lte=as_of).exclude(batch__state=ImportBatch.State.UNDONE)
    if value == "none":
        # Events are found by their account; there is no index by lead.
        return ~Q(Exists(rows.filter(account=OuterRef("account"), lead=OuterRef("pk"))))
    return Q(pk__in=rows.filter(shape__kind=value, lead__isnull=False).values("lead"))


def dormant(value: str, as_of: datetime) -> Q:
    """Return the good fits that have been silent for long, are in nurture and could be woken."""
    since = as_of - DORMANT_AFTER
    last = Q(standing__last_meaningful_at__lt=since)
    never = Q(standing__last_meaningful_at=None)
    early = Q(entered_at__lt=since) | Q(entered_at=None, created_at__lt=since)
    good = Q(standing__fit_verdict=FitVerdict.GOOD) | Q(standing__fit_level__in=GOOD_LEVELS)
    found = Q(standing__disposition=Disposition.NURTURE) & good & (last | (never & early))
    return one_of({"yes": found}, "dormant", value)


def held(value: str, as_of: datetime) -> Q:
    """Return the leads in nurture to whom nothing goes out now, for a reason."""
    return one_of({word.value: ledger.where_held(word) for word in HoldReason}, "hold", value)


def stay(value: str, as_of: datetime) -> Q:
    """Return the leads whose stay on a path is in a state."""
    return one_of({word.value: ledger.where_staying(word) for word in EnrollmentState}, "stay", value)


def moved(value: str, as_of: datetime) -> Q:
    """Return the leads that moved into a status within a day; ``NEW``: those assessed for the first time."""
    return changes.where_moved(one_of(STATUSES, "moved", value), as_of=as_of)


def moved_since(value: str, as_of: datetime) -> Q:
    """Return the leads that moved into a status since an instant: ``NEW.2026-03-02T08:15:00Z``."""
    status, _, instant = value.partition(".")
    try:
        since = datetime.fromisoformat(instant).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnknownFilter(
            "No such instant.", expected="one such as NURTURE.2026-03-02T08:15:00Z", got=f'"{value[:60]}"'
        ) from error
    return changes.where_moved(one_of(STATUSES, "moved_since", status), as_of=as_of, since=since)


def beyond_floor(value: str, as_of: datetime) -> Q:
    """Return the leads that will wait longer than their path allows, for a reason of a hold or for ``any``."""
    return floor.where_at_risk(one_of(RISKS, "floor", value), as_of=as_of)


def imported(value: str, as_of: datetime) -> Q:
    """Return the leads that an import made or changed: ``12``; ``12.new`` and ``12.updated`` are one of both, ``12.events`` those who did what it told of."""
    if value == listing.NONE:
        return Q(batch=None)
    asked = imports.parse(value)
    if asked is None or asked.part is imports.Part.PARENTS:
        raise UnknownFilter(
            'The filter "import" takes the number of an import.',
            expected="one such as 12, 12.new, 12.updated or 12.events",
            got=f'"{value[:60]}"',
        )
    if asked.part is imports.Part.EVENTS:
        done = Event.objects.filter(batch=asked.number, lead__isnull=False)
        return Q(pk__in=done.exclude(batch__state=ImportBatch.State.UNDONE).values("lead"))
    return imports.leads(asked)


def one_of(conditions: Mapping[str, Meaning], name: str, value: str) -> Meaning:
    """Return the condition by that name; raise ``UnknownFilter`` where there is none."""
    if value not in conditions:
        raise UnknownFilter(
            f'The filter "{name}" has no such value.', expected=", ".join(conditions), got=f'"{value}"'
        )
    return conditions[value]


SPECIAL: dict[str, Callable[[str, datetime], Q]] = {
    "status": status,
    "entered": entered,
    "missing": missing,
    "address": address,
    "suppressed": suppressed,
    "mailing": mailing,
    "group": group,
    "event": event,
    "dormant": dormant,
    "hold": held,
    "stay": stay,
    "moved": moved,
    "moved_since": moved_since,
    "floor": beyond_floor,
    "import": imported,
    **content_filters.CONDITIONS,
}
NUMBERS = {"id", "missing_count"}
NAMES = (*COLUMNS, *SPECIAL)
