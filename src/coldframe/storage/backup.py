"""
Backups: one archive with a copy of the database, the keys of the data folder and the journal of what was sent.

An archive is a zip file with ``manifest.json``, which says what is in it, with check sums and row counts.
It appears whole or not at all, and holds personal data and keys: for nobody but who runs the program.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from coldframe import __version__
from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import copying, disk, file_locks

FORMAT = 1
MANIFEST = "manifest.json"
FOLDER = "backups"
#: Files of the data folder that go with the database; the last is the journal of what was sent.
KEPT_FILES = ("secret-key", "clock-ahead-seconds", "send-journal*")
#: Beside a backup's own size this much must stay free.
SPARE_BYTES = 64 * 2**20
HOURLY, BEFORE_UPGRADE, BEFORE_RESTORE, BY_HAND = "hourly", "before-upgrade", "before-restore", "backup"
#: Automatic backups kept of each kind, newest first; those made by hand are never deleted.
KEPT = {BEFORE_UPGRADE: 3, BEFORE_RESTORE: 3}
#: Hourly ones are thinned out: the newest of each of the last so many hours, days and weeks that have one.
KEPT_HOURS, KEPT_DAYS, KEPT_WEEKS = 24, 7, 4
#: All of them together take no more room than this, or than so many times the newest one; the newest ones stay.
MOST_BYTES = 5 * 2**30
MOST_TIMES = 4
HOUR = timedelta(hours=1)
#: What they were called when there was one a day.
FORMERLY = "daily"
#: Text that stands in names, by which they sort.
STAMP = "%Y%m%dT%H%M%SZ"

ANOTHER_NAME = "Give it another name, or name a folder."

#: What reading an archive raises that is damaged; the library has no one name for it.
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError)

logger = logging.getLogger(__name__)


class NoRoom(Refusal):
    """The disk is too full for a backup."""


class CannotWrite(Refusal):
    """The folder for a backup cannot be written."""


class NotOurs(Refusal):
    """What would be replaced is no backup."""


class NotABackup(Refusal):
    """The file is no backup, or not a whole one."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an archive says of itself."""

    format: int
    made_at: str
    version: str
    #: sqlite or postgresql.
    vendor: str
    #: (app, name) of the migrations that the copy has.
    migrations: list[list[str]]
    #: Table -> rows.
    rows: dict[str, int]
    #: Name in the archive -> SHA-256.
    hashes: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup that was made."""

    file: str
    size_bytes: int
    made_at: datetime
    row_count: int


def make_backup(*, target: Path, at: datetime, kind: str = BY_HAND) -> Backup:
    """
    Write a backup and return it; ``target`` is a file to be made, or a folder in which one gets a name.

    The database may be in use. Raises ``copying.CannotCopy``, ``NoRoom``, ``CannotWrite`` or ``NotOurs``; an old
    backup of that name is replaced only by a whole new one, and nothing else is replaced.
    """
    try:
        return make_whole(target=target, at=at, kind=kind)
    except OSError as error:
        raise CannotWrite(
            "The backup could not be written.", where=str(target), got=error.strerror or str(error)
        ) from error


def make_whole(*, target: Path, at: datetime, kind: str) -> Backup:
    """Write a backup under a passing name, and give it its own once it is whole and on the disk."""
    file = target / f"coldframe-{kind}-{at.astimezone(UTC):{STAMP}}.zip" if target.is_dir() else target
    require_ours(file)
    require_room(file.parent)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".coldframe-backup-") as folder:
        copy = Path(folder) / copying.FILE_NAMES[connection.vendor]
        rows = copying.copy_to(copy)
        archive = Path(folder) / "archive.zip"
        pack(archive, [copy, *kept_files(Path(settings.HOME))], rows=rows, at=at)
        os.replace(archive, file)
    copying.sync_folder(file.parent)
    return Backup(file=str(file), size_bytes=file.stat().st_size, made_at=at, row_count=sum(rows.values()))


def require_ours(file: Path) -> None:
    """Raise ``NotOurs`` where something lies under that name that is no backup: a database, a device, a letter."""
    if not os.path.lexists(file):
        return
    if not file.is_file():
        raise NotOurs("Something other than a file has that name.", where=str(file), advice=ANOTHER_NAME)
    try:
        read_manifest(file)
    except NotABackup as error:
        raise NotOurs(
            "A file of that name is there, and it is no backup: it stays.",
            where=str(file),
            advice=ANOTHER_NAME,
        ) from error


def require_room(folder: Path) -> None:
    """Raise ``NoRoom`` where a copy and its archive would not fit."""
    needed = 2 * database_bytes() + SPARE_BYTES
    free = disk.free_bytes(folder)
    if free < needed:
        raise NoRoom(
            "The disk is too full for a backup.",
            where=str(folder),
            expected=f"{needed // 2**20} MiB free",
            got=f"{free // 2**20} MiB",
            advice="Name another folder: coldframe backup /mnt/elsewhere",
        )


def database_bytes() -> int:
    """Return the size of the database."""
    if connection.vendor == "sqlite":
        file = Path(str(connection.settings_dict["NAME"]))
        return file.stat().st_size if file.is_file() else 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def kept_files(home: Path) -> list[Path]:
    """Return the keys and journals of the data folder."""
    return sorted(file for pattern in KEPT_FILES for file in home.glob(pattern) if file.is_file())


def pack(archive: Path, files: list[Path], *, rows: dict[str, int], at: datetime) -> None:
    """Write the archive and make sure that it is on the disk."""
    manifest = Manifest(
        format=FORMAT, made_at=at.astimezone(UTC).isoformat(), version=__version__, vendor=connection.vendor,
        migrations=sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations()),
        rows=rows, hashes={file.name: hash_of(file) for file in files},
    )  # fmt: skip
    handle = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w+b") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
            for file in files:
                is_packed = file.suffix == ".dump"
                packed.write(file, file.name, zipfile.ZIP_STORED if is_packed else None)
        raw.flush()
        os.fsync(raw.fileno())


def hash_of(file: Path) -> str:
    with file.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def read_manifest(file: Path) -> Manifest:
    """Return what an archive says of itself; raise ``NotABackup`` for anything else."""
    try:
        with zipfile.ZipFile(file) as packed:
            manifest = Manifest(**json.loads(packed.read(MANIFEST)))
    except (*UNREADABLE, TypeError) as error:
        raise NotABackup(
            "This is not a backup of Coldframe.",
            where=str(file),
            expected="a file that `coldframe backup` made",
            got=str(getattr(error, "strerror", None) or error),
        ) from error
    if manifest.format != FORMAT:
        raise NotABackup(
            f"This backup was made by Coldframe {manifest.version}, whose backups this one cannot read.",
            where=str(file),
        )
    return manifest


def unpack(file: Path, folder: Path) -> Path:
    """
    Unpack an archive, check every byte and row, and return the copy of the database.

    Raises ``NotABackup`` where something is missing or changed, ``copying.CannotCopy`` for a damaged copy.
    """
    manifest = read_manifest(file)
    with zipfile.ZipFile(file) as packed:
        for name, expected in manifest.hashes.items():
            take_out(packed, name, folder, file=file)
            if hash_of(folder / name) != expected:
                raise NotABackup("The backup is damaged.", where=f"{file}, {name}", advice="Use another one.")
    copy = folder / copying.FILE_NAMES[manifest.vendor]
    if manifest.vendor == "sqlite":
        copying.check_sqlite(copy, manifest.rows)
    else:
        copying.check_dump(copy)
    return copy


def take_out(packed: zipfile.ZipFile, name: str, folder: Path, *, file: Path) -> None:
    """Write one member into the folder; its name is one of ours, or it stays in."""
    if name != Path(name).name:
        raise NotABackup("The backup names a file outside itself.", where=f"{file}, {name}")
    try:
        with (
            packed.open(name) as inside,
            open(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out,
        ):
            shutil.copyfileobj(inside, out, 2**20)
    except UNREADABLE as error:
        raise NotABackup(
            "The backup is damaged.", where=f"{file}, {name}", got=str(error), advice="Use another one."
        ) from error


def automatic_folder() -> Path:
    """Return where automatic backups are kept."""
    return Path(settings.HOME) / FOLDER


def made_folder() -> Path:
    """Return that folder, made when absent; raise ``CannotWrite`` where it cannot be."""
    folder = automatic_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            "The folder for backups cannot be made.", where=str(folder), got=error.strerror or str(error)
        ) from error
    return folder


def list_backups() -> list[Path]:
    """Return the backups in the data folder, the newest first."""
    return sorted(automatic_folder().glob("coldframe-*.zip"), key=stamp_of, reverse=True)


def stamp_of(file: Path) -> datetime:
    """Return the instant in a backup's name; the beginning of time where there is none."""
    with contextlib.suppress(ValueError):
        return datetime.strptime(file.stem.rpartition("-")[2], STAMP).replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def last_backup_at() -> datetime | None:
    """Return when the newest backup in the data folder was made."""
    found = list_backups()
    return stamp_of(found[0]) if found else None


