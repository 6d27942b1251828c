"""Opt-outs in the traits of people: a change holds, and a repeat does not send away who came back."""

from __future__ import annotations

import itertools

import pytest

from coldframe.activity.calls import Call
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import consent, suppression
from coldframe.leads import operations as leads
from coldframe.leads.consent import Permission
from coldframe.leads.models import FormerAddress, Lead, Suppression
from tests.activity.identity.said import MINUTE, identify, say
from tests.world import NOW

pytestmark = pytest.mark.django_db

EMAIL = "ola@newcomer.example"


def said(number: int, *, is_out: object, **more: object) -> Call:
    return identify(number, user_id="ola", email=EMAIL, traits={"unsubscribed": is_out}, **more)


def tell(number: int, *, is_out: object, late: int = 0) -> None:
    """Have a client say at its minute, or some minutes late, whether Ola wants no mail."""
    say([said(number, is_out=is_out)], at=NOW + MINUTE * (number + late))


def come_back(minute: int) -> None:
    """Have Ola agree by an act of her own."""
    at = NOW + MINUTE * minute
    permission = Permission(wording="Yes, write to me.", source="form", given_at=at, confirmed_at=at)
    given = consent.give(lead_id=Lead.objects.get().pk, permission=permission, at=at)
    assert given.lifted == ("UNSUBSCRIBE",)


def is_out() -> bool:
    return suppression.is_suppressed(lead_id=Lead.objects.get().pk, email=EMAIL)


def test_a_repeat_does_not_send_away_who_came_back() -> None:
    tell(1, is_out=True)
    come_back(2)

    tell(3, is_out=True)
    tell(4, is_out=True)

    assert not is_out()


def test_nor_does_it_where_the_no_itself_was_said_elsewhere() -> None:
    say([identify(1, user_id="ola", email=EMAIL)])
    leads.suppress(
        reason=SuppressionReason.UNSUBSCRIBE, source="link", at=NOW, lead_ids=[Lead.objects.get().pk]
    )
    tell(2, is_out=True)
    come_back(3)

    tell(4, is_out=True)

    assert not is_out()


def test_a_change_does() -> None:
    tell(1, is_out=True)
    come_back(2)
    tell(3, is_out=False)

    tell(4, is_out=True)

    assert is_out()


def test_so_does_one_whose_middle_is_heard_of_last() -> None:
    tell(1, is_out=True)
    come_back(2)
    tell(4, is_out=True)
    assert not is_out()

    tell(3, is_out=False, late=2)

    assert is_out()


def test_and_one_whose_middle_is_heard_of_last_once_more() -> None:
    tell(1, is_out=True)
    tell(2, is_out=False)
    come_back(3)
    tell(4, is_out=True)
    come_back(5)
    tell(7, is_out=True)
    assert not is_out()

    tell(6, is_out=False, late=2)

    assert is_out()


def test_all_of_it_in_one_batch_is_a_change_too() -> None:
    tell(1, is_out=True)
    come_back(2)

    say([said(3, is_out=False), said(4, is_out=True)], at=NOW + MINUTE * 4)

    assert is_out()


def test_the_first_word_of_another_system_is_a_change() -> None:
    tell(1, is_out=True)
    come_back(2)

    say([said(3, is_out=True, source="shop")], at=NOW + MINUTE * 3)

    assert is_out()


def test_that_somebody_is_not_out_lifts_nothing() -> None:
    tell(1, is_out=True)

    tell(2, is_out=False)

    assert is_out()


def test_a_no_from_before_everything_known_is_no_change() -> None:
    tell(3, is_out=True)
    come_back(4)

    tell(1, is_out=True, late=5)

    assert not is_out()


def test_a_repeat_holds_for_a_new_address_of_who_never_came_back() -> None:
    tell(1, is_out=True)

    say([identify(2, user_id="ola", email="ola@new.example", traits={"unsubscribed": True})])

    assert FormerAddress.objects.get().email == EMAIL
    assert set(Suppression.objects.exclude(email=None).values_list("email", flat=True)) == {
        EMAIL,
        "ola@new.example",
    }


def test_a_word_that_is_no_value_of_the_trait_says_nothing() -> None:
    say([said(1, is_out="yes"), said(2, is_out=None)])

    assert not is_out()
    assert Lead.objects.get().custom == {}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_whatever_order_they_come_in_who_said_no_is_out(order: tuple[int, ...]) -> None:
    calls = [said(1, is_out=True), said(2, is_out=False), said(3, is_out=True), said(4, is_out=False)]

    for position in order:
        say([calls[position]])

    assert is_out()
