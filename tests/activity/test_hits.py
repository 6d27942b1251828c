"""Hits become facts with evidence, and are judged again while evidence comes in."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.activity import arrivals, digesting, hits, judging, persons
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.hit_digest import HitDigester
from coldframe.activity.hits import HitKind, Method, NewHit, NotAHit
from coldframe.activity.mails import Mail
from coldframe.activity.models import Arrival, Event, Hit, Payload
from coldframe.activity.operations import NewEvent, record_events
from coldframe.activity.tracking import tokens
from coldframe.leads.erasure import Traces
from coldframe.leads.models import AccountDue, Lead
from tests import world
from tests.world import NOW

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
#: When the mails were handed over.
SENT = NOW - 5 * HOUR
ANNAS, JONAS_, NOBODYS = UUID(int=1), UUID(int=2), UUID(int=99)

needs_database = pytest.mark.django_db


def click(after: timedelta, /, **changed: Any) -> NewHit:
    """Return a click so long after the hand-over, on one of five links of Anna's mail."""
    found = NewHit(
        id=f"{after}", source="links", kind=HitKind.CLICK, touch=ANNAS, at=SENT + after, link=0, links=5,
        target="https://ours.example/guide?to=anna%40brightpath.example", network="a1" * 8, agent="Mozilla/5.0 (X11; Linux) Firefox/140.0",
    )  # fmt: skip
    return replace(found, **{"id": f"{after}:{changed}", **changed})


def burst(after: timedelta, count: int = 5) -> list[NewHit]:
    """Return clicks on so many links at once."""
    return [click(after + i * SECOND / 10, link=i, target=f"https://ours.example/{i}") for i in range(count)]


def digest(*seen: NewHit, mails: dict[UUID, Mail], at: Any = NOW) -> dict[str, int]:
    """Take hits in and digest them."""

    def find(touches: Collection[UUID], /) -> dict[UUID, Mail]:
        return {touch: mail for touch, mail in mails.items() if touch in touches}

    given = [NewArrival(kind=Arrival.Kind.HIT, body=each.as_body()) for each in seen]
    arrivals.accept(given, at=at)
    return dict(digesting.run_turn(digesters={"HIT": HitDigester(find_mails=find)}, at=at))


def mail_of(lead: Lead) -> Mail:
    return Mail(lead_id=lead.pk, handed_over_at=SENT)


def classes() -> list[tuple[str, str | None]]:
    """Return (evidence, rule) of each hit, the earliest first."""
    return [
        (
            Event.EvidenceCode(hit.event.evidence).name,
            None if hit.rule is None else Hit.RuleCode(hit.rule).name,
        )
        for hit in Hit.objects.select_related("event").order_by("at", "event_id")
    ]


def did(lead: Lead, kind: str, after: timedelta, *, at: Any = NOW, path: str = "") -> None:
    event = NewEvent(source="site", lead_id=lead.pk, kind=kind, path=path, occurred_at=SENT + after)
    record_events([event], at=at)


def is_due(lead: Lead) -> bool:
    return AccountDue.objects.filter(pk=lead.account_id, due_at__lte=NOW).exists()


def settle_down() -> None:
    """Forget who is due."""
    AccountDue.objects.all().delete()


@needs_database
def test_a_click_is_an_event_of_the_lead_and_is_kept_as_it_was_seen() -> None:
    anna = world.anna()

    counts = digest(click(HOUR, asset="guide"), mails={ANNAS: mail_of(anna)})

    assert counts == {"digested": 1, "set_aside": 0}
    event = Event.objects.select_related("shape").get()
    assert (event.lead_id, event.account_id, event.occurred_at) == (anna.pk, anna.account_id, SENT + HOUR)
    shape = event.shape
    assert (shape.kind, shape.asset, shape.topic) == ("link_clicked", "guide", "https://ours.example/guide")
    assert Payload.objects.get().properties == {"touch": ANNAS.hex}
    hit = Hit.objects.get()
    assert (hit.touch, hit.link, hit.link_count, hit.agent, hit.handed_over_at) == (
        ANNAS,
        0,
        5,
        "PLAIN",
        SENT,
    )
    assert classes() == [("UNSURE", "ALONE")]
    assert is_due(anna)


@needs_database
def test_the_same_hit_again_is_one() -> None:
    mails = {ANNAS: mail_of(world.anna())}
    digest(click(HOUR), click(HOUR), mails=mails)

    digest(click(HOUR), mails=mails, at=NOW + HOUR)

    assert (Event.objects.count(), Hit.objects.count()) == (1, 1)


