"""The outbox: what left or did not, one message as its reader sees it, and settling what nobody knows."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client

from coldframe.delivery.models import Connection
from coldframe.library import operations as library
from coldframe.nurture.models import Touch
from coldframe.outbox.models import Content, OutboxMessage
from coldframe.reports import message_lists
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import people, world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_pages import POLYGLOT, rows, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=world.NOW)


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def stay():
    lead = world.anna()
    stand(lead, "NURTURE")
    return nurtured.enroll(lead)


def laid(stay, state: str, content_key: str, **values) -> OutboxMessage:
    """Lay a message of one more touch of the lead into the outbox."""
    touch_state = state if state in {"SENT", "FAILED", "UNCERTAIN"} else "PLANNED"
    return nurtured.message(
        nurtured.touch(stay.lead, stay, touch_state, content_key=content_key), state, **values
    )


def lines(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def listed(visitor: Client, query: str = "") -> list[str]:
    """Return what the rows of the list are about."""
    page = visitor.get(f"/outbox{query}").content.decode()
    return re.findall(r'class="cf-name" href="/outbox/\d+"><bdi>([^<]+)</bdi>', page)


def test_the_outbox_counts_by_what_became_of_messages_and_lists_them(visitor, stay):
    laid(stay, "SENT", "asset:guide")
    laid(stay, "QUEUED", "asset:compare")
    laid(stay, "HELD", "asset:faq", reason="QUIET_HOURS")
    laid(stay, "UNCERTAIN", "asset:scope")

    page = visitor.get("/outbox")

    said = text(page)
    assert "All 4 Waiting 1 Sent 1 Held 1 Failed 0 Uncertain 1" in said
    assert "Outside working hours" in said
    assert listed(visitor, "?state=held") == ["“Questions people ask before they start”"]
    assert len(listed(visitor)) == 4
    assert listed(visitor, "?q=BRIGHTPATH&state=sent") == ["“A guide to the ways of solving it”"]
    assert listed(visitor, "?q=nobody") == []
    assert "Anna Kowalska anna@brightpath.example" in said


def test_the_messages_go_out_as_they_are_listed_and_no_cell_runs_in_a_spreadsheet(visitor, stay, monkeypatch):
    monkeypatch.setattr(message_lists, "CHUNK", 2)
    for number in range(3):
        laid(stay, "SENT", f"follow_up:2026-05-0{number + 1}")
    laid(stay, "HELD", "asset:faq", reason="QUIET_HOURS")
    OutboxMessage.objects.create(
        key="other", kind="notification", subject_id=stay.pk, lane="local", due_at=world.NOW, late_at=world.NOW, created_at=world.NOW,
        state="SENT", recipient="=1+1@coldframe.example", settled_at=world.NOW,
    )  # fmt: skip

    shown = visitor.get("/outbox?state=held&q=bright").content.decode()
    whole = lines(visitor.get("/outbox/export.csv"))
    held = lines(visitor.get("/outbox/export.csv?state=held"))

    assert "/outbox/export.csv?state=held&amp;q=bright" in shown
    assert [(row["To"], row["Content"]) for row in whole] == [
        ("'=1+1@coldframe.example", ""),
        ("anna@brightpath.example", "asset:faq"),
        *(("anna@brightpath.example", f"follow_up:2026-05-0{day}") for day in (3, 2, 1)),
    ]
    assert {row["Coldframe id"] for row in whole[1:]} == {str(stay.lead.public_id)}
    assert [(row["State"], row["Reason"]) for row in held] == [("HELD", "QUIET_HOURS")]
    noted = LogEntry.objects.filter(what="messages.exported").order_by("id")
    assert [each.details for each in noted] == [{"filters": []}, {"filters": ["state"]}]


def test_only_who_may_takes_messages_out(stay):
    laid(stay, "SENT", "asset:guide")
    viewer = people.browser_of(Role.VIEWER)

    assert "/outbox/export.csv" not in viewer.get("/outbox").content.decode()
    assert viewer.get("/outbox/export.csv").status_code == 403


def test_the_outbox_says_whether_anything_leaves_the_house(visitor, stay):
    nothing = text(visitor.get("/outbox"))
    Connection.objects.create(name="local", kind="LOCAL", created_at=world.NOW)
    Connection.objects.create(
        name="main", kind="SMTP", created_at=world.NOW, live_since=world.NOW - timedelta(days=3), per_day=0
    )
    Connection.objects.create(
        name="old", kind="SMTP", created_at=world.NOW, live_since=world.NOW, stopped_at=world.NOW, stopped_why="too many complaints"
    )  # fmt: skip
    laid(stay, "SENT", "asset:guide", lane="main")

    said = text(visitor.get("/outbox"))

    assert "Nothing leaves the house: 0 messages lie here to be read." in nothing
    assert "1 message went out." in said
    assert "local Local outbox Local Messages stay here, to be read." in said
    assert "main Mail server Real Sends for real since 29 May 2026." in said
    assert "old Mail server Stopped Too many complaints" in said


def test_the_outbox_is_paged_from_the_newest(visitor, stay):
    for number in range(30):
        laid(stay, "SENT", f"follow_up:2026-05-{number + 1:02}")

    first = visitor.get("/outbox?state=sent").content.decode()
    older = re.search(r'href="([^"]+)" rel="next"', first)

    assert older is not None
    assert len(listed(visitor, "?state=sent")) == 25
    rest = listed(visitor, older[1].replace("&amp;", "&").removeprefix("/outbox"))
    assert rest == [f"The follow-up of {day} May 2026" for day in (5, 4, 3, 2, 1)]
    assert len(listed(visitor, "?before=nonsense")) == 25
    assert listed(visitor, "?before=0") == []


@pytest.mark.parametrize(
    "query", ["?state=lost", "?before=99999999999999999999", "?connection=%00", "?q=%00'--"]
)
def test_odd_addresses_of_the_outbox_are_no_fault(visitor, stay, query):
    laid(stay, "SENT", "asset:guide")

    assert visitor.get("/outbox" + query).status_code == 200


def test_a_message_shows_its_headers_its_text_every_try_and_the_receipt(visitor, stay):
    sent = laid(stay, "SENT", "asset:guide", receipt="250 2.0.0 Ok: queued as 4XyZ")

    said = text(visitor.get(f"/outbox/{sent.pk}"))

    assert "Five ways To Anna Kowalska Head of Marketing · Brightpath" in said
    assert "From Mila <mila@sender.example>" in said
    assert "Message-ID <1@sender.example>" in said
    assert "As plain text Hello Anna" in said
    assert "Why this one Answers “What options exist?” in research, one stage ahead of theirs." in said
    assert "Receipt 250 2.0.0 Ok: queued as 4XyZ" in said
    assert "1. Sent 1 day ago , by w1 250 2.0.0 Ok" in said


@pytest.mark.parametrize(
    ("role", "seen"),
    [(Role.VIEWER, ""), (Role.SALES, ""), (Role.SALES_LEAD, "a"), (Role.MARKETER, "u"), (Role.ADMIN, "auc")],
)
def test_links_that_are_somebodys_proof_are_shown_to_those_alone_who_may_do_the_same(stay, role, seen):
    links = {kind: f"https://mail.example/{kind}/Tok3nOf{kind}Proof" for kind in "auc"}
    letter = {
        "text": " ".join(links.values()),
        "html": "".join(f"<a href={each}>x</a>" for each in links.values()),
    }
    sent = laid(stay, "SENT", "asset:guide", letter=letter)
    browser = people.browser_of(role)

    for address in (f"/outbox/{sent.pk}", f"/outbox/{sent.pk}/html"):
        page = browser.get(address).content.decode()
        assert {kind for kind, link in links.items() if link in page} == set(seen)


def test_the_html_part_is_a_document_in_which_nothing_runs_and_nothing_is_fetched(visitor, stay):
    sent = laid(
        stay, "SENT", "asset:guide", letter={"html": "<script>x()</script><img src=http://a.example/p.gif>"}
    )

    page = visitor.get(f"/outbox/{sent.pk}").content.decode()
    frame = visitor.get(f"/outbox/{sent.pk}/html")

    assert re.search(rf'<iframe[^>]* src="/outbox/{sent.pk}/html" sandbox ', page)
    assert "<script>x()" not in page
    policy = dict(each.strip().partition(" ")[::2] for each in frame["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": "'self'", "sandbox": "",
    }  # fmt: skip
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert frame["X-Content-Type-Options"] == "nosniff"
    assert "<script>x()</script>" in frame.content.decode()


def test_a_message_that_is_not_written_yet_and_one_that_was_erased_say_so(visitor, stay):
    waiting, erased = laid(stay, "QUEUED", "asset:compare"), laid(stay, "SENT", "asset:guide")
    Content.objects.filter(message=erased).update(body=None)

    assert "It has not been written yet" in text(visitor.get(f"/outbox/{waiting.pk}"))
    assert "Its words were erased" in text(visitor.get(f"/outbox/{erased.pk}"))
    assert visitor.get(f"/outbox/{erased.pk}/html").status_code == 404


@pytest.mark.parametrize("path", ["/outbox/4711", "/outbox/4711/html", "/outbox/99999999999999999999"])
def test_an_unknown_message_is_no_page(visitor, path):
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(
    ("arrived", "state", "touch", "badge"),
    [("yes", "SENT", "SENT", "Kept here"), ("no", "QUEUED", "PLANNED", "Waits")],
)
def test_a_person_settles_what_nobody_knows(visitor, stay, arrived, state, touch, badge):
    Connection.objects.create(name="local", kind="LOCAL", created_at=world.NOW)
    doubtful = laid(stay, "UNCERTAIN", "asset:guide")
    asked = text(visitor.get(f"/outbox/{doubtful.pk}"))

    answer = visitor.post(f"/outbox/{doubtful.pk}/settle", {"arrived": arrived}, follow=True)

    assert "Did it arrive?" in asked
    assert "Did it arrive?" not in text(answer)
    assert badge in text(answer)
    assert OutboxMessage.objects.get(pk=doubtful.pk).state == state
    assert Touch.objects.get().state == touch


def test_settling_takes_a_clear_answer_a_post_from_our_own_page_and_a_message_in_doubt(visitor, stay):
    doubtful, sent = laid(stay, "UNCERTAIN", "asset:guide"), laid(stay, "SENT", "asset:compare")
    stranger = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)

    assert visitor.get(f"/outbox/{doubtful.pk}/settle").status_code == 405
    assert visitor.post(f"/outbox/{doubtful.pk}/settle", {"arrived": "maybe"}).status_code == 400
    assert visitor.post(f"/outbox/{sent.pk}/settle", {"arrived": "yes"}).status_code == 400
    assert stranger.post(f"/outbox/{doubtful.pk}/settle", {"arrived": "yes"}).status_code == 403
    assert OutboxMessage.objects.get(pk=doubtful.pk).state == "UNCERTAIN"


@pytest.mark.parametrize("path", ["/outbox", "/outbox?state=sent&q=a", "/outbox/{id}", "/outbox/{id}/html"])
def test_looking_changes_no_row_and_costs_few_queries_however_many_messages(
    visitor, stay, path, django_assert_max_num_queries
):
    for number in range(20):
        sent = laid(stay, "SENT", f"follow_up:2026-05-{number + 1:02}")
    before = rows()

    with django_assert_max_num_queries(20) as captured:
        response = visitor.get(path.format(id=sent.pk))

    assert response.status_code == 200
    assert rows() == before
    statements = {query["sql"].lstrip("(").split()[0].upper() for query in captured.captured_queries}
    assert statements <= {"SELECT", "WITH"}, statements


@pytest.mark.parametrize("path", ["/outbox", "/outbox/{id}", "/leads/{lead}", "/"])
def test_a_polyglot_stays_text_on_the_pages_of_nurture(visitor, path):
    company = world.account(name=POLYGLOT[:250], domain="evil.example", country="PL")
    lead = world.lead(company, first_name=POLYGLOT[:120], last_name="\u202eevil", email="e@evil.example", job_title=POLYGLOT[:200])  # fmt: skip
    stand(lead, "NURTURE", reason="path:" + POLYGLOT[:100])
    stay = nurtured.enroll(lead, path=POLYGLOT[:80])
    nurtured.hold(lead, "PAUSED", detail=POLYGLOT[:200], content_key="asset:" + POLYGLOT[:140])
    letter = {
        "to": "x@y.example",
        "subject": POLYGLOT[:150].replace("\n", ""),
        "text": POLYGLOT,
        "html": POLYGLOT,
    }
    odd = laid(stay, "UNCERTAIN", "asset:guide", letter=letter, detail=POLYGLOT, receipt=POLYGLOT)

    page = visitor.get(path.format(id=odd.pk, lead=lead.public_id)).content.decode()

    assert path == "/" or "oNcliCk=alert()" in page
    assert "<sVg" not in page
    assert "</scRipt" not in page
    assert not re.search(r"<[^>]*\soNcliCk=", page)
    assert all("<bdi" in line for line in page.splitlines() if "\u202e" in line)


def test_what_messages_leave_by_leads_to_where_a_connection_is_added_and_switched_on(visitor):
    Connection.objects.create(name="main", kind="SMTP", created_at=world.NOW)

    shown = visitor.get("/outbox")

    assert 'under <a href="/settings/sending">Sending</a>' in shown.content.decode()
    assert "coldframe connections" not in text(shown)
    assert "coldframe sending" not in text(shown)
    assert "Not switched on." in text(shown)
