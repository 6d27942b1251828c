"""A backup holds everything at one instant, is checked before it appears, and says when it is damaged."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import zipfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from coldframe.storage import backup, copying, disk
from tests import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path) -> Path:
    settings.HOME = tmp_path / "home"
    settings.HOME.mkdir()
    (settings.HOME / "secret-key").write_text("the key")
    (settings.HOME / "send-journal").write_text(
        "2026-06-01T09:00:00+00:00 HANDING_OFF touch:1 <1@example.org>\n"
    )
    (settings.HOME / "errors-1.csv").write_text("not part of it")
    return settings.HOME


def make(target: Path, *, days: int = 0, kind: str = backup.BY_HAND) -> Path:
    return Path(backup.make_backup(target=target, at=world.NOW + timedelta(days=days), kind=kind).file)


def test_a_backup_holds_the_database_the_keys_and_the_journal(tmp_path):
    world.anna()
    file = make(tmp_path)

    manifest = backup.read_manifest(file)
    assert file.name == "coldframe-backup-20260601T090000Z.zip"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert manifest.vendor == connection.vendor
    assert manifest.rows["leads_lead"] == 1
    assert sorted(manifest.hashes) == sorted(
        [copying.FILE_NAMES[connection.vendor], "secret-key", "send-journal"]
    )
    assert ["leads", "0001_tables"] in manifest.migrations
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_what_was_backed_up_comes_out_again_and_is_sound(tmp_path):
    anna = world.anna()
    file = make(tmp_path / "mine.zip")

    copy = backup.unpack(file, tmp_path)

    assert (tmp_path / "secret-key").read_text() == "the key"
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(copy)) as link:
            assert link.execute("SELECT email FROM leads_lead").fetchall() == [(anna.email,)]


def test_a_name_that_is_a_folder_gets_a_file_and_a_name_that_is_a_file_is_replaced_whole(tmp_path):
    first = make(tmp_path / "mine.zip")
    size = first.stat().st_size
    world.anna()

    second = make(tmp_path / "mine.zip", days=1)

    assert first == second
    assert second.stat().st_size != size
    assert backup.read_manifest(second).rows["leads_lead"] == 1


def test_nothing_but_an_older_backup_is_ever_replaced(tmp_path):
    letter, pipe, hanging = tmp_path / "coldframe.sqlite3", tmp_path / "pipe", tmp_path / "hanging"
    letter.write_text("the only copy")
    os.mkfifo(pipe)
    hanging.symlink_to("/nowhere/at/all")

    for target in (letter, pipe, hanging, Path(os.devnull)):
        with pytest.raises(backup.NotOurs):
            make(target)

    assert letter.read_text() == "the only copy"
    assert pipe.is_fifo()
    assert hanging.is_symlink()
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_flipped_bytes_are_found(tmp_path, share):
    world.anna()
    file = make(tmp_path)
    raw = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as packed:
        inside = packed.getinfo(copying.FILE_NAMES[connection.vendor])
        at = inside.header_offset + 60 + int(inside.compress_size * share)
        # A single one may say the same in other words: among zeros, one copied from further away.
        raw[at : at + 8] = bytes(each ^ 0x55 for each in raw[at : at + 8])
    file.write_bytes(raw)

    with pytest.raises(backup.NotABackup) as refusal:
        backup.unpack(file, tmp_path)

    assert refusal.value.what == "The backup is damaged."


def test_no_flipped_byte_anywhere_gets_through_unseen_or_ends_in_a_fault(tmp_path):
    world.anna()
    file = make(tmp_path / "mine.zip")
    whole = file.read_bytes()
    chance = random.Random(3)
    folder = tmp_path / "out"
    folder.mkdir()
    original = {name: zipfile.ZipFile(file).read(name) for name in backup.read_manifest(file).hashes}

    refused = 0
    for _ in range(60):
        raw = bytearray(whole)
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        file.write_bytes(raw)
        try:
            backup.unpack(file, folder)
        except (backup.NotABackup, copying.CannotCopy):
            refused += 1
        else:
            assert {name: (folder / name).read_bytes() for name in original} == original

    assert refused > 40


def test_a_backup_that_was_cut_off_is_none(tmp_path):
    file = make(tmp_path)
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(backup.NotABackup):
        backup.read_manifest(file)


def test_any_other_file_is_no_backup(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("Email\n")

    with pytest.raises(backup.NotABackup) as refusal:
        backup.read_manifest(file)

    assert refusal.value.expected == "a file that `coldframe backup` made"


def test_a_name_in_an_archive_cannot_lead_outside(tmp_path):
    file = make(tmp_path / "mine.zip")
    manifest = json.loads(zipfile.ZipFile(file).read("manifest.json"))
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as packed:
        packed.writestr("manifest.json", json.dumps(manifest | {"hashes": {"../secret-key": "00"}}))
        packed.writestr("../secret-key", "mine")
    inside = tmp_path / "inside"
    inside.mkdir()

    with pytest.raises(backup.NotABackup):
        backup.unpack(evil, inside)

    assert not (tmp_path / "secret-key").exists()


def test_a_disk_without_room_is_said_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)

    with pytest.raises(backup.NoRoom) as refusal:
        make(tmp_path / "mine.zip")

    assert refusal.value.advice == "Name another folder: coldframe backup /mnt/elsewhere"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["home"]


def test_a_copy_with_other_rows_than_expected_is_refused(tmp_path):
    file = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(file)) as link:
        link.execute("CREATE TABLE lead (id)")
        link.execute("INSERT INTO lead VALUES (1)")
        link.commit()
    copying.check_sqlite(file, {"lead": 1})

    with pytest.raises(copying.CannotCopy) as refusal:
        copying.check_sqlite(file, {"lead": 2})

    assert (refusal.value.expected, refusal.value.got) == ("2 rows in lead", "1")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(tmp_path, share):
    source = tmp_path / "source.sqlite3"
    with closing(sqlite3.connect(source)) as link:
        link.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, name TEXT)")
        link.executemany("INSERT INTO lead VALUES (?, ?)", ((number, "x" * 50) for number in range(5000)))
        link.commit()
    raw = bytearray(source.read_bytes())
    start = int(len(raw) * share) // 4096 * 4096
    raw[start : start + 200] = b"\xff" * 200
    source.write_bytes(raw)

    with pytest.raises(copying.CannotCopy):
        copying.check_sqlite(
            tmp_path / "copy.sqlite3", copying.copy_sqlite(source, tmp_path / "copy.sqlite3")
        )


def test_a_backup_is_made_every_hour(data_folder):
    made = [backup.keep_hourly(at=world.NOW + timedelta(minutes=minutes)) for minutes in range(0, 180, 20)]

    assert [each is not None for each in made] == [True, False, False] * 3
    assert backup.list_backups()[0].name == "coldframe-hourly-20260601T110000Z.zip"
    assert backup.last_backup_at() == world.NOW + timedelta(hours=2)


def lie_in(folder: Path, *, hours: int, size: int = 1) -> list[Path]:
    """Let a backup of each of so many hours lie there, the newest first."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for hour in range(hours):
        at = world.NOW - timedelta(hours=hour)
        # As they were called when there was one a day, and as they are called now.
        kind = "daily" if hour > 200 else "hourly"
        file = folder / f"coldframe-{kind}-{at:{backup.STAMP}}.zip"
        file.write_bytes(b"x" * size)
        files.append(file)
    return files


