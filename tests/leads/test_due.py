"""Which accounts are due, and who holds them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.leads import due
from coldframe.leads.models import AccountDue
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

LEASE = timedelta(minutes=5)


def claim(*, token: int, at=NOW, limit: int = 10) -> due.Claim:
    return due.claim(at=at, token=token, lease_until=at + LEASE, limit=limit)


def test_a_fact_makes_an_account_due_and_never_later_than_it_was():
    brightpath = world.brightpath()

    due.mark_due(account_ids=[brightpath.pk], at=NOW)
    due.mark_due(account_ids=[brightpath.pk], at=NOW + timedelta(days=1))

    row = AccountDue.objects.get(pk=brightpath.pk)
    assert (row.due_at, row.stamp) == (NOW, 2)
    assert due.next_due_at() == NOW


def test_the_longest_due_are_claimed_first_and_once():
    first, second, later = world.brightpath(), world.nordlicht(), world.halden()
    due.mark_due(account_ids=[second.pk], at=NOW - timedelta(hours=1))
    due.mark_due(account_ids=[first.pk], at=NOW - timedelta(hours=2))
    due.mark_due(account_ids=[later.pk], at=NOW + timedelta(seconds=1))

    assert claim(token=1, limit=1).account_ids == [first.pk]
    assert claim(token=2).account_ids == [second.pk]
    assert claim(token=3).account_ids == []


def test_a_claim_whose_lease_passed_is_taken_over_and_fenced_off():
    brightpath = world.brightpath()
    due.mark_due(account_ids=[brightpath.pk], at=NOW)
    slow = claim(token=1)

    quick = claim(token=2, at=NOW + LEASE)

    assert quick.account_ids == [brightpath.pk]
    with pytest.raises(due.TakenOver):
        due.require_held(slow)
    due.release(slow, due=[(brightpath.pk, NOW + timedelta(days=9))])
    assert AccountDue.objects.get(pk=brightpath.pk).due_at == NOW
    due.require_held(quick)


def test_releasing_names_the_next_turn_or_none():
    brightpath, nordlicht = world.brightpath(), world.nordlicht()
    due.mark_due(account_ids=[brightpath.pk, nordlicht.pk], at=NOW)
    claimed = claim(token=1)

    due.release(claimed, due=[(brightpath.pk, NOW + timedelta(days=9)), (nordlicht.pk, None)])

    assert list(AccountDue.objects.values_list("account_id", "due_at", "lease_until", "token")) == [
        (brightpath.pk, NOW + timedelta(days=9), None, 0)
    ]


def test_a_fact_that_arrives_while_an_account_is_held_leaves_it_due():
    brightpath, nordlicht = world.brightpath(), world.nordlicht()
    due.mark_due(account_ids=[brightpath.pk, nordlicht.pk], at=NOW)
    claimed = claim(token=1)

    due.mark_due(account_ids=[brightpath.pk, nordlicht.pk], at=NOW + timedelta(seconds=1))
    due.release(claimed, due=[(brightpath.pk, NOW + timedelta(days=9)), (nordlicht.pk, None)])

    again = claim(token=2, at=NOW + timedelta(seconds=2))
    assert again.account_ids == [brightpath.pk, nordlicht.pk]


def test_what_is_given_back_is_found_due():
    brightpath = world.brightpath()
    due.mark_due(account_ids=[brightpath.pk], at=NOW)

    due.give_back(claim(token=1))

    assert claim(token=2).account_ids == [brightpath.pk]


def test_accounts_can_be_claimed_by_name_but_for_those_that_are_held():
    brightpath, nordlicht = world.brightpath(), world.nordlicht()
    due.mark_due(account_ids=[brightpath.pk], at=NOW)
    claim(token=1)

    mine = due.claim_these(
        account_ids=[brightpath.pk, nordlicht.pk], at=NOW, token=2, lease_until=NOW + LEASE
    )

    assert mine.account_ids == [nordlicht.pk]
