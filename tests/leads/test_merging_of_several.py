"""More than two leads become one, and one of them is taken out again: the others are as if it had never been among them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, merged, parting, suppression
from coldframe.leads import operations as leads
from coldframe.leads.consent import Permission
from coldframe.leads.models import (
    Consent,
    ImportBatch,
    Lead,
    LiftedSuppression,
    Merge,
    Opportunity,
    Suppression,
)
from tests import world
from tests.leads.test_merging import LATER, TRACES, merge
from tests.nurture import cast
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db

WANTS = Permission(wording="Yes, write to me.", source="form", given_at=NOW, confirmed_at=NOW)
#: Whoever is merged into whom, in this order.
CHAIN = ["CB", "BA"]
STAR = ["BA", "CA", "DA"]
TREE = ["DC", "BA", "CA"]


def people() -> dict[str, Lead]:
    """Return four records of Anna, each with something that the others have, too, or have not."""
    found = {
        "A": world.anna(phone=None, city=None),
        "B": world.lead(world.account(is_personal=True), first_name="B.", email="b@home.example", phone=None),
        "C": world.lead(
            world.account(is_personal=True), first_name="C.", email="c@home.example", phone="+48 1", city="Lodz"
        ),
        "D": world.lead(
            world.account(is_personal=True), first_name="D.", email="d@home.example", phone="+48 2", custom={"tier": "gold"}
        ),
    }  # fmt: skip
    cast.may_mail(*found.values())
    for number, (name, lead) in enumerate(found.items()):
        world.event(lead, path=f"/{name}")
        if name != "B":
            consent.pause(lead_id=lead.pk, until=NOW + DAY * (2 + number % 3), source=name, at=NOW)
        if name in "CD":
            leads.suppress(
                reason=SuppressionReason.COMPLAINT, source=name, at=NOW + number * HOUR, lead_ids=[lead.pk]
            )
            Opportunity.objects.create(
                lead=lead, account=lead.account, source="crm", external_id=name, created_at=NOW
            )
        if name == "D":
            leads.withdraw_consent(lead_id=lead.pk, at=NOW + DAY)
    return found


def join(found: dict[str, Lead], order: list[str]) -> None:
    for lead, into in order:
        merge(found[lead], found[into])


def rows() -> dict[str, list[Any]]:
    """Return every row of every table but the traces of merging, without the numbers of opt-outs, which are copied."""
    found = {}
    for model in apps.get_models():
        table = model._meta.db_table
        if table not in TRACES and not table.startswith("django"):
            left_out = {"id"} if table == "leads_suppression" else set()
            names = [each.column for each in model._meta.concrete_fields if each.column not in left_out]
            with connection.cursor() as cursor:
                cursor.execute(
                    f'SELECT {", ".join(chr(34) + each + chr(34) for each in names)} FROM "{table}"'
                )
                found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def without(found: dict[str, Lead], order: list[str], gone: set[str]) -> dict[str, list[Any]]:
    """Return what would be if some of them had never been merged."""
    with transaction.atomic():
        join(found, [each for each in order if each[0] not in gone])
        seen = rows()
        transaction.set_rollback(True)
    return seen


@pytest.mark.parametrize(
    ("order", "undone"),
    [
        (order, "".join(names))
        for order in (CHAIN, STAR, TREE)
        for names in itertools.permutations([each[0] for each in order])
    ],
)
def test_who_is_taken_out_leaves_the_others_as_if_they_had_never_been_one(
    order: list[str], undone: str
) -> None:
    found = people()
    expected = [without(found, order, set(undone[:count])) for count in range(1, len(undone) + 1)]
    join(found, order)

    for number, name in enumerate(undone):
        parting.unmerge(lead_id=found[name].pk, by="ola", at=LATER)

        assert rows() == expected[number], name


def test_an_opt_out_of_another_one_holds_when_the_first_to_bring_it_is_gone() -> None:
    found = people()
    join(found, STAR)

    parting.unmerge(lead_id=found["C"].pk, by="ola", at=LATER)

    assert Suppression.objects.filter(lead=found["A"], reason="COMPLAINT").exists()


def test_what_merges_are_left_is_told_as_before() -> None:
    found = people()
    join(found, STAR)

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER + DAY)

    left = Merge.objects.filter(unmerged_at=None).order_by("id").values_list("lead", "into", "merged_at")
    assert list(left) == [(found[name].pk, found["A"].pk, LATER) for name in "CD"]
    assert Merge.objects.count() == 3


def come_back(lead: Lead, *, at: Any = LATER) -> None:
    """Have somebody agree by an act of their own, whichever of their records it comes by."""
    consent.give(lead_id=lead.pk, permission=replace(WANTS, given_at=at, confirmed_at=at), at=at)


def say_no(lead: Lead) -> None:
    leads.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="link", at=NOW, lead_ids=[lead.pk])


def test_a_no_that_the_other_ones_consent_had_lifted_holds_again() -> None:
    found = people()
    say_no(found["B"])
    before = rows()["leads_suppression"]
    merge(found["B"], found["A"])
    come_back(found["A"], at=LATER + DAY)
    assert not suppression.is_suppressed(lead_id=found["A"].pk, email="anna@brightpath.example")

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER + 2 * DAY)

    assert Suppression.objects.filter(lead=found["B"], reason="UNSUBSCRIBE", suppressed_at=NOW).exists()
    assert not suppression.is_suppressed(lead_id=found["A"].pk, email="anna@brightpath.example")
    assert LiftedSuppression.objects.get().lead == found["B"]
    assert len(rows()["leads_suppression"]) == len(before)


def test_a_no_that_their_own_consent_had_lifted_stays_lifted_and_the_consent_goes_with_them() -> None:
    found = people()
    say_no(found["B"])
    merge(found["B"], found["A"])
    come_back(found["B"], at=LATER + DAY)

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER + 2 * DAY)

    assert Consent.objects.get(given_at=LATER + DAY).lead == found["B"]
    assert not Suppression.objects.filter(lead=found["B"]).exists()
    assert LiftedSuppression.objects.get().lead == found["B"]


def test_a_no_of_the_one_that_stays_holds_again_when_the_consent_came_by_the_other() -> None:
    found = people()
    say_no(found["A"])
    merge(found["B"], found["A"])
    come_back(found["B"], at=LATER + DAY)
    assert not suppression.is_suppressed(lead_id=found["A"].pk, email="anna@brightpath.example")

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER + 2 * DAY)

    assert suppression.is_suppressed(lead_id=found["A"].pk, email="nobody@brightpath.example")
    assert suppression.is_suppressed(lead_id=0, email="anna@brightpath.example")
    assert not Suppression.objects.filter(lead=found["B"]).exists()


@pytest.mark.parametrize("undone", ["BC", "CB"])
def test_so_it_is_with_merges_on_merges(undone: str) -> None:
    found = people()
    say_no(found["B"])
    join(found, CHAIN)
    come_back(found["A"], at=LATER + DAY)

    for name in undone:
        parting.unmerge(lead_id=found[name].pk, by="ola", at=LATER + 2 * DAY)

    said = Suppression.objects.exclude(lead=None).values_list("lead", "reason").order_by("lead", "reason")
    complaints = [(found[name].pk, "COMPLAINT") for name in "CD"]
    assert list(said) == [(found["B"].pk, "UNSUBSCRIBE"), *complaints]


def test_a_no_said_while_they_were_one_is_both_s() -> None:
    found = people()
    merge(found["B"], found["A"])
    come_back(found["A"])
    say_no(found["A"])

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER + DAY)

    out = Suppression.objects.filter(reason="UNSUBSCRIBE").exclude(lead=None)
    assert set(out.values_list("lead", flat=True)) == {found["A"].pk, found["B"].pk}


def test_a_merge_whose_lead_is_gone_is_not_gone_through_again() -> None:
    found = people()
    join(found, STAR)
    batch = ImportBatch.objects.create(kind="leads", source="file", state="UNDONE", started_at=NOW)
    Lead.objects.filter(pk=found["D"].pk).update(batch=batch)

    parting.unmerge(lead_id=found["B"].pk, by="ola", at=LATER)

    assert merged.root_of(found["C"].pk) == found["A"].pk
    assert Lead.objects.get(pk=found["D"].pk).voided_at == LATER


def test_where_a_later_merge_cannot_hold_any_more_it_is_named_and_nothing_changes() -> None:
    found = people()
    join(found, ["CB", "DB"])
    Lead.objects.filter(pk=found["B"].pk).update(voided_at=LATER)
    before = rows()

    with pytest.raises(parting.NotMerged, match="A later merge hangs on this one") as refused:
        parting.unmerge(lead_id=found["C"].pk, by="ola", at=LATER)

    assert refused.value.got == f"lead {found['D'].pk}, which is {found['B'].pk}"
    assert rows() == before
