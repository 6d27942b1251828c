from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from coldframe.activity import operations, queries
from coldframe.activity.models import Event, EventShape, Payload
from coldframe.activity.operations import NewEvent, Recorded
from coldframe.kernel.vocabulary import Evidence
from coldframe.leads import due
from coldframe.leads.models import AccountDue, ImportBatch, Lead
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def visit(lead: Lead, **changes: Any) -> NewEvent:
    event = NewEvent(source="website", lead_id=lead.pk, kind="page", path="/pricing", occurred_at=NOW - DAY)
    return replace(event, **changes)


def batch() -> ImportBatch:
    return ImportBatch.objects.create(
        kind="events", source="website", file_name="visits.csv", file_hash="0", started_at=NOW
    )


def shapes() -> list[tuple[str, ...]]:
    return list(EventShape.objects.order_by("id").values_list(*operations.SHAPE_COLUMNS))


def test_an_event_is_a_row_of_its_lead_its_account_and_its_shape() -> None:
    anna = world.anna()
    asked = visit(
        anna, kind="form_submitted", path="", form="demo", campaign="spring", evidence=Evidence.UNSURE
    )

    recorded = operations.record_events([asked], at=NOW)

    assert recorded == Recorded(new=1, known=0)
    assert shapes() == [("form_submitted", "", "demo", "", "", "spring")]
    row = Event.objects.get()
    assert (row.lead_id, row.account_id, row.batch_id) == (anna.pk, anna.account_id, None)
    assert (row.occurred_at, row.received_at) == (NOW - DAY, NOW)
    assert row.evidence == Event.EvidenceCode.UNSURE
    assert len(bytes(row.key)) == 16


def test_recording_makes_the_account_due_and_no_other() -> None:
    anna, jonas = world.anna(), world.jonas()

    operations.record_events([visit(anna)], at=NOW)

    assert AccountDue.objects.get(pk=anna.account_id).due_at == NOW
    assert not AccountDue.objects.filter(pk=jonas.account_id).exists()


def test_an_account_that_is_due_earlier_stays_so_and_one_due_later_comes_forward() -> None:
    anna, jonas = world.anna(), world.jonas()
    due.mark_due(account_ids=[anna.account_id], at=NOW - DAY)
    due.mark_due(account_ids=[jonas.account_id], at=NOW + DAY)

    operations.record_events([visit(anna), visit(jonas)], at=NOW)

    assert AccountDue.objects.get(pk=anna.account_id).due_at == NOW - DAY
    assert AccountDue.objects.get(pk=jonas.account_id).due_at == NOW


def test_a_known_fact_makes_nothing_due() -> None:
    anna = world.anna()
    operations.record_events([visit(anna)], at=NOW)
    AccountDue.objects.all().delete()

    assert operations.record_events([visit(anna)], at=NOW + DAY) == Recorded(new=0, known=1)

    assert not AccountDue.objects.exists()


def test_the_sources_own_id_tells_facts_apart_and_together() -> None:
    anna = world.anna()
    first = visit(anna, external_id="v1")
    again_corrected = visit(anna, external_id="v1", occurred_at=NOW)
    same_content = visit(anna, external_id="v2")
    other_source = visit(anna, external_id="v1", source="crm")

    recorded = operations.record_events([first, again_corrected, same_content, other_source], at=NOW)

    assert recorded == Recorded(new=3, known=1)


