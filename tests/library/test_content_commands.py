"""The commands ``coldframe content …`` as a person and a program use them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldframe.cli import root
from coldframe.library import queries
from tests.world import anna

pytestmark = pytest.mark.django_db


@pytest.fixture
def coldframe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command as the shell does; return exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["coldframe", *arguments])
        with pytest.raises(SystemExit) as end:
            root.run()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return run


def test_list_names_everything_that_can_be_sent_with_its_words(coldframe: Any) -> None:
    code, out, err = coldframe("content", "list")

    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == [
        "asset:why-it-happens",
        "problem_awareness",
        "why",
        "it",
        "happens",
    ]
    assert len(out.splitlines()) == 25
    assert "no template" not in out


def test_list_gives_a_program_one_document(coldframe: Any) -> None:
    document = json.loads(coldframe("content", "list", "--json")[1])

    assert document["contents"][-1] == {
        "content_key": "question:lead.timeline",
        "stage": None,
        "title": "When would you like this solved?",
        "template": "the time",
    }


def test_preview_prints_the_text_and_writes_the_html(coldframe: Any, tmp_path: Path) -> None:
    anna()
    file = tmp_path / "preview.html"

    code, out, err = coldframe(
        "content",
        "preview",
        "asset:faq",
        "--lead",
        "Anna@Brightpath.example",
        "--html",
        str(file),
        "--sender",
        "Kim",
    )

    assert (code, err) == (0, "")
    assert out.startswith("Subject: What people ask before they start\n\nHello Anna,\n")
    assert out.endswith(f"Best regards\nKim\n\nThe HTML part is in {file}.\n")
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_preview_gives_a_program_one_document(coldframe: Any) -> None:
    who = anna()

    document = json.loads(
        coldframe("content", "preview", "follow_up:2026-10-01", "--lead", str(who.pk), "--json")[1]
    )

    assert (document["lead_id"], document["subject"], document["held_for"]) == (
        who.pk,
        "October 2026 has come: is it still on your list?",
        None,
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["asset:fag", "--lead", "anna@brightpath.example"], 'Did you mean "asset:faq"?'),
        (["asset:faq", "--lead", "hanna@brightpath.example"], "No lead is known by"),
        (
            ["asset:faq", "--lead", "anna@brightpath.example", "--html", "/nowhere/x.html"],
            "cannot be written",
        ),
    ],
    ids=["content", "lead", "file"],
)
def test_preview_refuses_in_words(coldframe: Any, arguments: list[str], says: str) -> None:
    anna()

    code, out, err = coldframe("content", "preview", *arguments)

    assert (code, out) == (2, "")
    assert says in err


def test_map_shows_every_stage_and_what_is_missing(coldframe: Any) -> None:
    code, out, err = coldframe("content", "map")

    assert (code, err) == (0, "")
    assert "\nResearch: What options exist?\n" in out
    assert "guide, overview, industry-report" in out
    assert out.endswith("Gaps: 0; leads that wait for something to read: 0\n")


def test_map_gives_a_program_one_document(coldframe: Any) -> None:
    document = json.loads(coldframe("content", "map", "--json")[1])

    assert len(document["cells"]) == 6 * 6
    assert document["cells"][0]["stage"] == "problem_awareness"
    assert document["unstaged_count"] == 0


def test_assets_and_templates_can_be_read(coldframe: Any) -> None:
    coldframe("content", "list")

    guide = queries.get_asset(key="guide")

    assert (guide.asset.title, guide.content_key, guide.template_name) == (
        "A guide to the ways of solving it",
        "asset:guide",
        "guide",
    )
    assert guide in queries.list_assets()
    assert queries.list_templates()[0].name == "why it happens"
    with pytest.raises(queries.NoSuchAsset) as refusal:
        queries.get_asset(key="gudie")
    assert refusal.value.advice == 'Did you mean "guide"?'


@pytest.mark.parametrize("command", ["list", "preview", "map"])
def test_every_command_shows_an_example(coldframe: Any, command: str) -> None:
    assert f"Example: coldframe content {command}" in coldframe("content", command, "--help")[1]
