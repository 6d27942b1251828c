"""Exports of real CRM tables, imported again."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldframe.leads import operations as leads
from coldframe.leads.models import Lead
from coldframe.reports import export
from tests import material
from tests.reports import base

pytestmark = [pytest.mark.material, pytest.mark.slow, pytest.mark.django_db]


def imported(file: Path, *, to: Path, keep_rest: bool = False) -> dict[str, int]:
    plan = leads.prepare(file, leads.Options(kind="leads", keep_rest=keep_rest))
    return dict(leads.import_file(plan, clock=lambda: base.NOW, errors=lambda batch: to).outcome.counts)


@pytest.mark.parametrize(
    ("folder", "name", "form"),
    [
        ("x_education", "open_older_6468_Leads.csv", "csv"),
        ("crm_zoho_demo", "Contacts.csv", "csv"),
        ("crm_zoho_demo", "Leads.csv", "xlsx"),
        ("crm_mautic_import", "contacts.csv", "csv"),
    ],
)
def test_import_of_an_export_changes_nothing(tmp_path: Path, folder: str, name: str, form: str):
    base.activate()
    (file,) = material.folder(folder).rglob(name)
    refused, out = tmp_path / "refused.csv", tmp_path / f"leads.{form}"
    imported(file, to=refused, keep_rest=True)
    before = sorted(Lead.objects.values_list(), key=str)
    export.export_leads(file=str(out), wanted=[], as_of=base.NOW, with_moves=False)

    counts = imported(out, to=refused, keep_rest=True)

    assert (counts.get("unchanged"), counts.get("updated", 0), counts.get("new", 0)) == (len(before), 0, 0)
    assert sorted(Lead.objects.values_list(), key=str) == before
