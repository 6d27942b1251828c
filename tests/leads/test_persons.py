"""A person's own copy, as the person and a program read it, and the commands."""

from __future__ import annotations

import json
import re
import stat
import zlib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coldframe.activity.models import Payload
from coldframe.cli.person import NotSure
from coldframe.cli.root import app
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations
from coldframe.leads.consent import Permission
from coldframe.leads.models import Lead
from coldframe.leads.persons import masked
from coldframe.library import operations as library
from coldframe.nurture.queries import NoSuchLead
from coldframe.outbox.models import Content
from coldframe.reports import person
from tests import world
from tests.leads.test_erasure import hits, plant
from tests.world import NOW

EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setenv("COLDFRAME_HOME", str(tmp_path / "home"))


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["person", *words])


def exported(key: str, file: Path) -> tuple[dict[str, Any], str]:
    """Return the copy for programs and the page."""
    result = run("export", key, str(file))
    assert result.exit_code == 0, result.output
    return json.loads(file.with_suffix(".json").read_text()), file.with_suffix(".html").read_text()


@pytest.mark.django_db
def test_a_copy_holds_the_record_permissions_events_and_why_it_is_where_it_is(tmp_path: Path) -> None:
    anna = world.anna(custom={"shoe_size": 38})
    operations.give_consent(
        lead_id=anna.pk, permission=Permission(wording="Yes.", source="form", given_at=NOW), at=NOW
    )
    operations.suppress(reason=SuppressionReason.COMPLAINT, source="loop", at=NOW, lead_ids=[anna.pk])
    Payload.objects.create(
        event=world.event(anna, path="/pricing", days_ago=2), properties={"referrer": "news"}
    )

    copy, page = exported("anna@brightpath.example", tmp_path / "anna.json")

    record = copy["records"][0]
    assert (record["person"]["first_name"], record["person"]["custom"]) == ("Anna", {"shoe_size": 38})
    assert record["company"]["name"] == "Brightpath"
    assert record["permissions"][0]["wording"] == "Yes."
    assert {each["reason"] for each in record["opt_outs"]} == {"COMPLAINT"}
    assert (copy["events"][0]["path"], copy["events"][0]["with"]) == ("/pricing", {"referrer": "news"})
    assert copy["what_we_make_of_it"][str(anna.public_id)]["headline"]
    for text in ("Kowalska", "Yes.", "/pricing", "news", "Shoe size", "Brightpath", "COMPLAINT"):
        assert text in page


@pytest.mark.django_db
def test_a_copy_holds_every_column_that_is_the_persons(tmp_path: Path) -> None:
    """Whatever an erasure would take, the person can have first."""
    anna = plant()
    library.ensure_active_playbook(at=NOW)
    planted = {mark for texts in hits().values() for text in texts for mark in MARKS.findall(text)}

    document = json.dumps(person.build(anna.pk, as_of=NOW), default=person.plain)

    missing = {mark for mark in planted if mark not in document}
    assert len(planted) > 40
    assert {mark for mark in missing if mark.split("-")[1] not in INNER} == set()


#: How ``plant`` marks a column, and the tables whose marks are no copy's: the undoing of imports and merges, the outbox's
#: machinery, what stands in another table in words (the bytes of a mail, what calls gave a field).
MARKS = re.compile(r"zqx-[A-Z]\w+-\w+")
INNER = {"ImportChange", "OutboxMessage", "Attempt", "MergeStep", "MailBody", "ClaimedValue"}


@pytest.mark.django_db
def test_a_page_runs_nothing_asks_nothing_and_is_for_its_owners_eyes(tmp_path: Path) -> None:
    world.anna(first_name=EVIL, message="{% load x %}{{ settings }}", custom={EVIL: [EVIL, {"a": EVIL}]})

    copy, page = exported("anna@brightpath.example", tmp_path / "anna.html")

    assert copy["records"][0]["person"]["first_name"] == EVIL
    assert "<script" not in page
    assert "{{ settings }}" in page
    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    for path in (tmp_path / "anna.json", tmp_path / "anna.html"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.django_db
def test_a_message_is_told_as_it_was_sent(tmp_path: Path) -> None:
    plant()
    body = b"Subject: Hello\r\n\r\nzqx body"
    Content.objects.update(body=zlib.compress(body))

    copy, _ = exported("zqxanna@zqxbright.example", tmp_path / "copy.json")

    assert copy["messages"][0]["message"] == body.decode()
    assert copy["messages"][0]["to"] == "zqxanna@zqxbright.example"


@pytest.mark.django_db
def test_a_copy_that_cannot_be_written_and_a_person_nobody_knows_are_said(tmp_path: Path) -> None:
    world.anna()

    nowhere = run("export", "anna@brightpath.example", str(tmp_path / "none" / "a.json"))
    nobody = run("export", "nobody@brightpath.example", str(tmp_path / "a.json"))

    assert isinstance(nowhere.exception, person.CannotWrite)
    assert isinstance(nobody.exception, NoSuchLead)


@pytest.mark.django_db(transaction=True)
def test_erasing_is_done_only_when_it_is_meant_and_says_what_it_did(tmp_path: Path) -> None:
    world.anna()
    backups = tmp_path / "home" / "backups"
    backups.mkdir(parents=True)
    (backups / "one.zip").write_bytes(b"")

    unsure = run("erase", "anna@brightpath.example")
    assert isinstance(unsure.exception, NotSure)
    assert Lead.objects.filter(email="anna@brightpath.example").exists()
    sure = run("erase", "anna@brightpath.example", "--yes")
    again = run("erase", "anna@brightpath.example", "--yes")

    assert sure.exit_code == 0, sure.output
    assert "Erased: 1 record(s)" in sure.stdout
    assert "1 backup(s)" in sure.stdout
    assert "anna" not in sure.stdout.lower()
    assert not Lead.objects.filter(email__isnull=False).exists()
    assert isinstance(again.exception, NoSuchLead)


@pytest.mark.django_db(transaction=True)
def test_programs_are_told_in_one_document(tmp_path: Path) -> None:
    world.anna()

    result = run("erase", "anna@brightpath.example", "--yes", "--json")

    assert json.loads(result.stdout) == {
        "records": 1,
        "messages": 0,
        "files": [],
        "backups_that_may_hold_the_person": [],
    }


@pytest.mark.parametrize(
    ("email", "shown"),
    [
        ("anna@brightpath.example", "a•••@b•••.example"),
        ("a@b.co", "a•••@b•••.co"),
        ("x@mail.brightpath.example", "x•••@m•••.example"),
        (None, None),
    ],
)
def test_a_masked_address_is_known_by_its_owner_alone(email: str | None, shown: str | None) -> None:
    assert masked(email) == shown