@pytest.mark.parametrize(
    "difference",
    [
        {"kind": "video"},
        {"path": "/customers"},
        {"form": "demo"},
        {"asset": "build-or-buy"},
        {"topic": "autumn"},
        {"campaign": "spring"},
        {"occurred_at": NOW},
        {"source": "crm"},
        {"properties": {"seconds": 12}},
        {"external_id": "v1"},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_without_an_id_a_fact_is_known_by_its_content(difference: dict[str, object]) -> None:
    anna = world.anna()
    operations.record_events([visit(anna)], at=NOW)

    assert operations.record_events([visit(anna, **difference)], at=NOW) == Recorded(new=1, known=0)
    assert operations.record_events([visit(anna), visit(anna, **difference)], at=NOW) == Recorded(
        new=0, known=2
    )


def test_the_same_instant_in_another_time_zone_is_the_same_fact() -> None:
    anna = world.anna()
    warsaw = timezone(timedelta(hours=2))
    operations.record_events([visit(anna)], at=NOW)

    assert (
        operations.record_events([visit(anna, occurred_at=(NOW - DAY).astimezone(warsaw))], at=NOW).new == 0
    )


def test_a_page_is_its_path_and_what_identifies_a_person_is_left_out() -> None:
    anna = world.anna()
    pages = [
        "https://www.coldframe.example/pricing?email=anna%40brightpath.example",
        "/pricing#plans",
        "pricing",
    ]
    link = visit(anna, kind="link_clicked", path="", topic="https://coldframe.example/offer?to=anna#x")

    operations.record_events([visit(anna, path=page, external_id=page) for page in pages] + [link], at=NOW)

    assert sorted(shapes()) == [
        ("link_clicked", "", "", "", "https://coldframe.example/offer", ""),
        ("page", "/pricing", "", "", "", ""),
    ]


def test_properties_are_kept_apart_and_only_where_there_are_any() -> None:
    anna = world.anna()
    reply = visit(anna, kind="replied", path="", properties={"text": "Call me in May."})

    operations.record_events([visit(anna), reply], at=NOW)

    payload = Payload.objects.get()
    assert payload.event.shape.kind == "replied"
    assert payload.properties == {"text": "Call me in May."}


def test_an_erased_payload_does_not_come_back_with_the_same_fact() -> None:
    anna = world.anna()
    reply = visit(anna, kind="replied", external_id="r1", properties={"text": "Call me in May."})
    operations.record_events([reply], at=NOW)
    Payload.objects.all().delete()

    operations.record_events([reply], at=NOW)

    assert Payload.objects.count() == 0


def test_a_fact_of_an_undone_import_is_taken_over_by_the_next() -> None:
    anna, jonas = world.anna(), world.jonas()
    undone, second = batch(), batch()
    operations.record_events([visit(anna, external_id="v1", properties={"seconds": 1})], at=NOW, batch=undone)
    ImportBatch.objects.filter(pk=undone.pk).update(state=ImportBatch.State.UNDONE)
    assert queries.count_events() == 0

    again = visit(jonas, external_id="v1", properties={"seconds": 2})
    recorded = operations.record_events([again], at=NOW + DAY, batch=second)

    assert recorded == Recorded(new=1, known=0)
    row = Event.objects.get()
    assert (row.lead_id, row.account_id, row.batch_id) == (jonas.pk, jonas.account_id, second.pk)
    assert row.payload.properties == {"seconds": 2}
    assert queries.count_events() == 1
    assert operations.record_events([again], at=NOW + DAY) == Recorded(new=0, known=1)


def test_an_event_of_an_account_alone_is_recorded() -> None:
    company = world.brightpath()

    operations.record_events(
        [NewEvent(source="crm", account_id=company.pk, kind="page", occurred_at=NOW)], at=NOW
    )

    assert Event.objects.values_list("lead_id", "account_id").get() == (None, company.pk)


def test_an_event_of_nobody_is_refused_and_nothing_is_recorded() -> None:
    anna = world.anna()
    nobody = NewEvent(source="website", kind="page", occurred_at=NOW)

    with pytest.raises(operations.EventOfNobody) as refusal:
        operations.record_events([visit(anna), nobody], at=NOW)

    assert (
        str(refusal.value)
        == "event 2: The event page belongs to nobody.\nexpected a lead, an account or a visitor."
    )
    assert Event.objects.count() == 0


def test_an_instant_without_a_time_zone_is_refused() -> None:
    anna = world.anna()

    with pytest.raises(operations.NaiveInstant) as refusal:
        operations.record_events([visit(anna, occurred_at=datetime(2026, 5, 1, 9))], at=NOW)  # noqa: DTZ001

    assert refusal.value.got == "2026-05-01T09:00:00"


def test_text_that_is_too_long_or_holds_nul_is_cut_to_the_column() -> None:
    anna = world.anna()

    operations.record_events([visit(anna, path="/" + "a" * 900, topic="b\x00" * 400)], at=NOW)

    assert shapes() == [("page", "/" + "a" * 499, "", "", "b" * 300, "")]


def test_no_events_are_no_work() -> None:
    assert operations.record_events([], at=NOW) == Recorded(new=0, known=0)


def test_the_number_of_statements_does_not_grow_with_the_events(
    django_assert_max_num_queries: Any,
) -> None:
    anna = world.anna()
    many = [visit(anna, external_id=str(n)) for n in range(1_500)]

    with django_assert_max_num_queries(9):
        assert operations.record_events(many, at=NOW).new == 1_500


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["/pricing", "/blog", "/customers/a"])), max_size=12
    )
)
def test_in_whatever_portions_facts_arrive_the_rows_are_the_same(facts: list[tuple[int, str]]) -> None:
    Event.objects.all().delete()
    anna = Lead.objects.first() or world.anna()
    events = [visit(anna, path=path, occurred_at=NOW - days * DAY) for days, path in facts]

    at_once = operations.record_events(events, at=NOW)
    one_by_one = [operations.record_events([event], at=NOW) for event in reversed(events)]

    assert at_once == Recorded(new=len(set(facts)), known=len(facts) - len(set(facts)))
    assert sum(each.new for each in one_by_one) == 0
    assert Event.objects.count() == len(set(facts))


