"""What the shipped playbooks make of the rows that CRM exports hold, nobody having changed a word of them."""

from __future__ import annotations

from typing import Any

import pytest

from coldframe.kernel.playbook import parsing
from coldframe.library import starters
from tests.kernel.cast import ANNA, BRIGHTPATH, JONAS, assessed, deal, did, scene

DEFAULT = parsing.parse(starters.read("default"))


def fit_of(name: str = "default", *, company: dict[str, Any], person: dict[str, Any]) -> str:
    """Return worst and best fit level of one person, such as ``B-A``."""
    found = assessed(scene(brightpath=company, anna=person), by=parsing.parse(starters.read(name)))[ANNA]
    return f"{found['fit_level']}-{found['fit_level_best']}"


@pytest.mark.parametrize(
    "industry",
    [
        "software", "Computer Software", "COMPUTER_SOFTWARE", "Information Technology and Services",
        "INFORMATION_TECHNOLOGY_AND_SERVICES", "IT Services", "IT", "Technology", "SaaS", "B2B SaaS", "Internet",
        "Financial Services", "FINANCIAL_SERVICES", "Banking", "Management Consulting", "Telecommunications", "fintech",
    ],
)  # fmt: skip
def test_a_core_industry_is_recognized_however_it_is_spelt(industry: str) -> None:
    company, person = {"industry": industry, "employees": 120}, {"role": "CHAMPION", "email_kind": "BUSINESS"}

    assert fit_of(company=company, person=person) == "A-A"


@pytest.mark.parametrize(
    ("industry", "level"),
    [
        ("Machinery", "A"), ("Logistics and Supply Chain", "A"), ("Biotechnology", "A"), ("HOSPITAL_HEALTH_CARE", "A"),
        ("Restaurants", "B"), ("Religious Institutions", "B"), ("Fine Art", "B"), ("Primary/Secondary Education", "B"),
    ],
)  # fmt: skip
def test_other_industries_count_for_less(industry: str, level: str) -> None:
    company, person = {"industry": industry, "employees": 120}, {"role": "CHAMPION", "email_kind": "BUSINESS"}

    assert fit_of(company=company, person=person) == f"{level}-{level}"


@pytest.mark.parametrize(
    ("company", "person", "levels"),
    [
        ({"industry": "software", "employees": 120}, {"role": "TECHNICAL_EVALUATOR"}, "A-A"),
        ({"industry": "software", "employees": 25}, {"role": "ECONOMIC_BUYER"}, "A-A"),
        ({"industry": "software", "employees": 25}, {"role": "USER"}, "B-B"),
        ({"industry": "software", "employees": 8}, {"role": "USER"}, "C-C"),
        ({"industry": "Restaurants", "employees": 8}, {"role": "USER"}, "D-D"),
        ({"industry": "Restaurants", "employees": 8}, {"role": "USER", "email_kind": "FREE"}, "D-D"),
        # What exports leave out.
        ({"industry": "software", "employees": None}, {"role": "CHAMPION"}, "B-A"),
        ({"industry": None, "employees": 120}, {"role": "CHAMPION"}, "B-A"),
        ({"industry": "software", "employees": 120}, {"role": None}, "B-A"),
        ({"industry": None, "employees": None}, {"role": "CHAMPION"}, "C-A"),
        ({"industry": None, "employees": None}, {"role": None}, "D-A"),
        ({"industry": None, "employees": None}, {"role": None, "email_kind": "FREE"}, "D-B"),
        ({"industry": "software", "employees": 120}, {"role": "CHAMPION", "email_kind": None}, "B-A"),
    ],
)  # fmt: skip
def test_the_default_spreads_leads_over_the_levels(
    company: dict[str, Any], person: dict[str, Any], levels: str
) -> None:
    assert fit_of(company=company, person={"email_kind": "BUSINESS", **person}) == levels


@pytest.mark.parametrize("country", ["PL", "US", "IN", "NO", None])
def test_no_country_is_let_go_by_the_default(country: str | None) -> None:
    found = assessed(scene(brightpath={"country": country}, anna={"country": country}), by=DEFAULT)[ANNA]

    assert found["disposition"] == "NURTURE"


