"""The commands ``coldframe reports``."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import remembering
from tests.reports.test_acceptance import told
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    remembering.forget()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["reports", *words])


def test_acceptance_is_said_with_counts_shares_and_what_mostly_comes_back() -> None:
    told("trigger:Ready", "ACCEPTED")
    for _ in range(4):
        told("trigger:Weak [b]", "NOT_NOW")

    said = run("acceptance").stdout

    assert "5 handoffs; 1 of 5 accepted = 20% (4% to 62%)" in said
    assert "Weak [b]: 4 of 4 came back" in said


def test_programs_get_one_document_with_definitions_and_rows() -> None:
    told("trigger:Ready", "ACCEPTED")

    document = json.loads(run("acceptance", "--json", "--days", "30").stdout)

    assert document["definitions"]["acceptance_rate"].startswith("accepted / answered")
    assert document["since"] == "2026-05-02T09:00:00Z"
    assert document["total"]["rows"]["accepted"] == "/results/handoffs?what=accepted&days=30"


def test_where_nobody_was_before_sales_it_says_so() -> None:
    assert run("acceptance").stdout == "Nobody was put before sales in this time.\n"
    assert isinstance(run("acceptance", "--days", "-3").exception, Refusal)
