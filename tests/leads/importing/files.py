"""Files to import, and what came of them, in one call each."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import models

from coldframe.activity import importing as activity
from coldframe.activity.models import Event, EventShape, Payload
from coldframe.leads import operations
from coldframe.leads.importing.applying import Result
from coldframe.leads.importing.options import Options
from coldframe.leads.models import (
    Account,
    AccountIdentity,
    Consent,
    CustomField,
    Identity,
    ImportBatch,
    ImportChange,
    Lead,
    Opportunity,
    Suppression,
)
from tests.world import NOW

#: What an import writes to, but for the record of the import itself.
WRITTEN: tuple[type[models.Model], ...] = (
    Account,
    AccountIdentity,
    Consent,
    CustomField,
    Identity,
    ImportChange,
    Lead,
    Opportunity,
    Suppression,
    Event,
    EventShape,
    Payload,
)
HEADER = ("Email", "First Name", "Last Name", "Company", "Job Title")
ANNA = ("anna@brightpath.example", "Anna", "Kowalska", "Brightpath", "Head of Marketing")
JONAS = ("jonas@nordlicht.example", "Jonas", "Weber", "Nordlicht", "CTO")
TOM = ("tom@halden.example", "Tom", "Reyes", "Halden", "VP Sales")


def write(folder: Path, header: Sequence[str], *rows: Sequence[str], name: str = "file.csv") -> Path:
    """Return a CSV file of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path = folder / name
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def imported(
    path: Path, kind: Any = "leads", *, at: datetime = NOW, progress: Any = None, **options: Any
) -> Result:
    """Import a file, as the command does."""
    plan = operations.prepare(path, Options(kind=kind, **options))
    door = activity if kind == "events" else operations
    return door.import_file(
        plan,
        clock=ticking(at),
        errors=lambda batch: path.parent / f"{batch.pk}-refused.csv",
        progress=progress or (lambda rows: None),
    )


def rehearsed(path: Path, kind: Any = "leads", *, at: datetime = NOW, **options: Any) -> Result:
    """Rehearse an import, as ``--dry-run`` does."""
    plan = operations.prepare(path, Options(kind=kind, **options))
    door = activity if kind == "events" else operations
    return door.rehearse_import(plan, at=at)


def ticking(at: datetime) -> Callable[[], datetime]:
    """Return a clock that goes on by a second with every look."""
    looks = iter(range(1_000_000))
    return lambda: at + timedelta(seconds=next(looks))


def counts(result: Result) -> dict[str, int]:
    """Return what came of the rows, without zeros."""
    names = ("new", "updated", "unchanged", "merged", "conflicting", "refused")
    return {name: result.outcome.counts[name] for name in names if result.outcome.counts[name]}


def refusals(result: Result) -> dict[int, str]:
    """Return the reasons by line."""
    return {row.line: reason for row, reason in result.outcome.refused}


def contents() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that an import writes to."""
    return {model.__name__: sorted(model._default_manager.values_list(), key=repr) for model in WRITTEN}


def batches() -> int:
    """Return how many imports there were."""
    return ImportBatch.objects.count()


def lead(email: str) -> Lead:
    """Return the lead of an address."""
    return Lead.objects.select_related("account").get(email=email, voided_at=None)


def everybody() -> list[tuple[str | None, str | None, str | None]]:
    """Return (address, first name, company) of everybody."""
    rows = Lead.objects.filter(voided_at=None).order_by("id")
    return list(rows.values_list("email", "first_name", "account__name"))


def people(count: int, folder: Path, name: str = "people.csv") -> Path:
    """Return a file with colleagues, opt-outs, people given twice, and rows that are refused."""
    chance = random.Random(3)
    rows = []
    for number in range(count):
        company = number // 3
        rows.append(
            (
                f"person{number}@company{company}.example",
                f"First{number}",
                "yes" if number % 17 == 0 else "no",
                f"Company {company}",
                "software" if number % 2 else "",
            )
        )
        if number % 11 == 0:
            rows.append((f"PERSON{chance.randrange(number + 1)}@broken", "", "", "", ""))
        if number % 13 == 0:
            rows.append((f"Person{number}@Company{company}.example", f"Again{number}", "no", "", "retail"))
    return write(folder, ("Email", "First Name", "Unsubscribed", "Company", "Industry"), *rows, name=name)
