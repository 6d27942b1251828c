"""The send journal: what was about to be handed over, on disk before it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from coldframe.outbox import journal, reconciling
from coldframe.outbox.handlers import Outcome
from coldframe.outbox.journal import Journal, read_entries
from tests.outbox.cast import Post, enqueue, later, states, turn
from tests.world import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "send-journal.log"


def test_it_tells_what_was_handed_over_and_not_taken_back(path: Path) -> None:
    kept = Journal(path)
    kept.note_handing_off([("touch:1", "<1@x.example>"), ("touch:2", "<2@x.example>")], at=NOW)
    kept.note_not_taken([("touch:1", "<1@x.example>")], at=NOW)
    kept.close()

    assert [(each.key, each.message_id, each.at) for each in read_entries(path)] == [
        ("touch:2", "<2@x.example>", NOW)
    ]


def test_a_message_refused_for_now_and_then_taken_stays_in_it(path: Path) -> None:
    kept = Journal(path)
    kept.note_handing_off([("touch:1", "<1@x.example>")], at=NOW)
    kept.note_not_taken([("touch:1", "<1@x.example>")], at=NOW)
    kept.note_handing_off([("touch:1", "<1@x.example>")], at=NOW)
    kept.close()

    assert len(read_entries(path)) == 1


def test_a_torn_last_line_and_strange_ones_are_left_out(path: Path) -> None:
    kept = Journal(path)
    kept.note_handing_off([("touch:1", "<1@x.example>")], at=NOW)
    kept.close()
    with path.open("a", encoding="utf-8") as file:
        file.write("nonsense\nnot-a-date HANDING_OFF a b\n2026-06-01T09:00:00+00:00 HANDING_OFF touch:9 <9@x")

    assert [each.key for each in read_entries(path)] == ["touch:1"]


def test_a_line_that_a_full_disk_cut_off_takes_no_later_one_along(path: Path) -> None:
    kept = Journal(path)
    kept.note_handing_off([("touch:1", "<1@x.example>")], at=NOW)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        kept.note_handing_off([("touch:2", "<2@x.example>")], at=NOW)

        assert [(each.key, each.message_id, each.at) for each in read_entries(path)] == [
            ("touch:2", "<2@x.example>", NOW)
        ], length
    kept.close()


def test_several_processes_append_whole_lines(path: Path) -> None:
    first, second = Journal(path), Journal(path)
    for number in range(100):
        first.note_handing_off([(f"a:{number}", "<a@x.example>")], at=NOW)
        second.note_handing_off([(f"b:{number}", "<b@x.example>")], at=NOW)
    first.close()
    second.close()

    assert len(read_entries(path)) == 200


def test_nobody_else_may_read_it(path: Path) -> None:
    Journal(path).close()

    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_definite_refusal_is_taken_back(path: Path) -> None:
    kept = Journal(path)
    enqueue(1, 2)

    turn(
        Post(answer=lambda m: later(m) if m.subject_id == 1 else Outcome(id=m.id, result="UNCERTAIN")),
        journal=kept,
    )
    kept.close()

    assert [each.key for each in read_entries(path)] == ["letter:2"]


@pytest.mark.django_db
def test_nothing_is_handed_over_that_the_journal_cannot_hold(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    kept = Journal(path)
    post = Post()
    enqueue(1)

    turn(post, journal=kept)
    kept.close()

    assert post.arrived == []
    assert states() == {"letter:1": "QUEUED"}
    assert "broke off" in caplog.text


def test_what_is_no_journal_yet_holds_nothing(path: Path) -> None:
    assert read_entries(path) == []
    assert journal.HANDING_OFF != journal.NOT_TAKEN


def test_it_is_put_aside_after_five_weeks_and_forgotten_when_all_of_it_is_as_old(path: Path) -> None:
    book = Journal(path)
    book.note_handing_off([("touch:1", "<1@example.org>")], at=NOW)
    book.close()
    assert journal.trim(path, at=NOW + journal.KEPT) == []
    assert path.exists()

    later_on = NOW + journal.KEPT + timedelta(days=1)
    journal.trim(path, at=later_on)

    [aside] = path.parent.glob(f"{path.name}-*")
    assert not path.exists()
    assert [each.key for each in read_entries(aside)] == ["touch:1"]
    assert journal.trim(path, at=later_on) == [aside]


def test_a_worker_that_has_it_open_goes_on_in_the_new_one_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "send-journal"
    book = Journal(path)
    book.note_handing_off([("touch:1", "<1@example.org>")], at=NOW)
    later_on = NOW + journal.KEPT + timedelta(days=1)
    journal.trim(path, at=later_on)

    book.note_handing_off([("touch:2", "<2@example.org>")], at=later_on)

    assert [each.key for each in read_entries(path)] == ["touch:2"]
    assert {each.key for each in reconciling.read_journals(tmp_path)} == {"touch:1", "touch:2"}
    book.close()
