"""A command line that cannot be used is refused as one JSON document where JSON was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from coldframe.cli import root
from tests import serving


def run_as(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Set the command line, and have what the program does to the process undone afterwards."""
    monkeypatch.setattr(sys, "argv", ["coldframe", *words])
    for module in (sys, threading):
        monkeypatch.setattr(module, "excepthook", module.excepthook)


def refuse(
    *words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    """Run a command that is refused; return what it printed on standard output and error."""
    run_as(monkeypatch, *words)
    with pytest.raises(SystemExit) as ended:
        root.run()
    assert ended.value.code == 2
    said = capsys.readouterr()
    return said.out, said.err


@pytest.mark.parametrize(
    ("words", "error", "where"),
    [
        (["assess", "--jsn", "--json"], "No such option: --jsn", "coldframe assess"),
        (["assess", "--json", "now"], "Got unexpected extra argument", "coldframe assess"),
        (["import", "leads", "--json"], "Missing argument 'FILE'.", "coldframe import leads"),
        (["import", "undo", "x", "--json"], "Invalid value for 'NUMBER'", "coldframe import undo"),
        (["impor", "--json"], "No such command 'impor'.", "coldframe"),
        (["import", "--json"], "No such option: --json", "coldframe import"),
        (["--json"], "No such option: --json", "coldframe"),
    ],
)
def test_a_command_line_that_cannot_be_used_is_one_document(
    words: list[str],
    error: str,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, err = refuse(*words, monkeypatch=monkeypatch, capsys=capsys)

    document = json.loads(out)
    assert list(document) == ["error", "where", "expected", "got", "advice"]
    assert document["error"].startswith(error)
    assert (document["where"], document["advice"]) == (where, f"`{where} -h` shows what there is.")
    assert err == ""


def test_people_are_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = refuse("import", "leads", monkeypatch=monkeypatch, capsys=capsys)

    assert out == ""
    assert "Missing argument 'FILE'." in err


def test_help_ends_well_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_as(monkeypatch, "assess", "--json", "-h")

    with pytest.raises(SystemExit) as ended:
        root.run()

    assert ended.value.code == 0
    assert "Usage: coldframe assess" in capsys.readouterr().out


def test_a_command_starts_without_what_only_answers_over_the_network_needs(tmp_path: Path) -> None:
    code = "from coldframe.cli import root, start; start.set_up(); import sys; print('ninja' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=serving.environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"
