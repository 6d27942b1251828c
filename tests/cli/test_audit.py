"""``coldframe audit`` as a person or a program meets it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.nurture.models import Standing
from tests.reports import base

pytestmark = pytest.mark.django_db
SENTENCE = (
    "Of 9 leads 7 are worth working on: 1 for sales now, 6 to nurture; the fit of 2 of them hangs on missing fields; "
    "2 may not be mailed; 4 may not be mailed until a basis is stated; 1 has no address; 2 are let go."
)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", base.NOW.isoformat())


def test_help_shows_an_example():
    result = CliRunner().invoke(app, ["audit", "--help"], env={"COLUMNS": "120"})

    assert result.exit_code == 0
    assert "coldframe audit --html audit.html" in result.stdout


def test_the_terminal_begins_with_the_sentence_and_holds_80_columns():
    base.fill()

    result = CliRunner().invoke(app, ["audit"], env={"COLUMNS": "80"})

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert " ".join(lines[:3]) == SENTENCE
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.stdout
    assert Standing.objects.count() == 0


def test_json_is_one_document_with_every_section():
    base.fill()

    result = CliRunner().invoke(app, ["audit", "--json"])

    document = json.loads(result.stdout)
    assert (document["sentence"], document["as_of"], document["is_stored"]) == (
        SENTENCE,
        "2026-06-01T09:00:00Z",
        False,
    )
    assert document["worth"]["figures"][0] == {
        "key": "to-sales", "label": "To sales now", "count": 1, "of": 9, "leads": None, "share": 0.1111,
    }  # fmt: skip
    assert document["sources"][0].keys() >= {"good_share", "good_low", "good_high", "to_sales_share", "leads"}
    assert [each["key"] for each in document["axes"]] == [
        "fit_level", "fit_verdict", "intent_level", "stage", "timing", "missing_count", "segment", "path",
    ]  # fmt: skip


def test_html_goes_to_the_file_and_nothing_to_standard_output(tmp_path):
    base.fill()

    result = CliRunner().invoke(app, ["audit", "--html", str(tmp_path / "audit.html")])

    assert result.stdout == ""
    assert result.stderr.split() == ["Written", "to", f"{tmp_path}/audit.html."]
    assert SENTENCE in (tmp_path / "audit.html").read_text(encoding="utf-8")


def test_json_and_html_can_be_had_at_once(tmp_path):
    base.fill()

    result = CliRunner().invoke(app, ["audit", "--json", "--html", str(tmp_path / "audit.html")])

    assert json.loads(result.stdout)["lead_count"] == 9
    assert (tmp_path / "audit.html").exists()


def test_the_first_audit_of_an_empty_folder_says_what_to_do():
    result = CliRunner().invoke(app, ["audit"], catch_exceptions=False)

    assert result.stdout == "There are no leads yet: coldframe import leads FILE takes some in.\n"
