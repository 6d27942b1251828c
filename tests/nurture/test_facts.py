"""The whole base and one account at a time are read alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from django.db import connection
from django.db.models import Max, Min
from django.test.utils import CaptureQueriesContext
from polars.testing import assert_frame_equal

from coldframe.activity import frames as activity
from coldframe.activity.models import Event
from coldframe.kernel import frames as contracts
from coldframe.kernel.assessment.needs import needs
from coldframe.leads import frames as leads
from coldframe.leads.models import Account, CustomField, ImportBatch, Lead, Opportunity, Suppression
from coldframe.library import operations as library
from coldframe.nurture import facts as facts_of
from coldframe.nurture import operations
from coldframe.storage import adbc
from tests import on_disk, world

pytestmark = pytest.mark.django_db(transaction=True)


def a_base() -> list[Lead]:
    """Three leads in two accounts with something in every frame; and much that must be left out."""
    brightpath = world.brightpath(
        annual_revenue_cents=1_250_000_50, renewal_on=date(2026, 9, 1), custom={"tier": "gold", "seats": 12}
    )
    anna = world.anna(
        brightpath,
        role="UNKNOWN",
        left_company=False,
        custom={
            "visits": 7,
            "page_views": 2.5,
            "city": "Łódź",
            "since": "2026-02-03",
            "opted": True,
            "odd": 3,
        },
    )
    ola = world.lead(brightpath, email=None, entered_at=None, first_name="Ola", custom={"visits": "many"})
    jonas = world.jonas(world.nordlicht())
    for name, kind in [
        ("visits", "NUMBER"), ("page_views", "NUMBER"), ("city", "TEXT"), ("since", "DATE"), ("opted", "YES_NO"), ("odd", "TEXT"),
    ]:  # fmt: skip
        CustomField.objects.create(entity="lead", name=name, label=name, kind=kind)
    CustomField.objects.create(entity="account", name="seats", label="Seats", kind="NUMBER")
    for reason, lead, email in [
        ("HARD_BOUNCE", None, anna.email), ("UNSUBSCRIBE", anna, None), ("OPT_OUT", ola, None), ("COMPLAINT", None, "x@y.example"),
    ]:  # fmt: skip
        Suppression.objects.create(
            reason=reason,
            lead=lead,
            email=email,
            source="hubspot",
            suppressed_at=world.NOW,
            created_at=world.NOW,
        )
    undone = ImportBatch.objects.create(
        kind="events",
        source="hubspot",
        file_name="a.csv",
        file_hash="a",
        state="UNDONE",
        started_at=world.NOW,
    )
    for lead, kind, days_ago, evidence, batch in [
        (anna, "page", 3, "HUMAN", None), (anna, "link_clicked", 2, "UNSURE", None), (ola, "page", 1, "MACHINE", None),
        (jonas, "form_submitted", 400, "HUMAN", None), (jonas, "page", 5, "HUMAN", undone), (jonas, "email_sent", 5, "HUMAN", None),
    ]:  # fmt: skip
        world.event(lead, kind=kind, path="/pricing", days_ago=days_ago, evidence=evidence, batch=batch)
    voided = world.tom(world.halden(), voided_at=world.NOW)
    world.event(voided, kind="page", path="/pricing")
    for account, state in [(brightpath, "OPEN"), (jonas.account, "LOST"), (None, "WON")]:
        Opportunity.objects.create(
            account=account,
            source="zoho",
            external_id=state,
            state=state,
            opened_at=world.NOW,
            created_at=world.NOW,
        )
    return [anna, ola, jonas]


LEAD_COLUMNS = [
    *contracts.LEADS,
    *(f"custom.{name}" for name in ("visits", "page_views", "city", "since", "opted", "odd", "no")),
]


def test_bulk_reading_gives_the_frames_that_the_cursor_gives(tmp_path: Path) -> None:
    a_base()
    library.ensure_active_playbook(at=world.NOW)

    with on_disk.as_file(tmp_path):
        assert adbc.is_possible()
        for load in [
            lambda **how: leads.load_leads_frame(columns=LEAD_COLUMNS, **how),
            lambda **how: leads.load_accounts_frame(columns=[*contracts.ACCOUNTS, "custom.seats"], **how),
            leads.load_opportunities_frame,
            lambda **how: activity.load_events_frame(kinds={"page", "form_submitted", "it's"}, **how),
            activity.load_events_frame,
            activity.load_shapes_frame,
        ]:
            assert_frame_equal(load(whole=True), load(whole=False), check_row_order=False)


def test_events_read_in_two_halves_are_the_same_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = a_base()[0]
    for number in range(400):
        world.event(anna, kind="page", path=f"/{number % 7}", days_ago=number)
    monkeypatch.setattr(activity, "HALVES_FROM", 0)

    with on_disk.as_file(tmp_path):
        first, second = activity.halves(*Event.objects.aggregate(Min("id"), Max("id")).values())
        in_halves = activity.load_events_frame(whole=True)

    assert first != second
    assert_frame_equal(in_halves, activity.load_events_frame(), check_row_order=False)
    counted = []
    with connection.cursor() as cursor:
        for half in (first, second):
            cursor.execute(f"SELECT COUNT(*) FROM activity_event WHERE {half}")
            counted.append(cursor.fetchone()[0])
    assert sum(counted) == Event.objects.count()


def test_the_accounts_one_by_one_add_up_to_the_base(tmp_path: Path) -> None:
    a_base()
    active = library.ensure_active_playbook(at=world.NOW)
    needed = needs(active.playbook)

    with on_disk.as_file(tmp_path):
        whole = facts_of.load_facts(needed, whole=True)
    accounts = Account.objects.values_list("id", flat=True)
    parts = [facts_of.load_facts(needed, account_ids=[each]) for each in accounts]

    for name in ("leads", "accounts", "events", "opportunities"):
        together = pl.concat([getattr(part, name) for part in parts])
        assert_frame_equal(together, getattr(whole, name), check_row_order=False)
    used = pl.concat([part.shapes for part in parts]).unique()
    assert used.join(whole.shapes, on=used.columns, how="anti").is_empty()
    for part in parts:
        assert part.shapes["shape_id"].to_list() == part.events["shape_id"].unique().sort().to_list()


@pytest.mark.sqlite
def test_the_events_of_some_accounts_are_read_from_an_index_alone() -> None:
    with CaptureQueriesContext(connection) as asked:
        activity.load_events_frame(account_ids=range(5, 9))

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[-1]['sql']}")
        (step,) = [row[3] for row in cursor.fetchall()]

    assert step.startswith("SEARCH activity_event USING COVERING INDEX event_of_account")


def test_a_leads_frame_has_the_contracts_types_and_leaves_out_what_is_void() -> None:
    anna, ola, jonas = a_base()

    frame = leads.load_leads_frame()

    assert frame.schema == {
        name: dtype for name, dtype in contracts.LEADS.items() if name not in leads.OF_NURTURE
    }
    assert frame["lead_id"].to_list() == [anna.id, ola.id, jonas.id]
    assert frame["entered_at"].to_list() == [world.NOW] * 3
    assert frame["role"].to_list() == [None, None, "TECHNICAL_EVALUATOR"]
    assert frame["left_company"].to_list() == [False, None, None]


def test_the_strongest_suppression_counts_for_the_person_and_for_the_address() -> None:
    a_base()

    frame = leads.load_leads_frame(columns=["suppressed_by"])

    assert frame["suppressed_by"].to_list() == ["unsubscribe", "opt_out", None]


def test_fields_of_ones_own_have_the_type_of_their_kind() -> None:
    a_base()

    frame = leads.load_leads_frame(columns=[name for name in LEAD_COLUMNS if name.startswith("custom.")])

    assert frame.drop("lead_id", "account_id").rows(named=True)[:2] == [
        {
            "custom.visits": 7.0, "custom.page_views": 2.5, "custom.city": "Łódź", "custom.since": date(2026, 2, 3),
            "custom.opted": True, "custom.odd": None,
        },
        dict.fromkeys(["custom.visits", "custom.page_views", "custom.city", "custom.since", "custom.opted", "custom.odd"]),
    ]  # fmt: skip


def test_an_accounts_revenue_is_in_whole_money_units() -> None:
    a_base()

    frame = leads.load_accounts_frame(columns=["annual_revenue", "employees", "renewal_on", "custom.seats"])

    assert frame.row(0)[1:] == (1_250_000.5, 120, date(2026, 9, 1), 12.0)


def test_events_carry_the_share_of_their_evidence() -> None:
    anna, ola, jonas = a_base()

    frame = activity.load_events_frame(kinds={"page", "link_clicked"}).sort("lead_id", "occurred_at")

    assert frame.schema == contracts.EVENTS
    assert frame.select("lead_id", "occurred_at", pl.col("p_human").cast(pl.Float64).round(3)).rows() == [
        (anna.id, world.NOW - timedelta(days=3), 1.0),
        (anna.id, world.NOW - timedelta(days=2), 0.3),
        (ola.id, world.NOW - timedelta(days=1), 0.0),
    ]
    assert jonas.id not in frame["lead_id"]


def test_the_status_is_the_one_before_the_instant() -> None:
    anna, _ola, _jonas = a_base()
    operations.assess_all(as_of=world.NOW)
    later = world.NOW + timedelta(days=1)

    at_the_same_instant = facts_of.load_statuses(as_of=world.NOW)
    afterwards = facts_of.load_statuses(as_of=later).filter(pl.col("lead_id") == anna.id)

    assert at_the_same_instant.is_empty()
    assert afterwards["status_since"].to_list() == [world.NOW]


def test_of_two_moves_the_one_before_the_instant_counts() -> None:
    anna = world.anna()
    operations.assess_all(as_of=world.NOW)
    first = facts_of.load_statuses().rows()
    anna.left_company = True
    anna.save()
    later = world.NOW + timedelta(days=1)
    assert operations.assess_all(as_of=later).moved == 1

    assert facts_of.load_statuses(as_of=later).rows() == first
    assert facts_of.load_statuses().rows() == [(anna.id, "DISQUALIFIED", later)]


def test_an_empty_base_gives_empty_frames_of_the_right_types(tmp_path: Path) -> None:
    needed = needs(library.ensure_active_playbook(at=datetime(2026, 6, 1, tzinfo=UTC)).playbook)

    with on_disk.as_file(tmp_path):
        whole = facts_of.load_facts(needed, whole=True)

    for name in ("leads", "accounts", "events", "shapes", "opportunities"):
        assert_frame_equal(getattr(whole, name), getattr(facts_of.load_facts(needed), name))
