"""Two leads that were one for a while: what came in meanwhile is, afterwards, of whom it came by."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coldframe.activity.calls import Call
from coldframe.activity.models import ClaimedValue
from coldframe.leads import merged as merged_leads
from coldframe.leads import merging, parting
from coldframe.leads.models import Consent, FormerAddress, Identity, Lead
from tests import world
from tests.activity.identity.said import MINUTE, call, identify, outcome
from tests.activity.identity.said import say as say_at
from tests.activity.identity.test_resolving import paths_of
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + MINUTE


def say(calls: Sequence[Call]) -> None:
    """Have calls come in after the leads were found to be one."""
    say_at(calls, at=LATER)


def merged() -> tuple[Lead, Lead]:
    """Return Ola and her double, whom calls have made and a person has found to be one."""
    say_at(
        [
            identify(1, user_id="ola", email="ola@first.example", traits={"firstName": "Ola"}),
            identify(2, user_id="double", email="double@other.example", traits={"firstName": "Aleksandra"}),
        ]
    )
    ola, double = (Lead.objects.get(email=email) for email in ("ola@first.example", "double@other.example"))
    merging.merge(lead_id=double.pk, into_id=ola.pk, by="eva", reason="one person", at=NOW)
    return ola, double


def part(ola: Lead, double: Lead) -> None:
    parting.unmerge(lead_id=double.pk, by="eva", at=LATER)
    for each in (ola, double):
        each.refresh_from_db()


def test_an_address_that_the_one_got_meanwhile_goes_with_it_and_so_does_the_company() -> None:
    ola, double = merged()
    say([identify(3, user_id="double", email="double@new.example", traits={"city": "Lodz"})])
    ola.refresh_from_db()
    assert (ola.email, ola.account.domain) == ("double@new.example", "new.example")

    part(ola, double)

    assert (ola.email, ola.account.domain, ola.first_name, ola.city) == (
        "ola@first.example",
        "first.example",
        "Ola",
        None,
    )
    assert (double.email, double.account.domain, double.first_name, double.city) == (
        "double@new.example",
        "new.example",
        "Aleksandra",
        "Lodz",
    )
    assert list(FormerAddress.objects.values_list("email", "lead")) == [("double@other.example", double.pk)]
    assert outcome()["stray"] == []


def test_later_calls_leave_it_so() -> None:
    ola, double = merged()
    say([identify(3, user_id="double", email="double@new.example")])
    part(ola, double)
    before = outcome()

    say(
        [
            identify(4, user_id="double", email="double@new.example"),
            identify(5, user_id="ola", email="ola@first.example"),
        ]
    )

    assert outcome() == before


def test_ids_and_browsers_that_the_one_got_meanwhile_go_with_it() -> None:
    ola, double = merged()
    say(
        [
            call(3, "PAGE", anonymous_id="b1", path="/a"),
            identify(4, user_id="double", anonymous_id="b1"),
            call(5, "TRACK", user_id="draft", path="/b"),
            call(6, "ALIAS", previous_id="draft", user_id="double"),
            identify(7, source="shop", user_id="77", email="double@other.example"),
            call(8, "TRACK", source="shop", user_id="77", path="/c"),
            call(9, "TRACK", user_id="ola", path="/d"),
        ]
    )

    part(ola, double)

    assert paths_of(double) == ["/a", "/b", "/c"]
    assert paths_of(ola) == ["/d"]
    assert Identity.objects.get(source="shop").lead == double
    assert outcome()["stray"] == []


def test_what_named_both_as_one_meanwhile_is_for_a_person_to_decide() -> None:
    ola, double = merged()
    say([identify(3, user_id="double", email="ola@first.example")])

    part(ola, double)
    say([identify(4, user_id="double", email="ola@first.example")])

    assert Lead.objects.filter(voided_at=None).count() == 2
    ola.refresh_from_db()
    double.refresh_from_db()
    assert (ola.email, double.email) == ("ola@first.example", "double@other.example")


def test_a_permission_that_came_by_the_one_meanwhile_goes_with_it() -> None:
    ola, double = merged()
    say(
        [
            identify(3, user_id="double", traits={"consent": {"wording": "Yes, write to me."}}),
            identify(4, user_id="ola", traits={"consent": {"wording": "Yes.", "purpose": "events"}}),
        ]
    )
    assert set(Consent.objects.values_list("lead", flat=True)) == {ola.pk}

    part(ola, double)

    assert dict(Consent.objects.values_list("wording", "lead")) == {
        "Yes, write to me.": double.pk,
        "Yes.": ola.pk,
    }


def test_of_one_whom_a_file_brought_the_address_stays_and_the_other_s_goes() -> None:
    anna = world.anna(city=None)
    say_at([identify(1, user_id="double", email="double@other.example")])
    double = Lead.objects.get(email="double@other.example")
    merging.merge(lead_id=double.pk, into_id=anna.pk, by="eva", reason="one person", at=NOW)
    say([identify(3, user_id="double", email="double@new.example", traits={"city": "Lodz"})])

    part(anna, double)

    assert (anna.email, anna.account.domain, anna.city) == (
        "anna@brightpath.example",
        "brightpath.example",
        None,
    )
    assert (double.email, double.account.domain, double.city) == (
        "double@new.example",
        "new.example",
        "Lodz",
    )


def test_while_they_are_one_both_go_on_to_be_that_one() -> None:
    ola, _ = merged()
    for number in (3, 4, 5):
        say(
            [
                identify(number, user_id="double", email=f"double@new{number}.example"),
                identify(10 + number, user_id="ola", traits={"title": f"CFO {number}"}),
            ]
        )

    assert list(Lead.objects.filter(voided_at=None)) == [ola]
    ola.refresh_from_db()
    assert (ola.first_name, ola.job_title, ola.email) == ("Aleksandra", "CFO 5", "double@new5.example")


def address_of(lead: Lead) -> str | None:
    """Return the address that mail to a lead goes to, and its company's domain with it."""
    lead.refresh_from_db()
    assert lead.email is not None
    assert lead.account.domain == lead.email.rpartition("@")[2]
    return lead.email


