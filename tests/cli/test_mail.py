"""``coldframe mail`` and ``coldframe sources add mailbox``."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coldframe.activity import digesting, sources
from coldframe.activity.mailboxes import BadMailbox
from coldframe.activity.models import ReceivedMail, Source
from coldframe.cli.mail import BadAnswer, NotKept
from coldframe.cli.root import app
from coldframe.work import trades
from tests import imap_server, world
from tests.imap_server import Post
from tests.world import NOW

pytestmark = pytest.mark.django_db

MAIL = b"""From: anna@brightpath.example
Subject: Re: A checklist
Message-ID: <1@brightpath.example>
Date: Mon, 01 Jun 2026 08:00:00 +0000

How much is it?
"""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture
def post() -> Iterator[Post]:
    with imap_server.serving(Post()) as served:
        yield served


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def add_mailbox(post: Post, *more: str, password: str, tmp_path: Path) -> Any:
    file = tmp_path / "password"
    file.write_text(password)
    where = ["--host", "127.0.0.1", "--port", str(post.port), "--security", "none", "--user", post.user]
    return run("sources", "add", "mailbox", "inbox", *where, "--secret-file", str(file), *more)


def test_a_mailbox_is_opened_before_it_is_added(post: Post, tmp_path: Path) -> None:
    refused = add_mailbox(post, password="wrong", tmp_path=tmp_path)
    assert isinstance(refused.exception, BadMailbox)
    assert not Source.objects.exists()

    added = add_mailbox(post, "--json", password=post.password, tmp_path=tmp_path)

    assert json.loads(added.stdout)["host"] == "127.0.0.1"
    assert post.password not in added.stdout
    source = Source.objects.get()
    assert (source.kind, sources.open_secret(source)) == ("MAILBOX", post.password)


def test_mails_from_files_are_read_listed_shown_and_settled(tmp_path: Path) -> None:
    world.anna()
    file = tmp_path / "reply.eml"
    file.write_bytes(MAIL)
    assert run("mail", "list").stdout == "No mail waits for a person.\n"

    run("mail", "import", str(file), str(file))
    digesting.run_turn(digesters=trades.digesters(), at=NOW)
    number = str(ReceivedMail.objects.get().pk)
    listed = run("mail", "list").stdout
    told = json.loads(run("mail", "list", "--json").stdout)
    shown = run("mail", "raw", number).stdout_bytes
    as_json = json.loads(run("mail", "raw", number, "--json").stdout)
    settled = run("mail", "settle", number, "answered", "--by", "kim").stdout

    assert "reply         Anna Kowalska" in listed
    assert "from anna@brightpath.example: Re: A checklist" in listed
    assert "How much is it?" in listed
    assert told["counts"] == {"REPLY": 1}
    assert shown == base64.b64decode(as_json["base64"]) == MAIL
    assert settled == f"Mail {number} is settled: answered.\n"
    assert run("mail", "list").stdout == "No mail waits for a person.\n"
    assert "How much is it?" in run("mail", "list", "--all").stdout


def test_what_makes_no_sense_is_refused_with_what_does() -> None:
    assert isinstance(run("mail", "settle", "17", "maybe").exception, BadAnswer)
    assert "answered, reply" in str(run("mail", "settle", "17", "maybe").exception)
    assert "no such mail" in str(run("mail", "settle", "17", "answered").exception)
    assert isinstance(run("mail", "raw", "17").exception, NotKept)
