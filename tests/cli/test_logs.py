"""A log line is one line, says what happened and where, and names nobody."""

from __future__ import annotations

import ast
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from coldframe import logs
from coldframe.environment import BadSetting
from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import tokens
from coldframe.leads.tokens import Purpose
from coldframe.storage import correlation
from tests import serving, world
from tests.cli import installation

TOKEN = "Plantedtoken"
LOGGING = {"debug", "info", "warning", "error", "exception", "critical"}


def line(
    formatter: logging.Formatter, message: str, *args: object, error: BaseException | None = None, **extra
) -> str:
    given = (type(error), error, error.__traceback__) if error else None
    record = logging.getLogger("coldframe.test").makeRecord(
        "coldframe.test", logging.WARNING, "file.py", 1, message, args, given, extra=extra
    )
    return formatter.format(record)


def parsed(message: str, *args: object, **given) -> dict:
    return json.loads(line(logs.JsonLines(), message, *args, **given))


def raised(error: BaseException) -> BaseException:
    """Return the error as one that was raised, with the calls it came through."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - Whatever it is.
        return caught


def test_a_line_says_when_how_bad_who_and_what():
    found = parsed("Cycle over %d accounts.", 12, cycle_id=7, seconds=0.5)

    assert list(found) == ["at", "level", "logger", "message", "cycle_id", "seconds"]
    assert (found["level"], found["message"], found["cycle_id"]) == ("warning", "Cycle over 12 accounts.", 7)


def test_whatever_the_code_adds_to_a_line_is_shown():
    added = set()
    for file in Path(logs.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") in LOGGING:
                extra = next((each.value for each in call.keywords if each.arg == "extra"), None)
                if extra is not None:
                    assert isinstance(extra, ast.Dict), f"{file}:{call.lineno}: a dict is told by its keys"
                    added |= {ast.literal_eval(key) for key in extra.keys if key}

    assert "account_id" in added
    assert added - set(logs.FIELDS) == set()


def test_what_a_line_adds_is_masked_as_the_message_is():
    found = parsed("A call was refused.", source="anna@brightpath.example", because="call +48 600 100 200")

    assert (found["source"], found["because"]) == ("[address]", "call [phone]")


def test_what_work_is_about_is_on_every_line_of_it():
    with correlation.about(cycle_id=7), correlation.about(message_id=9):
        inside = parsed("Handed over.")
    outside = parsed("Idle.")

    assert (inside["cycle_id"], inside["message_id"]) == (7, 9)
    assert "cycle_id" not in outside


def test_only_known_fields_are_carried():
    assert "email" not in parsed("Done.", email="anna@brightpath.example")


@pytest.mark.parametrize(
    "text",
    [
        "one\ntwo", "one\r\ntwo", "\x1b[31mred", "a\x00b", "a\u2028b", "a\u202eb", "a\x85b", "a\u200bb",
        "x\n2026-06-01T09:00:00 ERROR coldframe: forged",
    ],
)  # fmt: skip
@pytest.mark.parametrize("formatter", [logs.TextLines(), logs.JsonLines()])
def test_no_value_begins_a_line_of_its_own_or_speaks_to_the_terminal(text, formatter):
    for made in (line(formatter, "Got %s.", text), line(formatter, text), line(formatter, "x", lane=text)):
        assert made.isprintable()


@pytest.mark.parametrize("damage", ["{}", "{}&utm_source=mail", "{:.40}=%0D%0A"])
def test_the_links_of_a_person_are_masked_however_damaged(damage):
    token = tokens.make(Purpose.PREFERENCES, lead=uuid4(), touch=uuid4())
    line = logs.masked("Bad Request: /p/" + damage.format(token))

    assert line.startswith("Bad Request: /p/[link]")
    assert token[10:30] not in line


def test_addresses_and_phone_numbers_are_masked():
    found = parsed("Sent to %s, %s, <%s>.", "anna@brightpath.example", "+48 600 100 200", "a.b+c@x.co.uk")

    assert found["message"] == "Sent to [address], [phone], <[address]>."


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(f"invalid literal: {TOKEN}"), "ValueError"),
        (KeyError(TOKEN), "KeyError"),
        (Refusal("There is no such path.", got=TOKEN), "Refusal: There is no such path."),
        (OSError(28, "No space left on device", f"/home/{TOKEN}/x"), "OSError: No space left on device"),
        (IntegrityError(f'value "{TOKEN}" is wrong\nDETAIL: Key (email)=({TOKEN}) exists'), "IntegrityError: value … is wrong"),
    ],
)  # fmt: skip
def test_an_error_is_shown_by_its_kind_and_place_and_never_by_a_value(error, shown):
    for made in (parsed("It failed.", error=raised(error)), parsed("It failed: %s", raised(error))):
        assert TOKEN not in json.dumps(made)
    assert made["message"] == f"It failed: {shown}"
    found = parsed("It failed.", error=raised(error))
    assert found["error"] == shown
    assert found["calls"][-1].startswith("tests/cli/test_logs.py:")


def test_the_cause_of_an_error_is_shown_before_it():
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as cause:
            raise RuntimeError(TOKEN) from cause
    except RuntimeError as error:
        found = parsed("It failed.", error=error)

    assert "ConnectionRefusedError: Connection refused; then" in found["calls"]
    assert TOKEN not in json.dumps(found)


@pytest.mark.django_db(transaction=True)
def test_what_a_real_database_says_of_a_value_is_not_repeated():
    world.anna()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO leads_suppression (email) VALUES (%s)", [TOKEN])
    except IntegrityError as error:
        found = parsed("It failed.", error=error)

    assert found["error"].startswith("IntegrityError: ")
    assert TOKEN not in json.dumps(found)


def test_a_format_that_does_not_exist_is_refused(monkeypatch):
    monkeypatch.setenv("COLDFRAME_LOG_FORMAT", "xml")

    with pytest.raises(BadSetting) as refused:
        logs.settings()

    assert str(refused.value) == 'COLDFRAME_LOG_FORMAT: expected one of text, json, got "xml".'


def test_a_fault_that_nobody_catches_is_a_line_too():
    program = f"from coldframe import logs; logs.take_over(); raise ValueError('{TOKEN} of anna@brightpath.example')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLDFRAME_LOG_FORMAT": "json"},
    )  # fmt: skip

    found = json.loads(done.stderr)
    assert (done.returncode, found["level"], found["error"]) == (1, "critical", "ValueError")
    assert TOKEN not in done.stderr


@pytest.mark.slow
@pytest.mark.django_db
def test_a_planted_person_appears_in_no_line_of_a_run(tmp_path: Path):
    header = "Email,First name,Last name,Company,Job title,Phone,Message,City,Landing page"
    values = [f"{TOKEN}0@brightpath.example", *(f"{TOKEN}{number}" for number in range(1, 9))]
    with installation.fresh(tmp_path, name="logs") as own:
        own.bring(f"{header}\n{','.join(values)}\n")
        log = run_and_break(own, tmp_path)

    lines = [json.loads(each) for each in log.splitlines() if each.strip()]
    assert TOKEN.lower() not in log.lower()
    assert any(each["logger"] == "django.request" and "error" in each for each in lines), (
        "a fault was provoked"
    )
    assert any(each["message"].startswith("Not Found") for each in lines)
    assert lines[-1]["message"] == "Stopped."


def run_and_break(own: installation.Installation, folder: Path) -> str:
    """Serve pages, ask for pages that are there and some that are not, lose a table; return what was logged."""
    log = folder / "log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            serving.command("--log-format", "json", "run", "--empty", "--json", "--port", "8780"),
            env=own.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sink, text=True,
        )  # fmt: skip
        try:
            address = json.loads("".join(serving.until_brace(process)))["url"]
            ask(address, "", "leads", f"leads?q={TOKEN}0", f"{TOKEN}0@brightpath.example", "leads/%0Aforged")
            own.lose("nurture_standing")
            ask(address, "leads", f"leads?q={TOKEN}1", "metrics")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    return log.read_text()


def ask(address: str, *paths: str) -> None:
    for path in paths:
        try:
            urlopen(address + path).close()  # noqa: S310 - The address is our own.
        except HTTPError as error:
            error.close()
