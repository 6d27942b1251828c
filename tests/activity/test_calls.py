"""Calls of the event API become facts: dated, named, once each, whatever order and however often they come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coldframe.activity import arrivals, digesting, sources, wire
from coldframe.activity.call_digest import CallDigester
from coldframe.activity.calls import FACTS, Call, CallType, event_of
from coldframe.activity.models import Arrival, Event, Payload, Source, Visitor
from coldframe.activity.operations import NewEvent
from coldframe.activity.wire import CallArrival
from coldframe.kernel.vocabulary import Evidence
from tests import material

AT = NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0"


def arrival(body: dict[str, Any], *, how: str = "track", public: bool = False, **more: Any) -> CallArrival:
    given = {
        "arrival_id": 7,
        "source": "app",
        "source_id": 1,
        "is_public": public,
        "body": json.dumps(body).encode(),
        "about": {"as": how},
        "received_at": NOON,
    }
    return CallArrival(**(given | more))


def one(body: dict[str, Any], **more: Any) -> Call:
    [read] = wire.read(arrival(body, **more))
    assert read.call is not None, read.reason
    return read.call


def why(body: dict[str, Any], **more: Any) -> str:
    [read] = wire.read(arrival(body, **more))
    assert read.call is None
    return read.reason


DEMO = {"userId": "u-17", "event": "Demo Requested", "messageId": "m-1"}


class TestReading:
    def test_a_track_call_is_a_fact_named_in_our_words(self):
        call = one(
            DEMO
            | {
                "event": "Form Submitted",
                "timestamp": "2026-06-01T11:00:00+02:00",
                "properties": {"form": "demo", "seats": 12},
                "context": {
                    "page": {"url": "https://www.ours.example/pricing?email=anna%40brightpath.example"},
                    "campaign": {"name": "spring", "source": "linkedin"},
                    "userAgent": BROWSER,
                    "ip": "203.0.113.7",
                },
            }
        )

        assert call == Call(
            arrival_id=7,
            source="app",
            source_id=1,
            type=CallType.TRACK,
            message_id="m-1",
            user_id="u-17",
            occurred_at=datetime(2026, 6, 1, 9, tzinfo=UTC),
            kind="form_submitted",
            path="https://www.ours.example/pricing?email=anna%40brightpath.example",
            form="demo",
            campaign="spring",
            properties={
                "form": "demo",
                "seats": 12,
                "context": {"campaign": {"name": "spring", "source": "linkedin"}},
            },
        )

    def test_an_identify_call_says_who_somebody_is_and_is_no_fact(self):
        call = one(
            {
                "anonymousId": "b-1",
                "userId": 17,
                "traits": {"email": " Anna@Brightpath.example "},
                "messageId": "m",
            },
            how="identify",
        )

        assert (call.type, call.anonymous_id, call.user_id, call.kind) == (CallType.IDENTIFY, "b-1", "17", "")
        assert call.email == "Anna@Brightpath.example"
        assert call.type not in FACTS

    @pytest.mark.parametrize(("given", "kept"), [(17, "17"), (17.0, "17"), (" u-17 ", "u-17"), ("0", "0")])
    def test_an_id_is_a_text_however_it_was_written(self, given, kept):
        assert one(DEMO | {"userId": given}).user_id == kept

    def test_traits_of_the_context_are_those_of_the_person(self):
        call = one(DEMO | {"context": {"traits": {"email": "anna@brightpath.example"}, "groupId": "acct-77"}})

        assert (call.email, call.group_id) == ("anna@brightpath.example", "acct-77")

    @pytest.mark.parametrize(
        ("traits", "campaign", "public", "found"),
        [
            ({}, "spring", True, "spring"),
            ({"campaign": "fair"}, "spring", True, "fair"),
            ({}, "anna@brightpath.example", True, None),
            # Whatever a server's call is about, its context is not how the person once came.
            ({}, "spring", False, None),
        ],
    )
    def test_a_page_says_which_campaign_brought_who_says_who_they_are(self, traits, campaign, public, found):
        said = {
            "anonymousId": "b",
            "messageId": "m",
            "traits": {"email": "anna@brightpath.example", **traits},
        }
        call = one(said | {"context": {"campaign": {"name": campaign}}}, how="identify", public=public)

        assert call.traits.get("campaign") == found

    def test_traits_of_a_company_are_not_those_of_the_person(self):
        call = one(
            {
                "userId": "u",
                "groupId": "acct-77",
                "traits": {"email": "office@brightpath.example"},
                "messageId": "m",
            },
            how="group",
        )

        assert (call.group_id, call.email) == ("acct-77", "")

    @pytest.mark.parametrize(
        ("event", "form"),
        [("Demo Requested", "demo"), ("quote_request", "quote"), ("Requested a trial", "trial")],
    )
    def test_a_request_by_its_own_name_is_the_form_that_it_is(self, event, form):
        call = one(DEMO | {"event": event})

        assert (call.kind, call.form) == ("form_submitted", form)
        assert one(DEMO | {"event": event, "properties": {"form": "footer"}}).form == "footer"

    def test_the_older_words_of_the_specification_are_understood(self):
        [call] = [
            read.call
            for read in wire.read(
                arrival(
                    {"batch": [{"action": "track", "user_id": "u", "event": "Email Bounced"}]}, how="batch"
                )
            )
        ]

        assert call is not None
        assert (call.type, call.user_id, call.kind) == (CallType.TRACK, "u", "email_bounced")

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"event": "Demo Requested"}, "Expected userId or anonymousId, and neither is given."),
            (
                {"userId": " ", "anonymousId": None, "event": "x"},
                "Expected userId or anonymousId, and neither is given.",
            ),
            ({"userId": "u"}, "event: Field required"),
            ({"userId": "u", "event": 7}, "event: Input should be a valid string"),
            ({"userId": "u" * 129, "event": "x"}, "userId: String should have at most 128 characters"),
            (
                {"userId": "u", "event": "x", "properties": []},
                "properties: Input should be a valid dictionary",
            ),
            ({"userId": "u", "event": "x", "properties": {"a": "b" * 33_000}}, "expected at most 32 KiB"),
        ],
    )
    def test_a_call_that_is_none_says_why_and_repeats_no_value(self, body, reason):
        assert why(body) == reason

    def test_a_batch_keeps_what_is_good_in_it(self):
        batch = {"batch": [DEMO | {"type": "track"}, {"type": "sing", "userId": "u"}, {"type": "page"}]}

        good, strange, nobody = wire.read(arrival(batch, how="batch"))

        assert good.call is not None
        assert strange.reason == "type: expected one of identify, track, page, screen, group, alias"
        assert nobody.reason == "Expected userId or anonymousId, and neither is given."

    def test_what_a_batch_says_for_all_stands_in_for_what_a_call_leaves_out(self):
        batch = {
            "context": {"campaign": {"name": "spring"}, "groupId": "a"},
            "batch": [DEMO | {"type": "track"}, DEMO | {"type": "track", "context": {"groupId": "b"}}],
        }

        assert [
            (read.call.campaign, read.call.group_id) for read in wire.read(arrival(batch, how="batch"))
        ] == [
            ("spring", "a"),
            ("spring", "b"),
        ]

    def test_a_program_that_is_no_person_counts_as_a_machine(self):
        assert (
            one(DEMO | {"context": {"userAgent": "Linkwatch/2.1 (+https://linkwatch.example)"}}).evidence
            is Evidence.MACHINE
        )
        assert one(DEMO).evidence is Evidence.HUMAN
        assert one(DEMO | {"event": "Email Opened"}).evidence is Evidence.UNSURE

    def test_the_address_of_a_person_is_in_nothing_that_events_share(self):
        call = one(
            DEMO
            | {
                "properties": {"form": "anna@brightpath.example", "label": "x@y"},
                "context": {"campaign": {"name": "to-anna@b.example"}},
            }
        )

        assert (call.form, call.topic, call.campaign) == ("", "", "")

    @pytest.mark.parametrize(
        "event", ["Unsubscribed", "Email Marked as Spam", "Email Bounced", "Replied", "Call"]
    )
    def test_a_key_that_stands_in_a_page_cannot_say_what_only_a_server_knows(self, event):
        assert "a page's key cannot say" in why(DEMO | {"event": event}, public=True)
        assert one(DEMO | {"event": event}).kind


class TestDating:
    def test_a_clock_that_is_right_is_believed(self):
        sent = {"timestamp": "2026-06-01T08:00:00Z", "sentAt": "2026-06-01T11:59:58Z"}

        assert one(DEMO | sent).occurred_at == datetime(2026, 6, 1, 8, tzinfo=UTC)

    def test_a_clock_that_is_off_is_corrected_by_when_it_says_that_it_sent(self):
        sent = {"timestamp": "2031-01-01T00:00:00Z", "sentAt": "2031-01-01T00:10:00Z"}

        call = one(DEMO | sent)

        assert (call.occurred_at, call.is_undated) == (NOON - timedelta(minutes=10), False)

    @pytest.mark.parametrize(
        "instant",
        [
            "2026-06-01T12:06:00Z",
            "1989-12-31T23:59:59Z",
            "soon",
            "",
            "9999-12-31T23:59:59-12:00",
            1e300,
            -1e18,
        ],
    )
    def test_an_instant_that_cannot_be_is_the_time_of_arrival_and_marked(self, instant):
        call = one(DEMO | {"timestamp": instant})

        assert (call.occurred_at, call.is_undated) == (NOON, True)

    def test_an_instant_a_little_ahead_is_now(self):
        call = one(DEMO | {"timestamp": "2026-06-01T12:04:00Z"})

        assert (call.occurred_at, call.is_undated) == (NOON, False)

    def test_no_instant_is_the_time_of_arrival(self):
        assert (one(DEMO).occurred_at, one(DEMO).is_undated) == (NOON, False)


class TestKnowing:
    def test_a_call_without_an_id_is_known_by_what_it_says_and_when(self):
        bare = {"userId": "u", "event": "x", "timestamp": "2026-06-01T08:00:00Z"}

        first, again, other = (
            one(bare),
            one(bare | {"sentAt": "2026-06-01T12:00:00Z"}, arrival_id=8),
            one(bare | {"event": "y"}),
        )

        assert first.message_id == again.message_id != other.message_id

    def test_a_call_without_an_id_and_an_instant_counts_each_time(self):
        bare = {"userId": "u", "event": "x"}

        assert one(bare).message_id != one(bare, arrival_id=8).message_id


class TestPostHog:
    def test_its_clients_say_the_same_in_other_words(self):
        batch = {
            "sent_at": "2026-06-01T12:00:00Z",
            "batch": [
                {
                    "event": "$pageview",
                    "distinct_id": "b-1",
                    "uuid": "1",
                    "properties": {"$current_url": "https://ours.example/pricing", "$lib": "web"},
                },
                {
                    "event": "$identify",
                    "distinct_id": "u-1",
                    "uuid": "2",
                    "properties": {"$anon_distinct_id": "b-1", "$set": {"email": "anna@brightpath.example"}},
                },
                {"event": "$create_alias", "distinct_id": "u-1", "uuid": "3", "properties": {"alias": "b-2"}},
                {
                    "event": "$groupidentify",
                    "distinct_id": "u-1",
                    "uuid": "4",
                    "properties": {"$group_key": "acct-77", "$group_set": {"name": "Brightpath"}},
                },
                {
                    "event": "demo requested",
                    "distinct_id": "u-1",
                    "uuid": "5",
                    "properties": {"product": "Flow", "$os": "Linux", "$groups": {"company": "acct-77"}},
                },
            ],
        }

        calls = [read.call for read in wire.read(arrival(batch, how="posthog"))]

        assert [
            (c.type.value, c.message_id, c.anonymous_id, c.user_id, c.previous_id, c.group_id) for c in calls
        ] == [
            ("PAGE", "1", "b-1", "", "", ""),
            ("IDENTIFY", "2", "u-1", "u-1", "", ""),
            ("IDENTIFY", "2/browser", "b-1", "u-1", "", ""),
            ("ALIAS", "3", "", "u-1", "b-2", ""),
            ("GROUP", "4", "u-1", "", "", "acct-77"),
            ("TRACK", "5", "u-1", "", "", "acct-77"),
        ]
        assert calls[0].path == "https://ours.example/pricing"
        assert calls[1].email == "anna@brightpath.example"
        assert calls[5].properties == {"product": "Flow"}


@dataclass
class Found:
    events: Sequence[NewEvent]
    aside: Sequence[Any] = ()


def of_visitors(calls: Sequence[Call], *, at: datetime) -> Found:
    """Take every id for a visitor's: enough to see what becomes of calls."""
    ids = {call.anonymous_id or call.user_id for call in calls}
    Visitor.objects.bulk_create(
        [Visitor(anonymous_id=each, created_at=at) for each in sorted(ids)], ignore_conflicts=True
    )
    known = dict(Visitor.objects.values_list("anonymous_id", "pk"))
    return Found(
        [event_of(c, visitor_id=known[c.anonymous_id or c.user_id]) for c in calls if c.type in FACTS]
    )


