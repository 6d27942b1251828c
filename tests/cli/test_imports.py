"""The import commands as people and programs use them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from coldframe.cli import root, start
from coldframe.cli.root import app
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.models import Consent, ImportBatch, Lead
from tests.leads.importing.files import ANNA, HEADER, JONAS, write

pytestmark = pytest.mark.django_db


def said(*arguments: str | Path) -> Result:
    """Return what a command says."""
    result = CliRunner().invoke(
        app, ["import", *map(str, arguments)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result


def document(*arguments: str | Path) -> dict[str, Any]:
    """Return the one JSON document that a command prints."""
    found: dict[str, Any] = json.loads(said(*arguments, "--json").stdout)
    return found


def test_a_dry_run_an_import_the_list_and_an_undo(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ANNA, JONAS, ("a@b", "", "", "", ""))

    rehearsed = document("leads", path, "--dry-run")
    assert (rehearsed["dry_run"], rehearsed["import"], rehearsed["error_file"]) == (True, None, None)
    assert not ImportBatch.objects.exists()

    done = document("leads", path, "--basis", "legitimate_interest")
    assert done["counts"] == rehearsed["counts"] == {
        "rows": 3,
        "new": 2,
        "updated": 0,
        "unchanged": 0,
        "merged": 0,
        "conflicting": 0,
        "refused": 1,
    }  # fmt: skip
    assert done["refused"]["rows"] == [{"line": 4, "reason": "Email: not an address: no dot after the @"}]
    assert done["permission"]["mailable"] == 2
    assert Path(done["error_file"]).read_text(encoding="utf-8-sig").splitlines()[1].startswith("4,")

    [listed] = json.loads(said("list", "--json").stdout)
    assert (listed["import"], listed["file"], listed["state"], listed["rows_in"]) == (
        done["import"],
        "file.csv",
        "done",
        3,
    )

    undone = document("undo", str(done["import"]))
    assert (undone["leads_voided"], undone["consents_removed"], undone["opt_outs"]) == (2, 2, "stay")
    assert not Lead.objects.filter(voided_at=None).exists()
    assert not Consent.objects.exists()


def test_people_read_what_became_of_each_column_and_row(tmp_path: Path) -> None:
    path = write(tmp_path, (*HEADER, "Zodiac"), (*ANNA, "Leo"), ("a@b", "", "", "", "", ""))

    output = said("leads", path).stdout

    for words in (
        "file.csv: 2 rows, from file",
        "Head of Marketing",
        "left out",
        "1 new, 0 updated, 0 unchanged, 1 refused; of 2 rows.",
        "refused line 3: Email: not an address: no dot after the @",
        "Why may you contact these people?",
        "To take it back: coldframe import undo",
        "The refused rows are in ",
    ):
        assert words in output
    assert "undo" in said("list").stdout or "done" in said("list").stdout


def test_the_error_file_goes_where_it_is_asked_to(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ("a@b", "", "", "", ""))

    assert document("leads", path, "--errors", tmp_path / "mine.csv")["error_file"] == str(
        tmp_path / "mine.csv"
    )
    assert (tmp_path / "mine.csv").exists()


def test_options_reach_the_import(tmp_path: Path) -> None:
    path = write(
        tmp_path, ("Mail", "Seats", "Since", "Title"), ("anna@brightpath.example", "12", "03/04/2026", "CMO")
    )

    done = document(
        "leads", path, "--map", "Mail=email", "--map", "Seats=custom.seats:number", "--map", "Since=entered_at",
        "--dates", "day-first", "--source", "crm", "--collision", "Title=keep",
        "--basis", "consent", "--basis-source", "fair", "--basis-wording", "Yes.",
    )  # fmt: skip

    assert done["source"] == "crm"
    assert {column["column"]: (column["field"], column["rule"]) for column in done["columns"]} == {
        "Mail": ("email", None),
        "Seats": ("custom.seats", None),
        "Since": ("entered_at", None),
        "Title": ("job_title", "keep"),
    }
    lead = Lead.objects.get()
    assert (lead.custom, lead.entered_at.isoformat()[:10]) == ({"seats": 12}, "2026-04-03")
    assert Consent.objects.values_list("source", "wording").get() == ("fair", "Yes.")


def test_the_order_of_dates_is_said_for_one_column_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ("Email", "Create Date", "Consent Date"),
        ("anna@brightpath.example", "03/04/2026", "03/25/2026"),
    )

    document("leads", path, "--dates", "Create Date=day-first")

    lead = Lead.objects.get()
    assert lead.entered_at.isoformat()[:10] == "2026-04-03"
    assert Consent.objects.get().given_at.isoformat()[:10] == "2026-03-25"


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--dates", "Email=american", "day-first or month-first"),
        ("--dates", "american", "day-first or month-first"),
        ("--basis", "hope", "consent, legitimate_interest, contract"),
        ("--collision", "Email=maybe", "keep, replace or fill"),
        ("--map", "Email", "COLUMN=…"),
        ("--time-zone", "Mars/Olympus", "such as Europe/Warsaw"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    tmp_path: Path, option: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path = write(tmp_path, HEADER, ANNA)
    monkeypatch.setattr(sys, "argv", ["coldframe", "import", "leads", str(path), option, value, "--json"])

    with pytest.raises(SystemExit) as caught:
        root.run()

    assert caught.value.code == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["where"], said["expected"]) == (option, expected)


def test_a_file_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="The file does not exist"):
        CliRunner().invoke(app, ["import", "leads", str(tmp_path / "no.csv")], catch_exceptions=False)


class TestAtATerminal:
    @pytest.fixture(autouse=True)
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(start, "is_interactive", lambda: True)

    def run(self, path: Path, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(
            app, ["import", "leads", str(path), *arguments], input=answer, catch_exceptions=False
        )

    def test_the_mapping_is_shown_and_asked_for(self, tmp_path: Path) -> None:
        path = write(tmp_path, HEADER, ANNA)

        refused = self.run(path, answer="n\n")
        assert "Import 1 row? [Y/n]" in refused.stdout
        assert refused.exit_code == 1
        assert not Lead.objects.exists()

        assert self.run(path, answer="y\n").exit_code == 0
        assert Lead.objects.exists()

    def test_yes_asks_nothing(self, tmp_path: Path) -> None:
        assert "[Y/n]" not in self.run(write(tmp_path, HEADER, ANNA), "--yes").stdout
        assert Lead.objects.exists()


def test_what_a_file_holds_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    path = write(tmp_path, (*HEADER, "[bold]x"), (ANNA[0], "[red]Anna[/red]", *ANNA[2:], "\u202eevil"))

    output = said("leads", path).stdout

    assert "[bold]x" in output
    assert "\u202e" not in output


@pytest.mark.parametrize("command", ["accounts", "leads", "opportunities", "events", "list", "undo"])
def test_help_shows_an_example(command: str) -> None:
    output = said(command, "--help").stdout

    assert f"coldframe import {command}" in output
