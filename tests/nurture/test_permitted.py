"""The condition of SQL by which the guard looks for a permission says what the kernel says."""

from __future__ import annotations

import uuid
from itertools import product

import polars as pl
import pytest
from django.db import connection

from coldframe.kernel.frames import CONSENTS
from coldframe.kernel.planning.permission import COUNTRIES, Regime, with_permission
from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads.models import Account, Consent, Lead
from coldframe.nurture.permitted import no_permission
from coldframe.storage import reads
from tests.nurture.cast import DAY
from tests.world import NOW

pytestmark = pytest.mark.django_db

#: One country of each regime, one without a rule of its own, and none.
PLACES = (*{rule.regime: code for code, rule in COUNTRIES.items()}.values(), "FR", None)
FILED = tuple(
    {"basis": basis.value, "confirmed_at": confirmed, **state}
    for basis, confirmed, state in product(
        ConsentBasis,
        (None, NOW - DAY),
        (
            {"given_at": NOW - DAY},
            {"given_at": None},
            {"given_at": NOW + DAY},
            {"given_at": NOW - DAY, "expires_at": NOW},
            {"given_at": NOW - DAY, "withdrawn_at": NOW},
        ),
    )
)


def test_the_guard_and_the_kernel_agree_on_every_country_basis_and_address() -> None:
    account = Account.objects.create(created_at=NOW)
    cases = list(product(PLACES, ("BUSINESS", "FREE", None), (None, *FILED)))
    leads = Lead.objects.bulk_create(
        Lead(account=account, public_id=uuid.uuid4(), country=place, email_kind=kind, created_at=NOW)
        for place, kind, _ in cases
    )
    on_file = [(lead, filed) for lead, (_, _, filed) in zip(leads, cases, strict=True) if filed]
    Consent.objects.bulk_create(
        Consent(lead=lead, source="form", created_at=NOW, **filed) for lead, filed in on_file
    )

    refused = no_permission(lead="l", account="a", now=reads.instant(NOW))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM leads_lead l JOIN leads_account a ON a.id = l.account_id WHERE NOT ({refused})"
        )
        permitted = {row[0] for row in cursor.fetchall()}

    frame = pl.DataFrame(
        [(lead.pk, place, kind, True, None) for lead, (place, kind, _) in zip(leads, cases, strict=True)],
        schema={"lead_id": pl.Int64, "country": pl.String, "email_kind": pl.String, "has_address": pl.Boolean, "suppressed_by": pl.String},
        orient="row",
    )  # fmt: skip
    rows = [
        {
            "lead_id": lead.pk,
            "account_id": account.pk,
            "is_confirmed": filed["confirmed_at"] is not None,
            **filed,
        }
        for lead, filed in on_file
    ]
    consents = pl.DataFrame([{name: row.get(name) for name in CONSENTS} for row in rows], schema=CONSENTS)
    said = with_permission(frame, consents, as_of=NOW)

    assert {rule.regime for rule in COUNTRIES.values()} == set(Regime)
    assert permitted == set(said.filter("may_mail")["lead_id"])
    assert 0 < len(permitted) < len(cases)
