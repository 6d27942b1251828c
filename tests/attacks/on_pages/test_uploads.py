"""Files brought through the browser by somebody who means harm, or who presses twice: refused in words, or taken in once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from coldframe.leads import uploads
from coldframe.leads.models import ImportBatch, Lead
from coldframe.leads.uploads import State, Upload
from coldframe.team.models import LogEntry
from coldframe.team.rights import AT_THIS_MACHINE
from coldframe.web.imports import doing
from coldframe.web.imports.parsing import Chosen
from coldframe.work import uploads as work
from tests import world
from tests.leads.importing.test_workbooks import HEAD, by_hand, cell
from tests.web.imports.bringing import PEOPLE, bring, choose, folder, take_in, text

pytestmark = pytest.mark.django_db
#: The beginning of a program of Windows, of Linux, of a script, of a picture.
PROGRAMS = (
    b"MZ\x90\0\x03\0\0\0",
    b"\x7fELF\x02\x01\x01\0",
    b"\xca\xfe\xba\xbe\0\0\0\x34",
    b"\x89PNG\r\n\x1a\n",
)
NAMES = (
    "../../../etc/cron.d/x.csv", "..\\..\\windows\\x.csv", "/etc/passwd", "....//....//x.csv", "a\0b.csv", "\r\nSet-Cookie: a=b.csv",
    "<img src=x onerror=alert(1)>.csv", "=cmd|' /C calc'!A0.csv", "x" * 5_000 + ".csv", "\u202egpj.exe", "con.csv", ".htaccess", "-rf.csv",
    "note.json", "lock", "%2e%2e%2fx.csv", "x.csv.exe", " ", "\ud800.csv".encode("utf-8", "replace").decode(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    yield
    shutil.rmtree(folder(), ignore_errors=True)
    shutil.rmtree(Path(settings.HOME) / "imports", ignore_errors=True)


@pytest.fixture
def person() -> Client:
    return Client(HTTP_HOST="localhost", raise_request_exception=False)


def now() -> datetime:
    return world.NOW


def seen(person: Client, *, rows: str = PEOPLE) -> Upload:
    """Bring a file and look at what it would do; return it as a page that is still open shows it."""
    place = bring(person, rows)
    choose(person, place)
    return uploads.find(place.rpartition("/")[2])


@pytest.mark.parametrize("head", PROGRAMS)
@pytest.mark.parametrize("name", ["people.csv", "people.xlsx", "people.exe"])
def test_a_program_is_no_table_whatever_it_is_called(person: Client, head: bytes, name: str) -> None:
    place = bring(person, head + bytes(range(256)) * 200, name=name)

    answer = person.get(place)
    said = choose(person, place)

    assert answer.status_code == 200
    assert "0 new" in said or "cannot be read" in said or "No column says" in said or "refused" in said, said
    person.post(f"{place}/start")
    assert Lead.objects.count() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_file_lies_in_its_own_folder_whatever_it_is_called(person: Client, name: str) -> None:
    place = bring(person, PEOPLE, name=name or "x")

    token = place.rpartition("/")[2]
    upload = uploads.find(token)
    assert upload.path.resolve().parent == (folder() / token / "file").resolve()
    assert upload.path.read_text() == PEOPLE
    assert upload.name.isprintable()
    assert person.get(place).status_code == 200
    assert (
        sorted(
            each.name for each in Path(settings.HOME).iterdir() if each.name in {"etc", "x.csv", "windows"}
        )
        == []
    )


def test_ten_thousand_columns_are_refused(person: Client) -> None:
    line = ",".join(f"c{number}" for number in range(10_000))

    page = text(person.get(bring(person, f"{line}\n{line}\n")))

    assert "at most 200 columns" in page


def test_one_line_as_large_as_a_file_may_be_is_refused_in_words(person: Client) -> None:
    place = bring(person, b"Email,Name\n" + b"x" * (uploads.MOST_BYTES - 100))

    assert person.get(place).status_code == 200
    said = choose(person, place)
    while (waiting := work.find_left()) is not None:
        work.run(waiting.token, clock=now)
    assert person.get(place).status_code == 200
    assert "longer than" in text(person.get(place)) or "longer than" in said


@pytest.mark.parametrize(
    "rows", [f'{HEAD}<row r="1048576">{cell("XFD1048576")}</row>', f'{HEAD}<row r="2">{cell("A2", "&xxe;")}</row>'], ids=["far out", "entity"]
)  # fmt: skip
def test_a_workbook_that_bursts_is_refused_in_words(person: Client, rows: str, tmp_path: Path) -> None:
    path = by_hand(tmp_path / "a.xlsx", rows)

    answer = person.get(bring(person, path.read_bytes(), name="a.xlsx"))

    assert answer.status_code == 200
    assert "cannot be read" in text(answer)


def test_a_file_that_was_started_twice_is_taken_in_once(person: Client) -> None:
    stale = seen(person)
    doing.start(stale, person=AT_THIS_MACHINE, clock=now)
    first = uploads.find(stale.token)

    doing.start(stale, person=AT_THIS_MACHINE, clock=now)

    assert uploads.find(stale.token) == first
    assert (first.state, first.result["counts"]["new"]) == (State.DONE, 2)
    assert (Lead.objects.count(), ImportBatch.objects.count()) == (2, 1)
    assert LogEntry.objects.filter(what="import.started").count() == 1


@pytest.mark.parametrize(
    "decide",
    [
        lambda stale: doing.choose(stale, Chosen(fields={0: "email"}), clock=now),
        lambda stale: doing.look_anew(stale, {"kind": "accounts"}),
        doing.choose_again,
        doing.remove,
    ],
    ids=["choose", "look", "again", "remove"],
)
def test_nobody_decides_about_a_file_whose_import_has_begun_since_they_looked(
    person: Client, monkeypatch: pytest.MonkeyPatch, decide: Any
) -> None:
    monkeypatch.setattr(work, "SMALL_BYTES", 10)
    place = bring(person, PEOPLE)
    choose(person, place)
    work.run(place.rpartition("/")[2], clock=now)
    stale = uploads.find(place.rpartition("/")[2])
    doing.start(stale, person=AT_THIS_MACHINE, clock=now)

    with pytest.raises(doing.NotNow):
        decide(stale)

    assert uploads.find(stale.token).state is State.IMPORTING
    work.run(stale.token, clock=now)
    assert Lead.objects.count() == 2


def test_a_file_that_was_taken_away_meanwhile_is_nobodys_work(person: Client) -> None:
    upload = seen(person)
    uploads.remove(upload.token)

    with uploads.held(upload.token) as is_free:
        assert not is_free
    with pytest.raises(uploads.NoSuchUpload):
        doing.start(upload, person=AT_THIS_MACHINE, clock=now)
    assert Lead.objects.count() == 0


def test_a_process_killed_when_all_was_in_leaves_the_right_result(
    person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = seen(person, rows=PEOPLE + "a@b,Bad,Address,,\n")

    def killed(_number: int) -> list[int]:
        raise SystemExit(9)

    with monkeypatch.context() as dying:
        dying.setattr("coldframe.leads.queries.list_moved_leads", killed)
        with pytest.raises(SystemExit):
            doing.start(upload, person=AT_THIS_MACHINE, clock=now)
    left = work.find_left()
    assert left is not None

    done = work.run(left.token, clock=now)

    assert (done.state, done.result["counts"]["new"], done.result["counts"]["refused"]) == (State.DONE, 2, 1)
    assert ImportBatch.objects.get().pk == done.batch
    page = text(person.get(f"/import/{done.batch}"))
    assert "Refused rows, to mend and bring again" in page


def test_the_same_file_brought_twice_comes_in_once(person: Client) -> None:
    places = [bring(person, PEOPLE, name=name) for name in ("one.csv", "two.csv")]
    for place in places:
        choose(person, place)

    for place in places:
        person.post(f"{place}/start")

    assert Lead.objects.count() == 2
    assert [uploads.find(place.rpartition("/")[2]).result["counts"].get("new", 0) for place in places] == [
        2,
        0,
    ]


def test_a_formula_in_a_file_goes_out_as_text(person: Client) -> None:
    take_in(person, 'Email,First name,Last name\nanna@b.example,=1+1,"@SUM(1)"\n')

    rows = b"".join(person.get("/leads/export.csv").streaming_content).decode()  # type: ignore[attr-defined]

    assert "'=1+1" in rows or "'=1+1 " in rows, rows
