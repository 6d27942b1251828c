"""What a system of record says of owners and deals by webhook: believed, once, and never overtaken by an older word."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from coldframe.activity import arrivals, digesting, sources
from coldframe.activity.models import Arrival, Source
from coldframe.activity.webhooks import mapping
from coldframe.leads.models import Account, AccountDue, AccountIdentity, Identity, Lead, Opportunity
from coldframe.nurture.models import Standing
from coldframe.work import trades
from tests import world
from tests.nurture import cast
from tests.world import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MAPPING = """
rules:
  - when: kind == 'contact'
    id: id
    at: at
    user: contact_id
    person: {email: email}
    owner: owner
    company_owner: company_owner
  - when: kind == 'deal'
    id: id
    at: at
    person: {email: email}
    deal: {id: deal.id, name: deal.name, stage: deal.stage, amount: deal.amount, currency: deal.currency, owner: deal.owner, closedAt: deal.closed}
  - when: kind == 'company'
    at: at
    group: company_id
    company: {domain: domain}
    company_owner: owner
    deal: {id: deal}
"""


@pytest.fixture(autouse=True)
def source() -> int:
    settings = {"signature": {"scheme": "token"}, "mapping": mapping.parse(MAPPING, where="crm")}
    return sources.add(
        "crm", kind=Source.Kind.WEBHOOK, at=NOW, settings=settings, secret="the-sender-s-secret"
    ).source_id


def say(*payloads: dict[str, Any]) -> None:
    """Have payloads arrive, each by itself, and be digested together."""
    source_id = Source.objects.get(name="crm").pk
    for payload in payloads:
        body = json.dumps(payload).encode()
        arrivals.accept([arrivals.webhook(source_id=source_id, body=body)], at=NOW)
    digesting.run_turn(digesters=trades.digesters(), at=NOW, limit=100)


def contact(owner: str | None, *, at: int = 0, **values: Any) -> dict[str, Any]:
    """Say who has Anna, so many hours ago."""
    said = {
        "kind": "contact",
        "email": "anna@brightpath.example",
        "owner": owner,
        "at": (NOW - at * HOUR).isoformat(),
    }
    return said | {"id": f"contact {at} {owner}"} | values


def deal(at: int = 0, **values: Any) -> dict[str, Any]:
    said = {
        "kind": "deal",
        "email": "anna@brightpath.example",
        "at": (NOW - at * HOUR).isoformat(),
        "id": f"deal {at}",
    }
    return said | {"deal": {"id": "D1", "name": "Brightpath 2026", "stage": "Proposal"} | values}


def test_the_owner_is_whom_the_system_of_record_names_whatever_stood_there() -> None:
    anna = world.anna(owner="Jan Maj")
    AccountDue.objects.all().delete()

    say(contact("Ewa Lis", company_owner="Ola Key"))

    anna.refresh_from_db()
    assert (anna.owner, anna.account.owner) == ("Ewa Lis", "Ola Key")
    assert AccountDue.objects.filter(account=anna.account).exists()
    assert not Arrival.objects.exists()


@pytest.mark.parametrize("turned", [False, True])
def test_an_older_word_that_comes_later_changes_nothing(turned) -> None:
    anna = world.anna()
    said = [contact("Ewa Lis", at=5), contact("Jan Maj", at=2)]

    for each in reversed(said) if turned else said:
        say(each)

    anna.refresh_from_db()
    assert anna.owner == "Jan Maj"


def test_saying_nothing_of_the_owner_takes_nobody_away() -> None:
    anna = world.anna(owner="Jan Maj")

    say(contact(None))

    anna.refresh_from_db()
    assert anna.owner == "Jan Maj"


def test_a_person_may_be_known_by_the_senders_id_alone() -> None:
    anna = world.anna()
    Identity.objects.create(lead=anna, source="crm", external_id="C7")

    say(contact("Ewa Lis", email=None, contact_id="C7"))

    anna.refresh_from_db()
    assert anna.owner == "Ewa Lis"


def test_a_deal_is_made_then_changed_where_it_is_said_otherwise() -> None:
    anna = world.anna()

    say(deal(at=9, amount=12500.5, currency="EUR", owner="Ewa Lis"))
    made = Opportunity.objects.get()
    say(deal(at=3, stage="Closed Won", closed="2026-05-31"), deal(at=6, stage="Negotiation"))

    row = Opportunity.objects.get()
    assert (made.state, made.amount_cents, made.currency, made.owner) == ("OPEN", 1_250_050, "EUR", "Ewa Lis")
    assert (row.pk, row.state, row.stage, row.amount_cents) == (made.pk, "WON", "Closed Won", 1_250_050)
    assert (row.source, row.external_id, row.lead, row.account) == ("crm", "D1", anna, anna.account)
    assert row.closed_at is not None


def test_a_deal_of_an_import_under_the_same_name_is_the_same_deal() -> None:
    anna = world.anna()
    Opportunity.objects.create(
        source="crm", external_id="D1", account=anna.account, state="OPEN", product="Suite", created_at=NOW
    )

    say(deal(stage="Closed Lost"))

    row = Opportunity.objects.get()
    assert (row.state, row.product, row.lead) == ("LOST", "Suite", anna)


def test_a_deal_takes_the_lead_to_sales_in_the_next_cycle() -> None:
    cast.use_playbook()
    reader = cast.reader(1)
    cast.decide(NOW, reader)
    assert Standing.objects.get(lead=reader).status == "NURTURE"

    say(deal() | {"email": reader.email})
    cast.decide(NOW + HOUR)

    assert Standing.objects.get(lead=reader).status == "SALES_ACCEPTED"


def test_a_company_alone_is_found_by_its_id_or_its_domain() -> None:
    nordlicht, halden = world.nordlicht(), world.halden()
    AccountIdentity.objects.create(account=halden, source="crm", external_id="A9")

    said = {"kind": "company", "at": NOW.isoformat()}
    say(said | {"domain": f"www.{nordlicht.domain}", "owner": "Ewa Lis", "deal": "D2"})
    say(said | {"company_id": "A9", "owner": "Jan Maj", "deal": "D3"})

    owners = dict(Account.objects.values_list("pk", "owner"))
    assert owners == {nordlicht.pk: "Ewa Lis", halden.pk: "Jan Maj"}
    assert dict(Opportunity.objects.values_list("external_id", "account_id")) == {
        "D2": nordlicht.pk,
        "D3": halden.pk,
    }
    assert not Lead.objects.exists()


def test_a_company_that_nobody_knows_is_set_aside_and_tried_again() -> None:
    say(
        {
            "kind": "company",
            "at": NOW.isoformat(),
            "domain": "nordlicht.example",
            "owner": "Ewa Lis",
            "deal": "D2",
        }
    )
    aside = Arrival.objects.get()
    assert "company is not known" in aside.reason
    nordlicht = world.nordlicht()

    Arrival.objects.update(state=Arrival.State.WAITING)
    digesting.run_turn(digesters=trades.digesters(), at=NOW, limit=100)

    nordlicht.refresh_from_db()
    assert nordlicht.owner == "Ewa Lis"
    assert not Arrival.objects.exists()


def test_a_deal_without_an_id_is_set_aside() -> None:
    say(deal() | {"deal": {"name": "No id"}})

    assert "no deal is named" in Arrival.objects.get().reason
    assert not Opportunity.objects.exists()


def test_hostile_values_are_left_out_and_stop_nothing() -> None:
    anna = world.anna()

    say(
        contact("x" * 5_000, company_owner=["a"]),
        deal(amount="lots", currency="\u0000", closed=10**30, stage="s" * 9_000, owner={"a": 1}),
    )

    anna.refresh_from_db()
    row = Opportunity.objects.get()
    assert (row.amount_cents, row.closed_at, row.owner, row.state) == (None, None, None, "OPEN")
    assert len(anna.owner or "") <= 150


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("- {person: {email: e}, deal: {name: n}}", "cannot be known again"),
        ("- {deal: {id: i}}", "says of nobody"),
        ("- {company: {name: n}, deal: {id: i}}", "says of nobody"),
        ("- {group: g, owner: o, deal: {id: i}}", "needs the person"),
        ("- {person: {email: e}, deal: {id: i, color: c}}", "no such field"),
        ("- {user: u, company_owner: o}", "needs the company"),
    ],
)
def test_a_mapping_that_could_not_be_kept_is_refused(rule, message) -> None:
    with pytest.raises(mapping.BadMapping, match=message):
        mapping.parse(f"rules:\n  {rule}\n", where="crm")
