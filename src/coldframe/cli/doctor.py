"""The command ``coldframe doctor``: every effective setting with its origin, and what is missing."""

from __future__ import annotations

import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe import clock, environment
from coldframe.cli import output, start

if TYPE_CHECKING:
    from coldframe.storage.health import Health

PACKAGES = ("django", "polars", "pydantic", "adbc-driver-sqlite", "adbc-driver-postgresql", "psycopg")
MEBIBYTE = 2**20
EXIT_WRONG = 1


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the findings as one JSON document.")
        ] = False,
    ) -> None:
        """
        Show every setting in force and where it comes from, versions, the database, and what is missing.

        Looks and changes nothing. Exit code 2 where something is missing that commands need, 1 where something is
        wrong with how it runs.

        Example: coldframe doctor --json
        """
        found = examine()
        if as_json:
            output.emit_json(found)
        else:
            show(found)
        if found["missing"]:
            raise typer.Exit(output.EXIT_REFUSED)
        if found["wrong"]:
            raise typer.Exit(EXIT_WRONG)


def examine() -> dict[str, Any]:
    """Return settings, versions, the database, how it runs, and what is missing or wrong, by name."""
    start.set_up()
    from django.db import OperationalError

    from coldframe.reports import condition
    from coldframe.storage import health

    missing = [
        f"{name} is not installed: run ./coldframe run again" for name, each in versions().items() if not each
    ]
    wrong = condition.problems_of_disk()
    database: Health | None = None
    running: condition.Condition | None = None
    try:
        database = health.look()
        lacking = problems_of_tables() if database else ["a database: any other command makes it"]
        missing += lacking
        if database and not lacking:
            running = condition.look(at=clock.now())
            wrong += [*health.problems_of(database), *condition.problems_of(running)]
    except OperationalError as error:
        missing.append(f"the database cannot be opened: {str(error).strip().splitlines()[0]}")
    return {
        "settings": [asdict(each) for each in environment.list_settings()],
        "versions": versions(),
        "database": asdict(database) if database else None,
        "running": asdict(running) if running else None,
        "missing": missing,
        "wrong": wrong,
    }


def versions() -> dict[str, str]:
    """Return name -> version of what runs; an empty text where it is absent."""
    from coldframe import __version__
    from coldframe.kernel import KERNEL_VERSION
    from coldframe.storage import health

    ours = {"coldframe": __version__, "kernel": KERNEL_VERSION, "python": platform.python_version()}
    return ours | {name: health.version_of(name) for name in PACKAGES}


def problems_of_tables() -> list[str]:
    """Return what the tables lack; the next command makes them."""
    from coldframe.storage import health

    lacking = sorted(f"{app} {name}" for app, name in health.missing_migrations())
    return [f"tables of this version ({', '.join(lacking)}): any other command makes them"] if lacking else []


def show(found: dict[str, Any]) -> None:
    """Print the findings for a person."""
    console = output.console()
    section(
        console,
        "Settings",
        {each["name"]: f"{each['value']}  ({each['origin']})" for each in found["settings"]},
    )
    section(console, "Versions", {name: version or "missing" for name, version in found["versions"].items()})
    database = found["database"]
    if database:
        rows = {"kind": f"{database['kind']} {database['version']}", "where": database["where"]}
        rows |= {"size": f"{database['size_bytes'] / MEBIBYTE:,.1f} MiB"} | database["settings"]
        section(console, "Database", rows)
    if found["running"]:
        from coldframe.reports import condition

        section(console, "Running", condition.in_words(found["running"]))
    for each in found["missing"]:
        console.print(f"Missing: {each}.", style="bold red", markup=False)
    for each in found["wrong"]:
        console.print(f"Wrong: {each}.", style="bold red", markup=False)
    if not found["missing"] + found["wrong"]:
        console.print("Nothing is missing or wrong.", style="green")


def section(console: Any, title: str, rows: dict[str, str]) -> None:
    """Print names and values under a title."""
    console.print(title, style="bold")
    width = max(map(len, rows))
    for name, value in rows.items():
        console.print(f"  {name:<{width}}  {value}", markup=False)
    console.print()
