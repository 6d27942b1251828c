"""Who looked at what is noted, and nobody waits for it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from coldframe.storage import quiet
from coldframe.team import viewing
from coldframe.team.models import LogEntry
from coldframe.team.rights import AT_THIS_MACHINE
from tests.world import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def look(subject: str = "anna", **changes: object) -> None:
    viewing.note_view(
        **{"by": AT_THIS_MACHINE, "what": "lead.viewed", "subject": subject, "at": NOW} | changes
    )  # type: ignore[arg-type]


def end_of_noting() -> None:
    for thread in threading.enumerate():
        if thread.name == "noting a view":
            thread.join(60)


def test_a_look_is_one_line_within_the_hour() -> None:
    look()
    end_of_noting()
    look(at=NOW + viewing.ONE_LOOK - timedelta(seconds=1))
    look("jonas")
    end_of_noting()
    look(at=NOW + viewing.ONE_LOOK + timedelta(seconds=1))
    end_of_noting()

    assert sorted(LogEntry.objects.values_list("subject", flat=True)) == ["anna", "anna", "jonas"]


@pytest.mark.sqlite
def test_a_look_is_noted_once_the_base_is_no_longer_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "KEPT_WITHIN", 60.0)
    with quiet.long_reading():
        for _ in range(3):
            look()
        assert not LogEntry.objects.exists()
    end_of_noting()

    assert LogEntry.objects.get().subject == "anna"


def test_a_look_is_noted_though_the_base_is_counted_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewing, "KEPT_WITHIN", 0.0)
    with quiet.long_reading():
        look()
        end_of_noting()

        assert LogEntry.objects.get().subject == "anna"


def test_one_that_cannot_be_noted_is_told_of_and_the_page_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(**_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(viewing.operations, "note", fails)
    look()
    end_of_noting()

    assert "a view could not be noted" in caplog.text
