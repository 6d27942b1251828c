"""The command ``coldframe doctor``: every effective setting with its origin, and what is missing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start

if TYPE_CHECKING:
    from coldframe.storage.health import Health

PACKAGES = ("django", "polars", "pydantic", "adbc-driver-sqlite", "adbc-driver-postgresql", "psycopg")
MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting as it is in force, and where it comes from."""

    name: str
    value: str
    #: ``environment``, ``file PATH`` or ``default``.
    origin: str


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

        Looks and changes nothing. Exit code 2 where something is missing that commands need.

        Example: coldframe doctor --json
        """
        found = examine()
        if as_json:
            output.emit_json(found)
        else:
            show(found)
        if found["missing"]:
            raise typer.Exit(output.EXIT_REFUSED)


def examine() -> dict[str, Any]:
    """Return settings, versions, the database, and what is missing, by name."""
    start.set_up()
    from django.db import OperationalError

    from coldframe.storage import health

    missing = [
        f"{name} is not installed: run ./coldframe run again" for name, each in versions().items() if not each
    ]
    missing += problems_of_home()
    database: Health | None = None
    try:
        database = health.look()
        missing += problems_of_tables() if database else ["a database: any other command makes it"]
    except OperationalError as error:
        missing.append(f"the database cannot be opened: {str(error).strip().splitlines()[0]}")
    return {
        "settings": [asdict(each) for each in settings()],
        "versions": versions(),
        "database": asdict(database) if database else None,
        "missing": missing,
    }


def settings() -> list[Setting]:
    """Return the settings in force; secrets are not shown."""
    from django.conf import settings as django

    kept = "hidden, kept in the data folder" if origin("COLDFRAME_SECRET_KEY") == "default" else "hidden"
    values = {
        "COLDFRAME_HOME": str(django.HOME),
        "DATABASE_URL": address(django.DATABASES["default"]),
        "COLDFRAME_SECRET_KEY": kept,
        "COLDFRAME_NOW": os.environ.get("COLDFRAME_NOW") or "the clock",
    }
    return [Setting(name=name, value=value, origin=origin(name)) for name, value in values.items()]


def address(database: dict[str, Any]) -> str:
    """Return where the database is, without its password."""
    if "sqlite" in database["ENGINE"]:
        return "the embedded database"
    user = f"{database['USER']}@" if database["USER"] else ""
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgresql://{user}{database['HOST']}{port}/{database['NAME']}"


def origin(name: str) -> str:
    """Return where a setting comes from."""
    if os.environ.get(f"{name}_FILE"):
        return f"file {os.environ[f'{name}_FILE']}"
    return "environment" if os.environ.get(name) else "default"


def versions() -> dict[str, str]:
    """Return name -> version of what runs; an empty text where it is absent."""
    from coldframe import __version__
    from coldframe.kernel import KERNEL_VERSION
    from coldframe.storage import health

    ours = {"coldframe": __version__, "kernel": KERNEL_VERSION, "python": platform.python_version()}
    return ours | {name: health.version_of(name) for name in PACKAGES}


def problems_of_home() -> list[str]:
    """Return what is wrong with the data folder."""
    from django.conf import settings as django

    folder = Path(django.HOME)
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return [f"the data folder {folder} cannot be written to"]
    return []


def problems_of_tables() -> list[str]:
    """Return what the tables lack; the next command makes them."""
    lacking = sorted(f"{app} {name}" for app, name in start.missing_migrations())
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
    for each in found["missing"]:
        console.print(f"Missing: {each}.", style="bold red", markup=False)
    if not found["missing"]:
        console.print("Nothing is missing.", style="green")


def section(console: Any, title: str, rows: dict[str, str]) -> None:
    """Print names and values under a title."""
    console.print(title, style="bold")
    width = max(map(len, rows))
    for name, value in rows.items():
        console.print(f"  {name:<{width}}  {value}", markup=False)
    console.print()
