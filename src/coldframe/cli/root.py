"""The command line's root: which commands there are, and how errors are shown."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module

import typer

from coldframe import __version__, logs
from coldframe.cli import output, usage
from coldframe.environment import BadSetting
from coldframe.kernel.vocabulary import Refusal

#: Module below ``coldframe.cli`` for each command; each has ``register(app)``.
COMMANDS = (
    "serve",
    "demo",
    "people",
    "imports",
    "audit",
    "assess",
    "work",
    "handoffs",
    "override",
    "explain",
    "export",
    "reports",
    "person",
    "leads",
    "playbook",
    "content",
    "doctor",
    "backup",
    "connections",
    "sources",
    "webhooks",
    "forms",
    "provider_sources",
    "mail",
    "sending",
    "channels",
)

#: Modules whose errors are a database's: Django's, the bulk reader's, and the drivers below.
DATABASES = ("django.db", "adbc_driver", "sqlite3", "psycopg")

#: What the system says of a disk that is full, over its quota, read-only or broken.
OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}

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
    log_format: str = typer.Option(
        "",
        "--log-format",
        metavar="text|json",
        help="How log lines look; text unless COLDFRAME_LOG_FORMAT says.",
    ),
) -> None:
    """Take the options that stand before the command."""
    if log_format:
        # Processes that this one starts find it there too.
        os.environ[logs.FORMAT] = log_format
    logs.is_json()


for command in COMMANDS:
    import_module(f"coldframe.cli.{command}").register(app)


def run() -> None:
    """Run the command line; print a refusal as text, or as JSON where the command was asked for JSON."""
    logs.take_over()
    try:
        try:
            usage.call(app)
        except usage.Stopped as stopped:
            show(stopped.refusal)
            sys.exit(usage.EXIT_STOPPED)
        except (Refusal, BadSetting) as refusal:
            show(refusal)
            sys.exit(output.EXIT_REFUSED)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in OF_THE_DISK:
                show(refused_by_disk(error))
                sys.exit(output.EXIT_REFUSED)
            if not type(error).__module__.startswith(DATABASES):
                # Typer has put a hook of its own in the way.
                logs.take_over()
                raise
            show(refused_by_database(error))
            sys.exit(output.EXIT_REFUSED)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(usage.EXIT_STOPPED)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)


def refused_by_disk(error: OSError) -> Refusal:
    """Return what the system says of a disk that is full, read-only or broken."""
    return Refusal(
        "The disk did not take part.",
        where=str(error.filename or "") or None,
        got=error.strerror,
        advice="What was acknowledged is kept. See `coldframe doctor`, then try again.",
    )


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
    if not usage.is_json_asked():
        logs.say(str(refusal))
    elif isinstance(refusal, Refusal):
        output.emit_json(refusal.as_json())
    else:
        output.emit_json(Refusal(str(refusal)).as_json())
    sys.stdout.flush()
