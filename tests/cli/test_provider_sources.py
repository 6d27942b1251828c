"""``coldframe sources add provider``: the address to enter, and no source whose calls could be forged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coldframe.activity import sources
from coldframe.activity.models import Source
from coldframe.activity.providers import NotSecured
from coldframe.cli.root import app
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setenv("COLDFRAME_BASE_URL", "https://mail.ours.example")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["sources", *words])


def test_the_address_to_enter_is_shown_with_the_password_that_was_made() -> None:
    result = run("add", "provider", "pm", "--provider", "postmark", "--json")

    said = json.loads(result.stdout)
    assert said["address"] == f"https://{said['password']}@mail.ours.example/hooks/providers/pm"
    assert said["inbound_address"] == f"{said['address']}/inbound"
    assert said["password"].startswith("coldframe:")
    source = Source.objects.get(name="pm")
    assert (source.kind, sources.open_secret(source)) == ("PROVIDER", said["password"])


def test_a_signing_key_is_read_from_a_file_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-signing-key\n")

    result = run("add", "provider", "mg", "--provider", "mailgun", "--secret-file", str(file))

    assert "https://mail.ours.example/hooks/providers/mg\n" in result.stdout
    assert "a-signing-key" not in result.stdout
    assert sources.open_secret(Source.objects.get()) == "a-signing-key"


def test_a_source_without_a_key_is_refused_with_where_to_find_it() -> None:
    result = run("add", "provider", "mg", "--provider", "mailgun")

    assert isinstance(result.exception, NotSecured)
    assert "HTTP webhook signing key" in str(result.exception)
    assert not Source.objects.exists()


def test_amazon_needs_the_topic() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:mail"

    without = run("add", "provider", "ses", "--provider", "amazon_ses")
    named = run("add", "provider", "ses", "--provider", "amazon_ses", "--topic", topic)

    assert isinstance(without.exception, NotSecured)
    assert named.exit_code == 0, named.output
    assert Source.objects.get().settings == {"provider": "amazon_ses", "topic": topic}


def test_a_change_that_would_leave_it_to_be_forged_is_refused(tmp_path: Path) -> None:
    run("add", "provider", "pm", "--provider", "postmark")
    short = tmp_path / "short"
    short.write_text("esp:short")

    other = run("change", "pm", "--set", "provider=mailgun")
    guessed = run("change", "pm", "--secret-file", str(short))
    same = run("change", "pm", "--set", "note=ours")

    assert isinstance(other.exception, NotSecured)
    assert isinstance(guessed.exception, NotSecured)
    assert same.exit_code == 0, same.output
    assert Source.objects.get().settings == {"provider": "postmark", "note": "ours"}


def test_what_was_refused_is_listed_and_told_by_doctor() -> None:
    run("add", "provider", "pm", "--provider", "postmark")
    sources.note(heard={}, refused={Source.objects.get().pk: {"wrong_password": 3}})

    listed = run("list")
    examined = CliRunner().invoke(app, ["doctor", "--json"])

    assert "3 refused (wrong_password)" in listed.stdout
    assert json.loads(examined.stdout)["running"]["refused"] == {"pm": {"wrong_password": 3}}
