"""The command line's root: which commands there are, and how errors are shown."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from coldframe import __version__
from coldframe.cli import output
from coldframe.environment import BadSetting
from coldframe.kernel.vocabulary import Refusal

#: Module below ``coldframe.cli`` for each command; each has ``register(app)``.
COMMANDS = ("serve", "demo", "imports", "audit", "assess", "explain", "export", "playbook", "doctor")

#: Modules whose errors are a database's: Django's, the bulk reader's, and the drivers below.
DATABASES = ("django.db", "adbc_driver", "sqlite3", "psycopg")

app = typer.Typer(
    name="coldframe",
    help="B2B lead nurturing in which every lead can tell you why it is here, what would move it, and when it leaves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(value: bool) -> None:
    if value:
        print(f"coldframe {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=show_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Take the options that stand before the command."""


for command in COMMANDS:
    import_module(f"coldframe.cli.{command}").register(app)


def run() -> None:
    """Run the command line; print a refusal as text, or as JSON where the command was asked for JSON."""
    try:
        try:
            app()
        except (Refusal, BadSetting) as refusal:
            show(refusal)
            sys.exit(output.EXIT_REFUSED)
        except Exception as error:
            if not type(error).__module__.startswith(DATABASES):
                raise
            show(refused_by_database(error))
            sys.exit(output.EXIT_REFUSED)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)


def refused_by_database(error: Exception) -> Refusal:
    """Return what a database says while it is at work: locked, full, read-only, damaged."""
    said = str(error).strip().splitlines()
    return Refusal(
        "The database did not take part.",
        got=said[0] if said else type(error).__name__,
        advice="What was acknowledged is kept. See `coldframe doctor`, then try again.",
    )


def show(refusal: Refusal | BadSetting) -> None:
    """Print a refusal: one JSON document where the command was asked for JSON, else text."""
    if "--json" not in sys.argv:
        print(refusal, file=sys.stderr)
    elif isinstance(refusal, Refusal):
        output.emit_json(refusal.as_json())
    else:
        output.emit_json(Refusal(str(refusal)).as_json())
    sys.stdout.flush()
