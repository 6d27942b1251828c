"""The commands ``coldframe playbook …``: check, show, list, diff, use, starters, reference."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.kernel.playbook.differences import Difference
    from coldframe.kernel.playbook.parsing import Examination
    from coldframe.library.queries import ActivePlaybook

playbook = typer.Typer(
    name="playbook", no_args_is_help=True, help="The policy: check it, show it, make another one active."
)
#: More than any playbook may have; the rest of a larger file is not read.
MOST_READ = 1024 * 1024
JSON = typer.Option(False, "--json", help="Print one JSON document.")


class UnreadableFile(Refusal):
    """A file is not there, or holds no text."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(playbook)


@playbook.command()
def check(
    file: str = typer.Argument(help="A playbook file, or - for standard input."), as_json: bool = JSON
) -> None:
    """
    Say everything that is wrong with a playbook, with line and column.

    Exit code 2 when something keeps it from being used; warnings do not.

    Example: coldframe playbook check my-playbook.yaml
    """
    from coldframe.library import examining

    examination = examining.examine(read_file(file), file=file)
    if as_json:
        output.emit_json(
            {
                "file": file,
                "is_valid": examination.playbook is not None,
                "mistakes": [problem.as_json() for problem in examination.mistakes],
                "warnings": [problem.as_json() for problem in examination.warnings],
            }
        )
    else:
        print("\n\n".join([*map(str, examination.problems), verdict(examination, file)]))
    if examination.playbook is None:
        raise typer.Exit(output.EXIT_REFUSED)


def verdict(examination: Examination, file: str) -> str:
    """Return the last line: whether the playbook can be used, and what there is to mend."""
    mistakes, warnings = len(examination.mistakes), len(examination.warnings)
    counts = [
        f"{n} {word}{'' if n == 1 else 's'}"
        for n, word in ((mistakes, "mistake"), (warnings, "warning"))
        if n
    ]
    found = " and ".join(counts) or "nothing wrong"
    if examination.playbook is None:
        return f"{file}: {found}. It cannot be used yet."
    return f'{file}: {found}. "{examination.playbook.name}" can be used.'


@playbook.command()
def show(
    number: int | None = typer.Argument(None, help="The version; without it the active one."),
    as_json: bool = JSON,
) -> None:
    """
    Print a version as its owner wrote it.

    With --json also its structure, every default filled in.

    Example: coldframe playbook show > my-playbook.yaml
    """
    start.open_database()
    version = opened(number)
    if as_json:
        output.emit_json(
            {
                "number": version.number,
                "name": version.name,
                "text": version.text,
                "playbook": structure(version),
            }
        )
    else:
        sys.stdout.write(version.text)


def opened(number: int | None) -> ActivePlaybook:
    """Return the version of that number; for none the active one, and on first use the default."""
    from coldframe import clock
    from coldframe.library import operations, queries

    return (
        queries.get_version(number=number)
        if number is not None
        else operations.ensure_active_playbook(at=clock.now())
    )


def structure(version: ActivePlaybook) -> Any:
    from coldframe.kernel.playbook import printing

    return printing.structure(version.playbook)


@playbook.command("list")
def list_(as_json: bool = JSON) -> None:
    """
    List the versions, newest first.

    Example: coldframe playbook list
    """
    start.open_database()
    from coldframe.library import queries

    versions = queries.list_versions()
    if as_json:
        output.emit_json({"versions": [line(version) for version in versions]})
        return
    for version in versions:
        mark = "active" if version.is_active else ""
        day = version.published_at.date().isoformat()
        print(f"{version.number:>4}  {mark:<6}  {day}  {version.name}  ({version.origin or 'no file'})")
    if not versions:
        print("No playbook has been published. Begin with: coldframe playbook use default")


def line(version: Any) -> dict[str, Any]:
    names = ("number", "name", "origin", "published_at", "activated_at", "is_active")
    return {name: getattr(version, name) for name in names}


@playbook.command()
def diff(
    before: int = typer.Argument(help="A version."),
    after: int | None = typer.Argument(None, help="Another one; without it the active one."),
    as_json: bool = JSON,
) -> None:
    """
    Say what one version says otherwise than another.

    Comments and spelling are no difference.

    Example: coldframe playbook diff 1 2
    """
    start.open_database()
    from coldframe.kernel.playbook import differences

    old, new = opened(before), opened(after)
    found = differences.differences(old.playbook, new.playbook)
    if as_json:
        entries = [difference(each) for each in found]
        output.emit_json({"before": old.number, "after": new.number, "differences": entries})
        return
    for each in found:
        told = difference(each)
        place, values = (
            " › ".join(told["path"]),
            [str(told[name]) for name in ("before", "after") if told[name]],
        )
        print(f"{each.sort.value.lower():<8}  {place}  {' → '.join(values)}".rstrip())
    if not found:
        print(
            f"Version {new.number} says the same as version {old.number}; at most comments or spelling differ."
        )


