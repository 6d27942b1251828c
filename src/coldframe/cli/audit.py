"""The command ``coldframe audit``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coldframe.cli import output, start


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def audit(
        as_json: Annotated[
            bool, typer.Option("--json", help="Print the audit as one JSON document.")
        ] = False,
        html: Annotated[
            Path | None, typer.Option(help="Write it to this file, as one page that stands alone.")
        ] = None,
    ) -> None:
        """
        Say what this database is worth working on, and what stands in the way.

        Which leads, from where, with which interactions; what is missing; duplicates; dead, role, free-mail and
        throw-away addresses; good fits that fell silent; what each axis says. Leads that have not been assessed yet are
        assessed in memory; nothing is stored.

        Example: coldframe audit --html audit.html
        """
        start.open_database()
        from coldframe import clock
        from coldframe.library import operations as library
        from coldframe.reports import audit as audits
        from coldframe.reports import page, terminal

        now = clock.now()
        library.ensure_active_playbook(at=now)
        found = audits.audit(as_of=now, whole=True)
        if html is not None:
            page.write(found, file=html)
            note(f"Written to {html}.")
        if as_json:
            output.emit_json(found.as_json())
        elif html is None:
            terminal.show(found, console=output.console())


def note(text: str) -> None:
    """Print a note beside the output."""
    output.console(stderr=True).print(text, markup=False)