@needs_database
def test_an_open_is_shown_and_decides_nothing() -> None:
    anna = world.anna()
    opens = [
        click(HOUR, kind=HitKind.OPEN, link=None),
        click(2 * HOUR, kind=HitKind.OPEN, link=None, agent="Mozilla/5.0"),
    ]

    digest(*opens, mails={ANNAS: mail_of(anna)})

    assert classes() == [("UNSURE", "PIXEL"), ("MACHINE", "DECLARED")]


@needs_database
def test_a_burst_is_a_machines_even_if_its_hits_arrive_one_by_one() -> None:
    mails = {ANNAS: mail_of(world.anna())}
    for each in burst(43 * SECOND):
        digest(each, mails=mails)

    assert classes() == [("MACHINE", "BURST")] * 5


@needs_database
def test_a_gateway_is_known_by_the_mails_it_visits_at_once_whatever_order_they_arrive_in() -> None:
    house = world.brightpath()
    people = [world.anna(house, email=f"{name}@brightpath.example") for name in "abcde"]
    mails = {UUID(int=10 + i): mail_of(each) for i, each in enumerate(people)}
    for i in (3, 0, 4, 1, 2):
        assert set(classes()) <= {("UNSURE", "ALONE")}
        digest(click(2 * MINUTE + i * SECOND / 10, touch=UUID(int=10 + i)), mails=mails)

    assert classes() == [("MACHINE", "CROWD")] * 5


@needs_database
def test_what_a_lead_does_afterwards_makes_an_earlier_click_a_persons_and_the_account_due() -> None:
    anna = world.anna()
    digest(click(HOUR), mails={ANNAS: mail_of(anna)})
    did(anna, "page_read", HOUR + MINUTE)
    settle_down()

    changed = judging.judge_recent(at=NOW)

    assert changed == 1
    assert classes() == [("HUMAN", "FOLLOWED")]
    assert is_due(anna)
    assert judging.judge_recent(at=NOW) == 0


@needs_database
def test_judging_again_without_anything_new_changes_nothing_and_makes_nobody_due() -> None:
    anna = world.anna()
    digest(click(HOUR), *burst(43 * SECOND), mails={ANNAS: mail_of(anna)})
    did(anna, "page", HOUR + SECOND)
    settle_down()

    assert judging.judge_recent(at=NOW) == 0
    assert not is_due(anna)


@needs_database
def test_after_a_day_a_judgement_stands() -> None:
    anna = world.anna()
    mails = {ANNAS: mail_of(anna)}
    digest(click(HOUR), mails=mails)
    later = SENT + HOUR + timedelta(days=1, seconds=1)
    did(anna, "replied", 2 * HOUR, at=later)

    assert judging.judge_recent(at=later) == 0
    digest(*burst(HOUR), mails=mails, at=later)

    assert classes()[0] == ("UNSURE", "ALONE")
    assert classes()[1:] == [("MACHINE", "BURST")] * 5


@needs_database
def test_a_hit_that_arrives_late_is_judged_all_the_same() -> None:
    digest(*burst(HOUR), mails={ANNAS: mail_of(world.anna())}, at=NOW + timedelta(days=3))

    assert classes() == [("MACHINE", "BURST")] * 5


@needs_database
def test_a_page_that_a_machine_opened_is_no_visit() -> None:
    anna = world.anna()
    did(anna, "page", 43 * SECOND + 2 * SECOND, path="https://ours.example/1")
    did(anna, "page", 43 * SECOND + 2 * SECOND, path="https://ours.example/pricing")
    did(anna, "page", 2 * HOUR, path="https://ours.example/1")

    digest(*burst(43 * SECOND), mails={ANNAS: mail_of(anna)})

    found = Event.objects.filter(shape__kind="page").order_by("occurred_at", "id")
    assert [Event.EvidenceCode(each.evidence).name for each in found] == ["MACHINE", "HUMAN", "HUMAN"]


@needs_database
def test_who_does_not_know_the_touch_sets_the_hit_aside() -> None:
    counts = digest(click(HOUR, touch=NOBODYS), click(HOUR), mails={ANNAS: mail_of(world.anna())})

    assert counts == {"digested": 1, "set_aside": 1}
    assert Arrival.objects.get().reason == "No touch of this installation has this id."