def difference(found: Difference) -> dict[str, Any]:
    """Return one difference by name, its values as one writes them."""
    from coldframe.kernel.playbook import printing

    values = {"before": found.before, "after": found.after}
    told = {
        name: None if value is None else printing.flow(printing.plain(value))
        for name, value in values.items()
    }
    return {"path": list(found.path), "sort": found.sort.value, **told}


@playbook.command()
def use(
    source: str = typer.Argument(help="A playbook file, or the name of a starter."), as_json: bool = JSON
) -> None:
    """
    Publish a playbook and make it the active one.

    The next assessment goes by it. Nothing is sent by this, and no earlier version is changed.

    Example: coldframe playbook use my-playbook.yaml
    """
    from coldframe import clock

    text, origin = read_source(source)
    start.open_database()
    from coldframe.library import operations

    at = clock.now()
    version = operations.publish_playbook(text=text, at=at, origin=origin)
    operations.activate_playbook(number=version.number, at=at)
    unheard = unheard_of(opened(version.number))
    if as_json:
        document = {
            "number": version.number, "name": version.name, "origin": version.origin, "is_active": True,
        }  # fmt: skip
        output.emit_json(document | ({"unheard_of": unheard} if unheard else {}))
    else:
        print(f'Version {version.number}, "{version.name}", is active. Nothing was sent.')
        for name, nearest in unheard.items():
            hint = f" Did you mean {nearest}?" if nearest else ""
            print(f"No import has brought {name}, so nothing that asks for it holds.{hint}")
        print("See what it decides: coldframe assess")


def unheard_of(version: ActivePlaybook) -> dict[str, str | None]:
    """Return the fields of one's own that a version names and no import has brought, each with the nearest that one has."""
    from coldframe.kernel.assessment import policy
    from coldframe.kernel.playbook.fields import CUSTOM_PREFIXES
    from coldframe.leads import queries

    named = dict.fromkeys(leaf.field for leaf in policy.all_leaves(version.playbook))
    known = queries.list_own_fields()
    return {
        name: next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.8)), None)
        for name in named
        if name.startswith(CUSTOM_PREFIXES) and name not in known
    }


def read_source(source: str) -> tuple[str, str]:
    """Return text and origin of a file, or of the starter of that name where no such file is."""
    from coldframe.library import starters

    if source in starters.STARTERS and not Path(source).exists():
        return starters.read(source), f"starter {source}"
    if "." not in source and "/" not in source and source != "-" and not Path(source).exists():
        return starters.read(source), source
    return read_file(source), source


@playbook.command()
def starters(
    name: str | None = typer.Argument(None, help="Print this one's text."), as_json: bool = JSON
) -> None:
    """
    Name the playbooks that ship with Coldframe, or print one to begin from.

    Example: coldframe playbook starters saas > my-playbook.yaml
    """
    from coldframe.library import starters as shipped

    if as_json:
        chosen = [name] if name else list(shipped.STARTERS)
        entries = [
            {"name": each, "about": shipped.STARTERS.get(each), "text": shipped.read(each)} for each in chosen
        ]
        output.emit_json({"starters": entries})
    elif name:
        sys.stdout.write(shipped.read(name))
    else:
        for each, about in shipped.STARTERS.items():
            print(f"{each:<24}{about}")


@playbook.command()
def reference(as_json: bool = JSON) -> None:
    """
    Print the reference of the language.

    Example: coldframe playbook reference > docs/reference/playbook.md
    """
    from coldframe.kernel.playbook import reference as page

    if as_json:
        output.emit_json({"markdown": page.markdown()})
    else:
        sys.stdout.write(page.markdown())


def read_file(file: str) -> str:
    """Return the text of a file, or of standard input for ``-``; raise ``UnreadableFile`` where there is none."""
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MOST_READ)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(MOST_READ)
        # What is cut off was too long to be a playbook anyway; the cut may go through a character.
        return data.decode("utf-8-sig", errors="replace" if len(data) == MOST_READ else "strict")
    except OSError as error:
        raise UnreadableFile("The file cannot be read.", where=file, got=error.strerror) from error
    except UnicodeDecodeError as error:
        got = f"the byte {data[error.start]:#04x} at offset {error.start}"
        advice = "Save it as UTF-8."
        raise UnreadableFile("The file is no UTF-8 text.", where=file, got=got, advice=advice) from error