def make_automatic(*, at: datetime, kind: str) -> Backup:
    """Make a backup in the data folder, and delete those of its kind that are one too many."""
    made = make_backup(target=made_folder(), at=at, kind=kind)
    ours = list_hourly() if kind == HOURLY else [file for file in list_backups() if is_of(kind, file)]
    for file in superfluous(ours) if kind == HOURLY else ours[KEPT[kind] :]:
        file.unlink(missing_ok=True)
    return made


def is_of(kind: str, file: Path) -> bool:
    return file.name.startswith(f"coldframe-{kind}-")


def list_hourly() -> list[Path]:
    """Return the backups that are thinned out, the newest first."""
    return [file for file in list_backups() if is_of(HOURLY, file) or is_of(FORMERLY, file)]


def superfluous(files: list[Path]) -> list[Path]:
    """
    Return which of these backups, the newest first, are not kept.

    Kept is the newest of each hour, day and week; of those as many, from the newest on, as there is room for.
    """
    kept: set[Path] = set()
    for form, most in (("%Y-%m-%dT%H", KEPT_HOURS), ("%Y-%m-%d", KEPT_DAYS), ("%G-W%V", KEPT_WEEKS)):
        newest: dict[str, Path] = {}
        for file in files:
            newest.setdefault(f"{stamp_of(file):{form}}", file)
        kept |= set(list(newest.values())[:most])
    room = max(MOST_BYTES, MOST_TIMES * files[0].stat().st_size) if files else 0
    for file in files:
        room -= file.stat().st_size if file in kept else 0
        if room < 0:
            kept.discard(file)
    return [file for file in files if file not in kept]


def keep_hourly(*, at: datetime, every: timedelta = HOUR) -> Backup | None:
    """
    Make a backup if one is due and nobody else makes it; else do nothing.

    Meant to be called by the loop of a worker, often; a backup that cannot be made is said in the log.
    """
    newest = [stamp_of(file) for file in list_hourly()][:1]
    if newest and newest[0] <= at < newest[0] + every:
        return None
    try:
        with alone() as is_alone:
            return make_automatic(at=at, kind=HOURLY) if is_alone else None
    except (Refusal, OSError) as error:
        logger.warning("The hourly backup was not made: %s", str(error).replace("\n", " "))
        return None


@contextlib.contextmanager
def alone() -> Iterator[bool]:
    """Yield whether no other process makes an automatic backup at this moment."""
    with file_locks.tried(made_folder() / ".lock") as is_alone:
        yield is_alone
