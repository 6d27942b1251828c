"""Putting a backup in place: checked before, the old data kept aside, and sending held until a person has looked."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coldframe.cli import erasures, opt_outs, wishes
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.storage.backup import Manifest

#: The journal that came with a backup lies beside the one that is there; both are read.
RESTORED_JOURNAL = "send-journal-restored-{stamp}"
JOURNAL = "send-journal"


class NotEmpty(Refusal):
    """There is a database already."""


class WrongKind(Refusal):
    """The backup is of another kind of database, or of a newer version."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was put in place."""

    made_at: str
    version: str
    row_count: int
    #: Folder, or backup, that holds what was there before; empty: nothing was.
    kept: str


def restore(*, file: Path, replace: bool, at: datetime) -> Restored:
    """
    Make the data folder and database what the backup holds; they must not be in use.

    Everything is checked before anything is touched. Sending is held from the first moment on. Raises a
    ``Refusal`` for a file that is no sound backup, a database that is there (without ``replace``), or in use.
    """
    from django.conf import settings

    from coldframe.storage import backup, copying, in_use

    home = Path(settings.HOME)
    manifest = backup.read_manifest(file)
    require_same_kind(manifest, file)
    with in_use.alone(home):
        if is_there() and not replace:
            raise NotEmpty(
                "There is a database already.",
                where=str(home),
                advice="With --replace it is kept aside, and the backup takes its place.",
            )
        with tempfile.TemporaryDirectory(dir=home, prefix="restoring-") as folder:
            copy = backup.unpack(file, Path(folder))
            said = said_since()
            kept = keep_aside(home, at=at)
            announce(home, said | {"made_at": manifest.made_at, "file": file.name})
            copying.put_back(copy)
            put_files_back(Path(folder), home, manifest, at=at)
    return Restored(
        made_at=manifest.made_at, version=manifest.version, row_count=sum(manifest.rows.values()), kept=kept
    )


def require_same_kind(manifest: Manifest, file: Path) -> None:
    """Raise ``WrongKind`` where this program and database cannot take the backup."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    if manifest.vendor != connection.vendor:
        raise WrongKind(
            "The backup is of another kind of database.",
            where=str(file),
            expected=connection.vendor,
            got=manifest.vendor,
            advice="Set or unset DATABASE_URL.",
        )
    known = {tuple(each) for each in MigrationLoader(None).disk_migrations}
    newer = sorted(f"{app} {name}" for app, name in manifest.migrations if (app, name) not in known)
    if newer:
        raise WrongKind(
            f"The backup was made by a newer version ({manifest.version}).",
            where=str(file),
            got=f"tables of {', '.join(newer[:3])}",
            advice="Install that version, then restore.",
        )


def is_there() -> bool:
    """Return whether there is a database to lose."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return bool(database_files())
    return "django_migrations" in connection.introspection.table_names()


def said_since() -> dict[str, Any]:
    """Return what people have said in the database that is there: no, not this, not now, and forget me."""
    if not is_there():
        return {"opt_outs": [], "withdrawn": [], "paused": [], "erasures": []}
    return {
        "opt_outs": opt_outs.read(),
        "withdrawn": wishes.read_withdrawn(),
        "paused": wishes.read_paused(),
        "erasures": erasures.read(),
    }


def database_files() -> list[Path]:
    """Return SQLite's file and what lies beside it: an interrupted write is finished from its journal."""
    from django.db import connection

    name = Path(str(connection.settings_dict["NAME"]))
    beside = [name.with_name(name.name + end) for end in ("", "-journal", "-wal", "-shm")]
    return [each for each in beside if each.exists()]


def keep_aside(home: Path, *, at: datetime) -> str:
    """Keep what is there: SQLite's files in a folder of their own, PostgreSQL's tables as one more backup."""
    from django.db import connection

    from coldframe.storage import backup

    if not is_there():
        return ""
    if connection.vendor == "postgresql":
        return backup.make_automatic(at=at, kind=backup.BEFORE_RESTORE).file
    connection.close()
    aside = home / f"replaced-{at.astimezone(UTC):{backup.STAMP}}"
    aside.mkdir(mode=0o700, exist_ok=True)
    for each in database_files():
        each.rename(aside / each.name)
    if (home / "secret-key").exists():
        shutil.copy2(home / "secret-key", aside)
    return str(aside)


def announce(home: Path, said: dict[str, Any]) -> None:
    """Hold sending by a file, before the database that knows of no hold is in place."""
    from coldframe.outbox import holding
    from coldframe.storage import copying

    handle = os.open(home / holding.RESTORED_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(said, out)
        out.flush()
        os.fsync(out.fileno())
    copying.sync_folder(home)


def put_files_back(folder: Path, home: Path, manifest: Manifest, *, at: datetime) -> None:
    """Put keys in place; the journal of the backup lies beside the present one, which knows more."""
    from coldframe.storage import backup, copying

    for name in manifest.hashes:
        if name in copying.FILE_NAMES.values():
            continue
        target = home / name
        if name.startswith(JOURNAL) and target.exists():
            target = home / RESTORED_JOURNAL.format(stamp=f"{at.astimezone(UTC):{backup.STAMP}}")
        os.replace(folder / name, target)


def finish(*, at: datetime) -> None:
    """Write the hold of a restored backup into the database, and what only the journal knows; then forget the file."""
    from django.conf import settings

    from coldframe.outbox import holding, reconciling

    home = Path(settings.HOME)
    file = home / holding.RESTORED_FILE
    if not file.exists():
        return
    said = json.loads(file.read_text(encoding="utf-8"))
    made_at = datetime.fromisoformat(said["made_at"])
    holding.hold(cause=holding.Cause.RESTORED, reason=reason_of(said), at=at, by="restore")
    opt_outs.put_in(said["opt_outs"] or [], at=at)
    wishes.put_in(withdrawn=said.get("withdrawn") or [], paused=said.get("paused") or [], at=at)
    erasures.put_in(said.get("erasures") or [], home=home, at=at)
    reconciling.reconcile(home, since=made_at, at=at, by="restore")
    file.unlink()


def reason_of(said: dict[str, Any]) -> str:
    """Return what a person must know before sending goes on."""
    made_at = f"{datetime.fromisoformat(said['made_at']):%Y-%m-%d %H:%M} UTC"
    unknown = "What was sent after that is known only as far as the journal goes."
    if None in (said["opt_outs"], said.get("withdrawn", []), said.get("paused", [])):
        unknown += " The database that it replaces was too damaged to say who opted out or was erased since."
    return f"Restored from {said['file']}, made {made_at}. {unknown}"
