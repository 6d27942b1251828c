"""Opt-outs: taken over from any file, holding for person and address, lifted by none."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import operations
from coldframe.leads.importing import summary
from coldframe.leads.models import Consent, Lead, Suppression
from tests.leads.importing import files
from tests.leads.importing.files import imported, lead, rehearsed, write
from tests.world import NOW

pytestmark = pytest.mark.django_db

HEADER = ("Record ID", "Email", "First Name", "Do Not Email", "Last Activity")
ANNA = ("7", "anna@brightpath.example", "Anna", "No", "")


def reasons(of: Lead) -> set[str]:
    """Return why a lead may not be mailed, as every reader asks: by the person, or by the address."""
    by_person = Suppression.objects.filter(lead=of).values_list("reason", flat=True)
    by_address = Suppression.objects.filter(email=of.email, email__isnull=False).values_list(
        "reason", flat=True
    )
    return {*by_person, *by_address}


@pytest.mark.parametrize(
    ("flag", "activity", "expected"),
    [
        ("Yes", "", {"OPT_OUT"}),
        ("No", "Unsubscribed", {"UNSUBSCRIBE"}),
        ("No", "Email Bounced", {"HARD_BOUNCE"}),
        ("No", "Email Marked Spam", {"COMPLAINT"}),
        ("Yes", "Unsubscribed", {"OPT_OUT", "UNSUBSCRIBE"}),
        ("No", "Resubscribed to emails", set()),
        ("No", "Email Opened", set()),
    ],
)
def test_opt_outs_of_the_source_are_taken_over(
    tmp_path: Path, flag: str, activity: str, expected: set[str]
) -> None:
    result = imported(write(tmp_path, HEADER, (*ANNA[:3], flag, activity)), basis=ConsentBasis.CONSENT)

    assert reasons(lead("anna@brightpath.example")) == expected
    assert result.outcome.counts["suppressed"] == bool(expected)
    assert result.outcome.counts["mailable"] == (not expected)
    assert Consent.objects.exists() == (not expected)


@pytest.mark.parametrize(
    "later",
    [
        ANNA,
        ("7", "anna@brightpath.example", "Anna", "No", "Resubscribed to emails"),
        ("7", "ANNA@Brightpath.example", "Anna", "", ""),
        ("9", "anna@brightpath.example", "Anna", "No", ""),
        ("7", "anna.kowalska@brightpath.example", "Anna", "No", ""),
        ("", "anna+news@brightpath.example", "Anna", "No", ""),
    ],
    ids=["again", "resubscribed", "another case", "another id", "another address", "plus tag"],
)
def test_no_import_lifts_an_opt_out(tmp_path: Path, later: tuple[str, ...]) -> None:
    imported(write(tmp_path, HEADER, (*ANNA[:3], "Yes", ""), name="1.csv"), source="crm")

    result = imported(write(tmp_path, HEADER, later), basis=ConsentBasis.CONSENT, source="crm")

    assert reasons(lead(later[1].lower())) == {"OPT_OUT"}
    assert (result.outcome.counts["suppressed"], result.outcome.counts["mailable"]) == (1, 0)
    assert result.outcome.counts["suppressed_before"] == 1


def test_the_old_address_of_a_suppressed_person_and_the_new_one_both_stay_suppressed(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, (*ANNA[:3], "Yes", ""), name="1.csv"), source="crm")
    moved = ("7", "a.k@brightpath.example", "Anna", "", "")
    imported(write(tmp_path, HEADER, moved, name="2.csv"), source="crm")

    header = ("Email", "First Name")
    imported(write(tmp_path, header, ("anna@brightpath.example", "A."), ("A.K@brightpath.example", "Anna")))

    assert reasons(lead("anna@brightpath.example")) == {"OPT_OUT"}
    assert reasons(lead("a.k@brightpath.example")) == {"OPT_OUT"}


def test_an_internationalized_address_is_suppressed_however_it_is_written(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ("7", "anna@bücher.example", "Anna", "Yes", ""), name="1.csv"))

    imported(write(tmp_path, ("Email",), ("anna@xn--bcher-kva.example",), ("ANNA@BÜCHER.example",)))

    assert Lead.objects.count() == 1
    assert reasons(lead("anna@xn--bcher-kva.example")) == {"OPT_OUT"}


def test_an_address_that_opted_out_before_anybody_knew_its_owner_is_counted_and_named(tmp_path: Path) -> None:
    operations.suppress(
        reason=SuppressionReason.COMPLAINT, source="mailbox", at=NOW, emails=["anna@brightpath.example"]
    )

    result = imported(write(tmp_path, HEADER, ANNA), basis=ConsentBasis.LEGITIMATE_INTEREST)

    assert reasons(lead("anna@brightpath.example")) == {"COMPLAINT"}
    assert Suppression.objects.filter(lead=lead("anna@brightpath.example"), reason="COMPLAINT").exists()
    assert result.outcome.suppressed_before == [(2, "anna@brightpath.example", "COMPLAINT")]
    assert result.outcome.counts["mailable"] == 0


def test_an_opt_out_under_a_plus_tag_holds_for_the_mailbox(tmp_path: Path) -> None:
    imported(
        write(
            tmp_path, ("Email",), ("anna+a@brightpath.example",), ("anna@brightpath.example",), name="1.csv"
        )
    )

    imported(write(tmp_path, ("Email", "Unsubscribed"), ("anna+b@brightpath.example", "yes")))

    for address in ("anna@brightpath.example", "anna+a@brightpath.example", "anna+b@brightpath.example"):
        assert reasons(lead(address)) == {"UNSUBSCRIBE"}, address


def test_every_row_of_a_file_of_unsubscribed_people_is_suppressed(tmp_path: Path) -> None:
    path = write(
        tmp_path, ("Email Address", "LEID"), ("anna@brightpath.example", "1"), name="unsubscribed_export.csv"
    )

    result = imported(path)

    assert result.outcome.counts["suppressed"] == 1
    assert reasons(lead("anna@brightpath.example")) == {"UNSUBSCRIBE"}


def test_an_opt_out_of_any_of_several_rows_of_a_person_counts(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, (*ANNA[:3], "Yes", ""), ANNA))

    assert reasons(lead("anna@brightpath.example")) == {"OPT_OUT"}


def test_a_withdrawn_consent_is_not_given_again_by_an_import(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, ANNA)
    imported(path, basis=ConsentBasis.CONSENT)
    Consent.objects.update(withdrawn_at=NOW)

    result = imported(path, basis=ConsentBasis.CONSENT, basis_source="another list")

    assert Consent.objects.values_list("withdrawn_at", flat=True).get() == NOW
    assert (result.outcome.counts["mailable"], result.outcome.counts["no_basis"]) == (0, 1)


def test_a_rehearsal_says_who_is_suppressed_and_suppresses_nobody(tmp_path: Path) -> None:
    result = rehearsed(write(tmp_path, HEADER, (*ANNA[:3], "Yes", "")))

    assert result.outcome.counts["suppressed"] == 1
    assert files.contents()["Suppression"] == []


def test_suppressing_twice_is_suppressing_once(tmp_path: Path) -> None:
    imported(write(tmp_path, HEADER, ANNA))
    anna = lead("anna@brightpath.example")
    for _ in range(2):
        operations.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="link", at=NOW, lead_ids=[anna.pk])

    rows = Suppression.objects.order_by("email").values_list("lead__email", "email", "reason")
    assert sorted(rows, key=str) == [
        ("anna@brightpath.example", None, "UNSUBSCRIBE"),
        (None, "anna@brightpath.example", "UNSUBSCRIBE"),
    ]


def test_what_a_flag_says_that_is_neither_yes_nor_no_counts_as_an_opt_out_and_is_shown(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        HEADER,
        (*ANNA[:3], "asked on the phone", ""),
        ("8", "jonas@nordlicht.example", "", "No", ""),
    )

    foreseen = rehearsed(path, basis=ConsentBasis.CONSENT)
    result = imported(path, basis=ConsentBasis.CONSENT)

    assert reasons(lead("anna@brightpath.example")) == {"OPT_OUT"}
    assert summary.as_json(result)["taken_as_opt_outs"] == [
        {"column": HEADER[3], "text": "asked on the phone", "rows": 1}
    ]
    assert summary.as_json(foreseen)["taken_as_opt_outs"] == summary.as_json(result)["taken_as_opt_outs"]
