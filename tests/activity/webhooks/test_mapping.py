"""What a payload becomes, and what is wrong with a mapping said in its writer's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldframe.activity.calls import Call, CallType
from coldframe.activity.webhooks import mapping, reading
from coldframe.activity.webhooks.reading import ItemRead, Origin
from tests.material import folder
from tests.world import NOW

ORIGIN = Origin(arrival_id=1, source="hook", source_id=1, received_at=NOW)


def preset(name: str) -> mapping.Mapped:
    return mapping.checked(mapping.parse(mapping.read_preset(name), where=name), where=name)


def read(payload: Any, mapped: mapping.Mapped) -> list[ItemRead]:
    return reading.read(payload, mapped, origin=ORIGIN)


def calls(payload: Any, mapped: mapping.Mapped) -> dict[CallType, Call]:
    [item] = read(payload, mapped)
    assert item.problem == ""
    return {call.type: call for call in item.calls}


def booked(**changes: Any) -> dict[str, Any]:
    """Return an invitation as Calendly documents it."""
    payload = {
        "uri": "https://api.calendly.com/scheduled_events/A/invitees/B",
        "email": "anna@brightpath.example",
        "name": "Anna Berger",
        "first_name": "Anna",
        "last_name": "Berger",
        "timezone": "Europe/Berlin",
        "created_at": "2026-05-30T08:15:00.000000Z",
        "questions_and_answers": [{"question": "What about?", "answer": "A demo", "position": 0}],
        "scheduled_event": {"name": "30 minutes", "start_time": "2026-06-03T09:00:00.000000Z"},
        "tracking": {"utm_campaign": "spring"},
    }
    return {"event": "invitee.created", "payload": {**payload, **changes}}


def test_a_meeting_booked_is_a_person_and_an_event():
    found = calls(booked(), preset("calendly"))

    who, what = found[CallType.IDENTIFY], found[CallType.TRACK]
    assert who.traits == {
        "email": "anna@brightpath.example",
        "name": "Anna Berger",
        "firstName": "Anna",
        "lastName": "Berger",
        "timezone": "Europe/Berlin",
    }
    assert (what.kind, what.topic, what.campaign) == ("meeting_booked", "30 minutes", "spring")
    assert what.occurred_at == datetime(2026, 5, 30, 8, 15, tzinfo=UTC)
    assert what.properties == {
        "starts_at": "2026-06-03T09:00:00.000000Z",
        "answers": [{"question": "What about?", "answer": "A demo"}],
    }
    assert what.message_id == who.message_id.removesuffix(":who")
    assert what.user_id == who.user_id == "anna@brightpath.example"


def test_the_same_twice_is_known_by_the_same_id_and_another_by_another():
    first, again = (calls(booked(), preset("calendly"))[CallType.TRACK] for _ in range(2))
    other = calls(booked(uri="https://api.calendly.com/other"), preset("calendly"))[CallType.TRACK]

    assert first.message_id == again.message_id != other.message_id


def test_an_answer_is_found_by_the_type_of_its_question():
    payload = {
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec6",
            "submitted_at": "2026-05-30T18:17:02Z",
            "hidden": {"utm_campaign": "spring"},
            "definition": {"title": "Contact us"},
            "answers": [
                {"type": "text", "text": "Brightpath", "field": {"ref": "company"}},
                {"type": "email", "email": "anna@brightpath.example", "field": {"ref": "mail"}},
                {"type": "boolean", "boolean": True, "field": {"ref": "demo"}},
            ],
        },
    }

    found = calls(payload, preset("typeform"))

    what = found[CallType.TRACK]
    assert found[CallType.IDENTIFY].email == "anna@brightpath.example"
    assert (what.kind, what.topic, what.campaign) == ("form_submitted", "Contact us", "spring")
    assert what.properties["answers"][2] == {
        "field": "demo", "type": "boolean", "yes": True, "text": None, "choice": None, "choices": None,
        "number": None, "date": None, "url": None,
    }  # fmt: skip


@pytest.mark.material
def test_a_webinar_tells_who_registered_and_who_came_and_nothing_else_does():
    read_by: dict[str, int] = {}
    for path in sorted(folder("webhooks_zoom").glob("*.json")):
        payload = json.loads(path.read_text("utf-8"))
        for item in read(payload, preset("zoom-webinar")):
            assert item.problem == ""
            if item.calls:
                read_by[path.stem] = item.rule or 0

    assert read_by == {"webinar.registration_created": 1, "webinar.participant_joined": 2}


@pytest.mark.material
def test_a_registration_brings_what_was_said_of_company_and_purchase():
    path = folder("webhooks_zoom") / "webinar.registration_created.json"

    found = calls(json.loads(path.read_text("utf-8")), preset("zoom-webinar"))

    who = found[CallType.IDENTIFY]
    company = found[CallType.GROUP]
    assert company.traits == {
        "name": "Cooking Org", "industry": "Food", "employees": "1-20", "domain": "example.com",
    }  # fmt: skip
    assert (company.group_id, company.user_id) == ("example.com", who.user_id)
    assert who.traits["company"] == "Cooking Org"
    assert (who.traits["title"], who.traits["timeline"]) == ("Chef", "1-3 months")
    assert found[CallType.TRACK].properties["role_in_purchase"] == "Influencer"
    assert found[CallType.TRACK].occurred_at == datetime(2021, 7, 14, 2, 44, 51, 572000, tzinfo=UTC)


@pytest.mark.material
def test_a_typeform_without_an_address_says_so():
    path = folder("webhooks_activepieces") / "typeform.json"
    sample = json.loads(path.read_text("utf-8"))["new_submission"]["sampleData"]

    [item] = read({"event_type": "form_response", "form_response": sample}, preset("typeform"))

    assert item.problem.startswith("nobody is named: nothing at form_response.answers")


LISTED = """
items: people
rules:
  - when: kind == 'x'
    event: Signed NDA
    person: {email: mail}
