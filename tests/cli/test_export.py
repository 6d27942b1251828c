"""``coldframe export leads`` as a person or a program meets it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coldframe.cli.export import BadExport
from coldframe.cli.root import app
from coldframe.reports.filters import UnknownFilter
from tests.reports import base

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", base.NOW.isoformat())


def exported(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["export", "leads", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_help_shows_an_example():
    result = CliRunner().invoke(app, ["export", "leads", "--help"], env={"COLUMNS": "120"})

    assert result.exit_code == 0
    assert "coldframe export leads leads.xlsx --where disposition=NURTURE --where fit=A" in result.stdout


def test_a_dash_writes_csv_to_standard_output():
    base.fill()

    rows = list(csv.DictReader(io.StringIO(exported("-", "--without-moves"), newline="")))

    assert [row["Coldframe id"] != "" for row in rows] == [True] * 9
    assert rows[0]["First name"] == "Anna"


def test_filters_narrow_and_a_figure_of_the_audit_can_be_asked_for_as_it_is(tmp_path: Path):
    base.fill()

    exported(
        str(tmp_path / "leads.json"),
        "--where",
        "source=webinar",
        "--where",
        "source=Webinar",
        "--where",
        "country=PL",
    )

    rows = json.loads((tmp_path / "leads.json").read_text(encoding="utf-8"))
    assert [row["first_name"] for row in rows] == ["Anna", "Ola"]
    assert all(row["would_move_it"] for row in rows)


def test_json_says_what_was_written(tmp_path: Path):
    base.fill()

    document = json.loads(exported(str(tmp_path / "leads.xlsx"), "--json", "--without-moves"))

    assert document == {"file": f"{tmp_path}/leads.xlsx", "format": "xlsx", "leads": 9, "columns": 70}


def test_without_moves_the_card_has_everything_else(tmp_path: Path):
    base.fill()

    exported(str(tmp_path / "leads.json"), "--without-moves", "--where", "source=website")

    (row,) = json.loads((tmp_path / "leads.json").read_text(encoding="utf-8"))
    assert row["would_move_it"] is None
    assert row["why"] == "To sales now, by the trigger “Hand raise”: hand raise within 2 days."


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["-", "--json"], BadExport, "export leads -: Standard output holds one document: the leads, or with --json what was written.\nName a file, or leave --json out."),
        (["leads.csv", "--where", "webinar"], BadExport, '--where: A filter needs a name and a value.\nexpected NAME=VALUE, got "webinar".'),
        (["leads.csv", "--where", "stage=a\0"], UnknownFilter, 'The filter "stage" holds a character that no lead can have.\ngot NUL.'),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    arguments: list[str], error: type[Exception], message: str, tmp_path: Path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(app, ["export", "leads", *arguments])

    assert isinstance(result.exception, error)
    assert str(result.exception) == message
    assert list(tmp_path.iterdir()) == []
