"""What goes out as a file runs in no spreadsheet, and what comes in fills no disk."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from tests import world
from tests.attacks.on_pages import hostile

pytestmark = pytest.mark.django_db
RUNS = ("=", "+", "-", "@", "\t", "\r")


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


def test_no_cell_of_any_file_begins_like_a_formula() -> None:
    hostile.house()
    browser = hostile.admin()

    for path in ("/leads/export.csv", "/log.csv"):
        answer = browser.get(path)
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[arg-type,attr-defined]

        assert len(rows) > 2, path
        assert [
            cell for row in rows for cell in row if cell.startswith(RUNS) and not is_number(cell)
        ] == [], path


def is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "").isdigit()


@pytest.mark.parametrize("path", ["/sign-in", "/playbook/edit/file", "/import"])
def test_a_body_larger_than_any_that_is_taken_is_refused_before_it_is_read(path: str) -> None:
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    client = Client(HTTP_HOST="localhost", raise_request_exception=False)

    answer = client.generic(
        "POST", path, begin, content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(60 * 2**20)
    )

    assert answer.status_code in {400, 413}
