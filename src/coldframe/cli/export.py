"""The command ``coldframe export``."""

from __future__ import annotations

from typing import Annotated

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

#: Beyond so many leads the search for what would move each of them takes long enough to be said.
MANY = 500


def register(app: typer.Typer) -> None:
    """Add the commands."""
    exports = typer.Typer(help="Write what is known, and why, to a file.", no_args_is_help=True)
    app.add_typer(exports, name="export")

    @exports.command()
    def leads(
        file: Annotated[
            str, typer.Argument(help="Ends in .csv, .xlsx or .json; - is CSV on standard output.")
        ],
        where: Annotated[
            list[str] | None,
            typer.Option(
                help="Only these, such as disposition=TO_SALES, status=NURTURE, source=webinar; repeatable."
            ),
        ] = None,
        without_moves: Annotated[
            bool, typer.Option("--without-moves", help="Leave out what would move each lead: far quicker.")
        ] = False,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print what was written as one JSON document.")
        ] = False,
    ) -> None:
        """
        Write every lead with its whole record and its because card.

        No spreadsheet runs what a cell says, and importing the file again changes nothing.

        Example: coldframe export leads leads.xlsx --where disposition=NURTURE --where fit=A
        """
        start.open_database()
        from coldframe import clock
        from coldframe.library import operations as library
        from coldframe.reports import export, sheets

        now = clock.now()
        library.ensure_active_playbook(at=now)
        sheets.format_of(file)
        refuse_two_documents(file, as_json=as_json)
        wanted = [pair(each) for each in where or []]
        total = export.count_leads(wanted=wanted, as_of=now)
        if total > MANY and not without_moves:
            note(
                f"Finding what would move each of {total:,} leads takes a while; --without-moves leaves it out."
            )
        with output.progress("Exporting", total=total, silent=as_json) as advance:
            done = export.export_leads(
                file=file, wanted=wanted, as_of=now, with_moves=not without_moves, on_progress=advance
            )
        if as_json:
            output.emit_json(done.as_json())
        else:
            note(f"{done.leads:,} {'lead' if done.leads == 1 else 'leads'} written to {done.file}.")


class BadExport(Refusal):
    """The options of an export contradict each other, or one cannot be read."""


def refuse_two_documents(file: str, *, as_json: bool) -> None:
    """Raise ``BadExport`` where leads and counts would both go to standard output."""
    if file == "-" and as_json:
        raise BadExport(
            "Standard output holds one document: the leads, or with --json what was written.",
            where="export leads -",
            advice="Name a file, or leave --json out.",
        )


def pair(word: str) -> tuple[str, str]:
    """Return ``NAME=VALUE`` as a pair; raise ``BadExport`` for anything else."""
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise BadExport(
            "A filter needs a name and a value.", where="--where", expected="NAME=VALUE", got=f'"{word}"'
        )
    return name, value


def note(text: str) -> None:
    """Print a note beside the output."""
    output.console(stderr=True).print(text, markup=False)
