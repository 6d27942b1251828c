"""Nothing personal of somebody who was erased is left anywhere, and they are known if they are brought again."""

from __future__ import annotations

import json
import logging
import re
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from coldframe.activity.identity import nodes
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import erasure as leads_erasure
from coldframe.leads import operations, refused_rows
from coldframe.leads.models import Erasure, Lead, Suppression
from coldframe.nurture import erasure, personal
from coldframe.nurture import models as nurture
from coldframe.outbox.erasure import OnItsWay
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.leads.importing.files import imported, write
from tests.world import NOW

DAY = timedelta(days=1)
#: In every text of the person, and in nobody else's.
MARK = "zqx"
EMAIL, FORMER = "zqxanna@zqxbright.example", "zqxformer@zqxbright.example"
#: Texts of the person that are words of a closed set, or that the tests give themselves.
CLOSED = 13


def test_every_column_of_every_table_is_in_the_register_once() -> None:
    registered = {model: set(columns) for model, columns in personal.registered().items()}

    assert registered == personal.columns()


def person_columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Return the columns of a table that hold free text of a person."""
    about = personal.registered()[model._meta.label]
    columns = [each for each in model._meta.concrete_fields if about[each.name] is personal.PERSON]
    return [each for each in columns if isinstance(each, TEXTS) and not each.choices and room(each) >= CLOSED]


TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def room(column: models.Field[Any, Any]) -> int:
    return column.max_length or 10_000


def planted(model: type[models.Model], /, **values: Any) -> Any:
    """Make a row with the mark in every text of a person, and in no other column."""
    for column in person_columns(model):
        if column.name not in values:
            values[column.name] = text_for(model, column)
    for column in model._meta.concrete_fields:
        has_value = column.name in values or column.null or column.has_default() or column.primary_key
        if not has_value:
            values[column.name] = plain_for(column)
    return model._default_manager.create(**values)


def text_for(model: type[models.Model], column: models.Field[Any, Any]) -> Any:
    mark = f"{MARK}-{model.__name__}-{column.name}"[: room(column)]
    if isinstance(column, models.JSONField):
        return {"note": mark}
    return zlib.compress(mark.encode()) if isinstance(column, models.BinaryField) else mark


def plain_for(column: models.Field[Any, Any]) -> Any:
    kind = column.get_internal_type()
    if kind == "InstantField":
        return NOW
    return "x"[: room(column)] if isinstance(column, TEXTS) else 1


#: What a row that stands for a decision needs beside the marks.
DECIDED = {"disposition": "NURTURE", "fit_level": "A", "fit_level_best": "A", "fit_verdict": "GOOD", "intent_level": "LOW", "timing": "NOW"}  # fmt: skip


def plant() -> Lead:
    """Fill every table that can hold anything of a person with a person."""
    made = apps.get_model
    batch = planted(made("leads", "ImportBatch"), counts={"unrecognized": [["Country", f"to {EMAIL}", 1]], "rows": 3}, source="hubspot")  # fmt: skip
    account = planted(
        made("leads", "Account"), is_personal=True, name="zqx Own", name_key="zqx own", domain="zqxbright.example",
        city="zqxtown", phone="zqx1", custom={"note": "zqx"}, technologies="zqx", industry="zqx",
    )  # fmt: skip
    anna = planted(
        Lead, account=account, batch=batch, email=EMAIL, email_as_given=EMAIL.upper(), email_kind="BUSINESS",
        first_name="Zqxanna", last_name="Zqxkowalska", phone="+48 zqx 555", public_id=None or made("leads", "Lead")().public_id,
    )  # fmt: skip
    planted(made("leads", "ImportChange"), batch=batch, entity="lead", object_id=anna.pk, is_creation=False, before={"email": FORMER}, after={"email": EMAIL})  # fmt: skip
    planted(made("leads", "ImportChange"), batch=batch, entity="account", object_id=account.pk, is_creation=False, before={"name": "zqx"}, after={"name": "zqx Own"})  # fmt: skip
    planted(made("leads", "Identity"), lead=anna, source="zqx-crm", external_id="zqx-0037")
    planted(made("leads", "AccountIdentity"), account=account, source="zqx-crm", external_id="zqx-0001")
    planted(
        made("leads", "Opportunity"), account=account, lead=anna, source="crm", external_id="1", state="OPEN"
    )
    plant_identities(anna, account)
    consent = planted(made("leads", "Consent"), lead=anna, basis="CONSENT")
    for name in ("Suppression", "LiftedSuppression"):
        planted(made("leads", name), lead=anna, email=None, reason="COMPLAINT")
        planted(
            made("leads", name),
            lead=None if name == "Suppression" else anna,
            email=FORMER,
            reason="UNSUBSCRIBE",
        )
    planted(made("leads", "Pause"), lead=anna)
    shape = planted(made("activity", "EventShape"), kind="page", path=f"/invite/{EMAIL}", form="zqxanna zqxkowalska", asset="see zqx-0037", topic=f"mailto:{FORMER}", campaign=f"to-{EMAIL}")  # fmt: skip
    event = planted(made("activity", "Event"), key=b"1" * 16, shape=shape, lead=anna, account=account)
    planted(made("activity", "Payload"), event=event)
    planted(made("activity", "Feedback"), lead=anna, touch=made("leads", "Lead")().public_id)
    said = f"To {EMAIL}: zqx-Arrival-body".encode()
    planted(made("activity", "Arrival"), state="QUARANTINED", body=said, about={"from": EMAIL})
    planted(made("activity", "Confirmation"), lead=anna)
    received = planted(made("activity", "ReceivedMail"), lead=anna, key=b"1" * 16)
    planted(made("activity", "MailBody"), mail=received)
    plant_decisions(anna, account)
    assert consent.pk
    return anna


def plant_identities(anna: Lead, account: Any) -> None:
    """Say of the person what calls say, and have two other records be theirs."""
    made = apps.get_model
    former = planted(
        Lead,
        account=account,
        email="zqxmerged@zqxbright.example",
        email_as_given="zqxmerged@zqxbright.example",
        merged_into=anna,
        voided_at=NOW,
    )
    planted(made("leads", "FormerAddress"), lead=anna, email="zqxgivenup@zqxbright.example")
    merge = planted(made("leads", "Merge"), lead=former, into=anna)
    planted(made("leads", "MergeStep"), merge=merge, model="leads.Lead", rows=[anna.pk])
    planted(made("activity", "Visitor"), lead=former, anonymous_id="zqx-browser")
    user, address = nodes.user("zqx-crm", "zqx-0037"), nodes.address(EMAIL)
    for left, right in ((user, address), (nodes.anonymous("zqx-browser"), user)):
        planted(
            made("activity", "Identification"),
            left=left,
            right=right,
            first_key=b"1",
            last_key=b"1",
            is_public=False,
        )
    planted(made("activity", "Claim"), node=user, is_public=False, first_key=b"1", said_key=b"1")
    planted(made("activity", "Belonging"), node=user, group=nodes.group("app", "g1"), said_key=b"1")
    planted(made("activity", "ClaimedValue"), entity="lead", object_id=anna.pk)


def plant_decisions(anna: Lead, account: Any) -> None:
    made = apps.get_model
    version = planted(made("library", "PlaybookVersion"))
    cycle = planted(nurture.Cycle, playbook_version=version, as_of=NOW)
    whose = {"lead": anna, "account": account}
    numbers = dict.fromkeys(("fit_held", "fit_unknown", "triggers_held", "exits_held", "disqualify_held", "missing"), 0)  # fmt: skip
    planted(nurture.Assessment, **whose, **DECIDED, **numbers, cycle=cycle)
    planted(nurture.Standing, **whose, **DECIDED, cycle=cycle)
    planted(nurture.Transition, **whose, cycle=cycle)
    enrollment = planted(nurture.Enrollment, **whose, state="ACTIVE")
    touch = planted(nurture.Touch, **whose, enrollment=enrollment, cycle=cycle, channel="EMAIL")
    planted(nurture.Hold, **whose, cycle=cycle, reason="CADENCE")
    planted(nurture.Override, **whose)
    handoff = planted(made("handoff", "Handoff"), **whose)
    planted(made("handoff", "Verdict"), handoff=handoff, answer="NOT_NOW")
    planted(
        made("delivery", "Membership"), lead_id=anna.pk, email_hash=f"{MARK}hash", phone_hash=f"{MARK}hash"
    )
    planted(made("delivery", "Task"), lead_id=anna.pk)
    message = planted(
        OutboxMessage, kind="touch", subject_id=touch.pk, recipient=EMAIL, locks=[f"lead:{anna.pk}", f"address:{EMAIL}"],
    )  # fmt: skip
    planted(made("outbox", "Content"), message=message)
    planted(made("outbox", "Attempt"), message=message)


def hits(mark: str = MARK) -> dict[str, list[str]]:
    """Return every value in any table that holds the mark, by table and column."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if mark in text_of(value).lower():
                        found.setdefault(f"{table}.{name}", []).append(text_of(value)[:80])
    return found


