"""
Log lines: one for each event, as text or JSON, and without personal data.

Whoever writes a line names ids and counts. What slips in all the same is taken out here: addresses, phone numbers
and personal links are masked, control characters are escaped so that no field begins a line of its own, and of an error
only its kind and place are shown, for its text often repeats a value; the text of a database's or the system's
own error is kept, without what it quotes.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from coldframe import environment
from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import correlation

FORMAT = "COLDFRAME_LOG_FORMAT"
LEVEL = "COLDFRAME_LOG_LEVEL"
FORMATS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
#: What a line may carry beside its message, given as ``extra``: ids, names that the house gave, counts, durations, and
#: in words that are ours why.
FIELDS = (
    "worker", "cycle_id", "message_id", "account_id", "batch_id", "arrival", "change", "lane", "source", "what", "said",
    "path", "because", "failure", "count", "bytes", "seconds", "status_code",
)  # fmt: skip
#: The end of a long message is left out.
LONGEST = 2000
#: Calls shown of an error, the innermost last.
MOST_CALLS = 12
#: Modules whose errors speak of the database or the system, not of a person.
TRUSTED = ("django.db", "sqlite3", "psycopg", "adbc_driver")
#: Errors whose text names what is in the code, never a value.
OF_CODE = (NameError, ImportError, AttributeError)
ADDRESS = re.compile(r"[^\s@<>\"'(),;:=\[\]]+@[^\s@<>\"'(),;:=\[\]]+")
PHONE = re.compile(r"\+\d[\d ()/.-]{5,}\d")
#: What opens a person's public pages (``leads.tokens``), or a piece of it: whoever reads the log could use it.
LINK = re.compile(r"[a-z2-7]{30,}", re.IGNORECASE)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|\([^()]*\)=\([^()]*\)")


def settings() -> dict[str, Any]:
    """Return Django's LOGGING; raise ``BadSetting`` for a format or level that there is not."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        **outlets(),
        "root": {"handlers": ["stderr"], "level": chosen(LEVEL, LEVELS, "warning").upper()},
        # A wrong Host header is answered with 400; whoever sends one does not get to fill the log.
        "loggers": {"django.security.DisallowedHost": {"handlers": [], "propagate": False}},
    }


def outlets() -> dict[str, Any]:
    """Return formatters and handlers, all of them to standard error."""
    kind = JsonLines if is_json() else TextLines
    return {
        "formatters": {"line": {"()": kind}},
        "handlers": {
            name: {"class": "logging.StreamHandler", "formatter": "line"}
            for name in ("stderr", "console", "access")
        },
    }


def is_json() -> bool:
    """Return whether lines are JSON."""
    return chosen(FORMAT, FORMATS, "text") == "json"


def chosen(name: str, known: tuple[str, ...], default: str) -> str:
    value = environment.text(name, default)
    if value not in known:
        raise environment.BadSetting(f'{name}: expected one of {", ".join(known)}, got "{value}".')
    return value


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line shows, in order."""
    given = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    about = {**correlation.current.get(), **given}
    found: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": message_of(record),
        **{
            name: value if isinstance(value, int | float) else masked(str(value))
            for name, value in about.items()
        },
    }
    if record.exc_info and record.exc_info[1] is not None:
        found |= {"error": described(record.exc_info[1]), "calls": calls_of(record.exc_info[1])}
    return found


def message_of(record: logging.LogRecord) -> str:
    """Return the message with its values; an error among them is described, not repeated."""
    given = record.args
    if isinstance(given, Mapping):
        record.args = {name: shown(value) for name, value in given.items()}
    elif given:
        record.args = tuple(shown(value) for value in given)
    try:
        return masked(record.getMessage())
    except (TypeError, ValueError):
        return masked(str(record.msg))
    finally:
        record.args = given


def shown(value: object) -> object:
    return described(value) if isinstance(value, BaseException) else value


def described(error: BaseException) -> str:
    """Return the kind of an error, and its text where that cannot name a person."""
    kind = type(error).__name__
    if isinstance(error, Refusal):
        return masked(f"{kind}: {error.what}")
    if isinstance(error, OF_CODE):
        return masked(f"{kind}: {error}")
    if isinstance(error, OSError) and error.strerror:
        return masked(f"{kind}: {error.strerror}")
    if type(error).__module__.startswith(TRUSTED):
        lines = str(error).strip().splitlines()
        return masked(f"{kind}: {QUOTED.sub('…', lines[0])}" if lines else kind)
    return kind


def calls_of(error: BaseException) -> list[str]:
    """Return where an error comes from: file, line and function of each call, those of its cause first."""
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = [*calls_of(behind), f"{described(behind)}; then"] if behind is not None else []
    frames = traceback.extract_tb(error.__traceback__)[-MOST_CALLS:]
    return before + [f"{place(each.filename)}:{each.lineno} {each.name}" for each in frames]


def place(file: str) -> str:
    """Return the last parts of a path, for a folder's name may be a person's."""
    return "/".join(Path(file).parts[-3:])


def masked(text: str) -> str:
    """
    Return a text without addresses, phone numbers and personal links, on one line.

    >>> masked("to anna@brightpath.example, +48 600 100 200\\nnext")
    'to [address], [phone]\\\\nnext'
    """
    plain = LINK.sub("[link]", PHONE.sub("[phone]", ADDRESS.sub("[address]", text)))
    return "".join(escaped(each) for each in plain)[:LONGEST]


def escaped(character: str) -> str:
    """Return a character, or its escape if it is a control, a line end or turns the direction of writing."""
    if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}:
        return character.encode("unicode_escape").decode()
    return character


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return json.dumps(fields_of(record), ensure_ascii=True)


class TextLines(logging.Formatter):
    """One line of text: when, how bad, who, what, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        found = fields_of(record)
        calls = found.pop("calls", [])
        head = f"{found.pop('at')} {found.pop('level').upper()} {found.pop('logger')}: {found.pop('message')}"
        rest = "".join(f" {name}={value}" for name, value in found.items())
        return head + rest + (f" in {' > '.join(calls)}" if calls else "")


def say(text: str) -> None:
    """Tell the person at the terminal, or whoever reads the log; standard output stays free for the result."""
    if is_json():
        record = logging.LogRecord("coldframe", logging.INFO, "", 0, text.replace("%", "%%"), (), None)
        text = JsonLines().format(record)
    print(text, file=sys.stderr, flush=True)


def take_over() -> None:
    """Show faults that nobody catches as log lines too, unless a person at a terminal sees them."""
    if sys.stderr.isatty():
        return
    sys.excepthook = show_fault
    threading.excepthook = lambda given: show_fault(given.exc_type, given.exc_value, given.exc_traceback)


def show_fault(kind: type[BaseException], error: BaseException | None, calls: TracebackType | None) -> None:
    """Print a fault as one line."""
    formatter = JsonLines() if is_json() else TextLines()
    given = (kind, error, calls) if error is not None else None
    record = logging.LogRecord("coldframe", logging.CRITICAL, "", 0, "A fault.", (), given)
    print(formatter.format(record), file=sys.stderr, flush=True)
