"""What sales answered: the shares, the triggers that come back, and the handoffs behind each number."""

from __future__ import annotations

import re
from html import unescape

import pytest

from coldframe.handoff.models import Handoff
from coldframe.team.models import LogEntry
from tests import world
from tests.reports.test_acceptance import told
from tests.web.test_pages import POLYGLOT, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


def test_without_leads_it_says_how_they_come_in(client):
    assert "import" in text(client.get("/results")).lower()


def test_with_nobody_before_sales_it_says_what_will_stand_here(client):
    world.anna()

    page = text(client.get("/results"))

    assert "Nobody was put before sales in the last 365 days." in page
    assert "Leads come before sales when a trigger of the playbook holds" in page


def test_it_says_what_was_accepted_with_the_interval_and_names_triggers_that_come_back(client):
    told("trigger:Ready", "ACCEPTED", path="learn")
    for _ in range(4):
        told("trigger:Weak", "NOT_A_FIT")
    told("trigger:Weak", None)

    page = text(client.get("/results"))

    assert "Sales accepted 1 of 5 that it answered in the last 365 days: 20 %." in page
    assert "“Weak”: sales returned 4 of 4." in page
    assert "Weak mostly returned 5 0 % 0 % to 49 % 0 of 4 4 Not a fit 1 Waiting for an answer" in page
    assert "Ready 1 100 % 21 % to 100 % 1 of 1" in page


def test_every_number_leads_to_as_many_rows(client):
    for answer in ("ACCEPTED", "NOT_NOW", None):
        told("trigger:Ready", answer, segment="software")
        told("trigger:Came back", answer, path="learn")

    body = client.get("/results").content.decode()

    found = re.findall(r'<a href="(/results/handoffs[^"]*)">([\d,]+)</a>', body)
    assert len(found) > 20
    for href, number in found:
        assert client.get(unescape(href)).content.decode().count('class="cf-name"') == int(number)


def test_rows_come_in_pages(client):
    for _ in range(53):
        told("trigger:Ready", None)

    first = client.get("/results/handoffs?what=opened&days=365")
    second = client.get("/results/handoffs?what=opened&days=365&page=2")

    assert first.content.decode().count('class="cf-name"') == 50
    assert second.content.decode().count('class="cf-name"') == 3
    assert "page=2" in first.content.decode()
    assert "page=1" in second.content.decode()


def test_the_rows_come_as_a_file_that_no_spreadsheet_runs_and_it_is_noted(client):
    told("trigger:Ready", "NOT_NOW", owner="=1+1")
    told("trigger:Ready", "ACCEPTED")

    assert (
        "/results/handoffs.csv?what=returned"
        in client.get("/results/handoffs?what=returned").content.decode()
    )
    given = client.get("/results/handoffs.csv?what=returned")

    lines = b"".join(given.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Handoff id,Coldframe id,Name,Email")
    assert len(lines) == 2
    assert "'=1+1" in lines[1]
    assert "NOT_NOW" in lines[1]
    noted = LogEntry.objects.get(what="handoffs.exported")
    assert noted.details == {"what": "returned", "by": "", "count": 1}


@pytest.mark.parametrize(
    "query",
    [
        "what=won",
        "by=color",
        "what=",
        "by=trigger&what=%00",
        "days=9999999999999",
        "page=99999999999",
        "key=%00&by=path",
    ],
)
def test_what_cannot_be_meant_is_refused_or_left_alone(client, query):
    told("trigger:Ready", None)

    assert client.get(f"/results/handoffs?{query}").status_code in (200, 400)
    assert client.get(f"/results?{query}").status_code == 200


def test_names_are_shown_as_they_are_and_run_nowhere(client):
    made = told(f"trigger:{POLYGLOT}"[:120], "NOT_NOW", segment=POLYGLOT[:80], path=POLYGLOT[:80])
    Handoff.objects.filter(pk=made.pk).update(owner=POLYGLOT[:150])

    for address in ("/results", "/results/handoffs?what=opened"):
        body = client.get(address).content.decode()
        assert "<svg/onload" not in body.lower()
        assert POLYGLOT[:60] not in body


def test_the_pages_ask_the_database_as_often_for_many_as_for_one(client, django_assert_max_num_queries):
    for _ in range(30):
        told("trigger:Ready", "ACCEPTED")

    with django_assert_max_num_queries(14):
        client.get("/results")
    with django_assert_max_num_queries(12):
        client.get("/results/handoffs?what=opened")
