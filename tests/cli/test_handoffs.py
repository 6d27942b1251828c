"""``coldframe handoffs`` and ``coldframe verdict``: what lies before sales, and what sales says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from coldframe import clock
from coldframe.cli.root import app
from coldframe.delivery import operations as delivery
from coldframe.handoff import queries
from coldframe.handoff.models import Handoff, Verdict
from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture.models import Standing
from tests import world
from tests.nurture import cast
from tests.nurture.cast import HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + HOUR).isoformat())
    assert clock.now() == NOW + HOUR


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "160"})


def before_sales() -> Any:
    cast.use_playbook()
    reader = cast.reader(1, owner="Ewa Lis")
    world.event(reader, kind="form_submitted", form="demo", days_ago=0.05)
    cast.decide()
    return reader


@pytest.mark.parametrize("command", ["handoffs", "rep", "verdict"])
def test_help_shows_an_example(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Example: coldframe {command} " in result.stdout


def test_nothing_before_sales_is_said() -> None:
    assert run("handoffs").stdout == "Nothing waits for an answer of sales.\n"
    assert json.loads(run("handoffs", "--json").stdout) == {"reps": [], "open": []}


def test_the_list_says_who_why_and_how_long_there_is() -> None:
    before_sales()

    (line,) = run("handoffs").stdout.splitlines()

    words = " ".join(line.split())
    assert words.startswith("Reader1 Nowak Company 1 Asked for a demo or a price ")
    assert words.endswith(" h left Ewa Lis")


def test_the_list_is_one_json_document() -> None:
    reader = before_sales()

    (row,) = json.loads(run("handoffs", "--json").stdout)["open"]

    assert (row["lead_id"], row["email"], row["is_hand_raise"], row["state"]) == (
        reader.pk, "reader@company1.example", True, "OPEN",
    )  # fmt: skip
    assert row["opened_at"] == "2026-06-01T09:00:00Z"


def test_who_takes_leads_is_set_in_order() -> None:
    result = run("handoffs", "--rep", "Ewa Lis", "--rep", "Jan Maj", "--json")

    assert json.loads(result.stdout)["reps"] == ["Ewa Lis", "Jan Maj"]


def test_what_is_agreed_with_a_rep_is_set_and_listed_with_the_room() -> None:
    before_sales()
    run("handoffs", "--rep", "Ewa Lis", "--rep", "Jan Maj")

    run("rep", "Ewa Lis", "--most", "5", "--country", "pl", "--email", "ewa@ours.example", "--no-calendar")
    run("rep", "Jan Maj", "--away-until", "2026-07-01")
    lines = run("rep").stdout.splitlines()
    document = json.loads(run("rep", "Ewa Lis", "--most", "-1", "--json").stdout)

    assert lines == [
        "the team  1 of 40 a week",
        "Ewa Lis  1 of 5 a week; PL; ewa@ours.example",
        "Jan Maj  0 of 10 a week; away until 2026-07-01",
    ]
    assert (document["reps"][0]["most"], document["reps"][0]["with_calendar"]) == (None, False)
    assert document["room"][1] == {"name": "Ewa Lis", "takes": 10, "taken": 1, "free_at": None}
    assert isinstance(run("rep", "--most", "5").exception, Refusal)


def test_who_waits_for_room_is_listed_with_the_reason() -> None:
    before_sales()

    assert run("handoffs", "--waiting").stdout == "Nobody waits for room at sales.\n"
    assert json.loads(run("handoffs", "--waiting", "--json").stdout)["waiting"] == []


def test_only_a_connection_for_webhooks_is_told() -> None:
    result = run("handoffs", "--tell", "crm")

    assert isinstance(result.exception, Refusal)
    delivery.add_connection(name="crm", kind="WEBHOOK", at=NOW, settings={"url": "https://crm.example/in"})
    assert run("handoffs", "--tell", "crm").exit_code == 0
    assert queries.find_told_system("sales") == "crm"


def test_an_answer_is_recorded_with_its_words_and_the_next_cycle_acts() -> None:
    reader = before_sales()

    result = run(
        "verdict",
        "reader@company1.example",
        "not-now",
        "--until",
        "2026-07-01",
        "--reason",
        "budget",
        "--by",
        "Ewa",
    )

    assert (result.exit_code, result.stdout) == (
        0,
        "Recorded: not-now. The next cycle takes it into account.\n",
    )
    said = Verdict.objects.get()
    assert (said.answer, said.reason, said.said_by, said.said_at) == ("NOT_NOW", "budget", "Ewa", NOW + HOUR)
    assert said.until is not None
    assert said.until.isoformat() == "2026-07-01T00:00:00+00:00"
    cast.decide(NOW + HOUR)
    assert Standing.objects.get(lead=reader).status == "NURTURE"
    assert Handoff.objects.get().state == "ANSWERED"


def test_an_answer_as_json() -> None:
    reader = before_sales()

    said = json.loads(run("verdict", "reader@company1.example", "Accepted", "--json").stdout)

    assert said == {"lead_id": reader.pk, "answer": "ACCEPTED", "until": None, "reason": ""}


BAD = {
    "a word that is none": (["reader@company1.example", "maybe"], "No such answer.", "maybe"),
    "a day that is none": (
        ["reader@company1.example", "not-now", "--until", "soon"],
        "That is no day.",
        "soon",
    ),
    "no day": (["reader@company1.example", "not-now"], "“Not now” needs a date.", "--until"),
    "no reason": (["reader@company1.example", "not-a-fit"], "“Not a fit” needs a reason.", "--reason"),
    "a stranger": (["nobody@nowhere.example", "accepted"], "nobody@nowhere.example", ""),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_words(case: str) -> None:
    words, said, also = BAD[case]
    before_sales()

    result = run("verdict", *words)

    assert result.exit_code != 0
    told = result.output + str(result.exception)
    assert said in told
    assert also in told
    assert Verdict.objects.count() == 0


def test_an_answer_to_nothing_is_refused() -> None:
    cast.use_playbook()
    cast.reader(1)

    result = run("verdict", "reader@company1.example", "accepted")

    assert isinstance(result.exception, Refusal) or "Nothing of this lead waits" in result.output
    assert "coldframe handoffs" in result.output + str(result.exception)
