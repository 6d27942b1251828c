"""``coldframe sending``: says what is missing, and switches nothing on before it is there."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import Result
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.delivery import golive, operations, queries, setup
from coldframe.delivery.channels.audience import channel as audience
from coldframe.kernel.vocabulary import Refusal
from coldframe.outbox import holding
from tests.delivery.test_golive import mail_server
from tests.delivery.test_inside import errand, hand_over

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def add(port: int) -> None:
    setup.add(
        name="main", kind="SMTP", settings={"host": "127.0.0.1", "port": port, "security": "none"}, secret="", at=AT,
        sender_address="anna@ours.example", postal_address="Gatan 1, 111 22 Stockholm",
    )  # fmt: skip


def test_a_fresh_installation_sends_nothing():
    operations.ensure_local_connection(at=AT)

    assert "Nothing leaves the house" in run("sending", "status").stdout
    assert json.loads(run("sending", "status", "--json").stdout)["live"] == []
    assert "Nothing was on." in run("sending", "off").stdout


def test_what_is_missing_is_said_and_keeps_it_off():
    with mail_server() as port:
        add(port)

        checked = run("sending", "check", "main")
        switched = run("sending", "on", "main")

    assert checked.exit_code == 2
    assert "missing SENDER_RESERVED: ours.example exists on paper alone." in checked.stdout
    assert "missing BASE_URL_LOCAL" in checked.stdout
    assert "ok      SERVER: 127.0.0.1 lets us in." in checked.stdout
    assert isinstance(switched.exception, golive.NotReady)
    assert queries.list_live() == []


def test_a_server_of_ones_own_is_switched_on_and_off():
    with mail_server() as port:
        add(port)

        on = run("sending", "on", "main", "--accept", "SENDER_RESERVED", "--accept", "BASE_URL_LOCAL")

    assert on.exit_code == 0, on.output
    assert "Messages leave by: main." in run("sending", "status").stdout
    assert json.loads(run("sending", "off", "--json").stdout) == {"off": ["main"]}
    assert queries.list_live() == []


@pytest.mark.parametrize("words", [("check", "nobody"), ("on", "nobody"), ("off", "nobody")])
def test_a_connection_that_nobody_knows_is_named(words: tuple[str, ...]):
    result = run("sending", *words)

    assert isinstance(result.exception, Refusal)
    assert 'no connection "nobody"' in str(result.exception)


def test_a_hold_is_said_and_lifted_by_a_person():
    holding.make_known(at=AT)
    holding.hold(cause=holding.Cause.RESTORED, reason="A backup was put in place.", at=AT, by="restore")

    assert "Held: A backup was put in place." in run("sending", "status").stdout
    assert run("sending", "resume").exit_code == 0
    assert "Held" not in run("sending", "status").stdout


def test_lists_and_tasks_are_to_be_had(tmp_path):
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=AT)
    setup.add(name="crew", kind="TASK", settings={}, secret="", at=AT)
    assert "Nobody is on a list yet." in run("audience", "export", str(tmp_path)).stdout
    assert "Nothing is to be done." in run("tasks", "list").stdout
    hand_over("ads", audience.compose(audience="educate", lead_id=1, email="a@x.se", phone=None))
    hand_over("crew", errand(7, "Ewa", 3))

    assert "educate: 1 in, 0 out" in run("audience", "export", str(tmp_path)).stdout
    listed = json.loads(run("tasks", "list", "--owner", "Ewa", "--json").stdout)["tasks"]
    assert [each["title"] for each in listed] == ["Call lead 7"]
    number = str(listed[0]["id"])
    assert run("tasks", "done", number, "--by", "Ewa").exit_code == 0
    assert isinstance(run("tasks", "done", number).exception, Refusal)
