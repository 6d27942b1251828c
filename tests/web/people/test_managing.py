"""The pages on which an admin lets people and programs in, one's own account, and the log."""

from __future__ import annotations

import csv
import re

import pytest
from django.test import Client

from coldframe.nurture import remembering
from coldframe.team import operations, queries
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests.people import PASSWORD, browser_of, person, somebody
from tests.world import NOW

pytestmark = pytest.mark.django_db
#: What a hostile name tries.
HOSTILE = "<script>alert(1)</script>\"'{{7*7}}"


@pytest.fixture(autouse=True)
def nothing_remembered():
    remembering.forget()


def text(browser: Client, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def test_somebody_let_in_chooses_a_password_by_the_link():
    admin = browser_of(Role.ADMIN)

    page = admin.post("/settings/people", {"username": "tom", "name": "Tom", "email": "", "role": "SALES"})

    link = re.search(r"http://localhost(/invitation/[^<\s]+)", page.content.decode())
    assert link is not None
    stranger = Client(HTTP_HOST="localhost")
    assert "Choose a password" in text(stranger, link[1])
    stranger.post(link[1], {"password": PASSWORD, "again": PASSWORD})
    assert stranger.post("/sign-in", {"login": "tom", "password": PASSWORD})["Location"] == "/start"
    assert "This link no longer works" in text(stranger, link[1], 404)


def test_a_refusal_keeps_what_was_typed_and_says_why():
    admin = browser_of(Role.ADMIN)
    somebody(Role.SALES)

    page = admin.post("/settings/people", {"username": "Rosa", "name": HOSTILE, "email": "", "role": "SALES"})

    assert page.status_code == 400
    said = page.content.decode()
    assert "Somebody else signs in by that name" in said
    assert "<script>alert" not in said
    assert admin.post("/settings/people", {"username": "x", "role": "GOD"}).status_code == 400


def test_an_admin_changes_a_role_and_a_profile_all_or_nothing():
    admin, rosa = browser_of(Role.ADMIN), somebody(Role.SALES)
    given = {"name": "Rosa", "email": "r@x.example", "rep": "R", "zone": "Europe/Paris", "language": "de"}

    refused = admin.post(f"/settings/people/{rosa.pk}", {**given, "zone": "Nowhere", "role": "ADMIN"})
    assert refused.status_code == 400
    line = queries.find_line(rosa.pk)
    assert line is not None
    assert (line.role, line.name) == (Role.SALES, "Rosa Ahlberg")

    assert admin.post(f"/settings/people/{rosa.pk}", {**given, "role": "SALES_LEAD"}).status_code == 302
    line = queries.find_line(rosa.pk)
    assert line is not None
    assert (line.role, line.name, line.rep, line.zone) == (Role.SALES_LEAD, "Rosa", "R", "Europe/Paris")


def test_the_last_admin_is_told_why_they_stay():
    admin = browser_of(Role.ADMIN)

    page = admin.post(f"/settings/people/{somebody(Role.ADMIN).pk}/switch", {"active": "no"})

    assert page.status_code == 400
    assert "This is the last admin." in page.content.decode()


def test_somebody_is_kept_out_and_let_in_again():
    admin, rosa = browser_of(Role.ADMIN), somebody(Role.SALES)

    admin.post(f"/settings/people/{rosa.pk}/switch", {"active": "no"})
    assert "May not sign in" in text(admin, f"/settings/people/{rosa.pk}")
    admin.post(f"/settings/people/{rosa.pk}/switch", {"active": "yes"})
    assert "Signs in as" in text(admin, f"/settings/people/{rosa.pk}")


@pytest.mark.parametrize("path", ["/settings/people/999999", f"/settings/people/{2**70}"])
def test_nobody_is_there(path):
    admin = browser_of(Role.ADMIN)

    assert admin.get(path).status_code == 404
    assert admin.post(f"{path}/switch", {"active": "no"}).status_code == 400
    assert admin.post(f"{path}/link").status_code == 400


def test_a_key_is_shown_once_and_revoked():
    admin = browser_of(Role.ADMIN)

    page = admin.post("/settings/keys", {"name": HOSTILE, "role": "SALES"}).content.decode()

    secret = re.search(r"cfk_[\w-]{40,}", page)
    assert secret is not None
    assert "<script>alert" not in page
    assert operations.person_of_key(secret[0], at=NOW) is not None
    assert secret[0] not in text(admin, "/settings/keys")
    admin.post(f"/settings/keys/{queries.list_keys()[0].id}/revoke")
    assert operations.person_of_key(secret[0], at=NOW) is None
    assert admin.post("/settings/keys", {"name": "", "role": "SALES"}).status_code == 400


def test_a_program_with_a_key_reads_pages_and_changes_none_of_them():
    somebody()
    key = operations.make_key(name="Prometheus", role=Role.ADMIN, by=person(), at=NOW)
    program = Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.9", enforce_csrf_checks=True)
    header = {"Authorization": f"Bearer {key.secret}"}

    assert program.get("/metrics", headers=header).status_code == 200
    assert program.get("/metrics", headers={"Authorization": "Bearer cfk_none"}).status_code == 302
    assert (
        program.post("/settings/keys", {"name": "more", "role": "ADMIN"}, headers=header).status_code == 403
    )


def test_the_log_says_who_did_what_and_leads_on():
    admin = browser_of(Role.ADMIN)
    for number in range(120):
        operations.note(
            by=person(Role.SALES), what="lead.viewed", at=NOW, subject=f"s-{number}", details={"n": 1}
        )

    page = text(admin, "/log?what=lead.viewed")

    assert page.count("<code>lead.viewed</code>") == 50
    older = re.search(r'href="(/log\?[^"]*before=\d+)"', page)
    assert older is not None
    assert "s-20<" in text(admin, older[1].replace("&amp;", "&"))
    assert "Nothing like that was done." in text(admin, "/log?by=Nobody")
    for odd in (
        "before=x",
        "before=" + "9" * 300,
        "day=2026-99-99",
        "day=0001-01-01",
        "by=%00",
        "what=" + "x" * 900,
    ):
        assert admin.get(f"/log?{odd}").status_code == 200, odd


def test_the_log_is_taken_as_a_file_that_no_spreadsheet_runs():
    admin = browser_of(Role.ADMIN)
    operations.note(by=person(Role.SALES), what="lead.viewed", at=NOW, subject="=1+1")

    answer = admin.get("/log.csv?what=lead.viewed")

    rows = list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))
    assert rows == [
        ["at", "by", "what", "subject", "details"],
        ["2026-06-01T09:00:00+00:00", "Rosa Ahlberg", "lead.viewed", "'=1+1", ""],
    ]
    assert LogEntry.objects.filter(what="log.exported", by="Ada Moreau").exists()


