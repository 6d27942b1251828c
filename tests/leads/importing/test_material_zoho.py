"""A whole Zoho CRM: many files, one base, nothing lost; and texts that have broken other programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from coldframe.leads.importing.applying import Result
from coldframe.leads.models import Account, AccountIdentity, Identity, Lead, Opportunity, Suppression
from tests import material
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported, write

pytestmark = [pytest.mark.material, pytest.mark.django_db]


def taken_in(folder: Path, name: str, kind: str, **options: Any) -> Result:
    """Import a file of the material without writing beside it."""
    link = folder / name
    if not link.exists():
        link.symlink_to(material.folder("crm_zoho_demo") / name)
    return imported(link, kind, **options)


def column(name: str, header: str) -> list[str]:
    """Return a column of a file of the material."""
    path = material.folder("crm_zoho_demo") / name
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return [row[header] for row in csv.DictReader(lines)]


def test_a_whole_crm_comes_in_without_loss_and_again_without_change(tmp_path: Path) -> None:
    order = [
        ("Accounts.csv", "accounts", 2229),
        ("Leads.csv", "leads", 3900),
        ("Contacts.csv", "leads", 1265),
        ("Potentials.csv", "opportunities", 3632),
    ]
    for name, kind, rows in order:
        result = taken_in(tmp_path, name, kind)
        assert (result.outcome.counts["rows"], result.outcome.counts["refused"]) == (rows, 0), name
        before = files.contents()
        again = taken_in(tmp_path, name, kind).outcome.counts
        assert again["new"] == again["updated"] == 0, name
        assert again["unchanged"] + again["merged"] == rows, name
        assert files.contents() == before, name

    check_accounts()
    check_people()
    check_deals()


def check_accounts() -> None:
    """Every id of the CRM leads to a company; companies of one domain are one."""
    ids = set(AccountIdentity.objects.filter(source="zoho").values_list("external_id", flat=True))
    throw_away = {each.rpartition("@")[2].lower() for each in column("Leads.csv", "Email")}
    domains = {site.lower() for site in column("Accounts.csv", "Website")} - throw_away

    assert ids == set(column("Accounts.csv", "ACCOUNTID"))
    assert set(Account.objects.exclude(domain=None).values_list("domain", flat=True)) >= domains
    assert not Account.objects.filter(domain__in=throw_away).exists()


def check_people() -> None:
    """Every lead and every contact is there under its own id; people with one address are one person."""
    by_source = {
        source: set(Identity.objects.filter(source=source).values_list("external_id", flat=True))
        for source in ("zoho", "zoho-contacts")
    }
    addresses = {each.lower() for name in ("Leads.csv", "Contacts.csv") for each in column(name, "Email")}

    assert by_source == {
        "zoho": set(column("Leads.csv", "LEADID")),
        "zoho-contacts": set(column("Contacts.csv", "CONTACTID")),
    }
    assert set(Lead.objects.values_list("email", flat=True)) == addresses
    assert set(Lead.objects.values_list("email_kind", flat=True)) == {"DISPOSABLE"}


def check_deals() -> None:
    """Every deal is there with its money, its state, and its lead."""
    cents = sum(Opportunity.objects.values_list("amount_cents", flat=True))
    expected = sum(
        round(float(each.strip("$").replace(",", "")) * 100) for each in column("Potentials.csv", "Amount")
    )
    states = {
        state: column("Potentials.csv", "Forecast Type").count(state) for state in ("Open", "Won", "Lost")
    }

    assert Opportunity.objects.count() == Opportunity.objects.exclude(lead=None).count() == 3632
    assert cents == expected
    assert {state: Opportunity.objects.filter(state=state.upper()).count() for state in states} == states


def test_campaign_answers_that_name_one_person_come_in_and_the_others_are_named(tmp_path: Path) -> None:
    taken_in(tmp_path, "Leads.csv", "leads")

    result = taken_in(tmp_path, "Campaign_Lead_Status.csv", "events")

    found = result.outcome.counts
    assert found["rows"] == 3900 == found["new"] + found["merged"] + found["refused"]
    assert found["new"] > 500
    assert all(
        "is not known here" in reason or "leads are called" in reason for reason in result.outcome.reasons
    )
    last_names = column("Leads.csv", "Last Name")
    opted_out = {
        name
        for name, status in zip(
            column("Campaign_Lead_Status.csv", "Lead Last Name"),
            column("Campaign_Lead_Status.csv", "Status"),
            strict=True,
        )
        if status == "Opted Out" and last_names.count(name) == 1
    }
    suppressed = set(
        Suppression.objects.filter(reason="UNSUBSCRIBE").values_list("lead__last_name", flat=True)
    )
    assert suppressed - {None} == opted_out


def test_calls_come_in_with_the_people_they_were_made_to(tmp_path: Path) -> None:
    for name, kind in (("Accounts.csv", "accounts"), ("Leads.csv", "leads"), ("Contacts.csv", "leads")):
        taken_in(tmp_path, name, kind)

    found = taken_in(tmp_path, "Calls.csv", "events").outcome.counts

    assert found["rows"] == 4100 == found["new"] + found["merged"] + found["refused"]
    again = taken_in(tmp_path, "Calls.csv", "events").outcome.counts
    assert (again["new"], again["unchanged"]) == (0, found["new"])


def test_any_text_is_kept_as_it_is(tmp_path: Path) -> None:
    texts = [
        text
        for text in json.loads((material.folder("naughty_strings") / "blns.json").read_text(encoding="utf-8"))
        if is_plain(text)
    ]
    assert len(texts) > 400
    header = ("Email", "Message", "First Name")
    rows = [(f"person{number}@brightpath.example", text, text[:100]) for number, text in enumerate(texts)]

    result = imported(write(tmp_path, header, *rows))

    assert result.outcome.counts["new"] == len(texts)
    stored = dict(Lead.objects.values_list("email", "message"))
    assert {email: stored[email] for email, _, _ in rows} == {email: text for email, text, _ in rows}
    assert counts(imported(tmp_path / "file.csv")) == {"unchanged": len(texts)}


def is_plain(text: str) -> bool:
    """Say whether a text can stand in a cell as it is: no controls, nothing that means missing, no outer space."""
    from coldframe.leads.importing import values
    from coldframe.leads.importing.rows import UNUSABLE

    return (
        text == text.strip()
        and not values.is_missing(text)
        and not UNUSABLE.search(text)
        and "\r" not in text
    )
