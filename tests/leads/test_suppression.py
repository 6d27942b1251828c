"""An opt-out holds on every way back, and is recorded under the locks that a hand-over takes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coldframe.kernel.planning.permission import with_permission
from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import operations, suppression
from coldframe.leads.consent import Permission
from coldframe.leads.frames import load_consents_frame, load_leads_frame
from coldframe.leads.models import AccountDue, ImportBatch, Lead, Suppression
from coldframe.storage import locks
from tests import world
from tests.leads.importing.files import imported, write
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = NOW + 30 * DAY
HEADER = ("Record ID", "Email", "First Name", "Company")
FLAGGED = (*HEADER, "Do Not Email")

#: How the address was written when the person left, and how it comes back.
WRITTEN = {
    "same": ("anna@brightpath.example", "anna@brightpath.example"),
    "case": ("anna@brightpath.example", "ANNA@BrightPath.EXAMPLE"),
    "plus tag": ("anna@brightpath.example", "anna+fair@brightpath.example"),
    "without plus tag": ("anna+news@brightpath.example", "anna@brightpath.example"),
    "other plus tag": ("anna+news@brightpath.example", "anna+fair@brightpath.example"),
    "IDN": ("anna@kräuter.example", "Anna@XN--KRUTER-CUA.example"),
    "IDN back": ("anna@xn--kruter-cua.example", "anna@kräuter.example"),
}


def bring(
    folder: Path, email: str, *, record: str = "7", name: str = "a.csv", flag: str | None = None, **options: object
) -> int:  # fmt: skip
    """Import Anna; return the number of the import."""
    row = (record, email, "Anna", "Brightpath")
    header = HEADER if flag is None else FLAGGED
    path = write(folder, header, row if flag is None else (*row, flag), name=name)
    imported(path, at=LATER, source=options.pop("source", "hubspot"), **options)
    return ImportBatch.objects.latest("id").pk


def leave() -> None:
    """Anna leaves by the link in a mail."""
    anna = Lead.objects.get(voided_at=None)
    operations.unsubscribe(lead_id=anna.pk, source="link", at=NOW)


def again(folder: Path, email: str) -> None:
    bring(folder, email, name="b.csv")


def from_another_system(folder: Path, email: str) -> None:
    bring(folder, email, record="C-99", name="b.csv", source="salesforce")


def without_an_id(folder: Path, email: str) -> None:
    imported(write(folder, ("Email", "First Name"), (email, "Anna"), name="b.csv"), at=LATER)


def with_a_basis_for_all(folder: Path, email: str) -> None:
    bring(folder, email, name="b.csv", basis=ConsentBasis.CONSENT, basis_wording="They said yes.")


def with_a_flag_that_says_mailable(folder: Path, email: str) -> None:
    bring(folder, email, name="b.csv", flag="No")


def after_an_undo(folder: Path, email: str) -> None:
    operations.undo_import(ImportBatch.objects.latest("id").pk, at=LATER)
    bring(folder, email, name="b.csv")


def after_an_undo_under_a_new_address(folder: Path, email: str) -> None:
    operations.undo_import(ImportBatch.objects.latest("id").pk, at=LATER)
    bring(folder, "anna.new@other.example", name="b.csv")
    bring(folder, email, name="c.csv", record="8")


def under_a_new_address(folder: Path, email: str) -> None:
    bring(folder, "anna.new@other.example", name="b.csv")
    bring(folder, email, name="c.csv", record="8", source="salesforce")


def under_a_new_address_that_comes_alone(folder: Path, email: str) -> None:
    bring(folder, "anna.new@other.example", name="b.csv")
    without_an_id(folder, "anna.new@other.example")


def at_another_company(folder: Path, email: str) -> None:
    row = ("7", email, "Anna", "Nordlicht", "nordlicht.example")
    imported(write(folder, (*HEADER, "Website"), row, name="b.csv"), at=LATER, source="hubspot")


def by_a_consent_that_the_person_did_not_confirm(folder: Path, email: str) -> None:
    bring(folder, email, name="b.csv")
    given = Permission(wording="Yes.", source="salesforce", given_at=LATER)
    for lead in Lead.objects.filter(voided_at=None):
        operations.give_consent(lead_id=lead.pk, permission=given, at=LATER)


def by_a_consent_from_before(folder: Path, email: str) -> None:
    bring(folder, email, name="b.csv")
    given = Permission(
        wording="Yes.", source="form", given_at=NOW - DAY, confirmed_at=NOW - DAY, expires_at=LATER + DAY
    )
    for lead in Lead.objects.filter(voided_at=None):
        operations.give_consent(lead_id=lead.pk, permission=given, at=LATER)


def twice_in_one_file(folder: Path, email: str) -> None:
    rows = [("7", email, "Anna", "Brightpath"), ("8", email, "Anna K.", "Nordlicht")]
    imported(write(folder, HEADER, *rows, name="b.csv"), at=LATER, source="hubspot")


def beside_a_colleague(folder: Path, email: str) -> None:
    rows = [("1", "ola@brightpath.example", "Ola", "Brightpath"), ("7", email, "Anna", "Brightpath")]
    imported(write(folder, HEADER, *rows, name="b.csv"), at=LATER, source="hubspot")


WAYS: list[Callable[[Path, str], None]] = [
    again, from_another_system, without_an_id, with_a_basis_for_all, with_a_flag_that_says_mailable, after_an_undo,
    after_an_undo_under_a_new_address, under_a_new_address, under_a_new_address_that_comes_alone, at_another_company,
    by_a_consent_that_the_person_did_not_confirm, by_a_consent_from_before, twice_in_one_file, beside_a_colleague,
]  # fmt: skip


def mailable() -> set[str]:
    """Return the addresses that a plan would write to in a country that asks nobody."""
    leads = load_leads_frame(columns=["email_kind", "suppressed_by"])
    asked = leads.with_columns(country=pl.lit("US"), has_address=pl.lit(True))
    plan = with_permission(asked, load_consents_frame(), as_of=LATER)
    emails = dict(Lead.objects.values_list("pk", "email"))
    return {emails[lead_id] for lead_id in plan.filter("may_mail")["lead_id"]}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("way", WAYS)
def test_an_opt_out_holds_on_every_way_back(
    tmp_path: Path, way: Callable[[Path, str], None], written: str
) -> None:
    before, after = WRITTEN[written]
    bring(tmp_path, before)
    leave()

    way(tmp_path, after)

    bystanders = {"ola@brightpath.example"} if way is beside_a_colleague else set()
    assert Lead.objects.filter(voided_at=None).exists()
    assert mailable() == bystanders


@pytest.mark.parametrize("written", WRITTEN)
def test_an_opt_out_of_an_address_nobody_has_holds_for_whoever_comes_with_it(
    tmp_path: Path, written: str
) -> None:
    before, after = WRITTEN[written]
    normalized = before.replace("kräuter", "xn--kruter-cua")
    operations.suppress(reason=SuppressionReason.COMPLAINT, source="loop", at=NOW, emails=[normalized])

    bring(tmp_path, after)

    assert mailable() == set()


def test_without_the_opt_out_the_same_ways_lead_to_mail(tmp_path: Path) -> None:
    bring(tmp_path, "anna@brightpath.example")

    beside_a_colleague(tmp_path, "anna@brightpath.example")

    assert mailable() == {"anna@brightpath.example", "ola@brightpath.example"}


def test_an_opt_out_reaches_everybody_behind_the_mailbox_and_leaves_their_accounts_due() -> None:
    plain = world.anna()
    tagged = world.jonas(email="anna+fair@brightpath.example")
    lookalikes = [
        world.lead(plain.account, email=email)
        for email in ("annax+1@brightpath.example", "anna+1@other.example", "an_a+1@brightpath.example")
    ]

    operations.suppress(
        reason=SuppressionReason.UNSUBSCRIBE, source="t", at=NOW, emails=["anna+news@brightpath.example"]
    )

    reached = set(Suppression.objects.filter(lead__isnull=False).values_list("lead_id", flat=True))
    assert reached == {plain.pk, tagged.pk}
    assert not reached & {each.pk for each in lookalikes}
    assert set(AccountDue.objects.values_list("account_id", flat=True)) == {
        plain.account_id,
        tagged.account_id,
    }


def test_signs_of_a_pattern_in_an_address_are_only_letters() -> None:
    world.anna(email="anna+fair@brightpath.example")
    world.jonas(email="a%+x@brightpath.example")

    assert [row[2] for row in suppression.plus_tagged("a%@brightpath.example")] == ["a%+x@brightpath.example"]
    assert suppression.plus_tagged("____@brightpath.example") == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_an_opt_out_waits_for_whoever_marks_a_message_to_the_same_person() -> None:
    anna = world.anna()
    held, done = threading.Event(), threading.Event()

    def mark() -> None:
        with transaction.atomic():
            locks.hold([locks.of_address("anna@brightpath.example")])
            held.set()
            time.sleep(0.5)
            assert not done.is_set()
        connection.close()

    worker = threading.Thread(target=mark)
    worker.start()
    held.wait(10)
    began = time.monotonic()
    operations.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="t", at=NOW, lead_ids=[anna.pk])
    done.set()
    worker.join(10)

    assert time.monotonic() - began > 0.3
    assert Suppression.objects.filter(lead=anna).exists()


def test_an_opt_out_reads_no_table_whole() -> None:
    """However many leads there are, each look is one by an index."""
    anna = world.anna(email="anna+fair@brightpath.example")
    with CaptureQueriesContext(connection) as captured:
        operations.unsubscribe(lead_id=anna.pk, source="link", at=NOW, emails=("anna@brightpath.example",))

    looks = [each["sql"] for each in captured if re.match("SELECT .* leads_(lead|suppression|consent)", each["sql"].replace('"', ""))]  # fmt: skip
    assert len(looks) >= 4
    for look in looks:
        assert not whole_reads(look), look


def whole_reads(sql: str) -> list[str]:
    """Return the steps of a plan that read a table from end to end."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}", [])
            return [
                row[3] for row in cursor.fetchall() if row[3].startswith("SCAN") and "INDEX" not in row[3]
            ]
        # Small tables are read whole by choice; the question is whether there is another way.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        return [row[0] for row in cursor.fetchall() if "Seq Scan" in row[0]]
