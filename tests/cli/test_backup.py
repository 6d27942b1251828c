"""Back up, restore, upgrade: as a person does it, with the programs a person has."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import sleep

import pytest

from coldframe.storage import backup
from tests import serving
from tests.cli import installation
from tests.cli.installation import LEADS, MORE_LEADS, Installation

# They use a database of their own, so they run on both.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

BOTH = ["anna@brightpath.example", "jonas@nordlicht.example"]
ALL = [*BOTH, "ola@brightpath.example"]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation.fresh(tmp_path_factory.mktemp("pattern"), name="pattern") as made:
        made.bring(LEADS)
        yield made


@pytest.fixture(scope="module")
def pattern_file(pattern: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the pattern."""
    return Path(pattern.json("backup", str(tmp_path_factory.mktemp("file")))["file"])


@pytest.fixture(scope="module")
def pattern_behind(pattern: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The pattern, one migration behind."""
    with installation.copied(pattern, tmp_path_factory.mktemp("behind"), name="behind") as made:
        go_back_one_migration(made)
        yield made


@pytest.fixture
def filled(pattern: Installation, tmp_path: Path) -> Iterator[Installation]:
    with installation.copied(pattern, tmp_path) as made:
        yield made


@pytest.fixture
def file(pattern_file: Path, tmp_path: Path) -> Path:
    """A backup of what is in ``filled``."""
    return Path(shutil.copy(pattern_file, tmp_path))


@pytest.fixture
def behind(pattern_behind: Installation, tmp_path: Path) -> Iterator[Installation]:
    """What is in ``filled``, one migration behind."""
    with installation.copied(pattern_behind, tmp_path) as made:
        yield made


def test_what_is_backed_up_comes_back_and_sending_waits_for_a_person(filled, tmp_path):
    key = (filled.home / "secret-key").read_text()
    made = filled.json("backup", str(tmp_path / "b.zip"))
    filled.bring(MORE_LEADS)
    assert filled.emails() == ALL

    refused = filled.json("restore", made["file"], code=2)
    assert refused["advice"] == "With --replace it is kept aside, and the backup takes its place."
    assert filled.emails() == ALL
    done = filled.json("restore", made["file"], "--replace")

    assert filled.emails() == BOTH
    assert (filled.home / "secret-key").read_text() == key
    assert done["row_count"] == made["row_count"]
    [held] = filled.json("doctor", code=1)["running"]["holds"]
    assert held["cause"] == "RESTORED"
    assert held["reason"].startswith("Restored from b.zip, made 2026-06-01 09:00 UTC. ")
    assert not (filled.home / "restored.json").exists()
    assert what_was_kept(filled, done["kept"]) == ALL


def what_was_kept(own: Installation, kept: str) -> list[str]:
    """Return who is in the database that a restore has put aside."""
    if own.url:
        own.json("restore", kept, "--replace")
        return own.emails()
    with closing(sqlite3.connect(Path(kept) / "coldframe.sqlite3")) as link:
        return [row[0] for row in link.execute("SELECT email FROM leads_lead ORDER BY email")]


def test_a_backup_goes_into_an_empty_data_folder(file, tmp_path):
    counts = backup.read_manifest(file).rows

    with installation.fresh(tmp_path / "other", name="other", has_tables=False) as other:
        done = other.json("restore", str(file))

        assert done["kept"] == ""
        assert other.emails() == BOTH
        for table in ("leads_account", "nurture_standing", "django_migrations"):
            assert other.ask(f"SELECT COUNT(*) FROM {table}") == [(counts[table],)]
        assert other.json("doctor", code=1)["running"]["holds"][0]["cause"] == "RESTORED"


def test_a_damaged_backup_is_refused_before_anything_is_touched(filled, file):
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    file.write_bytes(raw)

    refused = filled.json("restore", str(file), "--replace", code=2)

    assert refused["error"] == "The backup is damaged."
    assert filled.emails() == BOTH
    assert sorted(each.name for each in filled.home.glob("re*")) == []


def test_a_folder_in_use_is_not_restored_into(filled, file):
    running = subprocess.Popen(
        serving.command("run", "--no-worker", "--empty", "--json", "--port", "8760"), env=filled.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        "".join(serving.until_brace(running))
        refused = filled.json("restore", str(file), "--replace", code=2)
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)

    assert refused["error"] == "Coldframe is running on this data folder."
    assert filled.json("restore", str(file), "--replace")["kept"]


def test_a_backup_of_a_newer_version_is_refused(filled, file):
    newer = rewritten(file, lambda said: said["migrations"].append(["leads", "9999_from_tomorrow"]))

    refused = filled.json("restore", str(newer), "--replace", code=2)

    assert refused["got"] == "tables of leads 9999_from_tomorrow"


def rewritten(file: Path, change) -> Path:
    """Return a copy of a backup whose manifest is changed."""
    import zipfile

    new = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(new, "w") as packed:
        for name in old.namelist():
            content = old.read(name)
            if name == "manifest.json":
                said = json.loads(content)
                change(said)
                content = json.dumps(said).encode()
            packed.writestr(name, content)
    return new


def test_what_was_handed_over_after_the_backup_is_not_handed_over_again(filled, file):
    (filled.home / "send-journal").write_text(
        "2026-06-01T09:30:00+00:00 HANDING_OFF touch:1 <1@example.org>\n"
        "2026-06-01T09:31:00+00:00 HANDING_OFF touch:2 <2@example.org>\n"
        "2026-06-01T09:32:00+00:00 NOT_TAKEN touch:2 <2@example.org>\n"
    )

    filled.json("restore", str(file), "--replace")

    assert filled.ask("SELECT key, message_id FROM outbox_pasthandover") == [("touch:1", "<1@example.org>")]
    assert (filled.home / "send-journal").read_text().count("\n") == 3
    causes = {each["cause"] for each in filled.json("doctor", code=1)["running"]["holds"]}
    assert causes == {"RESTORED", "JOURNAL"}


def test_who_opted_out_after_the_backup_stays_out(filled, file):
    filled.bring("Email,First name,Company,Unsubscribed\nanna@brightpath.example,Anna,Brightpath,yes\n")
    opted_out = "SELECT email, reason FROM leads_suppression WHERE email IS NOT NULL"
    before = filled.ask(opted_out)
    assert [email for email, _ in before] == ["anna@brightpath.example"]

    filled.json("restore", str(file), "--replace")

    assert filled.ask(opted_out) == before
    leads = "SELECT COUNT(*) FROM leads_suppression s JOIN leads_lead l ON l.id = s.lead_id"
    assert filled.ask(f"{leads} WHERE l.email = 'anna@brightpath.example'") == [(1,)]


def test_who_took_a_consent_back_or_asked_for_quiet_after_the_backup_is_left_in_peace(filled, tmp_path):
    anna, jonas = (who(filled, email) for email in BOTH)
    filled.do(consent_of(filled, anna, "fair"))
    filled.do(consent_of(filled, jonas, "form"))
    file = filled.json("backup", str(tmp_path))["file"]
    now, later = instant(filled, "2026-06-01 08:30"), instant(filled, "2026-09-01 09:00")
    filled.do(f"UPDATE leads_consent SET withdrawn_at = {now} WHERE lead_id = {anna}")
    filled.do(consent_of(filled, jonas, "shop", withdrawn_at=now))
    filled.do(
        f"INSERT INTO leads_pause (lead_id, until, source, asked_at) VALUES ({jonas}, {later}, 'page', {now})"
    )
    withdrawn = "SELECT lead_id, source, withdrawn_at FROM leads_consent ORDER BY source"
    paused = "SELECT lead_id, until, source FROM leads_pause WHERE ended_at IS NULL"
    before = (filled.ask(withdrawn), filled.ask(paused))
    assert [row[2] is not None for row in before[0]] == [True, False, True]

    filled.json("restore", file, "--replace")

    assert (filled.ask(withdrawn), filled.ask(paused)) == before
    due = f"SELECT COUNT(*) FROM leads_accountdue d JOIN leads_lead l USING (account_id) WHERE l.id = {anna}"
    assert filled.ask(due) == [(1,)]


def who(filled: Installation, email: str) -> int:
    return int(filled.ask(f"SELECT id FROM leads_lead WHERE email = '{email}'")[0][0])


def instant(filled: Installation, text: str) -> str:
    """Return an instant as each database keeps it."""
    if filled.url:
        return f"'{text}+00'::timestamptz"
    return str(int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * 1_000_000)


def consent_of(filled: Installation, lead_id: int, source: str, *, withdrawn_at: str = "NULL") -> str:
    given = instant(filled, "2026-05-01 09:00")
    return (
        "INSERT INTO leads_consent (lead_id, purpose, basis, source, given_at, withdrawn_at, created_at)"
        f" VALUES ({lead_id}, 'marketing_email', 'CONSENT', '{source}', {given}, {withdrawn_at}, {given})"
    )


def test_who_was_erased_after_the_backup_stays_erased(filled, file):
    filled.json("person", "erase", "anna@brightpath.example", "--yes")
    hashes = filled.ask("SELECT key_hash, reason FROM leads_erasure ORDER BY key_hash")

    filled.json("restore", str(file), "--replace")

    assert filled.emails() == ["jonas@nordlicht.example", None]
    assert filled.ask("SELECT key_hash, reason FROM leads_erasure ORDER BY key_hash") == hashes
    assert filled.ask(
        "SELECT COUNT(*) FROM leads_consent c JOIN leads_lead l ON l.id = c.lead_id WHERE l.email IS NULL"
    ) == [(0,)]
    filled.bring(LEADS)
    assert filled.emails() == ["jonas@nordlicht.example", None]


def test_a_database_too_damaged_to_read_is_replaced_and_that_is_said(filled, file):
    if filled.url:
        filled.lose("leads_suppression")
    else:
        (filled.home / "coldframe.sqlite3").write_bytes(b"\xff" * 20000)

    filled.json("restore", str(file), "--replace")

    [held] = filled.json("doctor", code=1)["running"]["holds"]
    assert held["reason"].endswith("too damaged to say who opted out or was erased since.")
    assert filled.emails() == BOTH


def test_an_upgrade_is_preceded_by_a_backup_and_leaves_everything_in_place(behind):
    done = behind.run("doctor", "--json")
    assert "tables of this version" in json.loads(done.stdout)["missing"][0]
    assert not backups(behind)
    behind.run("audit", "--json")

    [made] = backups(behind)
    assert made.name.startswith("coldframe-before-upgrade-")
    assert backup.read_manifest(made).rows["leads_lead"] == 2
    assert behind.emails() == BOTH
    behind.run("audit", "--json")
    assert len(backups(behind)) == 1, "nothing to upgrade, nothing to back up"


def go_back_one_migration(own: Installation) -> None:
    done = subprocess.run(
        [*serving.command()[:-1], "django", "migrate", "outbox", "0001_tables", "-v0"],
        env=own.environment(DJANGO_SETTINGS_MODULE="coldframe.config.settings"), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def backups(own: Installation) -> list[Path]:
    return sorted((own.home / "backups").glob("*.zip"))


def test_an_upgrade_that_fails_says_how_to_get_back(behind):
    spoil = "CREATE TABLE outbox_knownplace (id integer)"
    behind.do(spoil)

    refused = behind.json("audit", code=2)

    [made] = backups(behind)
    assert refused["error"] == "The tables could not be brought to this version."
    assert f"coldframe restore {made} --replace" in refused["advice"]
    behind.lose("outbox_knownplace")
    behind.json("audit")


def test_without_a_backup_there_is_no_upgrade_unless_the_operator_says_so(behind):
    blocked = {"PATH": "/nonexistent"} if behind.url else {}
    if not behind.url:
        (behind.home / "backups").write_text("in the way of the folder")

    refused = behind.json("audit", code=2, **blocked)

    assert "COLDFRAME_UPGRADE_WITHOUT_BACKUP=yes" in refused["advice"]
    if behind.url:
        assert "postgresql-client" in refused["advice"]
    behind.json("audit", COLDFRAME_UPGRADE_WITHOUT_BACKUP="yes", **blocked)


def test_making_the_tables_survives_kills_at_any_moment(tmp_path):
    with installation.fresh(tmp_path, has_tables=False) as own:
        check_kills_are_survived(own)


def check_kills_are_survived(own: Installation) -> None:
    pauses = [0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.8]
    for pause in pauses:
        process = subprocess.Popen(
            serving.command("audit", "--json"), env=own.environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        sleep(pause)
        process.kill()
        process.wait()

    own.json("audit")

    assert own.json("doctor")["missing"] == []
    if not own.url:
        assert own.ask("PRAGMA integrity_check") == [("ok",)]
