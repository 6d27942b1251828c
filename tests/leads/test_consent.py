"""Permissions: given with their proof, taken back, paused; and a no that only the person lifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coldframe.kernel.vocabulary import ConsentBasis, SuppressionReason
from coldframe.leads import operations
from coldframe.leads.consent import Given, NoSuchLead, NothingSaid, Permission
from coldframe.leads.frames import load_leads_frame
from coldframe.leads.models import AccountDue, Consent, Lead, LiftedSuppression, Pause, Suppression
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WORDS = "Yes, write to me."
OWN = Permission(wording=WORDS, source="preference page", given_at=NOW, confirmed_at=NOW, proof="message 1")
UNPROVEN = replace(OWN, confirmed_at=None, proof=None, source="hubspot")


def give(lead: Lead, permission: Permission = OWN, at: datetime = NOW) -> Given:
    return operations.give_consent(
        lead_id=lead.pk, permission=replace(permission, given_at=at, confirmed_at=permission.confirmed_at and at), at=at
    )  # fmt: skip


def say_no(lead: Lead, reason: SuppressionReason = SuppressionReason.UNSUBSCRIBE, at: datetime = NOW) -> None:
    operations.suppress(reason=reason, source="test", at=at, lead_ids=[lead.pk])


def suppressed_by(lead: Lead) -> str | None:
    frame = load_leads_frame(columns=["suppressed_by"], account_ids=[lead.account_id])
    return dict(frame.select("lead_id", "suppressed_by").iter_rows())[lead.pk]


def stamp(lead: Lead) -> int:
    row = AccountDue.objects.filter(account_id=lead.account_id, due_at__lte=NOW + DAY).first()
    return row.stamp if row else 0


def test_a_permission_is_on_file_with_everything_that_proves_it() -> None:
    anna = world.anna()

    given = operations.give_consent(lead_id=anna.pk, permission=replace(OWN, expires_at=NOW + DAY), at=NOW)

    row = Consent.objects.get(pk=given.consent_id)
    assert (row.purpose, row.basis, row.wording, row.source) == ("marketing_email", "CONSENT", WORDS, "preference page")  # fmt: skip
    assert (row.given_at, row.confirmed_at, row.expires_at, row.withdrawn_at) == (NOW, NOW, NOW + DAY, None)
    assert row.proof == "message 1"
    assert stamp(anna) == 1


def test_the_same_permission_twice_is_one() -> None:
    anna = world.anna()

    first, second = give(anna), give(anna, at=NOW + DAY)

    assert (second.consent_id, second.is_known) == (first.consent_id, True)
    assert Consent.objects.get().given_at == NOW


def test_a_new_permission_stands_beside_the_one_that_was_taken_back() -> None:
    anna = world.anna()
    give(anna)
    operations.withdraw_consent(lead_id=anna.pk, at=NOW + DAY)

    given = give(anna, at=NOW + 2 * DAY)

    rows = Consent.objects.order_by("id").values_list("given_at", "withdrawn_at")
    assert list(rows) == [(NOW, NOW + DAY), (NOW + 2 * DAY, None)]
    assert not given.is_known


def test_an_expired_permission_is_renewed_by_a_row_of_its_own() -> None:
    anna = world.anna()
    operations.give_consent(lead_id=anna.pk, permission=replace(OWN, expires_at=NOW + DAY), at=NOW)

    given = operations.give_consent(
        lead_id=anna.pk,
        permission=replace(OWN, given_at=NOW + DAY, confirmed_at=NOW + DAY, expires_at=NOW + DAY),
        at=NOW + DAY,
    )

    assert not given.is_known
    assert Consent.objects.count() == 2


def test_taking_back_ends_every_basis_for_the_purpose_and_no_other() -> None:
    anna = world.anna()
    give(anna)
    give(anna, replace(UNPROVEN, basis=ConsentBasis.LEGITIMATE_INTEREST, wording=None))
    give(anna, replace(OWN, purpose="product_news"))
    before = stamp(anna)

    count = operations.withdraw_consent(lead_id=anna.pk, at=NOW + DAY)

    open_rows = Consent.objects.filter(withdrawn_at=None).values_list("purpose", flat=True)
    assert (count, list(open_rows)) == (2, ["product_news"])
    assert operations.withdraw_consent(lead_id=anna.pk, at=NOW + 2 * DAY) == 0
    assert stamp(anna) > before


@pytest.mark.parametrize("reason", list(SuppressionReason))
def test_the_persons_own_new_consent_lifts_what_they_had_said_and_keeps_it_in_history(
    reason: SuppressionReason,
) -> None:
    anna = world.anna()
    say_no(anna, reason)
    assert suppressed_by(anna) == reason.value.lower()

    given = give(anna, at=NOW + DAY)

    assert (given.lifted, suppressed_by(anna)) == ((reason.value,), None)
    assert not Suppression.objects.exists()
    kept = LiftedSuppression.objects.order_by("id").values_list(
        "lead", "email", "reason", "source", "suppressed_at", "lifted_at", "consent"
    )
    same = (reason.value, "test", NOW, NOW + DAY, given.consent_id)
    assert list(kept) == [(anna.pk, None, *same), (anna.pk, "anna@brightpath.example", *same)]


@pytest.mark.parametrize(
    "permission",
    [
        UNPROVEN,
        replace(OWN, basis=ConsentBasis.CONTRACT),
        replace(OWN, basis=ConsentBasis.LEGITIMATE_INTEREST),
        replace(OWN, purpose="product_news"),
    ],
)
def test_nothing_else_lifts_a_no(permission: Permission) -> None:
    anna = world.anna()
    say_no(anna)

    assert give(anna, permission, at=NOW + DAY).lifted == ()

    assert suppressed_by(anna) == "unsubscribe"


def test_a_consent_older_than_the_no_lifts_nothing() -> None:
    anna = world.anna()
    say_no(anna, at=NOW)

    given = operations.give_consent(
        lead_id=anna.pk, permission=replace(OWN, given_at=NOW - DAY, confirmed_at=NOW - DAY), at=NOW + DAY
    )

    assert (given.lifted, suppressed_by(anna)) == ((), "unsubscribe")


def test_a_no_after_the_return_holds_again() -> None:
    anna = world.anna()
    say_no(anna)
    give(anna, at=NOW + DAY)

    say_no(anna, at=NOW + 2 * DAY)

    assert suppressed_by(anna) == "unsubscribe"
    assert Suppression.objects.count() == 2
    assert LiftedSuppression.objects.count() == 2


def test_who_left_by_another_way_comes_back_by_the_same_words_as_before() -> None:
    anna = world.anna()
    give(anna)
    say_no(anna, at=NOW + DAY)

    given = give(anna, at=NOW + 2 * DAY)

    assert (given.is_known, given.lifted) == (False, ("UNSUBSCRIBE",))
    assert list(Consent.objects.order_by("id").values_list("confirmed_at", flat=True)) == [NOW, NOW + 2 * DAY]
    assert give(anna, at=NOW + 3 * DAY).is_known


def test_a_return_speaks_for_the_person_alone() -> None:
    anna, ola = world.anna(), world.jonas()
    say_no(anna)
    say_no(ola)

    give(anna, at=NOW + DAY)

    assert (suppressed_by(anna), suppressed_by(ola)) == (None, "unsubscribe")


def test_leaving_ends_the_permission_the_person_and_every_address_the_message_went_to() -> None:
    anna = world.anna()
    give(anna)
    marta = world.lead(anna.account, email="former@brightpath.example")

    for _ in range(2):
        operations.unsubscribe(
            lead_id=anna.pk, source="link", at=NOW + DAY, emails=("former@brightpath.example",)
        )

    assert (suppressed_by(anna), suppressed_by(marta)) == ("unsubscribe", "unsubscribe")
    assert Consent.objects.get().withdrawn_at == NOW + DAY
    assert Suppression.objects.count() == 4


def test_leaving_again_writes_nothing_and_waits_for_no_lock() -> None:
    anna = world.anna(email="anna+news@brightpath.example")
    said = {"lead_id": anna.pk, "source": "link", "emails": ("old@there.example",)}
    operations.unsubscribe(at=NOW, **said)

    with CaptureQueriesContext(connection) as asked:
        operations.unsubscribe(at=NOW + timedelta(hours=1), **said)

    assert {each["sql"].split()[0] for each in asked} == {"SELECT"}


def test_leaving_after_a_return_is_no_repetition() -> None:
    anna = world.anna()
    for hours in (0, 2):
        operations.unsubscribe(lead_id=anna.pk, source="link", at=NOW + timedelta(hours=hours))
        own = Permission(
            wording="Yes.",
            source="page",
            given_at=NOW + timedelta(hours=hours + 1),
            confirmed_at=NOW + timedelta(hours=hours + 1),
        )
        assert Suppression.objects.filter(lead=anna).exists()
        operations.give_consent(lead_id=anna.pk, permission=own, at=own.given_at)
        assert not Suppression.objects.exists()


def test_leaving_another_purpose_leaves_marketing_alone() -> None:
    anna = world.anna()
    give(anna)
    give(anna, replace(OWN, purpose="product_news"))

    operations.unsubscribe(lead_id=anna.pk, source="page", at=NOW, purpose="product_news")

    assert suppressed_by(anna) is None
    assert Consent.objects.get(withdrawn_at=None).purpose == "marketing_email"


def test_the_last_wish_for_quiet_counts_and_the_earlier_ones_are_kept() -> None:
    anna = world.anna()
    for days in (30, 30, 90):
        operations.pause(lead_id=anna.pk, until=NOW + days * DAY, source="page", at=NOW)

    operations.end_pause(lead_id=anna.pk, at=NOW + DAY)

    rows = Pause.objects.order_by("id").values_list("until", "ended_at")
    assert list(rows) == [(NOW + 30 * DAY, NOW), (NOW + 90 * DAY, NOW + DAY)]
    assert stamp(anna) > 0


def test_a_consent_without_words_or_source_and_one_of_nobody_are_refused() -> None:
    anna = world.anna()

    with pytest.raises(NothingSaid, match="words that the person agreed to"):
        give(anna, replace(OWN, wording=" "))
    with pytest.raises(NothingSaid, match="source"):
        give(anna, replace(OWN, source=""))
    with pytest.raises(NoSuchLead):
        operations.give_consent(lead_id=anna.pk + 1, permission=OWN, at=NOW)
    assert not Consent.objects.exists()