def test_backups_are_kept_by_the_hour_then_by_the_day_then_by_the_week(tmp_path):
    files = lie_in(tmp_path, hours=24 * 60)

    gone = set(backup.superfluous(files))

    kept = [backup.stamp_of(file) for file in files if file not in gone]
    assert kept[:24] == [world.NOW - timedelta(hours=hour) for hour in range(24)]
    # Then the last of a day, of which the first two are among those hours, and the last of a week.
    assert [f"{each:%m-%d %H}" for each in kept[24:]] == [
        *("05-30 23", "05-29 23", "05-28 23", "05-27 23", "05-26 23"),
        *("05-24 23", "05-17 23"),
    ]


def test_backups_together_take_no_more_room_than_they_may_and_the_newest_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "MOST_BYTES", 450)
    files = lie_in(tmp_path, hours=30, size=100)
    large = lie_in(tmp_path / "large", hours=30, size=1_000)

    assert set(files) - set(backup.superfluous(files)) == set(files[:4])
    assert set(large) - set(backup.superfluous(large)) == set(large[:4])


def test_backups_made_by_hand_are_never_deleted(data_folder):
    backup.automatic_folder().mkdir()
    by_hand = make(backup.automatic_folder())

    for day in range(9):
        backup.keep_hourly(at=world.NOW + timedelta(days=day))

    assert by_hand.exists()


def test_a_backup_that_another_process_makes_is_left_to_it():
    with backup.alone() as is_alone:
        assert is_alone
        assert backup.keep_hourly(at=world.NOW) is None


def test_an_hourly_backup_that_fails_is_said_in_the_log_and_stops_nothing(monkeypatch, caplog):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)

    assert backup.keep_hourly(at=world.NOW) is None

    assert caplog.messages[0].startswith("The hourly backup was not made: ")
