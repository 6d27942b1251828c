"""What keeps sending from going on, and what lets it go on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from coldframe.outbox import holding
from coldframe.storage import disk
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.HOME = tmp_path


def hold(cause: holding.Cause = holding.Cause.PERSON, *, place: str = "") -> int:
    return holding.hold(cause=cause, reason="A person must look.", at=world.NOW, by="mia", place=place)


def causes() -> list[str]:
    return [each.cause for each in holding.list_holds()]


def test_a_new_installation_is_not_held():
    assert (holding.is_held(), holding.list_holds()) == (False, [])


def test_a_hold_stays_until_it_is_lifted_and_says_who_did_it():
    hold()

    assert holding.find_hold() == holding.Found(cause="PERSON", reason="A person must look.", since=world.NOW)
    assert holding.lift(at=world.NOW + timedelta(hours=1), by="mia") >= 1
    row = holding.SendingHold.objects.get()
    assert (row.lifted_at, row.lifted_by) == (world.NOW + timedelta(hours=1), "mia")
    assert not holding.is_held()


def test_the_same_cause_holds_once_and_different_ones_must_all_be_lifted():
    assert hold() == hold()
    hold(holding.Cause.CLOCK)

    holding.lift(at=world.NOW, by="mia", causes=["CLOCK"])

    assert causes() == ["PERSON"]


def test_a_hold_on_another_machine_is_none_here():
    hold(place="f" * 32)

    assert not holding.is_held()


def test_a_copied_data_folder_is_held_until_a_person_says_that_it_may_send(settings, tmp_path):
    holding.make_first_known(at=world.NOW)
    assert not holding.is_held()

    settings.HOME = tmp_path / "copy"
    settings.HOME.mkdir()

    assert causes() == ["PLACE"]
    assert str(tmp_path) in holding.find_hold().reason
    holding.make_first_known(at=world.NOW)
    assert holding.is_held(), "only the first place is known by itself"
    holding.lift(at=world.NOW, by="mia")
    assert not holding.is_held()
    settings.HOME = tmp_path
    assert not holding.is_held(), "the original goes on"


def test_another_machine_is_another_place(settings):
    holding.make_first_known(at=world.NOW)

    settings.HOST_ID = "elsewhere"
    from coldframe.storage import machine

    machine.machine_id.cache_clear()
    machine.place_of.cache_clear()
    try:
        assert causes() == ["PLACE"]
    finally:
        settings.HOST_ID = ""
        machine.machine_id.cache_clear()
        machine.place_of.cache_clear()


def test_a_full_disk_holds_sending_and_space_lets_it_go_on(settings, tmp_path):
    settings.LEAST_FREE_BYTES = disk.free_bytes(tmp_path) + 2**40

    assert causes() == ["DISK"]
    assert holding.is_held()
    assert holding.lift(at=world.NOW, by="mia") >= 0
    assert holding.is_held(), "nobody can lift what the disk says"

    settings.LEAST_FREE_BYTES = 0
    assert not holding.is_held()


def test_a_backup_that_is_being_put_in_place_holds_sending_by_a_file(tmp_path: Path):
    (tmp_path / holding.RESTORED_FILE).write_text("{}")

    assert holding.find_hold().cause == "RESTORED"
