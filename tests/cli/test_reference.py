"""The generated page of commands."""

from __future__ import annotations

from pathlib import Path

from coldframe.cli import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "commands.md"


def test_the_page_of_commands_says_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.markdown()


def test_every_command_shows_an_example() -> None:
    text = reference.markdown()

    without = [part.split("\n")[0] for part in text.split("\n## ")[1:] if "xample" not in part]

    assert without == []


def test_every_command_speaks_json() -> None:
    text = reference.markdown()

    without = [part.split("\n")[0] for part in text.split("\n## ")[1:] if "`--json`" not in part]

    assert without == []
