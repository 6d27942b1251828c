"""Who is likely entered twice: people of the cast under a second record, and people who merely look alike."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.reports import duplicates, frames

BRIGHTPATH, NORDLICHT = 1, 2
ANNA = {"first_name": "Anna", "last_name": "Kowalska", "account_id": BRIGHTPATH}
JONAS = {"first_name": "Jonas", "last_name": "Weber", "account_id": NORDLICHT}
BLANK = {
    "account_id": 0, "public_id": "0" * 32, "email": None, "email_kind": None, "is_role_address": False, "first_name": None,
    "last_name": None, "phone": None, "city": None, "source": None, "entered_at": None, "company": None, "domain": None,
    "is_personal": False,
}  # fmt: skip
ALONE = {"account_id": 0, "is_personal": True}


def people(*rows: dict[str, object]) -> pl.DataFrame:
    given_rows = [{**BLANK, "lead_id": place, **row} for place, row in enumerate(rows, start=1)]
    return pl.DataFrame(given_rows, schema=frames.PEOPLE)


def groups(*rows: dict[str, object]) -> list[tuple[int, ...]]:
    found = duplicates.find(people(*rows))
    return [tuple(who.lead_id for who in group.people) for group in found.groups]


@pytest.mark.parametrize(
    ("record", "again", "why"),
    [
        (ANNA, {**ANNA, "last_name": "Kowalski"}, "same company and first name, similar last name"),
        (JONAS, {**JONAS, "first_name": "J."}, "same company and last name, similar first name"),
        (JONAS, {**JONAS, "first_name": "Weber", "last_name": "Jonas"}, "same company, first and last name swapped"),
        (
            {**ANNA, "phone": "+48 601 234 567"},
            {**ANNA, "account_id": NORDLICHT, "first_name": "Ana", "phone": "601-234-567"},
            "same phone and similar name",
        ),
        (
            {**ALONE, "email": "anna.kowalska@gmail.com"},
            {**ALONE, "email": "annakowalska+webinar@gmail.com"},
            "same mailbox written differently",
        ),
        (
            {**ANNA, "email": "anna.kowalska@brightpath.example"},
            {**ANNA, "account_id": NORDLICHT, "email": "anna.kowalska@brightpath.invalid"},
            "same mailbox at nearly the same domain",
        ),
        (
            {**ANNA, "email": "anna.kowalska@brightpath.example"},
            {**ALONE, "email": "a.n.n.akowalska@brightpaht.example", "first_name": "Anna"},
            "same mailbox at nearly the same domain",
        ),
        (
            {**ANNA, "email": "kowal1987@brightpath.example"},
            {**ANNA, **ALONE, "email": "kowal1987@gmail.com"},
            "same unusual mailbox and similar name",
        ),
        (
            {**ANNA, **ALONE, "city": "Gdańsk"},
            {**ANNA, **ALONE, "first_name": "ANNA", "city": "Gdansk"},
            "same name and city",
        ),
    ],
)  # fmt: skip
def test_one_person_under_two_records_is_found(record: dict[str, object], again: dict[str, object], why: str):
    found = duplicates.find(people(record, again))

    assert (found.group_count, found.lead_count, found.surplus_count) == (1, 2, 1)
    assert found.rules == ((why, 1),)
    assert found.groups[0].why == (why,)
    assert found.groups[0].leads == "id=1&id=2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANNA, {**ANNA, "first_name": "Ola", "last_name": "Nowak"}),
        (ANNA, {**ANNA, "last_name": "Zielińska"}),
        (ANNA, {**ANNA, "account_id": NORDLICHT}),
        ({**ANNA, "phone": "+48 58 300 00 00"}, {**JONAS, "phone": "+48 58 300 00 00"}),
        ({**ANNA, "email": "info@brightpath.example", "is_role_address": True}, {**JONAS, "email": "info@nordlicht.example", "is_role_address": True}),
        ({"first_name": "Anna", "account_id": BRIGHTPATH}, {"first_name": "Anna", "account_id": BRIGHTPATH}),
        (ALONE, ALONE),
        ({**ANNA, **ALONE}, {**ANNA, **ALONE}),
        (
            {**ANNA, "email": "anna.kowalska@brightpath.example", "city": "Gdynia"},
            {**ANNA, "account_id": NORDLICHT, "email": "anna.kowalska@nordlicht.example", "city": "Gdynia"},
        ),
    ],
)  # fmt: skip
def test_people_who_merely_have_something_in_common_are_not_joined(
    one: dict[str, object], other: dict[str, object]
):
    assert groups(one, other) == []


def test_a_third_record_joins_through_the_second():
    first = {**ANNA, "phone": "601234567"}
    second = {**ANNA, "account_id": NORDLICHT, "phone": "601234567", "email": "kowal1987@one.example"}
    third = {**ANNA, **ALONE, "email": "kowal1987@two.example"}

    assert groups(first, JONAS, second, third) == [(1, 3, 4)]


def test_a_block_that_says_nothing_is_left_out_and_said():
    switchboard = [
        {**ANNA, "account_id": place, "phone": "583000000"} for place in range(duplicates.LARGEST_BLOCK + 1)
    ]

    found = duplicates.find(people(*switchboard))

    assert (found.group_count, found.skipped_blocks) == (0, 1)


NAMES = st.sampled_from(["Anna", "Ana", "Jonas", "J.", "Kowalska", "Kowalski", "Weber", None])
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "first_name": NAMES,
            "last_name": NAMES,
            "account_id": st.sampled_from([BRIGHTPATH, NORDLICHT]),
            "phone": st.sampled_from(["601234567", None]),
            "email": st.sampled_from(["anna.k@a.example", "annak+x@a.example", "annak@b.example", None]),
        }
    ),
    max_size=7,
)


@settings(deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(records: Sequence[dict[str, object]], random: st.DataObject):
    numbered = [{**BLANK, "lead_id": place, **each} for place, each in enumerate(records)]
    shuffled = numbered.copy()
    random.shuffle(shuffled)

    def joined(rows: list[dict[str, object]]) -> set[frozenset[int]]:
        frame = pl.DataFrame(rows, schema=frames.PEOPLE)
        pairs, _ = duplicates.matching_pairs(duplicates.with_keys(frame))
        return {frozenset(group) for group in duplicates.components(pairs)}

    assert joined(numbered) == joined(shuffled)


@settings(deadline=None)
@given(RECORDS)
def test_groups_are_apart_and_add_up(records: Sequence[dict[str, object]]):
    found = duplicates.find(people(*records))

    members = [who.lead_id for group in found.groups for who in group.people]
    assert len(members) == len(set(members)) == found.lead_count
    assert found.surplus_count == found.lead_count - found.group_count
