"""What commands print: for people in color, for programs as one JSON document."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from rich.console import Console

EXIT_REFUSED = 2


def console(*, stderr: bool = False) -> Console:
    """Return a console; Rich leaves the colors out by itself when the output is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def emit_json(document: Any) -> None:
    """Print one JSON document on standard output."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, default=plain)
    sys.stdout.write("\n")


def emit_bytes(content: bytes, *, to: Path | None, about: dict[str, Any], as_json: bool) -> None:
    """Write what was kept to a file, or print it as it came; as JSON in base64, beside ``about``."""
    if to is not None:
        to.write_bytes(content)
        if as_json:
            emit_json({**about, "written": str(to)})
        else:
            print(f"Written to {to}.")
    elif as_json:
        emit_json({**about, "base64": base64.b64encode(content).decode("ascii")})
    else:
        sys.stdout.buffer.write(content)


def plain(value: Any) -> Any:
    """Return what JSON has no word for as text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@contextmanager
def progress(label: str, *, total: int | None, silent: bool) -> Iterator[Any]:
    """Yield ``advance(count)``; shows a bar on standard error while at a terminal and not ``silent``."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console(stderr=True), disable=silent or not sys.stderr.isatty(), transient=True
    ) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)