"""


def test_items_of_a_list_are_read_each_for_itself():
    payload = {"people": [{"kind": "x", "mail": "a@b.example"}, {"kind": "y"}, {"kind": "x"}]}
    mapped = mapping.checked(mapping.parse(LISTED, where="m"), where="m")

    first, second, third = read(payload, mapped)

    assert [call.kind for call in first.calls] == ["", "signed_nda"]
    assert (second.rule, second.calls, second.problem) == (None, (), "")
    assert (third.rule, third.problem) == (1, "nobody is named: nothing at mail")


def test_items_that_are_not_there_are_a_problem():
    mapped = mapping.checked(mapping.parse(LISTED, where="m"), where="m")

    [item] = read({"leads": []}, mapped)

    assert item.problem == "there are no items where the mapping expects them"


@pytest.mark.parametrize(
    "at", ["next week", 0, True, -5, 1e300, "20266-01-01", None, {}, "1970-01-01T00:00:00Z"]
)
def test_an_instant_that_is_none_is_the_time_of_arrival_and_marked(at: Any):
    text = "rules: [{event: seen, at: when, person: {email: mail}}]"
    mapped = mapping.checked(mapping.parse(text, where="m"), where="m")

    what = calls({"when": at, "mail": "a@b.example"}, mapped)[CallType.TRACK]

    assert (what.occurred_at, what.is_undated) == (NOW, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "m: The mapping is empty."),
        ("rules: []", "m: The mapping cannot be used.\ngot rules: List should have at least 1 item"),
        ("rules: [{event: x, person: {mail: y}}]", "m, rule 1, person: There is no such field."),
        ("rules: [{event: x}]", "m, rule 1: The rule says of nobody."),
        ("rules: [{evnt: x, person: {email: y}}]", "got rules.1.evnt: Extra inputs are not permitted"),
        ("rules: [{event: x, person: {email: 'a..b'}}]", "m, rule 1, person.email: That is no expression."),
        ("rules: [&a {event: x, person: {email: y}}, *a]", "m: m:1:9"),
        ("items: '['\nrules: [{user: id}]", "m, items: That is no expression."),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_with_the_place(text: str, said: str):
    with pytest.raises(mapping.BadMapping) as refusal:
        mapping.parse(text, where="m")

    assert said in str(refusal.value)


def test_every_preset_can_be_used():
    assert mapping.list_presets() == ["calendly", "typeform", "zoom-webinar"]
    assert all(preset(name).rules for name in mapping.list_presets())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["event", "payload", "email", "object", "answers", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80, deadline=timedelta(seconds=2))
@given(payload=JSON, name=st.sampled_from(["calendly", "typeform", "zoom-webinar"]))
def test_no_payload_breaks_a_mapping(payload: Any, name: str):
    for item in read(payload, preset(name)):
        assert all(call.message_id for call in item.calls)