@pytest.mark.parametrize(
    "said",
    [
        {"user_id": "double", "email": "double@other.example"},
        {"user_id": "double", "traits": {"city": "Lodz"}},
        {"email": "double@other.example", "traits": {"city": "Lodz"}},
        {"source": "shop", "user_id": "77", "email": "double@other.example"},
        {"user_id": "ola", "traits": {"city": "Lodz"}},
    ],
    ids=["its id and address", "its id", "its address", "an id that it got meanwhile", "the id of the one that stays"],
)  # fmt: skip
def test_the_one_that_stays_keeps_its_address_whatever_the_other_is_named_by(said: dict) -> None:
    ola, _ = merged()

    say([identify(3, **said)])

    assert address_of(ola) == "ola@first.example"


def test_nor_does_it_take_an_address_that_the_other_had_before_and_all_go_back_with_it() -> None:
    say_at([identify(10, at=-3, source="crm", user_id="c", email="double@third.example")])
    say_at([identify(11, at=-2, user_id="double", email="double@before.example")])
    ola, double = merged()
    say_at([identify(12, at=-1, source="crm", user_id="c", email="double@before.example")])
    hers = ["double@before.example", "double@other.example", "double@third.example"]

    for number, email in enumerate(hers, start=13):
        say(
            [
                identify(number, user_id="double", email=email),
                identify(number + 10, source="crm", user_id="c", email=email),
            ]
        )
        assert address_of(ola) == "ola@first.example"

    part(ola, double)
    assert ola.email == "ola@first.example"
    assert merged_leads.find_by_addresses(hers) == dict.fromkeys(hers, double.pk)


def test_nor_one_of_whoever_was_the_other_already() -> None:
    say_at([identify(10, at=-3, user_id="double", email="double@other.example")])
    say_at([identify(11, at=-2, source="crm", user_id="c", email="double@third.example")])
    say_at([identify(12, at=-1, source="crm", user_id="c", email="double@other.example")])
    ola, _ = merged()
    third = Lead.objects.get(email="double@third.example")
    assert third.merged_into == ola

    say([identify(13, source="crm", user_id="c", email="double@third.example")])

    assert address_of(ola) == "ola@first.example"


def test_one_that_took_the_other_s_address_before_has_its_own_again_with_the_next_call() -> None:
    ola, _ = merged()
    Lead.objects.filter(pk=ola.pk).update(email="double@other.example")
    ClaimedValue.objects.filter(object_id=ola.pk, field="email").update(value="double@other.example")

    say([identify(3, user_id="ola", traits={"city": "Lodz"})])

    assert address_of(ola) == "ola@first.example"


def test_it_follows_an_address_that_nobody_had_when_they_were_merged() -> None:
    ola, _ = merged()

    say([identify(3, user_id="double", email="ola@new.example")])
    after_new = address_of(ola)
    say([identify(4, user_id="double", email="double@other.example")])

    assert (after_new, address_of(ola)) == ("ola@new.example", "ola@first.example")
