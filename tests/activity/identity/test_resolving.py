"""Who did it: anonymous visitors, user ids, addresses and companies become the leads they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from coldframe.activity.identity import resolving
from coldframe.activity.models import Claim, Event, Identification, Visitor
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import operations as leads
from coldframe.leads import parting
from coldframe.leads.models import Consent, Identity, Lead, Suppression
from coldframe.nurture import erasure, persons
from tests import world
from tests.activity.identity.said import MINUTE, call, identify, outcome, receive, say
from tests.leads.importing.files import imported, write
from tests.world import NOW

pytestmark = pytest.mark.django_db


def the_lead() -> Lead:
    return Lead.objects.get(voided_at=None)


def paths_of(lead: Lead) -> list[str]:
    return list(Event.objects.filter(lead=lead).order_by("occurred_at").values_list("shape__path", flat=True))


def test_an_anonymous_visitor_brings_their_history_along_when_they_are_identified() -> None:
    say([call(1, "PAGE", anonymous_id="b1", path="/pricing")])
    assert Event.objects.get().lead is None

    say([identify(2, anonymous_id="b1", user_id="u7", email="ola@newcomer.example")])

    assert paths_of(the_lead()) == ["/pricing"]
    assert Event.objects.get().account == the_lead().account


def test_a_known_visitor_s_new_events_are_their_lead_s() -> None:
    say([identify(1, anonymous_id="b1", user_id="u7", email="ola@newcomer.example")])

    say([call(2, "PAGE", anonymous_id="b1", path="/a"), call(3, "TRACK", user_id="u7", path="/b")])

    assert paths_of(the_lead()) == ["/a", "/b"]


def test_a_new_lead_is_at_the_account_of_its_domain() -> None:
    company = world.brightpath()

    say(
        [
            identify(
                1, user_id="u1", email="New@Brightpath.example", traits={"firstName": "Ola", "title": "CFO"}
            )
        ]
    )

    lead = the_lead()
    assert (lead.account, lead.email, lead.first_name, lead.job_title) == (
        company,
        "new@brightpath.example",
        "Ola",
        "CFO",
    )
    assert lead.role == "ECONOMIC_BUYER"


def test_free_mail_makes_no_company() -> None:
    say([identify(1, user_id="u1", email="ola@gmail.com")])

    assert the_lead().account.is_personal
    assert the_lead().account.domain is None


def test_a_user_id_that_nobody_has_identified_is_nobody_yet_and_its_events_wait() -> None:
    say([call(1, "TRACK", user_id="u7", path="/a")])
    assert not Lead.objects.exists()

    say([identify(2, user_id="u7", traits={"name": "Ola Nowak"})])

    assert paths_of(the_lead()) == ["/a"]
    assert (the_lead().first_name, the_lead().last_name) == ("Ola", "Nowak")


def test_the_earliest_identification_decides_whose_a_shared_browser_was() -> None:
    later = identify(5, anonymous_id="b1", user_id="tom", email="tom@halden.example")
    earlier = identify(3, anonymous_id="b1", user_id="ola", email="ola@newcomer.example")

    say([call(1, "PAGE", anonymous_id="b1", path="/a"), later])
    say([earlier])

    assert paths_of(Lead.objects.get(email="ola@newcomer.example")) == ["/a"]
    assert paths_of(Lead.objects.get(email="tom@halden.example")) == []


def test_an_address_that_is_known_leads_to_the_known_lead_and_changes_nothing_it_holds() -> None:
    anna = world.anna()

    say(
        [
            identify(
                1,
                user_id="u1",
                email="Anna@brightpath.example",
                traits={"firstName": "Anja", "city": "Gdansk"},
            )
        ]
    )

    anna.refresh_from_db()
    assert Lead.objects.count() == 1
    assert (anna.first_name, anna.city) == ("Anna", "Gdansk")
    assert Identity.objects.get(source="app", external_id="u1").lead == anna


def test_what_a_source_says_later_replaces_what_it_said_and_nothing_else() -> None:
    say([identify(2, user_id="u1", email="ola@newcomer.example", traits={"city": "Lodz"})])
    say([identify(1, user_id="u1", traits={"city": "Opole"})])
    assert the_lead().city == "Lodz"

    say([identify(3, user_id="u1", traits={"city": "Torun"})])
    assert the_lead().city == "Torun"

    Lead.objects.update(city="Radom")
    say([identify(4, user_id="u1", traits={"city": "Lodz"})])
    assert the_lead().city == "Radom"


def test_another_source_does_not_correct_what_the_first_one_says() -> None:
    say([identify(1, user_id="u1", email="ola@newcomer.example", traits={"city": "Lodz"})])
    say([identify(2, source="shop", user_id="77", email="ola@newcomer.example", traits={"city": "Torun"})])

    assert the_lead().city == "Lodz"


def test_a_change_of_address_is_the_same_person_and_an_opt_out_holds_for_both() -> None:
    say([identify(1, user_id="u1", email="ola@old.example")])
    leads.suppress(reason=SuppressionReason.UNSUBSCRIBE, source="link", at=NOW, lead_ids=[the_lead().pk])

    say([identify(2, user_id="u1", email="ola@new.example")])

    assert the_lead().email == "ola@new.example"
    said = set(Suppression.objects.exclude(email=None).values_list("email", flat=True))
    assert said == {"ola@old.example", "ola@new.example"}
    assert outcome()["leads"][0]["former"] == ["ola@old.example"]


def test_two_addresses_of_two_known_leads_stay_two_leads() -> None:
    anna, tom = world.anna(), world.tom()

    say([identify(2, user_id="u1", email=tom.email), identify(1, user_id="u1", email=anna.email)])

    assert Lead.objects.filter(voided_at=None).count() == 2
    assert Identity.objects.get(external_id="u1").lead == anna


def test_two_leads_that_calls_made_become_one_when_calls_say_so() -> None:
    say(
        [
            identify(1, user_id="u1", email="ola@newcomer.example"),
            identify(2, user_id="u2", traits={"name": "Ola Nowak"}),
        ]
    )
    say([call(3, "TRACK", user_id="u2", path="/b")])
    assert Lead.objects.filter(voided_at=None).count() == 2

    say([identify(4, user_id="u2", email="ola@newcomer.example")])

    assert the_lead().email == "ola@newcomer.example"
    assert the_lead().last_name == "Nowak"
    assert paths_of(the_lead()) == ["/b"]


def test_alias_makes_two_ids_one_person() -> None:
    say(
        [
            call(1, "PAGE", anonymous_id="b1", path="/a"),
            identify(2, user_id="u1", email="ola@newcomer.example"),
        ]
    )

    say([call(3, "ALIAS", previous_id="b1", user_id="u1")])

    assert paths_of(the_lead()) == ["/a"]


def test_group_gives_the_account_and_what_it_is() -> None:
    say([identify(1, user_id="u1", email="ola@gmail.com")])

    say(
        [
            call(
                2,
                "GROUP",
                user_id="u1",
                group_id="g1",
                traits={"name": "Newcomer Ltd", "website": "newcomer.example", "employees": 40},
            )
        ]
    )

    account = the_lead().account
    assert (account.domain, account.name, account.employees, account.is_personal) == (
        "newcomer.example",
        "Newcomer Ltd",
        40,
        False,
    )


def test_a_group_moves_no_lead_whose_company_somebody_else_has_told() -> None:
    anna = world.anna()

    say(
        [
            identify(1, user_id="u1", email=anna.email),
            call(2, "GROUP", user_id="u1", group_id="g1", traits={"name": "Other"}),
        ]
    )

    anna.refresh_from_db()
    assert anna.account.domain == "brightpath.example"


def test_the_later_group_counts_whatever_comes_first() -> None:
    say([identify(1, user_id="u1", email="ola@gmail.com")])
    say([call(5, "GROUP", user_id="u1", group_id="g2", traits={"name": "Second"})])
    say([call(4, "GROUP", user_id="u1", group_id="g1", traits={"name": "First"})])

    assert the_lead().account.name == "Second"


def test_a_page_s_key_identifies_nobody_who_is_known_and_what_it_says_is_kept_as_a_claim() -> None:
    anna = world.anna(city=None)

    say(
        [
            call(1, "PAGE", source="site", anonymous_id="b1", path="/a"),
            identify(2, source="site", anonymous_id="b1", email=anna.email, traits={"city": "Lodz"}),
        ]
    )

    anna.refresh_from_db()
    assert anna.city is None
    assert Visitor.objects.get(anonymous_id="b1").lead is None
    assert Claim.objects.get(field="city").value == "Lodz"


def test_a_page_s_key_makes_a_lead_of_an_address_that_nobody_knows() -> None:
    say(
        [
            call(1, "PAGE", source="site", anonymous_id="b1", path="/a"),
            identify(
                2, source="site", anonymous_id="b1", email="ola@newcomer.example", traits={"city": "Lodz"}
            ),
        ]
    )

    assert (the_lead().email, the_lead().city) == ("ola@newcomer.example", "Lodz")
    assert paths_of(the_lead()) == ["/a"]


def test_what_a_page_said_before_somebody_was_known_holds_though_it_is_digested_after() -> None:
    trusted = identify(5, user_id="u1", email="ola@newcomer.example")
    claimed = identify(2, source="site", anonymous_id="b1", email="ola@newcomer.example")
    receive([trusted, claimed])

    say([trusted])
    say([call(1, "PAGE", source="site", anonymous_id="b1", path="/a"), claimed])

    assert paths_of(the_lead()) == ["/a"]


def test_to_be_identified_gives_no_permission_and_an_explicit_consent_does_once() -> None:
    say([identify(1, user_id="u1", email="ola@newcomer.example")])
    assert not Consent.objects.exists()

    wish = identify(2, user_id="u1", traits={"consent": {"wording": "Yes, write to me."}})
    say([wish])
    say([wish])

    assert Consent.objects.get().wording == "Yes, write to me."
    assert Consent.objects.get().confirmed_at is None


def test_an_opt_out_in_the_traits_holds() -> None:
    say([identify(1, user_id="u1", email="ola@newcomer.example", traits={"unsubscribed": True})])

    assert Suppression.objects.filter(lead=the_lead(), reason="UNSUBSCRIBE").exists()


def test_calls_that_say_nothing_that_can_be_kept_are_set_aside_with_the_reason() -> None:
    bad = [
        call(1, "PAGE"),
        identify(2, user_id="u1", email="ola at home"),
        call(3, "PAGE", source="site", user_id="u1"),
        call(4, "GROUP", user_id="u1"),
        call(5, "ALIAS", user_id="u1"),
    ]

    found = resolving.resolve(bad, at=NOW)

    assert [each.call.message_id for each in found.aside] == ["m1", "m2", "m3", "m4", "m5"]
    assert "no @" in found.aside[1].reason
    assert not Lead.objects.exists()


def test_many_calls_take_few_statements(django_assert_max_num_queries: object) -> None:
    say([identify(n, user_id=f"u{n}", email=f"ola@company{n}.example") for n in range(1, 60)])
    facts = [call(n, "TRACK", user_id=f"u{n % 59 + 1}") for n in range(1_000, 1_400)]

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        resolving.resolve(facts, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_calls_about_somebody_who_was_erased_are_left_out_unless_they_come_back_by_a_consent(
    tmp_path: Path,
) -> None:
    say(
        [
            identify(1, user_id="u1", anonymous_id="b1", email="ola@newcomer.example"),
            call(2, "TRACK", user_id="u1"),
        ]
    )
    erasure.erase_person(the_lead().pk, home=tmp_path, at=NOW)

    say(
        [
            identify(3, user_id="u1"),
            identify(4, user_id="u2", email="Ola@newcomer.example"),
            call(5, "TRACK", user_id="u1"),
            *(
                identify(n, user_id="u1", email="ola@newcomer.example", traits={"consent": said})
                for n, said in enumerate([False, None, True, {}, {"wording": " "}, "no"], start=10)
            ),
        ]
    )

    assert not Lead.objects.filter(voided_at=None).exists()
    assert Event.objects.count() == 1
    assert not Identification.objects.exists()
    wish = {"consent": {"wording": "Yes, write to me again."}}
    say([identify(6, user_id="u1", email="ola@newcomer.example", traits=wish)])
    assert the_lead().email == "ola@newcomer.example"


def test_a_person_s_copy_tells_what_calls_said_of_them() -> None:
    say([identify(1, user_id="u1", anonymous_id="b1", email="ola@newcomer.example", traits={"city": "Lodz"})])
    say([identify(2, user_id="u1", email="ola@new.example")])

    told = persons.about(the_lead().pk)

    assert [each["email"] for each in told["records"][0]["former_addresses"]] == ["ola@newcomer.example"]
    assert {"key": "anonymous b1", "and": "user app u1", "by": "app", "at": NOW + MINUTE} in told[
        "said_by_calls"
    ]["identified_as"]
    assert [(each["field"], each["value"]) for each in told["said_by_calls"]["claims"]] == [("city", "Lodz")]


def test_leads_that_a_person_has_parted_stay_two_whatever_calls_say() -> None:
    say(
        [
            identify(1, user_id="u1", email="ola@newcomer.example"),
            identify(2, user_id="u2", traits={"name": "Ola Nowak"}),
        ]
    )
    say([identify(3, user_id="u2", email="ola@newcomer.example")])
    double = Lead.objects.get(merged_into__isnull=False)

    parting.unmerge(lead_id=double.pk, by="ola", at=NOW)
    say([identify(4, user_id="u2", email="ola@newcomer.example"), call(5, "TRACK", user_id="u2", path="/b")])

    assert Lead.objects.filter(voided_at=None).count() == 2
    double.refresh_from_db()
    assert paths_of(double) == ["/b"]


def test_whom_a_file_speaks_of_is_known_from_then_on(tmp_path: Path) -> None:
    say(
        [
            identify(1, user_id="u1", email="ola@newcomer.example"),
            identify(2, user_id="u2", email="eva@other.example"),
        ]
    )

    imported(
        write(tmp_path, ("Email", "City"), ("ola@newcomer.example", "Lodz"), ("eva@other.example", "Opole")),
        source="crm",
    )
    say([identify(3, user_id="u1", email="eva@other.example", traits={"city": "Torun"})])

    assert sorted(Lead.objects.filter(voided_at=None).values_list("email", "city")) == [
        ("eva@other.example", "Opole"),
        ("ola@newcomer.example", "Lodz"),
    ]


def test_a_lead_into_which_calls_merged_another_goes_on_to_follow_its_address() -> None:
    say([identify(1, user_id="u2", traits={"name": "Ola Nowak"})])
    say([identify(2, user_id="u1", email="ola@first.example")])
    say([identify(3, user_id="u2", email="ola@first.example")])
    assert the_lead().account.domain == "first.example"

    say([identify(4, user_id="u2", email="ola@second.example")])

    assert the_lead().account.domain == "second.example"
