"""What the documentation points at exists: files, headings, commands and their options, decisions by number."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from coldframe.cli.root import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")],
    key=str,
)
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
#: What comes before a command on its line, and where the command ends.
BEFORE = re.compile(r"^(?:ExecStart=)?(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\./|/opt/coldframe/)?coldframe ")
AFTER = re.compile(r"\s+(?:#|\||>|&&|…).*|…")
DEVELOPERS = re.compile(r"^\./coldframe-dev (\w+)")


class Shown(NamedTuple):
    """A command as a page shows it."""

    page: str
    text: str


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """The text of a page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@lru_cache
def anchors(page: Path) -> frozenset[str]:
    """The headings of a page, as links name them."""
    return frozenset(slug(each) for each in HEADING.findall(prose(page)))


def slug(heading: str) -> str:
    """
    Return a heading as links name it.

    >>> slug("What `check` looks at: sender, domain")
    'what-check-looks-at-sender-domain'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def broken_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading of one."""
    for target in LINK.findall(CODE.sub("", prose(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            yield target


def lines_shown(page: Path) -> Iterator[str]:
    """Yield every line of code of a page: those of its blocks, and what stands in its sentences."""
    text = page.read_text(encoding="utf-8")
    for block in FENCE.findall(text):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()[1:-1]
    yield from CODE.findall(FENCE.sub("", text))


def commands_shown() -> Iterator[Shown]:
    """Yield every command of ours that a page shows, without what comes before and after it."""
    for page in PAGES:
        for line in lines_shown(page):
            found = BEFORE.match(line.strip())
            if found and name_of(page) != "docs/reference/commands.md":
                yield Shown(name_of(page), AFTER.sub("", line.strip()[found.end() :]).strip())


@lru_cache
def program() -> Any:
    return typer.main.get_command(app)


def fault_of(words: list[str]) -> str | None:
    """Return what is wrong with a command as it is shown; None: nothing."""
    command, rest = program(), words
    while True:
        rest = without_options(command, rest) if hasattr(command, "commands") else rest
        if not (hasattr(command, "commands") and rest):
            break
        if rest[0] not in command.commands:
            return f"no such command: {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {name: each for each in command.params for name in (*each.opts, *each.secondary_opts)}
    positional = 0
    while rest:
        word, rest = rest[0], rest[1:]
        option, _, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            positional += 1
        elif option in {"--help", "-h"}:
            continue
        elif option not in known:
            return f"no such option: {option}"
        elif not value and not getattr(known[option], "is_flag", False):
            rest = rest[1:]
    most = sum(each.nargs for each in command.params if each.param_type_name == "argument")
    endless = any(each.nargs < 0 for each in command.params if each.param_type_name == "argument")
    return f"more words than it takes: {' '.join(words)}" if positional > most and not endless else None


def without_options(group: Any, words: list[str]) -> list[str]:
    """The words after the options of a group."""
    known = {name: each for each in group.params for name in (*each.opts, *each.secondary_opts)}
    while words and words[0].startswith("-"):
        takes = words[0] in known and not getattr(known[words[0]], "is_flag", False)
        words = words[2:] if takes else words[1:]
    return words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_every_command_that_a_page_shows_is_one() -> None:
    shown = sorted(set(commands_shown()))

    faults = {
        (each.page, each.text): fault
        for each in shown
        # ``./coldframe test`` is the launcher's own, and its arguments are pytest's.
        if not each.text.startswith("test") and (fault := fault_of(shlex.split(each.text)))
    }

    assert len(shown) > 60
    assert faults == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("wrok", "no such command: wrok"),
        ("sending of main", "no such command: of"),
        ("work --untli 2027-06-01", "no such option: --untli"),
        ("backup one.zip two.zip", "more words than it takes: backup one.zip two.zip"),
        ("--log-format json run --port 9000", None),
        ("connections add main smtp --set dkim_selector=s1 --secret-file key", None),
    ],
)
def test_a_command_that_is_none_is_found(text: str, fault: str | None) -> None:
    assert fault_of(text.split()) == fault


def test_every_command_for_developers_that_a_page_shows_is_one() -> None:
    launcher = (ROOT / "coldframe-dev").read_text(encoding="utf-8")
    modules = dict(re.findall(r'"(\w+)": "([\w.]+)"', launcher))

    shown = {found[1] for page in PAGES for line in lines_shown(page) if (found := DEVELOPERS.match(line))}

    assert {"crashtest", "bench"} <= shown
    assert {each for each in shown if not has_main(modules.get(each, ""))} == set()


def has_main(module: str) -> bool:
    return (ROOT / module.replace(".", "/") / "__main__.py").is_file()


def test_decisions_are_numbered_without_a_gap() -> None:
    files = sorted((ROOT / "docs" / "adr").glob("*.md"))

    assert [each.name[:4] for each in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
    assert [each.read_text().split(".")[0] for each in files] == [f"# {int(each.name[:4])}" for each in files]


def test_each_word_of_the_glossary_stands_there_once_and_in_order() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\*", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)

    assert rows == sorted(set(rows), key=str.lower)


def test_every_setting_of_the_environment_is_explained() -> None:
    sources = [(each, each.read_text(encoding="utf-8")) for each in (ROOT / "src").rglob("*.py")]
    settings = {name for _, text in sources for name in re.findall(r'"(COLDFRAME_[A-Z_]+)"', text)}
    page = (ROOT / "docs" / "howto" / "run-on-postgresql.md").read_text(encoding="utf-8")

    explained = set(re.findall(r"`(COLDFRAME_[A-Z_]+?)(?:_FILE)?`", page))

    # Set by the program for its own processes.
    assert settings - {"COLDFRAME_ROOT", "COLDFRAME_LIFELINE"} == explained


def test_every_file_of_the_house_that_a_page_names_is_there() -> None:
    named = {
        (name_of(page), found)
        for page in PAGES
        for line in lines_shown(page)
        for found in re.findall(
            r"(?:^|\s)((?:src|tests|docs|bench|requirements|examples)/[\w./-]*\w)/?(?=\s|$)", line
        )
    }

    assert len(named) > 10
    assert {each for each in named if not (ROOT / each[1]).exists()} == set()
