"""Filters: what a query string means, and what is said of one that means nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from coldframe.reports import filters
from tests import world
from tests.reports import base

pytestmark = pytest.mark.django_db


def names(query: str) -> list[str]:
    found = filters.leads(filters.parsed(query), as_of=base.NOW).order_by("id")
    return [each.first_name or each.email or "?" for each in found]


def refusal(query: str) -> str:
    with pytest.raises(filters.UnknownFilter) as raised:
        names(query)
    return str(raised.value)


def test_different_names_narrow_and_the_same_name_widens():
    base.fill()

    assert names("source=webinar&country=DE") == []
    assert names("source=webinar&source=website") == ["Anna", "Jonas", "Marta"]


def test_a_dash_asks_for_leads_that_have_none_and_an_empty_value_for_any():
    base.fill()

    assert names("source=-") == ["J.", "info@nordlicht.example"]
    assert len(names("source=")) == 9


def test_an_unknown_role_is_a_missing_one():
    base.fill()

    assert names("missing=lead.role") == ["Ola", "J.", "kim@gmail.com", "?", "info@nordlicht.example"]


def test_a_field_of_ones_own_can_be_missing():
    people = base.fill()
    people["anna"].custom = {"visits": 7}
    people["anna"].save()

    assert len(names("missing=lead.custom.visits")) == 8


def test_december_ends_with_the_year():
    alone = world.account(name=None, is_personal=True)
    world.lead(alone, first_name="Dec", entered_at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))
    world.lead(
        world.account(name=None, is_personal=True),
        first_name="Jan",
        entered_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    assert (names("entered=2025-12"), names("entered=2026-01"), names("entered=2025")) == (
        ["Dec"],
        ["Jan"],
        ["Dec"],
    )


def test_a_name_that_is_no_filter_is_refused_with_the_nearest():
    assert refusal("sorce=webinar").startswith(
        'There is no filter "sorce".\nexpected "source".\nFilters: account, address, '
    )


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("entered=march", 'No such month.\nexpected a month such as "2026-03", got "march".'),
        ("entered=9999-12", 'No such month.\nexpected a month such as "2026-03", got "9999-12".'),
        ("id=one", 'The filter "id" takes a whole number.\ngot "one".'),
        ("mailing=maybe", 'The filter "mailing" has no such value.\nexpected suppressed, no_address, no_basis, mailable, got "maybe".'),
        ("missing=lead.rolle", 'There is no field "lead.rolle".\nexpected "lead.role".'),
        ("missing=lead.custom.a__b", 'There is no field "lead.custom.a__b".'),
        ("import=last", 'The filter "import" takes the number of an import.\nexpected one such as 12, 12.new, 12.updated or 12.events, got "last".'),
        ("import=12.old", 'The filter "import" takes the number of an import.\nexpected one such as 12, 12.new, 12.updated or 12.events, got "12.old".'),
        ("source=a%00b", 'The filter "source" holds a character that no lead can have.\ngot NUL.'),
    ],
)  # fmt: skip
def test_a_value_that_means_nothing_is_refused(query: str, message: str):
    assert refusal(query) == message


@pytest.mark.parametrize("value", ["7", "7.new", "7.updated"])
def test_the_leads_of_an_import_are_found_by_an_index(value: str):
    # PostgreSQL reads a table as small as that of a test whole, whatever indexes it has: it is told not to.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = filters.leads([("import", value)], as_of=base.NOW).values("pk").explain()

    assert not re.search(r"Seq Scan|SCAN (?!\()", plan), plan


@pytest.mark.parametrize(
    "query",
    ["id=99999999999999999999999999", "missing_count=999999999999", "account='--", "event=%F0%9F%98%80"],
)
def test_odd_values_find_nobody(query: str):
    base.fill()

    assert names(query) == []


def test_every_filter_is_in_the_documentation():
    page = (Path(__file__).resolve().parents[2] / "docs/howto/export-leads.md").read_text(encoding="utf-8")

    rows = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]

    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(filters.NAMES)
