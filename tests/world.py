"""
The standing cast. Tests speak of these people, so that a reader knows them after the second test.

Anna Kowalska, Head of Marketing at Brightpath (software, 120 people, Poland): the good fit who is active.
Jonas Weber, CTO at Nordlicht (it services, 300, Germany): good fit, asked for a demo.
Marta Silva, RevOps lead at Porto Cloud (software, 60, Portugal): good fit outside the served market.
Tom Reyes, VP Sales at Halden (manufacturing, 5 people, United States): the poor fit.
Ola Nowak, analyst at Brightpath: Anna's colleague. Zed, known by an external id alone.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from coldframe.activity.models import Event, EventShape
from coldframe.leads.models import Account, Lead

#: The instant the tests call now: a Monday.
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def brightpath(**changes: Any) -> Account:
    return account(
        name="Brightpath",
        domain="brightpath.example",
        industry="software",
        employees=120,
        country="PL",
        **changes,
    )


def nordlicht(**changes: Any) -> Account:
    return account(
        name="Nordlicht",
        domain="nordlicht.example",
        industry="it services",
        employees=300,
        country="DE",
        **changes,
    )


def porto_cloud(**changes: Any) -> Account:
    return account(
        name="Porto Cloud",
        domain="portocloud.example",
        industry="software",
        employees=60,
        country="PT",
        **changes,
    )


def halden(**changes: Any) -> Account:
    return account(
        name="Halden", domain="halden.example", industry="manufacturing", employees=5, country="US", **changes
    )


def account(**values: Any) -> Account:
    row = Account(created_at=NOW, **values)
    row.name_key = row.name_key or (row.name or "").lower() or None
    row.save()
    return row


def lead(company: Account, **values: Any) -> Lead:
    values.setdefault("email_kind", "BUSINESS" if values.get("email") else None)
    return Lead.objects.create(account=company, created_at=NOW, **{"entered_at": NOW, **values})


def anna(company: Account | None = None, **changes: Any) -> Lead:
    values = {
        "first_name": "Anna", "last_name": "Kowalska", "email": "anna@brightpath.example", "job_title": "Head of Marketing",
        "department": "marketing", "role": "CHAMPION", "country": "PL", "source": "webinar",
    }  # fmt: skip
    return lead(company or brightpath(), **{**values, **changes})


def jonas(company: Account | None = None, **changes: Any) -> Lead:
    values = {
        "first_name": "Jonas", "last_name": "Weber", "email": "jonas@nordlicht.example", "job_title": "CTO",
        "department": "it", "role": "TECHNICAL_EVALUATOR", "country": "DE", "source": "website",
    }  # fmt: skip
    return lead(company or nordlicht(), **{**values, **changes})


def tom(company: Account | None = None, **changes: Any) -> Lead:
    values = {
        "first_name": "Tom", "last_name": "Reyes", "email": "tom@halden.example", "job_title": "VP Sales",
        "department": "sales", "role": "ECONOMIC_BUYER", "country": "US", "source": "list",
    }  # fmt: skip
    return lead(company or halden(), **{**values, **changes})


def event(
    who: Lead,
    *,
    kind: str = "page",
    days_ago: float = 0,
    evidence: str = "HUMAN",
    batch: Any = None,
    **about: str,
) -> Event:
    """Record one event of a lead; ``about`` is what its shape says (path, form, asset, topic, campaign)."""
    shape, _ = EventShape.objects.get_or_create(kind=kind, **about)
    at = NOW - timedelta(days=days_ago)
    return Event.objects.create(
        key=uuid.uuid4().bytes, shape=shape, lead=who, account=who.account, occurred_at=at, received_at=at,
        evidence=Event.EvidenceCode[evidence], batch=batch,
    )  # fmt: skip