@pytest.mark.parametrize("path", ["/settings/people", "/settings/keys", "/log", "/account"])
def test_pages_ask_the_database_as_often_whatever_there_is(path, django_assert_max_num_queries):
    admin = browser_of(Role.ADMIN)
    for number in range(30):
        operations.create(
            username=f"p{number}", name="", email="", role=Role.SALES, password=None, by=person(), at=NOW
        )
        operations.make_key(name=f"k{number}", role=Role.SALES, by=person(), at=NOW)

    with django_assert_max_num_queries(12):
        assert admin.get(path).status_code == 200


def test_one_says_how_one_reads_and_is_called():
    rosa = browser_of(Role.SALES)
    given = {"name": "Rosa A.", "email": "", "zone": "Asia/Tokyo", "language": "de"}

    assert rosa.post("/account", given)["Location"] == "/account"

    answer = rosa.get("/account")
    assert 'lang="de"' in answer.content.decode()
    assert "<option selected>Asia/Tokyo</option>" in answer.content.decode()
    refused = rosa.post("/account", {**given, "language": "tlh"})
    assert refused.status_code == 400
    assert queries.find_line(somebody(Role.SALES).pk).role == Role.SALES  # type: ignore[union-attr]


def test_instants_are_told_by_the_clock_of_whoever_reads():
    admin, ada = browser_of(Role.ADMIN), somebody(Role.ADMIN)
    operations.note(by=person(Role.ADMIN), what="lead.viewed", at=NOW)
    assert 'title="1 Jun 2026, 09:00 UTC"' in text(admin, "/log?what=lead.viewed")

    operations.update_profile(ada.pk, zone="Asia/Tokyo", by=person(), at=NOW)

    assert 'title="1 Jun 2026, 18:00 JST"' in text(admin, "/log?what=lead.viewed")


def test_one_does_not_give_oneself_a_role():
    rosa = browser_of(Role.SALES)

    rosa.post("/account", {"name": "R", "email": "", "zone": "", "language": "", "role": "ADMIN", "rep": "X"})

    line = queries.find_line(somebody(Role.SALES).pk)
    assert line is not None
    assert (line.role, line.rep) == (Role.SALES, "")
