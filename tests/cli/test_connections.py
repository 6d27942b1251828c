"""``coldframe connections``: ways out are set up from the command line, and no secret is ever shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.delivery import handing
from coldframe.delivery.channels.webhook import destinations
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal
from tests.delivery import http_sink

pytestmark = pytest.mark.django_db
SECRET = "planted-s3cret-of-the-test"


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, ["connections", *words], env=environment)


def refused(*words: str, **environment: str) -> str:
    """Return what the command says no with; the root prints it."""
    result = run(*words, **environment)
    assert isinstance(result.exception, Refusal), result.output
    return str(result.exception)


@pytest.fixture
def secret_file(tmp_path: Path) -> str:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return str(file)


def add_main(secret_file: str) -> Result:
    return run(
        "add", "main", "smtp", "--host", "mail.ours.se", "--user", "anna", "--from", "anna@ours.se",
        "--postal-address", "Gatan 1, 111 22 Stockholm", "--secret-file", secret_file,
    )  # fmt: skip


def secret_of(name: str) -> str:
    return handing.secret_of(Connection.objects.get(name=name))


def test_a_connection_is_added_listed_changed_and_removed(secret_file: str):
    assert add_main(secret_file).exit_code == 0
    assert "main              smtp       mail.ours.se" in run("list").stdout
    assert "coldframe sending check main" in run("list").stdout

    changed = run("change", "main", "--port", "2525", "--json")
    assert json.loads(changed.stdout) == {"changed": "main", "has_lost_secret": True, "went_home": False}
    assert not Connection.objects.get(name="main").secret
    again = run("change", "main", "--host", "mail2.ours.se", "--secret-file", secret_file)
    assert again.stdout == "Changed main.\n"
    assert secret_of("main") == SECRET
    moved = run("change", "main", "--host", "mail3.ours.se").stdout
    assert "give it again with --secret-file" in moved

    assert "Say --yes" in refused("remove", "main")
    assert run("remove", "main", "--yes").exit_code == 0
    assert not Connection.objects.filter(name="main").exists()


def test_a_secret_is_never_shown_and_lies_encrypted(secret_file: str):
    outputs = [
        add_main(secret_file),
        run("list"),
        run("list", "--json"),
        run("change", "main", "--per-day", "9", "--json"),
    ]

    assert secret_of("main") == SECRET
    assert all(SECRET not in each.output for each in outputs)
    row = Connection.objects.values().get(name="main")
    assert SECRET not in str(row)
    assert json.loads(outputs[2].stdout)["connections"][0]["has_secret"] is True


def test_a_secret_comes_from_the_environments_file(secret_file: str):
    run("add", "p", "provider", "--provider", "postmark", COLDFRAME_CONNECTION_SECRET_FILE=secret_file)

    assert secret_of("p") == SECRET


@pytest.mark.parametrize("each", ["password=x", "secret=x", "api_key=x"])
def test_a_secret_is_not_taken_from_the_command_line(each: str):
    assert "where others see it" in refused("add", "p", "provider", "--provider", "postmark", "--set", each)
    assert not [
        option for option in run("add", "--help").stdout.split() if option in {"--secret", "--password"}
    ]


def test_the_public_half_of_a_pair_is_no_secret(secret_file: str):
    result = run(
        "add",
        "p",
        "provider",
        "--provider",
        "mailjet",
        "--set",
        "api_key=public",
        "--secret-file",
        secret_file,
    )

    assert result.exit_code == 0, result.output
    assert Connection.objects.get(name="p").settings["api_key"] == "public"


def test_a_webhooks_secret_is_made_here_and_shown_once():
    added = run("add", "hook", "webhook", "--url", "https://hooks.example.com/x", "--json")

    made = json.loads(added.stdout)["signing_secret"]
    assert made.startswith("whsec_")
    assert made not in run("list", "--json").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "x", "pigeon"], "smtp | provider | webhook"),
        (["add", "x", "smtp"], "A mail server has a host."),
        (["add", "x y", "smtp", "--host", "h.se"], "A name has letters"),
        (["add", "x", "smtp", "--host", "h.se", "--set", "odd"], "name=value"),
        (["add", "x", "smtp", "--host", "h.se", "--set", "odd=1"], "There is no such setting."),
        (["add", "x", "smtp", "--host", "h.se", "--from", "a@b.se\nBcc: c@d.se"], "exactly one address"),
        (["add", "x", "webhook", "--url", "http://hooks.example.com"], "Only https"),
        (["add", "x", "smtp", "--host", "h.se", "--secret-file", "/nowhere"], "cannot be read"),
        (["change", "nobody", "--host", "h.se"], 'no connection "nobody"'),
        (["remove", "nobody", "--yes"], 'no connection "nobody"'),
        (["test", "nobody"], 'no connection "nobody"'),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(words: list[str], said: str):
    assert said in refused(*words)


def test_every_provider_is_listed_with_what_it_needs():
    shown = run("list", "--providers").stdout

    assert "mailjet        Mailjet: api_key, its secret (secret_key)." in shown
    assert "Needs the package boto3." in shown
    assert len(json.loads(run("list", "--providers", "--json").stdout)["providers"]) == 14


def test_a_test_of_a_webhook_calls_it_once(settings: Any):
    with http_sink.running() as sink:
        settings.WEBHOOK_HOSTS = [f"127.0.0.1:{sink.port}"]
        run("add", "hook", "webhook", "--url", sink.url)

        result = run("test", "hook", "--json")

    assert (json.loads(result.stdout)["result"], result.exit_code) == ("SENT", 0)
    assert json.loads(sink.asked[0].body)["type"] == "test"


def test_a_webhook_of_ones_own_network_is_refused_until_it_is_named():
    assert "COLDFRAME_WEBHOOK_HOSTS" in refused("add", "hook", "webhook", "--url", "http://127.0.0.1:8000/")
    with pytest.raises(destinations.ForbiddenDestination):
        destinations.addresses_of(destinations.parse("https://127.0.0.1/"))


def test_a_test_of_a_mail_server_that_is_not_there_says_so(secret_file: str):
    run(
        "add",
        "main",
        "smtp",
        "--host",
        "127.0.0.1",
        "--port",
        "9",
        "--security",
        "none",
        "--secret-file",
        secret_file,
    )

    result = run("test", "main")

    assert "127.0.0.1 does not let us in" in result.stdout
    assert result.exit_code == 2
