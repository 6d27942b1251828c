"""What is wrong with a command line, or stops one, as a refusal like any other where JSON was asked for."""

from __future__ import annotations

import sys
from typing import Any

import typer

from coldframe.kernel.vocabulary import Refusal

EXIT_STOPPED = 130
#: What Typer raises for anything that cannot be used; it has no public name of its own.
UsageError: Any = typer.BadParameter.__base__


class Stopped(Exception):
    """A person has stopped the command (Ctrl-C); ``refusal`` says what that means."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


def is_json_asked() -> bool:
    """Return whether the command line asks for JSON, however wrong the rest of it is."""
    return "--json" in sys.argv


def call(app: typer.Typer) -> None:
    """
    Run the command line; ends the process where Typer would.

    Typer words for people what is wrong with a command line. Where JSON is asked for, raises ``Refusal`` for
    that, and ``Stopped`` for Ctrl-C.
    """
    if not is_json_asked():
        app()
        return
    try:
        code = app(standalone_mode=False, prog_name="coldframe")
    except UsageError as error:
        raise refused(error) from None
    except typer.Abort:
        raise Stopped(Refusal("Stopped.")) from None
    if code == EXIT_STOPPED:
        raise Stopped(Refusal("Stopped.", advice="What was acknowledged is kept."))
    sys.exit(code or 0)


def refused(error: Any) -> Refusal:
    """Return what Typer says of a command line."""
    command = error.ctx.command_path if error.ctx else "coldframe"
    return Refusal(error.format_message(), where=command, advice=f"`{command} -h` shows what there is.")