def digest() -> dict[str, int]:
    return dict(digesting.run_turn(digesters={"CALLS": CallDigester(resolve=of_visitors)}, at=AT))


def bring(*bodies: dict[str, Any], source_id: int, how: str = "track") -> None:
    arrivals.accept(
        [
            arrivals.calls(source_id=source_id, body=json.dumps(body).encode(), about={"as": how})
            for body in bodies
        ],
        at=AT,
    )


@pytest.fixture
def source_id(db: None) -> int:
    return sources.add("app", kind=Source.Kind.API, at=AT, with_key=True).source_id


class TestDigesting:
    def test_calls_become_facts_once_each(self, source_id):
        batch = {"batch": [DEMO | {"type": "track"}, DEMO | {"type": "track", "messageId": "m-2"}]}
        bring(DEMO, DEMO | {"messageId": 3}, source_id=source_id)
        bring(batch, batch, source_id=source_id, how="batch")

        assert digest() == {"digested": 4, "set_aside": 0}

        bring(batch, source_id=source_id, how="batch")
        digest()
        assert Event.objects.count() == 3
        assert not Arrival.objects.exists()

    def test_a_bad_call_of_a_batch_is_kept_by_itself_and_the_rest_counts(self, source_id):
        bring(
            {"batch": [DEMO | {"type": "track"}, {"type": "track", "userId": "u"}]},
            source_id=source_id,
            how="batch",
        )

        assert digest() == {"digested": 1, "set_aside": 0}

        kept = Arrival.objects.get()
        assert (kept.state, kept.reason, kept.about) == (
            "QUARANTINED",
            "event: Field required",
            {"as": "track"},
        )
        assert json.loads(kept.body) == {"type": "track", "userId": "u"}
        assert Event.objects.count() == 1

    def test_what_is_kept_can_be_tried_again_and_stays_one(self, source_id):
        bring({"batch": [{"type": "track", "userId": "u"}, {"type": "x"}]}, source_id=source_id, how="batch")
        digest()

        digesting.try_again(list(Arrival.objects.values_list("pk", flat=True)))

        assert digest() == {"digested": 0, "set_aside": 2}
        assert Arrival.objects.count() == 2

    def test_more_than_fits_into_memory_is_taken_in_turns(self, source_id, monkeypatch):
        monkeypatch.setattr(digesting, "RUN_BYTES", 100)
        bring(*[DEMO | {"messageId": f"m-{number}"} for number in range(5)], source_id=source_id)

        assert [digest()["digested"] for _ in range(3)] == [2, 2, 1]
        assert Event.objects.count() == 5

    def test_what_came_in_after_the_turn_began_is_due_no_earlier_than_it_happened(self, source_id):
        later = AT + timedelta(seconds=2)
        body = json.dumps(DEMO | {"timestamp": later.isoformat()}).encode()
        arrivals.accept([arrivals.calls(source_id=source_id, body=body, about={"as": "track"})], at=later)

        digest()

        event = Event.objects.get()
        assert (event.occurred_at, event.received_at) == (later, later)

    def test_what_else_was_said_is_kept_with_the_fact(self, source_id):
        bring(DEMO | {"properties": {"seats": 12}}, source_id=source_id)
        digest()

        assert Payload.objects.get().properties == {"seats": 12}


@pytest.mark.material
def test_every_example_of_the_specification_is_understood():
    examples = json.loads((material.folder("segment_spec") / "examples.json").read_text())
    calls = [example["example"] for example in examples]
    wordless = [each for each in calls if not (each.get("type") or each.get("action"))]
    anonymous = [
        each
        for each in calls
        if not {"userId", "user_id", "anonymousId"} & each.keys() and each not in wordless
    ]

    read = list(
        wire.read(
            arrival(
                {"batch": [each for each in calls if each not in wordless and each not in anonymous]},
                how="batch",
            )
        )
    )

    assert [(each.body, each.reason) for each in read if each.call is None] == []
    assert len(read) > 60