def test_a_timeline_is_newest_first_and_of_one_lead_where_asked() -> None:
    company = world.brightpath()
    anna = world.anna(company)
    ola = world.lead(company, first_name="Ola", last_name="Nowak", email="ola@brightpath.example")
    reply = visit(anna, kind="replied", path="", occurred_at=NOW, properties={"text": "Yes"})
    operations.record_events([visit(anna), reply, visit(ola, occurred_at=NOW - 2 * DAY)], at=NOW)

    everyone = queries.list_account_events(company.pk)
    annas = queries.list_account_events(company.pk, lead_id=anna.pk, until=NOW - DAY)

    assert [(each.lead_id, each.kind, dict(each.properties)) for each in everyone] == [
        (anna.pk, "replied", {"text": "Yes"}),
        (anna.pk, "page", {}),
        (ola.pk, "page", {}),
    ]
    assert [(each.path, each.evidence) for each in annas] == [("/pricing", Evidence.HUMAN)]
    assert queries.count_events_by_kind() == {"page": 2, "replied": 1}


def test_instants_come_back_in_utc_on_every_database() -> None:
    anna = world.anna()
    operations.record_events(
        [visit(anna, occurred_at=datetime(2026, 5, 1, 8, 30, 0, 123456, tzinfo=UTC))], at=NOW
    )

    assert Event.objects.get().occurred_at == datetime(2026, 5, 1, 8, 30, 0, 123456, tzinfo=UTC), (
        connection.vendor
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_record_the_same_facts_at_once_leave_one_row_each() -> None:
    anna = world.anna()
    events = [visit(anna, external_id=str(n), path=f"/blog/{n % 7}") for n in range(3_000)]
    portions = [events, list(reversed(events))]
    start = Barrier(2)

    def record(portion: list[NewEvent]) -> Recorded:
        start.wait()
        try:
            return operations.record_events(portion, at=NOW)
        finally:
            connection.close()

    if connection.vendor == "postgresql":
        with ThreadPoolExecutor(2) as threads:
            recorded = list(threads.map(record, portions))
    else:
        # SQLite has one writer at a time, and in memory no second connection that may wait for it.
        recorded = [operations.record_events(portion, at=NOW) for portion in portions]

    assert sum(each.new for each in recorded) == 3_000
    assert sum(each.known for each in recorded) == 3_000
    assert Event.objects.count() == 3_000
    assert EventShape.objects.count() == 7
