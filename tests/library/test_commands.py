"""The commands ``coldframe playbook …`` as a person and a program use them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coldframe.cli import root
from coldframe.leads.models import CustomField
from coldframe.library import queries, starters

MINE = """\
playbook: 1
name: Mine
cycle: 12
"""


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


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    file = tmp_path / "mine.yaml"
    file.write_text(starters.read("saas").replace("name: SaaS", "name: Mine"), encoding="utf-8")
    return file


def test_check_says_that_nothing_is_wrong(coldframe: Any, mine: Path) -> None:
    assert coldframe("playbook", "check", str(mine)) == (
        0,
        f'{mine}: nothing wrong. "Mine" can be used.\n',
        "",
    )


def test_check_says_everything_that_is_wrong_and_exits_with_2(coldframe: Any, mine: Path) -> None:
    mine.write_text(
        mine.read_text(encoding="utf-8").replace("half_life: 30 days", "half_life: 30", 1), encoding="utf-8"
    )

    code, out, err = coldframe("playbook", "check", str(mine))

    assert (code, err) == (2, "")
    assert out.endswith(
        "PB203  signals.problem_page.half_life\n"
        'expected a duration such as "14 days", got 30.\n'
        'Write the unit: "30 days".\n\n'
        f"{mine}: 1 mistake. It cannot be used yet.\n"
    )


def test_check_gives_a_program_one_document(coldframe: Any, mine: Path) -> None:
    mine.write_text(MINE, encoding="utf-8")

    code, out, _ = coldframe("playbook", "check", str(mine), "--json")
    document = json.loads(out)

    assert code == 2
    assert (document["file"], document["is_valid"], document["warnings"]) == (str(mine), False, [])
    assert document["mistakes"][-1] == {
        "file": str(mine), "line": 3, "column": 8, "code": "PB203", "where": "cycle",
        "expected": 'a duration such as "14 days"', "got": "12", "advice": 'Write the unit: "12 days".', "is_warning": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "The file cannot be read."), (b"name: \xff\xfe", "The file is no UTF-8 text.")],
    ids=["absent", "other encoding"],
)
def test_a_file_that_holds_no_text_is_refused(
    coldframe: Any, tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "odd.yaml"
    if content is not None:
        file.write_bytes(content)

    code, out, err = coldframe("playbook", "check", str(file))

    assert (code, out) == (2, "")
    assert err.startswith(f"{file}: {says}\n")


def test_a_file_of_gigabytes_is_not_read(coldframe: Any, tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as stream:
        stream.truncate(8 * 1024**3)

    code, out, _ = coldframe("playbook", "check", str(file))

    assert code == 2
    assert "PB101" in out


def test_a_byte_order_mark_is_no_mistake(coldframe: Any, mine: Path) -> None:
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes())

    assert coldframe("playbook", "check", str(mine))[0] == 0


@pytest.mark.django_db
def test_use_publishes_a_file_and_makes_it_active(coldframe: Any, mine: Path) -> None:
    code, out, err = coldframe("playbook", "use", str(mine))

    assert (code, err) == (0, "")
    assert out == 'Version 1, "Mine", is active. Nothing was sent.\nSee what it decides: coldframe assess\n'
    assert queries.get_active_playbook().text == mine.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_use_says_which_fields_of_ones_own_nobody_has_brought(coldframe: Any, mine: Path) -> None:
    CustomField.objects.create(entity="lead", name="seats", label="Seats", kind="NUMBER")
    rules = "  rules:\n" + "".join(
        f"    - {{name: {name}, when: {{field: lead.custom.{name}, at_least: 10}}, points: 5}}\n"
        for name in ("seats", "seets")
    )
    mine.write_text(mine.read_text(encoding="utf-8").replace("  rules:\n", rules, 1), encoding="utf-8")

    _, out, _ = coldframe("playbook", "use", str(mine))

    assert out.splitlines()[1] == (
        "No import has brought lead.custom.seets, so nothing that asks for it holds. Did you mean lead.custom.seats?"
    )
    assert "custom.seats," not in out


@pytest.mark.django_db
def test_use_takes_a_starter_by_name(coldframe: Any) -> None:
    _, out, _ = coldframe("playbook", "use", "software-house", "--json")

    assert json.loads(out) == {
        "number": 1,
        "name": "Software house",
        "origin": "starter software-house",
        "is_active": True,
    }


@pytest.mark.django_db
def test_use_of_a_broken_playbook_changes_nothing(coldframe: Any, mine: Path) -> None:
    coldframe("playbook", "use", "saas")
    mine.write_text(MINE, encoding="utf-8")

    code, out, err = coldframe("playbook", "use", str(mine))

    assert (code, out) == (2, "")
    assert f"{mine}:3:8  PB203  cycle" in err
    assert [version.name for version in queries.list_versions()] == ["SaaS"]


@pytest.mark.django_db
def test_use_of_an_unknown_name_names_the_nearest_starter(coldframe: Any) -> None:
    code, _, err = coldframe("playbook", "use", "sas")

    assert code == 2
    assert err.endswith('Did you mean "saas"?\n')


@pytest.mark.django_db
def test_show_prints_the_active_text_as_it_was_written(coldframe: Any) -> None:
    assert coldframe("playbook", "show") == (0, starters.read("default"), "")


@pytest.mark.django_db
def test_show_gives_a_program_the_structure(coldframe: Any, mine: Path) -> None:
    coldframe("playbook", "use", str(mine))

    _, out, _ = coldframe("playbook", "show", "1", "--json")
    document = json.loads(out)

    assert (document["number"], document["name"], document["text"]) == (
        1,
        "Mine",
        mine.read_text(encoding="utf-8"),
    )
    assert document["playbook"]["cadence"]["floor"] == "30 days"


@pytest.mark.django_db
def test_list_marks_the_active_version(coldframe: Any, mine: Path) -> None:
    coldframe("playbook", "use", str(mine))
    coldframe("playbook", "use", "saas")

    _, lines, _ = coldframe("playbook", "list")
    _, document, _ = coldframe("playbook", "list", "--json")

    assert [line.split()[:2] for line in lines.splitlines()] == [
        ["2", "active"],
        ["1", lines.splitlines()[1].split()[1]],
    ]
    assert lines.splitlines()[0].endswith("SaaS  (starter saas)")
    assert [(each["number"], each["is_active"]) for each in json.loads(document)["versions"]] == [
        (2, True),
        (1, False),
    ]


def test_starters_are_named_and_printed(coldframe: Any) -> None:
    code, out, _ = coldframe("playbook", "starters")

    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        "default",
        "saas",
        "software-house",
        "professional-services",
    ]
    assert coldframe("playbook", "starters", "saas")[1] == starters.read("saas")
    assert json.loads(coldframe("playbook", "starters", "saas", "--json")[1])["starters"][0][
        "text"
    ] == starters.read("saas")


def test_a_starter_printed_to_a_file_can_be_used(coldframe: Any, tmp_path: Path) -> None:
    file = tmp_path / "begin.yaml"
    file.write_text(coldframe("playbook", "starters", "professional-services")[1], encoding="utf-8")

    assert coldframe("playbook", "check", str(file))[0] == 0


@pytest.mark.parametrize("command", ["check", "show", "list", "use", "starters", "reference"])
def test_every_command_shows_an_example(coldframe: Any, command: str) -> None:
    assert "Example: coldframe playbook" in coldframe("playbook", command, "--help")[1]


@pytest.mark.django_db
def test_diff_says_what_one_version_says_otherwise(coldframe: Any, mine: Path) -> None:
    coldframe("playbook", "use", "saas")
    coldframe("playbook", "use", str(mine))

    code, out, _ = coldframe("playbook", "diff", "1", "2")
    assert (code, out) == (0, "changed   name  SaaS → Mine\n")
    _, told, _ = coldframe("playbook", "diff", "1", "--json")
    [only] = json.loads(told)["differences"]
    assert (only["path"], only["sort"], only["after"]) == (["name"], "CHANGED", "Mine")


@pytest.mark.django_db
def test_diff_of_a_version_with_itself_says_so(coldframe: Any) -> None:
    coldframe("playbook", "use", "saas")

    assert coldframe("playbook", "diff", "1", "1")[1].startswith("Version 1 says the same as version 1")