def test_a_list_of_served_countries_lets_the_others_go() -> None:
    text = starters.read("default").replace("served_countries: []", "served_countries: [NO, SE]")

    found = assessed(scene(), by=parsing.parse(text))

    assert found[ANNA]["reason"] == "disqualify:outside_market"


def test_whoever_asked_for_a_demo_goes_to_sales_for_two_weeks() -> None:
    fresh = assessed(scene(did(ANNA, "form_submitted", form="Demo Request", days_ago=10)), by=DEFAULT)[ANNA]
    stale = assessed(scene(did(ANNA, "form_submitted", form="Demo Request", days_ago=60)), by=DEFAULT)[ANNA]

    assert (fresh["disposition"], fresh["reason"]) == ("TO_SALES", "trigger:Asked for a demo or a price")
    # Two months later it is no longer a request, and still the strongest sign of intent there is.
    assert (stale["intent_level"], stale["reason"]) == ("MEDIUM", "path:weigh the options")


@pytest.mark.parametrize(
    ("deeds", "reason"),
    [
        ([did(ANNA, "page", path="/blog/why", days_ago=n) for n in (1, 2, 3)], "path:learn the problem"),
        ([did(ANNA, "page", path="/compare/a-vs-b", days_ago=3)], "path:weigh the options"),
        ([did(ANNA, "page", path="/roi", days_ago=3)], "path:help them agree"),
        ([], "path:stay relevant"),
        ([did(ANNA, "webinar_attended", days_ago=3)], "trigger:Attended a webinar"),
        ([did(ANNA, "page", path="/pricing", days_ago=n) for n in (1, 2, 3)], "trigger:Keeps coming back"),
        ([did(ANNA, "link_clicked", topic="proposal 2026", days_ago=n) for n in (1, 2)], "trigger:Read sales material"),
        ([did(ANNA, "meeting_booked", days_ago=1)], "trigger:Hand raise"),
        ([did(ANNA, "page", path="/pricing", days_ago=200)], "path:wake up"),
    ],
    ids=["problem", "comparison", "agreement", "silence", "webinar", "returns", "sales material", "meeting", "long ago"],
)  # fmt: skip
def test_each_situation_leads_where_the_field_says(deeds: list[Any], reason: str) -> None:
    assert assessed(scene(*deeds), by=DEFAULT)[ANNA]["reason"] == reason


def test_a_cycle_of_silence_lets_go_and_names_when_to_look_again() -> None:
    long_ago = assessed(scene(), by=DEFAULT)[ANNA]["leaves_at"]
    gone = assessed(scene(anna={"entered_at": long_ago.replace(year=long_ago.year - 2)}), by=DEFAULT)[ANNA]

    assert (gone["disposition"], gone["reason"]) == ("LET_GO", "exit:sunset")


def test_an_open_deal_is_with_sales_already() -> None:
    found = assessed(scene(deals=(deal(BRIGHTPATH, "OPEN"),)), by=DEFAULT)

    assert (found[ANNA]["reason"], found[JONAS]["disposition"]) == ("opportunity:open", "NURTURE")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Please find my CV attached", "job_applicant"),
        ("We offer link building at fair prices", "vendor"),
        ("I need it for my thesis", "personal_research"),
        ("Could you send an invoice copy?", "unrelated_inquiry"),
    ],
)
@pytest.mark.parametrize("name", starters.STARTERS)
def test_what_people_write_gives_the_reason(name: str, message: str, reason: str) -> None:
    found = assessed(scene(anna={"message": message}), by=parsing.parse(starters.read(name)))[ANNA]

    assert found["reason"] == f"disqualify:{reason}"


@pytest.mark.parametrize("name", starters.STARTERS)
def test_the_good_fit_of_the_cast_is_good_by_every_starter(name: str) -> None:
    company, person = (
        {"industry": "Software", "employees": 150},
        {"role": "ECONOMIC_BUYER", "email_kind": "BUSINESS"},
    )

    assert fit_of(name, company=company, person=person)[0] in "AB"
