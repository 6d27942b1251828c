"""
The world of the crash tests: a database, a mail server that keeps its own log, and touches that are due.

Whoever kills processes must be able to fork them, so nothing here is used by the process that forks: every
function is called in a child, but for those that say otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests import ready

#: Where it began: a Monday.
BEGIN = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LANE = "mailbox"
#: Any of the default playbook.
CONTENT = "asset:guide"
#: Of the mail server; uncertain messages of a killed worker are bounded by it.
LINES = 4
SERVER = os.environ.get("COLDFRAME_CRASH_SERVER", "postgresql://postgres@127.0.0.1:5432")


@dataclass(kw_only=True)
class Clock:
    """An instant that all processes of a run agree on; ``ahead`` lets leases pass."""

    started: float
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return BEGIN + self.ahead + timedelta(seconds=time.monotonic() - self.started)


def memory_folder() -> str | None:
    """Return a folder in memory where there is one: a killed process does not need the disk."""
    return os.environ.get("COLDFRAME_CRASH_FOLDER") or ("/dev/shm" if os.path.isdir("/dev/shm") else None)  # noqa: S108


@contextmanager
def throw_away(database: str) -> Iterator[Path]:
    """Set up Django in this process on an empty database of its own; yield the data folder. Once a process."""
    folder = Path(tempfile.mkdtemp(prefix="coldframe-crash-", dir=memory_folder()))
    name = folder.name.replace("-", "_").lower()
    os.environ |= {
        "COLDFRAME_HOME": str(folder),
        "COLDFRAME_SECRET_KEY": "only-for-tests",
        "COLDFRAME_LOG_LEVEL": os.environ.get("COLDFRAME_LOG_LEVEL", "error"),
        "DJANGO_SETTINGS_MODULE": "coldframe.config.settings",
    }
    os.environ.pop("DATABASE_URL", None)
    if database == "postgresql":
        template = f' TEMPLATE "{ready.postgresql(f"{SERVER}/{name}")}"' if ready.has_begun() else ""
        on_server(f'CREATE DATABASE "{name}"{template}')
        os.environ["DATABASE_URL"] = f"{SERVER}/{name}"
    elif ready.has_begun():
        ready.home(folder)
    try:
        set_up()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if database == "postgresql":
            on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def on_server(sql: str) -> None:
    import psycopg

    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as link:
        link.execute(sql)


def set_up() -> None:
    """Configure Django and import what workers need, so that a fork has it; opens no database."""
    import django

    django.setup()
    from django.urls import get_resolver

    from coldframe.nurture import cycle  # noqa: F401
    from coldframe.work import loop, trades  # noqa: F401

    _ = get_resolver().app_dict


def warm_up() -> None:
    """Keep what a worker makes of the playbook, for the process that forks; leaves no connection open."""
    from django.db import connections

    from coldframe.library import queries, rendering

    rendering.compiled(queries.get_active_playbook())
    connections.close_all()


def build(port: int) -> None:
    """Make the tables, the playbook, the connection to the mail server, and a cycle to hang touches on."""
    from coldframe.delivery import operations as delivery
    from coldframe.library import operations as library
    from coldframe.nurture.models import Cycle
    from coldframe.outbox import holding

    ready.make_tables()
    holding.make_first_known(at=BEGIN)
    version = library.ensure_active_playbook(at=BEGIN)
    delivery.ensure_local_connection(at=BEGIN)
    delivery.add_connection(
        name=LANE, kind="SMTP", at=BEGIN, sender_name="Coldframe", sender_address="hello@sender.example",
        postal_address="1 Sender Street, Sendertown", per_minute=0, per_domain_minute=0, per_day=0,
        settings={"host": "127.0.0.1", "port": port, "security": "none", "hello": "crash.example", "lines": LINES},
    )  # fmt: skip
    delivery.go_live(LANE, at=BEGIN)
    Cycle.objects.create(
        as_of=BEGIN,
        playbook_version_id=version.version_id,
        kernel_version="0",
        started_at=BEGIN,
        finished_at=BEGIN,
    )


def address(number: int) -> str:
    return f"reader{number}@reader{number}.example"


def add_leads(numbers: range, *, at: datetime, status: str | None = "NURTURE") -> None:
    """Add leads with a company each; with a status they stand in nurture, enrolled, on one path."""
    from coldframe.leads.models import Account, Consent, Lead
    from coldframe.nurture.models import Cycle, Enrollment, Standing

    accounts = Account.objects.bulk_create(
        Account(
            name=f"Company {n}", name_key=f"company {n}", domain=f"reader{n}.example", industry="software",
            employees=120, country="PL", created_at=at,
        )
        for n in numbers
    )  # fmt: skip
    leads = Lead.objects.bulk_create(
        Lead(
            account=account, email=address(n), email_kind="BUSINESS", first_name="Anna", last_name=f"Number {n}",
            role="CHAMPION", country="PL", source="webinar", entered_at=at, created_at=at,
        )
        for n, account in zip(numbers, accounts, strict=True)
    )  # fmt: skip
    Consent.objects.bulk_create(
        Consent(
            lead=lead, basis="CONSENT", wording="Yes, write to me.", source="form", given_at=at, confirmed_at=at,
            created_at=at,
        )
        for lead in leads
    )  # fmt: skip
    if status is None:
        return
    cycle = Cycle.objects.order_by("id").first()
    Standing.objects.bulk_create(
        Standing(
            lead=lead, account_id=lead.account_id, status=status, status_since=at, cycle=cycle, **ASSESSED
        )
        for lead in leads
    )
    Enrollment.objects.bulk_create(
        Enrollment(
            lead=lead,
            account_id=lead.account_id,
            lap=1,
            path="educate",
            state="ACTIVE",
            entered_at=at,
            lap_began_at=at,
        )
        for lead in leads
    )


#: An assessment that says little.
ASSESSED: dict[str, Any] = {
    "disposition": "NURTURE", "reason": "path:educate", "fit_score": 60.0, "fit_level": "B", "fit_level_best": "B",
    "fit_verdict": "FIT", "intent_points": 0.0, "intent_level": "NONE", "account_intent_points": 0.0,
    "timing": "UNKNOWN", "missing_count": 0,
}  # fmt: skip


def add_touches(numbers: range, *, at: datetime) -> None:
    """Add leads with a planned touch each, and queue its message as a cycle does."""
    from django.db import transaction

    from coldframe.nurture import dispatch
    from coldframe.nurture.models import Cycle, Enrollment, Touch

    with transaction.atomic():
        add_leads(numbers, at=at)
        cycle = Cycle.objects.create(
            as_of=at, playbook_version_id=Cycle.objects.values_list("playbook_version_id", flat=True).first(),
            kernel_version="0", started_at=at, finished_at=at,
        )  # fmt: skip
        stays = Enrollment.objects.filter(lead__email__in=[address(n) for n in numbers]).order_by("id")
        Touch.objects.bulk_create(
            Touch(
                public_id=uuid.uuid4(), lead_id=stay.lead_id, account_id=stay.account_id, enrollment=stay, cycle=cycle,
                content_key=CONTENT, channel="EMAIL", path=stay.path, lap=1, reason="for the test", planned_for=at,
            )
            for stay in stays
        )  # fmt: skip
        dispatch.enqueue(cycle_id=cycle.pk, closes={}, at=at)
