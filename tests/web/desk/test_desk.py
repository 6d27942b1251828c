"""The desk: what waits for an answer, whose it is, how long there is; and answers by one press."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from coldframe.handoff.models import Handoff, Verdict
from coldframe.leads.models import AccountDue
from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import line
from coldframe.nurture.models import Standing
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import Role
from coldframe.web.desk.pages import queue, waiting
from tests import world
from tests.web.desk.before_sales import EWA, HOSTILE, HOUR, JAN, NOW, at_the_desk, put, team
from tests.web.standings import stand
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture(autouse=True)
def playbook():
    return library.ensure_active_playbook(at=NOW)


def names_on(response) -> list[str]:
    """Return the leads of the queue, in its order."""
    return re.findall(r'<a class="cf-name" href="/desk/[^"]*"><bdi>([^<]*)</bdi>', response.content.decode())


def test_a_rep_finds_what_is_theirs_and_the_team_finds_everything():
    team()
    put(world.anna(), owner=EWA)
    put(world.jonas(), owner=JAN)
    rosa = at_the_desk(rep=EWA)

    assert names_on(rosa.get("/desk")) == ["Anna Kowalska"]
    assert sorted(names_on(rosa.get("/desk?tab=team"))) == ["Anna Kowalska", "Jonas Weber"]
    assert names_on(rosa.get("/desk?tab=team&rep=Jan+Maj")) == ["Jonas Weber"]
    said = text(rosa.get("/desk"))
    assert "1 lead waits for your answer; 2 in the whole team." in said


def test_the_queue_stands_in_the_order_in_which_to_answer_what_has_lapsed_on_top():
    put(world.anna())
    put(world.jonas(), is_hand_raise=True, trigger="trigger:Asked for a demo or a price")
    put(world.tom(), state="LAPSED", deadline_at=NOW - HOUR, answer_by_at=NOW - 5 * HOUR, ended_at=NOW - HOUR)

    page = at_the_desk(Role.SALES_LEAD, rep="").get("/desk")

    assert names_on(page) == ["Tom Reyes", "Jonas Weber", "Anna Kowalska"]
    said = text(page)
    assert "Escalated" in said
    assert "Asked for sales" in said
    assert "3 leads wait for an answer, 1 of them late." in said


def test_each_part_of_the_desk_goes_out_whole_in_its_order(monkeypatch):
    monkeypatch.setattr(queue, "ROWS", 1)
    team()
    put(world.anna(), owner=EWA)
    put(world.jonas(), owner=JAN, is_hand_raise=True)
    put(world.tom(), owner=JAN, state="LAPSED", deadline_at=NOW - HOUR, ended_at=NOW - HOUR)
    lead = at_the_desk(Role.SALES_LEAD, rep=EWA)

    def taken(query: str) -> list[str]:
        file = b"".join(lead.get(f"/desk/export.csv?{query}").streaming_content).decode("utf-8-sig")
        return [row["Name"] for row in csv.DictReader(io.StringIO(file))]

    assert "/desk/export.csv?tab=team" in lead.get("/desk?tab=team&page=2").content.decode()
    assert taken("tab=team") == ["Tom Reyes", "Jonas Weber", "Anna Kowalska"]
    assert taken("tab=team&rep=Jan+Maj") == ["Tom Reyes", "Jonas Weber"]
    assert taken("tab=mine") == ["Anna Kowalska"]
    assert taken("tab=answered") == ["Tom Reyes"]
    noted = LogEntry.objects.filter(what="handoffs.exported").earliest("id")
    assert noted.details == {"what": "team", "by": "", "count": 3}


def test_a_rep_may_look_at_the_desk_and_not_take_it_out():
    put(world.anna())
    rosa = at_the_desk(rep=EWA)

    assert "/desk/export.csv" not in rosa.get("/desk").content.decode()
    assert rosa.get("/desk/export.csv").status_code == 403


def test_a_long_queue_is_shown_page_by_page(monkeypatch):
    monkeypatch.setattr(queue, "ROWS", 2)
    put(world.anna(), intent_points=30.0)
    put(world.jonas(), intent_points=20.0)
    put(world.tom(), intent_points=10.0)
    lead = at_the_desk(Role.SALES_LEAD, rep="")

    first, second = (lead.get(f"/desk?tab=team&page={number}") for number in (1, 2))

    assert names_on(first) == ["Anna Kowalska", "Jonas Weber"]
    assert 'href="/desk?tab=team&amp;page=2" rel="next"' in first.content.decode()
    assert names_on(second) == ["Tom Reyes"]
    assert 'href="/desk?tab=team" rel="prev"' in second.content.decode()
    assert 'name="page" value="2"' in second.content.decode()


def test_a_page_whose_rows_were_answered_is_the_one_before_it(monkeypatch):
    monkeypatch.setattr(queue, "ROWS", 2)
    put(world.anna())
    put(world.jonas())

    assert len(names_on(at_the_desk(rep="").get("/desk?tab=team&page=3"))) == 2


def test_a_row_says_why_now_how_long_there_is_and_what_happens_without_an_answer():
    team()
    put(world.anna())

    said = text(at_the_desk().get("/desk?tab=team"))

    assert "Head of Marketing · Brightpath" in said
    assert "Ready Comparison · Intent medium · active 3 days ago" in said
    assert "15 min left" in said
    assert "Back to nurture in 22 h 0 min." in said
    assert "Ewa Lis (by turns)" in said


@pytest.mark.parametrize(
    ("away", "said"),
    [(-90, "1 min late"), (-59, "due now"), (0, "due now"), (59, "due now"), (60, "1 min left")],
)
def test_within_a_minute_of_the_agreed_time_it_has_come_and_no_minutes_are_counted(away, said):
    team()
    put(world.anna(), answer_by_at=NOW + timedelta(seconds=away))

    page = text(at_the_desk().get("/desk?tab=team"))

    assert said in page
    assert "0 min" not in page.replace("h 0 min", "")


@pytest.mark.parametrize(
    ("form", "answer", "reason", "until"),
    [
        ({"answer": "ACCEPTED"}, "ACCEPTED", "", None),
        ({"answer": "NEEDS_EDUCATION"}, "NEEDS_EDUCATION", "", None),
        ({"answer": "WRONG_PERSON", "why": "ask the CFO"}, "WRONG_PERSON", "ask the CFO", None),
        ({"answer": "NOT_A_FIT", "reason": "too small"}, "NOT_A_FIT", "too small", None),
        ({"answer": "NOT_A_FIT", "why": " moved away "}, "NOT_A_FIT", "moved away", None),
        ({"answer": "NOT_NOW", "until": "30"}, "NOT_NOW", "", datetime(2026, 7, 1, tzinfo=UTC)),
        ({"answer": "NOT_NOW", "until": "quarter"}, "NOT_NOW", "", datetime(2026, 7, 1, tzinfo=UTC)),
        (
            {"answer": "NOT_NOW", "until": "other", "day": "2027-01-15"},
            "NOT_NOW",
            "",
            datetime(2027, 1, 15, tzinfo=UTC),
        ),
    ],
)
def test_one_press_answers_makes_the_account_due_and_is_written_down(form, answer, reason, until):
    anna = world.anna()
    handoff = put(anna)

    response = at_the_desk().post(f"/desk/{handoff.public_id}/answer", form | {"tab": "mine"})

    assert (response.status_code, response["Location"]) == (302, "/desk?tab=mine")
    said = Verdict.objects.get(handoff=handoff)
    assert (said.answer, said.reason, said.until) == (answer, reason, until)
    assert (said.said_by, said.said_at) == ("Rosa Ahlberg", NOW)
    assert AccountDue.objects.get(account=anna.account).due_at <= NOW
    noted = LogEntry.objects.get(what="handoff.answered")
    assert (noted.by, noted.subject, noted.details) == (
        "Rosa Ahlberg",
        str(handoff.public_id),
        {"answer": answer},
    )


def test_the_page_that_follows_no_longer_has_the_lead_and_says_what_was_said():
    team()
    anna, jonas = put(world.anna()), put(world.jonas())
    rosa = at_the_desk()

    page = rosa.post(f"/desk/{anna.public_id}/answer", {"answer": "ACCEPTED"}, **HTMX)

    assert page.status_code == 200
    assert "<html" not in page.content.decode()
    assert names_on(page) == ["Jonas Weber"]
    assert page["HX-Trigger"] == '{"toast": "Anna Kowalska: Accepted."}'
    later = rosa.post(f"/desk/{jonas.public_id}/answer", {"answer": "NOT_NOW", "until": "60"}, follow=True)
    assert "Jonas Weber: not now, until 31 Jul 2026." in text(later)


def test_days_are_days_of_whoever_says_them():
    handoff = put(world.anna())
    rosa = at_the_desk()
    User.objects.filter(username="rosa").update(zone="America/New_York")

    rosa.post(
        f"/desk/{handoff.public_id}/answer", {"answer": "NOT_NOW", "until": "other", "day": "2027-01-15"}
    )

    assert Verdict.objects.get().until == datetime(2027, 1, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"answer": "MAYBE"}, "does not say what the answer is"),
        ({}, "does not say what the answer is"),
        ({"answer": "NOT_A_FIT"}, "needs a reason"),
        ({"answer": "NOT_NOW"}, "needs a day"),
        ({"answer": "NOT_NOW", "until": "other", "day": "soon"}, "needs a day"),
        ({"answer": "NOT_NOW", "until": "other", "day": "2020-01-01"}, "lies in the past"),
        ({"answer": "NOT_NOW", "until": "other", "day": "9999-12-31"}, "too far ahead"),
        ({"answer": "NOT_NOW", "until": "other", "day": "0001-01-01"}, ""),
    ],
)
def test_an_answer_that_lacks_something_is_refused_in_words_and_changes_nothing(form, words):
    handoff = put(world.anna())
    rosa = at_the_desk()

    refused = rosa.post(f"/desk/{handoff.public_id}/answer", form)
    beside = rosa.post(f"/desk/{handoff.public_id}/answer", form, **HTMX)

    assert refused.status_code == 400
    assert words in text(refused)
    assert (beside.status_code, words in text(beside)) == (200, True)
    assert names_on(beside) == ["Anna Kowalska"]
    assert not Verdict.objects.exists()


def test_an_answer_stands_and_a_second_one_is_told_which():
    handoff = put(world.anna())
    rosa = at_the_desk()
    rosa.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"})

    again = rosa.post(f"/desk/{handoff.public_id}/answer", {"answer": "WRONG_PERSON"})

    assert again.status_code == 400
    assert "Sales has answered already" in text(again)
    assert Verdict.objects.get().answer == "ACCEPTED"


def test_reps_answer_what_is_theirs_or_nobodys_and_whoever_leads_answers_anybodys():
    team()
    mine, others, nobodys = put(world.anna()), put(world.jonas(), owner=JAN), put(world.tom(), owner=None)
    rosa, lena = at_the_desk(), at_the_desk(Role.SALES_LEAD, rep="")

    def say(who: Client, handoff: Handoff) -> int:
        return who.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"}).status_code

    assert [say(rosa, each) for each in (mine, others, nobodys)] == [302, 403, 302]
    assert say(lena, others) == 302
    assert f"/desk/{others.public_id}/answer" not in rosa.get("/desk?tab=team").content.decode()


def test_who_only_looks_on_sees_the_desk_and_answers_nothing():
    handoff = put(world.anna())
    vera = at_the_desk(Role.VIEWER)

    page = vera.get("/desk")

    assert names_on(page) == ["Anna Kowalska"]
    assert "/answer" not in page.content.decode()
    assert vera.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"}).status_code == 403
    assert vera.get("/desk/capacity").status_code == 403
    assert not Verdict.objects.exists()


def test_an_answer_needs_the_token_of_the_form():
    handoff = put(world.anna())
    rosa = at_the_desk()
    rosa.handler.enforce_csrf_checks = True

    assert rosa.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"}).status_code == 403
    assert rosa.get(f"/desk/{handoff.public_id}/answer").status_code == 405


def test_room_is_shown_for_the_team_and_for_each_and_leads_to_what_they_have():
    team()
    put(world.anna(), owner=EWA)
    put(world.jonas(), owner=EWA)

    page = at_the_desk(Role.SALES_LEAD).get("/desk")

    said = text(page)
    assert "The team 2 of 40 a week" in said
    assert "Ewa Lis 2 of 10 a week" in said
    assert "Jan Maj 0 of 10 a week" in said
    assert 'href="/desk?tab=team&amp;rep=Ewa+Lis"' in page.content.decode()


def test_who_waits_for_room_stands_by_rank_with_the_line_between_in_and_out():
    put(world.anna(), fit_level="B", account_intent_points=70.0, intent_points=41.0)
    jonas, tom = world.jonas(), world.tom()
    waits = {"status": "RE_ENGAGED", "reason": "trigger:Ready"}
    stand(jonas, "TO_SALES", **waits, fit_level="B", account_intent_points=66.0, intent_points=40.0)
    stand(tom, "TO_SALES", **waits, fit_level="C", account_intent_points=90.0, intent_points=50.0)

    page = at_the_desk().get("/desk?tab=waiting")

    said = text(page)
    assert "Last one in Anna Kowalska B 70 41 2 hours ago" in said
    assert "First one out Jonas Weber B 66 40 just now" in said
    assert re.findall(r"<b>(\d+)</b>", page.content.decode()) == ["70", "66"]
    assert "1 Jonas Weber Nordlicht Ready B 66 40" in said
    assert "2 Tom Reyes Halden Ready C 90 50 There is room; the next cycle decides since just now" in said
    assert "2 in all." in said
    assert "What separates the two is in bold." in said


def test_where_who_waits_has_overtaken_who_is_in_nothing_is_said_to_separate_them():
    put(world.anna(), fit_level="B", account_intent_points=61.0)
    ready = {"status": "RE_ENGAGED", "reason": "trigger:Ready", "fit_level": "B"}
    stand(world.jonas(), "TO_SALES", **ready, account_intent_points=67.0)

    said = text(at_the_desk().get("/desk?tab=waiting"))

    assert "in bold" not in said
    assert "By now the first one out ranks above" in said


def test_what_somebody_waits_for_is_said_in_the_readers_language():
    stand(world.jonas(), "TO_SALES", status="RE_ENGAGED", reason="trigger:Ready")

    said = text(at_the_desk().get("/desk?tab=waiting", HTTP_ACCEPT_LANGUAGE="de"))

    assert "Es ist Platz; der nächste Zyklus entscheidet" in said


def test_who_waits_for_room_goes_out_as_a_file_also_beyond_what_the_page_shows(monkeypatch):
    monkeypatch.setattr(waiting, "WAITERS", 1)
    monkeypatch.setattr(line, "MOST", 1)
    waits = {"status": "RE_ENGAGED", "reason": "trigger:Ready"}
    stand(world.jonas(), "TO_SALES", **waits, fit_level="B", account_intent_points=66.0, intent_points=40.0)
    stand(world.tom(), "TO_SALES", **waits, fit_level="C", account_intent_points=90.0, intent_points=50.0)
    lead = at_the_desk(Role.SALES_LEAD)

    shown = lead.get("/desk?tab=waiting").content.decode()
    file = b"".join(lead.get("/desk/export.csv?tab=waiting").streaming_content).decode("utf-8-sig")

    assert 'href="/desk/export.csv?tab=waiting" download' in shown
    rows = list(csv.DictReader(io.StringIO(file)))
    names = ("Rank", "Name", "Company", "Trigger", "Fit level", "Account intent points", "Waits for")
    assert [[row[name] for name in names] for row in rows] == [
        [
            "1",
            "Jonas Weber",
            "Nordlicht",
            "trigger:Ready",
            "B",
            "66",
            "there is room; the next cycle decides",
        ],
        ["2", "Tom Reyes", "Halden", "trigger:Ready", "C", "90", "there is room; the next cycle decides"],
    ]
    assert LogEntry.objects.filter(what="waiting.exported").count() == 1
    assert "/desk/export.csv" not in at_the_desk().get("/desk?tab=waiting").content.decode()


def test_where_nobody_waits_for_room_there_is_no_file_to_take():
    assert "/desk/export.csv" not in at_the_desk(Role.SALES_LEAD).get("/desk?tab=waiting").content.decode()


def test_a_day_that_was_named_is_shown_as_that_day_where_days_begin_before_utc():
    anna = world.anna()
    handoff = put(anna)
    rosa = at_the_desk()
    User.objects.filter(username="rosa").update(zone="Europe/Berlin")

    said = rosa.post(
        f"/desk/{handoff.public_id}/answer",
        {"answer": "NOT_NOW", "until": "other", "day": "2026-09-01"},
        follow=True,
    )

    assert Verdict.objects.get().until == datetime(2026, 8, 31, 22, tzinfo=UTC)
    assert "not now, until 1 Sep 2026" in text(said)
    assert "until 1 Sep 2026" in text(rosa.get("/desk?tab=answered"))
    assert "until 1 Sep 2026" in text(rosa.get(f"/leads/{anna.public_id}"))


def test_what_was_answered_can_be_looked_up():
    anna = put(world.anna())
    rosa = at_the_desk()
    rosa.post(f"/desk/{anna.public_id}/answer", {"answer": "NOT_A_FIT", "reason": "too small"})

    said = text(rosa.get("/desk?tab=answered"))

    assert "Anna Kowalska Brightpath Ready Not a fit Too small by Rosa Ahlberg Ewa Lis just now" in said


def test_an_empty_desk_says_how_leads_come_there():
    world.anna()

    assert "Leads come here by themselves as soon as a trigger" in text(at_the_desk().get("/desk"))


def test_sales_begins_at_the_desk_and_everybody_else_with_today():
    assert at_the_desk(Role.SALES).get("/start")["Location"] == "/desk"
    assert at_the_desk(Role.SALES_LEAD).get("/start")["Location"] == "/desk"
    assert at_the_desk(Role.MARKETER).get("/start")["Location"] == "/"


def test_sales_comes_in_at_the_desk_and_goes_to_today_from_the_menu():
    world.anna()
    rosa, max_ = at_the_desk(Role.SALES), at_the_desk(Role.MARKETER)

    assert rosa.get("/")["Location"] == "/desk"
    assert rosa.get("/", HTTP_REFERER="http://localhost/desk").status_code == 200
    assert max_.get("/").status_code == 200


def test_an_open_desk_asks_for_what_changed_and_gets_nothing_where_nothing_did(django_assert_max_num_queries):
    handoff = put(world.anna())
    rosa = at_the_desk()
    mark = re.search(r"mark=(\w+)", rosa.get("/desk").content.decode())
    assert mark

    with django_assert_max_num_queries(4):
        assert rosa.get(f"/desk?tab=mine&mark={mark[1]}", **HTMX).status_code == 204
    rosa.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"})
    renewed = rosa.get(f"/desk?tab=mine&mark={mark[1]}", **HTMX)

    assert (renewed.status_code, names_on(renewed)) == (200, [])


@pytest.mark.parametrize("tab", ["mine", "team", "waiting", "answered"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(tab, django_assert_max_num_queries):
    team()
    company = world.brightpath()
    for number in range(12):
        lead = world.anna(company, email=f"anna{number}@brightpath.example")
        if number % 3:
            put(
                lead,
                state="ANSWERED" if number % 3 == 1 else "OPEN",
                ended_at=NOW if number % 3 == 1 else None,
            )
        else:
            stand(lead, "TO_SALES", status="RE_ENGAGED", reason="trigger:Ready")
    rosa = at_the_desk()

    with django_assert_max_num_queries(30):
        page = rosa.get(f"/desk?tab={tab}")

    assert page.status_code == 200


def test_what_leads_call_themselves_stays_text():
    anna = world.anna(first_name=HOSTILE, last_name="\u202eevil", job_title=HOSTILE)
    put(anna, owner=None, trigger=f"trigger:{HOSTILE}")
    stand(world.jonas(last_name=HOSTILE), "TO_SALES", status="RE_ENGAGED", reason="trigger:Ready")
    rosa = at_the_desk()
    handoff = Handoff.objects.get()

    for path in ("/desk?tab=team", "/desk?tab=waiting", f"/desk/{handoff.public_id}"):
        page = rosa.get(path).content.decode()
        assert "<sVg" not in page
        assert "</titLe/" not in page
    given = rosa.post(
        f"/desk/{handoff.public_id}/answer", {"answer": "NOT_A_FIT", "why": HOSTILE}, follow=True
    )
    assert "<sVg" not in given.content.decode()
    assert "<sVg" not in rosa.get("/desk?tab=answered").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "tab=%00",
        "tab=mine&rep=%00",
        "rep=" + "x" * 400,
        "tab=team&page=2",
        "page=%00",
        "page=٣",
        "page=" + "9" * 400,
        "mark=x",
    ],
)
def test_odd_addresses_show_the_desk(query):
    put(world.anna())

    assert at_the_desk().get(f"/desk?{query}").status_code == 200


def test_looking_changes_nothing():
    put(world.anna(), deadline_at=NOW - timedelta(minutes=1))
    before = list(Handoff.objects.values()), list(Standing.objects.values())

    at_the_desk().get("/desk")

    assert (list(Handoff.objects.values()), list(Standing.objects.values())) == before


def test_whoever_states_no_zone_reads_and_names_days_by_the_clocks_of_the_playbook_as_in_mail(monkeypatch):
    library.publish_playbook(text=starters.read("professional-services"), at=NOW)
    library.activate_playbook(number=2, at=NOW)
    monkeypatch.setenv("COLDFRAME_NOW", "2026-06-01T22:30:00Z")
    anna = world.anna()
    handoff = put(anna)
    rosa = at_the_desk()

    shown = text(rosa.get("/desk"))
    said = rosa.post(
        f"/desk/{handoff.public_id}/answer",
        {"answer": "NOT_NOW", "until": "other", "day": "2026-09-01"},
        follow=True,
    )

    assert "2 June 2026" in shown
    assert Verdict.objects.get().until == datetime(2026, 8, 31, 22, tzinfo=UTC)
    assert "not now, until 1 Sep 2026" in text(said)
    assert "As the playbook says: Europe/Berlin" in rosa.get("/account").content.decode()


def test_a_zone_that_this_machine_does_not_know_is_the_playbooks():
    rosa = at_the_desk()
    User.objects.filter(username="rosa").update(zone="Mars/Olympus")
    library.publish_playbook(text=starters.read("professional-services"), at=NOW)
    library.activate_playbook(number=2, at=NOW)

    rosa.post(
        f"/desk/{put(world.anna()).public_id}/answer",
        {"answer": "NOT_NOW", "until": "other", "day": "2026-09-01"},
    )

    assert Verdict.objects.get().until == datetime(2026, 8, 31, 22, tzinfo=UTC)
