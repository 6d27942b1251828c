"""The export: everything of a lead and why, in cells that no spreadsheet runs, and back without a change."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from coldframe.activity.models import Event
from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.kernel.explaining import explain
from coldframe.leads import operations as leads
from coldframe.leads.importing import formulas
from coldframe.leads.models import Account, AccountIdentity, Consent, CustomField, Identity, Lead, Suppression
from coldframe.library import queries as library
from coldframe.nurture import operations as nurture
from coldframe.nurture import queries
from coldframe.reports import columns, export, sheets
from tests.reports import base

pytestmark = pytest.mark.django_db


def written(file: Path, *wanted: tuple[str, str], with_moves: bool = False) -> export.Exported:
    return export.export_leads(file=str(file), wanted=wanted, as_of=base.NOW, with_moves=with_moves)


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    """Return the rows of a CSV file by address."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return {row["Email"]: row for row in csv.DictReader(stream)}


def imported(file: Path) -> dict[str, int]:
    """Take a file in as a person would, and return what it did."""
    plan = leads.prepare(file, leads.Options(kind="leads"))
    assert plan.source == "coldframe"
    result = leads.import_file(
        plan, clock=lambda: base.NOW, errors=lambda batch: file.with_suffix(".refused.csv")
    )
    assert result.outcome.counts.get("refused", 0) == 0
    return dict(result.outcome.counts)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that an import writes, but for the imports themselves."""
    tables = (Account, Lead, Identity, AccountIdentity, Consent, Suppression, CustomField)
    return {table.__name__: sorted(table.objects.values_list(), key=str) for table in tables}


def test_a_lead_comes_with_its_record_its_assessment_and_its_reasons(tmp_path):
    base.fill()
    nurture.assess_all(as_of=base.NOW)

    done = written(tmp_path / "leads.csv", with_moves=True)

    jonas = rows_of(tmp_path / "leads.csv")["jonas@nordlicht.example"]
    assert (done.leads, done.format, done.columns) == (9, "csv", len(jonas))
    shown = {name: value for name, value in jonas.items() if value and name != "Coldframe id"}
    assert shown == {
        "Email": "jonas@nordlicht.example",
        "First name": "Jonas",
        "Last name": "Weber",
        "Job title": "CTO",
        "Department": "it",
        "Country": "DE",
        "Lead source": "website",
        "Entered at": "2025-11-13T09:00:00Z",
        "Company": "Nordlicht",
        "Company domain": "nordlicht.example",
        "Industry": "it services",
        "Number of employees": "300",
        "Coldframe role in the decision": "TECHNICAL_EVALUATOR",
        "Coldframe company country": "DE",
        "Coldframe consent": "marketing_email: consent",
        "Coldframe status": "NURTURE",
        "Coldframe status since": "2026-06-01T09:00:00Z",
        "Coldframe disposition": "TO_SALES",
        "Coldframe reason": "trigger:Hand raise",
        "Coldframe fit level": "B",
        "Coldframe fit level at best": "B",
        "Coldframe fit score": "70",
        "Coldframe fit verdict": "GOOD",
        "Coldframe intent level": "HIGH",
        "Coldframe intent points": "80",
        "Coldframe account intent points": "80",
        "Coldframe buyer stage": "EVALUATION",
        "Coldframe timing": "NOW",
        "Coldframe segment": "everyone else",
        "Coldframe facts missing for sales": "0",
        "Coldframe last meaningful action": "form_submitted demo",
        "Coldframe last meaningful action at": "2026-06-01T08:00:00Z",
        "Coldframe why": "To sales now, by the trigger “Hand raise”: hand raise within 2 days.",
        "Coldframe because": shown["Coldframe because"],
        "Coldframe decided at": "2026-06-01T09:00:00Z",
        "Coldframe playbook": "Nine leads",
        "Coldframe playbook version": "1",
        "Coldframe leaves at": "2026-06-02T09:00:00Z",
        "Coldframe when it leaves": "If nothing happens, it leaves on 2 June 2026 (deadline).",
        "Coldframe next touch": "Nothing is planned yet: the next cycle decides, as soon as a worker runs.",
    }
    in_nurture = [
        row for row in rows_of(tmp_path / "leads.csv").values() if row["Coldframe disposition"] == "NURTURE"
    ]
    assert in_nurture
    assert all("1 form: demo request" in row["Coldframe would move it"] for row in in_nurture)
    assert (
        "Core industry: industry is one of software, it services (+35 points)" in shown["Coldframe because"]
    )


def test_why_a_lead_was_let_go_is_said_whoever_let_it_go(tmp_path):
    cast = base.fill()
    nurture.assess_all(as_of=base.NOW)
    given = Handoff.objects.create(
        lead=cast["anna"], account=cast["anna"].account, trigger="trigger:Ready", opened_at=base.NOW - timedelta(hours=2),
        deadline_at=base.NOW + timedelta(hours=2), episode=1, owner_from="round_robin",
    )  # fmt: skip
    handoffs.not_a_fit(public_id=given.public_id, reason="too small", by="Ewa Lis", at=base.NOW)

    written(tmp_path / "leads.csv")

    rows = rows_of(tmp_path / "leads.csv")
    assert rows["anna@brightpath.example"]["Coldframe disqualification reason"] == "not_a_fit"
    assert rows["jonas@nordlicht.example"]["Coldframe disqualification reason"] == ""


def test_what_would_move_a_lead_is_what_explain_says(tmp_path):
    people = base.fill()
    nurture.assess_all(as_of=base.NOW)

    written(tmp_path / "leads.json", ("id", str(people["free"].pk)), with_moves=True)

    (row,) = json.loads((tmp_path / "leads.json").read_text(encoding="utf-8"))
    playbook = library.get_active_playbook().playbook
    facts = queries.load_settling_facts(playbook, as_of=base.NOW, account_ids=[people["free"].account_id])
    card = explain.explain(facts, playbook=playbook, as_of=base.NOW, lead_id=people["free"].pk)
    assert row["would_move_it"] == [each.text for each in card.advance_if]
    assert row["would_move_it"][0].startswith("1 ")
    assert (row["why"], row["leaves"]) == (card.headline, card.leaves_text)
    assert row["would_settle_fit"] == [
        "industry",
        "company size",
        "role in the decision",
        "company's country",
    ]


def test_numbers_stay_numbers_in_json_and_lists_stay_lists(tmp_path):
    people = base.fill()
    Account.objects.filter(pk=people["anna"].account_id).update(annual_revenue_cents=123_456_789)

    written(tmp_path / "leads.json", ("source", "webinar"), ("country", "PL"))

    (row,) = json.loads((tmp_path / "leads.json").read_text(encoding="utf-8"))
    numbers = {name: row[name] for name in ("employees", "annual_revenue", "fit_score", "missing_count")}
    assert numbers == {"employees": 120, "annual_revenue": 1234567.89, "fit_score": 100.0, "missing_count": 0}
    assert row["phone"] == "+48 601 234 567"
    assert isinstance(row["because"], list)


def test_an_export_of_nobody_is_a_file_with_a_header(tmp_path):
    base.activate()

    for form in ("csv", "xlsx", "json"):
        assert written(tmp_path / f"leads.{form}").leads == 0

    assert (
        (tmp_path / "leads.csv").read_text(encoding="utf-8-sig").startswith("Coldframe id,Email,First name")
    )
    assert json.loads((tmp_path / "leads.json").read_text(encoding="utf-8")) == []
    (sheet,) = CalamineWorkbook.from_path(tmp_path / "leads.xlsx").sheet_names
    assert sheet == "Leads"


def test_a_workbook_holds_texts_as_they_are_and_no_formula(tmp_path):
    people = base.fill()
    Lead.objects.filter(pk=people["anna"].pk).update(
        first_name="=1+1", last_name="'=2", message="https://a.example"
    )

    written(tmp_path / "leads.xlsx", ("id", str(people["anna"].pk)))

    header, row = CalamineWorkbook.from_path(tmp_path / "leads.xlsx").get_sheet_by_name("Leads").to_python()
    cells = dict(zip(header, row, strict=True))
    assert (cells["First name"], cells["Last name"], cells["Phone"]) == ("=1+1", "''=2", "+48 601 234 567")
    assert cells["Number of employees"] == 120.0
    with zipfile.ZipFile(tmp_path / "leads.xlsx") as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
        assert not any("hyperlink" in name or "rels/sheet" in name for name in book.namelist())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_import_of_an_export_changes_nothing(tmp_path, form: str):
    people = base.fill()
    Suppression.objects.create(
        lead=people["marta"],
        email=None,
        reason="OPT_OUT",
        source="crm",
        suppressed_at=base.NOW,
        created_at=base.NOW,
    )
    Identity.objects.create(lead=people["zed"], source="hubspot", external_id="42")
    CustomField.objects.create(entity="lead", name="visits", label="Visits", kind="NUMBER")
    Lead.objects.filter(pk=people["anna"].pk).update(
        first_name="=HYPERLINK(A1)", last_name="'@quoted", message="-1 is\nmore than one line; 'tis", city="＋1",
        known_problem="'tis", custom={"visits": -7}, left_company=True, language="pl", time_zone="Europe/Warsaw",
        entered_at=base.NOW - timedelta(microseconds=1), email_as_given="Anna@Brightpath.example", role="USER",
    )  # fmt: skip
    Account.objects.filter(pk=people["anna"].account_id).update(annual_revenue_cents=123_456_789_01)
    nurture.assess_all(as_of=base.NOW)
    written(tmp_path / f"leads.{form}")
    before = everything()

    counts = imported(tmp_path / f"leads.{form}")

    assert (counts.get("unchanged"), counts.get("updated", 0), counts.get("new", 0)) == (9, 0, 0)
    assert everything() == before


def test_import_of_an_export_into_an_empty_base_takes_opt_outs_over(tmp_path):
    base.fill()
    written(tmp_path / "leads.csv")
    for table in (Event, Suppression, Consent, Lead, Account):
        table.objects.all().delete()

    counts = imported(tmp_path / "leads.csv")

    assert counts["new"] == 9
    silent = Suppression.objects.filter(lead__isnull=False).values_list("lead__email", "reason")
    assert sorted(silent) == [("marta@portocloud.example", "OPT_OUT"), ("tom@halden.example", "HARD_BOUNCE")]


CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(deadline=None)
@given(CELLS | st.builds(str.__add__, st.text("\t\r\n\0 \"'`‘’“”«»\u200b\ufeff\u3000", max_size=3), CELLS))
@example("=1+1")
@example(" \t'\"＝cmd|' /C calc'!A0")
@example("\r@SUM(A1)")
@pytest.mark.django_db(False)
def test_no_cell_of_csv_begins_a_formula(value: str):
    stream = io.StringIO(newline="")

    with sheets.csv_rows(stream, columns.RECORD[:1]) as write:
        write([value])

    _, (cell,) = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert formulas.free(cell) == value
    bare = "".join(cell).lstrip()
    while bare and (unicodedata.category(bare[0]) in {"Cc", "Cf", "Zs", "Pi", "Pf"} or bare[0] in "'\"`´"):
        bare = bare[1:]
    is_prefixed = cell == "'" + value
    assert is_prefixed or bare[:1] not in tuple("=+-@＝＋－＠\t\r\n\0") or bare == ""
    assert cell[:1] not in tuple("=+-@＝＋－＠\t\r\n\0") or cell == ""


def test_a_name_that_says_no_format_is_refused():
    with pytest.raises(sheets.UnknownFormat) as refusal:
        export.export_leads(file="leads.pdf", wanted=[], as_of=base.NOW)

    assert str(refusal.value) == (
        "leads.pdf: The end of the file's name says what to write.\n"
        'expected .csv, .xlsx or .json, got ".pdf".\nWrite for example: coldframe export leads leads.csv'
    )


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    base.activate()

    with pytest.raises(export.CannotWrite):
        written(tmp_path / "nowhere" / "leads.csv")

    assert list(tmp_path.iterdir()) == []


def test_a_stopped_export_leaves_the_earlier_file(tmp_path, monkeypatch):
    base.fill()
    (tmp_path / "leads.csv").write_text("before")

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export.export_leads(
            file=str(tmp_path / "leads.csv"), wanted=[], as_of=base.NOW, with_moves=False, on_progress=stop
        )

    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("leads.csv", "before")]


def test_accounts_are_never_divided_between_parts(monkeypatch):
    base.fill()
    monkeypatch.setattr(export, "PART_LEADS", 2)

    parts = [[account for _, account in part] for part in export.parts(wanted=[], as_of=base.NOW)]

    assert sum(map(len, parts)) == 9
    assert len(parts) > 2
    assert all(not set(one) & set(other) for place, one in enumerate(parts) for other in parts[place + 1 :])