def text_of(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        try:
            return zlib.decompress(bytes(value)).decode("utf-8", "replace")
        except zlib.error:
            return bytes(value).decode("utf-8", "replace")
    return str(value)


def expected_hits() -> set[str]:
    """Return each column of a person's free text, as ``hits`` names it."""
    ours = [model for model in apps.get_models() if model._meta.label in personal.REGISTER]
    return {f"{model._meta.db_table}.{column.column}" for model in ours for column in person_columns(model)}


@pytest.mark.django_db(transaction=True)
def test_no_table_file_or_log_holds_anything_of_somebody_who_was_erased(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    anna = plant()
    public_id = str(anna.public_id)
    (tmp_path / "imports").mkdir()
    refused = tmp_path / "imports" / "1-refused.csv"
    refused.write_text(f'Line,Because,Email\r\n2,"no, not",{EMAIL}\r\n3,dates,tom@halden.example\r\n')
    # Each column that the register calls a person's holds the mark, or the test proves nothing.
    assert expected_hits() - set(hits()) == set()
    assert not on_disk() or MARK.encode() in on_disk().lower()

    erased = erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert hits() == {}
    assert hits(public_id) == hits(public_id.replace("-", "")) == {}
    assert MARK.encode() not in on_disk().lower()
    assert MARK not in refused.read_text().lower()
    assert "tom@halden.example" in refused.read_text()
    assert MARK not in caplog.text.lower()
    assert MARK not in json.dumps(erased.as_json())
    assert (erased.lead_count, erased.message_count, erased.files) == (2, 1, (refused,))


def on_disk() -> bytes:
    """Return the bytes of the embedded database's files, nothing on a server."""
    if connection.vendor != "sqlite":
        return b""
    file = Path(connection.settings_dict["NAME"])
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


@pytest.mark.django_db(transaction=True)
def test_numbers_about_somebody_erased_stay_without_a_name(tmp_path: Path) -> None:
    anna = plant()
    account_id = anna.account_id

    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    row = Lead.objects.get(pk=anna.pk)
    assert (row.voided_at, row.email, row.country, row.custom, row.entered_at) == (NOW, None, None, {}, None)
    assert apps.get_model("activity", "Event").objects.filter(lead=anna.pk).count() == 1
    assert nurture.Touch.objects.get().state == "WITHDRAWN"
    assert OutboxMessage.objects.get().state == "HELD"
    assert nurture.Enrollment.objects.get().exit_reason == "erased"
    assert apps.get_model("handoff", "Handoff").objects.get().state == "CLOSED"
    assert apps.get_model("leads", "AccountDue").objects.filter(account=account_id, due_at=NOW).exists()


@pytest.mark.django_db(transaction=True)
def test_others_keep_everything(tmp_path: Path) -> None:
    company = world.brightpath(phone="+48 555 0000")
    anna, ola = world.anna(company), world.lead(company, email="ola@brightpath.example", first_name="Anna")
    for each in (anna, ola):
        operations.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="t", at=NOW, lead_ids=[each.pk])
        world.event(each, path="/pricing")
    before = Lead.objects.filter(pk=ola.pk).values().get()

    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert Lead.objects.filter(pk=ola.pk).values().get() == before
    company.refresh_from_db()
    assert (company.name, company.phone, company.voided_at) == ("Brightpath", "+48 555 0000", None)
    kept = set(Suppression.objects.values_list("lead", "email"))
    assert kept == {(ola.pk, None), (None, "ola@brightpath.example")}
    assert apps.get_model("activity", "EventShape").objects.get().path == "/pricing"


@pytest.mark.django_db(transaction=True)
def test_everybody_behind_the_mailbox_is_one_person(tmp_path: Path) -> None:
    anna = world.anna()
    tagged = world.jonas(email="anna+fair@brightpath.example")
    left_behind = world.tom(email="anna@brightpath.example", voided_at=NOW)

    erased = erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert erased.lead_count == 3
    assert not Lead.objects.filter(pk__in=[anna.pk, tagged.pk, left_behind.pk], email__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_erased_while_a_message_to_them_is_being_handed_over(tmp_path: Path) -> None:
    anna = plant()
    OutboxMessage.objects.update(state="HANDING_OFF")
    before = hits()

    with pytest.raises(OnItsWay, match="being handed over"):
        erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert hits() == before


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_that_a_worker_died_of_keeps_nobody_from_being_erased(tmp_path: Path) -> None:
    anna = plant()
    OutboxMessage.objects.update(state="HANDING_OFF", lease_until=NOW)
    tokens = dict(OutboxMessage.objects.values_list("pk", "token"))

    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    assert hits() == {}
    assert all(each.token > tokens[each.pk] for each in OutboxMessage.objects.all())


@pytest.mark.django_db(transaction=True)
def test_what_is_kept_is_a_keyed_hash_with_day_and_reason(tmp_path: Path, settings: Any) -> None:
    anna = plant()

    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)

    rows = list(Erasure.objects.values_list("kind", "key_hash", "reason", "erased_on"))
    assert sorted(row[0] for row in rows) == ["ADDRESS", "ADDRESS", "ADDRESS", "ADDRESS", "IDENTITY"]
    assert all(re.fullmatch("[0-9a-f]{64}", row[1]) for row in rows)
    assert {row[2:] for row in rows} == {("COMPLAINT", NOW.date())}
    asked = ["zqxanna+tag@zqxbright.example", FORMER, "tom@halden.example"]
    assert leads_erasure.list_erased_addresses(asked) == set(asked[:2])
    assert leads_erasure.find_erased([leads_erasure.identity_key("zqx-crm", "zqx-0037")])
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    assert leads_erasure.list_erased_addresses(asked) == set(asked[:2])
    settings.SECRET_KEY_FALLBACKS = []
    assert leads_erasure.list_erased_addresses(asked) == set()


@pytest.mark.django_db(transaction=True)
def test_erasing_frees_no_opt_out_of_anybody(tmp_path: Path) -> None:
    """The address of somebody who had said no and was erased is not mailed when a file brings it again."""
    header = ("Record ID", "Email", "First Name", "Company")
    path = write(tmp_path, header, ("7", "anna@brightpath.example", "Anna", "Brightpath"))
    imported(path, source="hubspot")
    anna = Lead.objects.get()
    operations.unsubscribe(lead_id=anna.pk, source="link", at=NOW)
    erasure.erase_person(anna.pk, home=tmp_path, at=NOW)
    again = write(
        tmp_path, header, ("7", "ANNA+x@brightpath.example", "Anna", "Brightpath"),
        ("8", "tom@halden.example", "Tom", "Halden"), ("7", "", "Anna", "Brightpath"), name="again.csv",
    )  # fmt: skip

    result = imported(again, source="hubspot", at=NOW + DAY)

    assert list(Lead.objects.filter(voided_at=None).values_list("email", flat=True)) == ["tom@halden.example"]
    assert result.outcome.counts["erased_before"] == 2
    assert result.outcome.counts["new"] == 1
    assert result.error_file is None


def test_rows_of_a_person_are_overwritten_in_place(tmp_path: Path) -> None:
    path = tmp_path / "3-refused.csv"
    rows = [
        b'\xef\xbb\xbfRefused line,Refused because,Email,First,Last\r\n',
        b'2,"a date, or ""none""",ANNA@Brightpath.example,A.,K.\r\n',
        b'3,"two\r\nlines",tom@halden.example,Tom,Reyes\r\n',
        b"4,no address,'+48 555 0100,Ola,Nowak\r\n",
        b"5,no address,,anna,KOWALSKA\r\n",
        b'6,"two\r\nlines of anna@brightpath.example",,,\r\n',
        b"7,torn,anna@bri",
    ]  # fmt: skip
    path.write_bytes(b"".join(rows))
    traces = leads_erasure.Traces(
        lead_ids=(1,),
        account_ids=(1,),
        emails=frozenset({"anna@brightpath.example"}),
        exact=frozenset({"+48 555 0100"}),
        names=frozenset({("anna", "kowalska")}),
    )

    assert refused_rows.erase_from(tmp_path, traces) == [path]
    assert refused_rows.erase_from(tmp_path, traces) == []

    left = path.read_bytes()
    assert len(left) == sum(map(len, rows))
    assert left.startswith(rows[0])
    assert rows[2] in left
    assert left.endswith(rows[6])
    assert left.count(b"erased") == 4
    assert b"nna" not in left.replace(rows[6], b"").lower()


def test_the_data_folder_of_the_tests_is_its_own() -> None:
    assert "coldframe-tests-" in str(settings.HOME)
