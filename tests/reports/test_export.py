"""The export: everything of a lead and why, in cells that no spreadsheet runs, and back without a change."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from coldframe.leads.models import CustomField
from coldframe.nurture import operations as nurture
from coldframe.reports import export, filters, sheets
from tests.reports import base

pytestmark = pytest.mark.django_db


def written(file: Path, *wanted: tuple[str, str], with_moves: bool = False) -> export.Exported:
    return export.export_leads(file=str(file), wanted=wanted, as_of=base.NOW, with_moves=with_moves)


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a CSV file by address."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return {row["Email"]: row for row in csv.DictReader(stream)}


def test_print(tmp_path):
    people = base.fill()
    nurture.assess_all(as_of=base.NOW)
    print(written(tmp_path / "leads.csv", with_moves=True))
    for k, v in rows_of(tmp_path / "leads.csv")["jonas@nordlicht.example"].items(): print(k, '=', v)
    for k, v in rows_of(tmp_path / "leads.csv")["kim@gmail.com"].items(): print(k, '=', v)
    assert 0