@needs_database
def test_what_is_no_hit_is_set_aside_with_the_reason_and_stops_nothing() -> None:
    arrivals.accept([NewArrival(kind=Arrival.Kind.HIT, body=b'{"id": "1"}')], at=NOW)

    digest(click(HOUR), mails={ANNAS: mail_of(world.anna())})

    assert Hit.objects.count() == 1
    assert "This is not a hit." in Arrival.objects.get().reason


@needs_database
def test_a_click_that_a_provider_saw_on_a_link_of_ours_counts_once() -> None:
    link = tokens.Link(ANNAS, 2, 5, "https://ours.example/guide")
    target = f"https://track.example/l/{tokens.make_link(link)}"
    seen = click(HOUR, source="esp", link=None, links=None, target=target)
    mails = {ANNAS: mail_of(world.anna())}

    digest(seen, mails=mails)
    assert not Hit.objects.exists()

    digest(replace(seen, is_bot=True), mails=mails)
    assert (Hit.objects.get().link, classes()) == (2, [("MACHINE", "DECLARED")])


@needs_database
def test_links_without_a_position_are_told_apart_by_where_they_lead() -> None:
    seen = [
        click(HOUR + i * SECOND / 5, link=None, links=None, target=f"https://ours.example/{i}")
        for i in range(3)
    ]

    digest(*seen, mails={ANNAS: mail_of(world.anna())})

    assert classes() == [("MACHINE", "BURST")] * 3


@needs_database
def test_raw_hits_go_after_thirteen_months_and_their_events_stay() -> None:
    digest(click(HOUR), mails={ANNAS: mail_of(world.anna())})

    assert judging.prune(at=NOW + timedelta(days=395)) == 0
    assert judging.prune(at=NOW + timedelta(days=397)) == 1
    assert Event.objects.count() == 1


@needs_database
def test_a_person_is_told_how_their_clicks_were_counted_and_forgetting_leaves_no_network() -> None:
    anna = world.anna()
    digest(click(HOUR), mails={ANNAS: mail_of(anna)})

    [told] = persons.about([anna.pk])
    assert (told["counted_as"], told["asked_by"], told["judged_by"]) == ("unsure", "plain", "alone")

    persons.forget(Traces(lead_ids=(anna.pk,), account_ids=()))
    assert Hit.objects.get().network == ""


WORDS = st.text(max_size=20)


@given(
    st.builds(
        NewHit,
        id=st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\x00" not in text),
        source=st.sampled_from(["links", "esp"]),
        kind=st.sampled_from(HitKind),
        touch=st.uuids(),
        at=st.datetimes(timezones=st.just(NOW.tzinfo)),
        link=st.none() | st.integers(0, 250),
        links=st.none() | st.integers(1, 250),
        target=WORDS.filter(lambda text: "\x00" not in text),
        method=st.sampled_from(Method),
        network=st.sampled_from(["", "ab" * 8]),
        is_hidden=st.booleans(),
        is_bot=st.booleans(),
    )
)
def test_a_hit_written_down_is_read_the_same(hit: NewHit) -> None:
    assert hits.read(hit.as_body()) == hit


GOOD = {"id": "1", "source": "links", "kind": "click", "touch": ANNAS.hex, "at": "2026-03-02T09:00:00Z"}


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"id": ""}, "id"),
        ({"source": 7}, "source"),
        ({"kind": "hover"}, "kind"),
        ({"touch": "7"}, "touch"),
        ({"at": "2026-03-02T09:00:00"}, "at"),
        ({"at": "soon"}, "at"),
        ({"link": -1}, "link"),
        ({"link": True}, "link"),
        ({"links": 0}, "links"),
        ({"network": "zz"}, "network"),
        ({"network": "abcd"}, "network"),
        ({"is_bot": "yes"}, "is_bot"),
        ({"lead": 7}, "lead"),
    ],
)
def test_a_part_that_makes_no_sense_is_named(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(NotAHit) as refused:
        hits.read(json.dumps({**GOOD, **changed}).encode())

    assert refused.value.where == where


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"nonsense"])
def test_what_is_not_one_object_of_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotAHit):
        hits.read(body)


def test_a_network_is_known_by_a_hash_that_neighbours_share() -> None:
    assert hits.network_hash("192.0.2.7") == hits.network_hash("192.0.2.99") != hits.network_hash("192.0.3.7")
    assert hits.network_hash("2001:db8:1::1") == hits.network_hash("2001:db8:1:ffff::2")
    assert hits.network_hash("nowhere") == ""
