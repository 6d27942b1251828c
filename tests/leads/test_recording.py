from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from coldframe.kernel.vocabulary import (
    ConsentBasis,
    EmailKind,
    OpportunityState,
    StakeholderRole,
    SuppressionReason,
)
from coldframe.leads import recording
from coldframe.leads.models import Account, Consent, Lead, Opportunity, Suppression
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_accounts_are_recorded_with_all_that_is_known_and_are_due() -> None:
    brightpath = recording.NewAccount(
        source="crm", external_id="A1", name="Brightpath Sp. z o.o.", domain="brightpath.example", industry="software",
        employees=120, country="PL", renewal_on=date(2026, 12, 1), custom={"tier": "gold"},
    )  # fmt: skip
    nameless = recording.NewAccount(source="crm", is_personal=True)

    first, second = recording.record_accounts([brightpath, nameless], at=NOW)

    account = Account.objects.get(pk=first)
    assert (account.name, account.name_key, account.domain) == (
        "Brightpath Sp. z o.o.",
        "brightpath",
        "brightpath.example",
    )
    assert (account.industry, account.employees, account.country) == ("software", 120, "PL")
    assert (account.renewal_on, account.custom) == (date(2026, 12, 1), {"tier": "gold"})
    assert (account.due.due_at, account.created_at) == (NOW, NOW)
    assert list(account.identities.values_list("source", "external_id")) == [("crm", "A1")]
    own = Account.objects.get(pk=second)
    assert (own.is_personal, own.name_key, own.custom, own.identities.count()) == (True, None, {}, 0)


def test_leads_are_recorded_in_order_with_their_ids_and_make_their_account_due() -> None:
    company = world.brightpath()
    anna = recording.NewLead(
        account_id=company.pk, system="crm", external_id="C1", email="anna@brightpath.example",
        email_kind=EmailKind.BUSINESS, role=StakeholderRole.CHAMPION, first_name="Anna", source="webinar",
        left_company=False, entered_at=NOW - DAY,
    )  # fmt: skip
    zed = recording.NewLead(account_id=company.pk, system="crm", external_id="C2")

    ids = recording.record_leads([anna, zed], at=NOW)

    rows = [Lead.objects.get(pk=pk) for pk in ids]
    assert [(row.email, row.email_kind, row.role) for row in rows] == [
        ("anna@brightpath.example", "BUSINESS", "CHAMPION"),
        (None, None, None),
    ]
    assert [(row.entered_at, row.created_at, row.left_company) for row in rows] == [
        (NOW - DAY, NOW, False),
        (None, NOW, None),
    ]
    assert [row.identities.get().external_id for row in rows] == ["C1", "C2"]
    assert Account.objects.get(pk=company.pk).due.due_at == NOW


def test_an_address_that_is_taken_records_nobody() -> None:
    anna = world.anna()
    jonas = recording.NewLead(account_id=anna.account_id, system="crm", email="jonas@nordlicht.example")
    again = recording.NewLead(account_id=anna.account_id, system="crm", email="anna@brightpath.example")

    with pytest.raises(IntegrityError):
        recording.record_leads([jonas, again], at=NOW)


def test_a_deal_is_recorded_with_its_state() -> None:
    anna = world.anna()
    deal = recording.NewOpportunity(
        source="crm", external_id="O1", account_id=anna.account_id, lead_id=anna.pk, state=OpportunityState.LOST,
        amount_cents=1_200_000, currency="EUR", lost_reason="no budget", opened_at=NOW - 9 * DAY, closed_at=NOW - DAY,
    )  # fmt: skip

    assert recording.record_opportunities([deal], at=NOW) == 1

    row = Opportunity.objects.get()
    assert (row.state, row.lead_id, row.amount_cents, row.lost_reason) == (
        "LOST",
        anna.pk,
        1_200_000,
        "no budget",
    )
    assert (row.opened_at, row.closed_at) == (NOW - 9 * DAY, NOW - DAY)


def test_a_permission_is_recorded_with_its_proof() -> None:
    anna = world.anna()
    given = recording.NewConsent(
        lead_id=anna.pk,
        basis=ConsentBasis.CONSENT,
        wording="Yes, write to me.",
        source="form",
        given_at=NOW - DAY,
    )

    assert recording.record_consents([given], at=NOW) == 1

    assert Consent.objects.values_list("lead_id", "purpose", "basis", "wording", "given_at").get() == (
        anna.pk, "marketing_email", "CONSENT", "Yes, write to me.", NOW - DAY,
    )  # fmt: skip
    assert Account.objects.get(pk=anna.account_id).due.due_at == NOW


def test_a_suppression_is_recorded_once_and_never_moved() -> None:
    anna = world.anna()
    first = recording.NewSuppression(
        lead_id=anna.pk,
        email=anna.email,
        reason=SuppressionReason.UNSUBSCRIBE,
        source="newsletter",
        suppressed_at=NOW,
    )
    later = recording.NewSuppression(
        lead_id=anna.pk,
        email=anna.email,
        reason=SuppressionReason.UNSUBSCRIBE,
        source="crm",
        suppressed_at=NOW + DAY,
    )

    assert recording.record_suppressions([first], at=NOW) == 1
    assert recording.record_suppressions([later], at=NOW) == 0

    assert Suppression.objects.values_list("email", "source", "suppressed_at").get() == (
        "anna@brightpath.example",
        "newsletter",
        NOW,
    )
