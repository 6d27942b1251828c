"""Every list goes out as a file, for whoever may take it, and it is noted who did."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import bulk
from coldframe.nurture.models import BulkChange
from coldframe.team import operations as team
from coldframe.team.models import ApiKey, LogEntry
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests import world
from tests.web import nurtured
from tests.web.test_leads_page import sign_in, visitor  # noqa: F401
from tests.web.test_mail_page import received

pytestmark = pytest.mark.django_db

#: Programs with a key.
KEYS = (("=CRM", Role.SALES), ("Prometheus", Role.VIEWER))
LEARN = "learn the problem"
#: The page of a list -> its file, and under what taking it is noted.
FILES = {
    "/mail": ("/mail/export.csv", "mail.exported"),
    "/leads/changes": ("/leads/changes/export.csv", "changes.exported"),
    "/content": ("/content/export.csv", "content.exported"),
    "/paths": ("/paths/export.csv", "paths.exported"),
}


@pytest.fixture
def lists(monkeypatch):
    """Let there be something in each list."""
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    library.publish_playbook(text=starters.read("default"), at=world.NOW)
    library.activate_playbook(number=1, at=world.NOW)
    anna = world.anna()
    nurtured.enroll(anna, path=LEARN)
    received("=1+1 is what it costs")
    BulkChange.objects.create(
        what=bulk.What.PAUSE, until=world.NOW + timedelta(days=30), reason="summer", query="source=fair",
        made_by="Kim", made_at=world.NOW, state=bulk.State.DONE, lead_count=3, changed_count=2,
    )  # fmt: skip
    return anna


def rows(response) -> list[dict[str, str]]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


@pytest.mark.parametrize("page", FILES)
def test_a_list_leads_whoever_may_to_its_file_and_it_is_noted_who_took_it(visitor, lists, page):  # noqa: F811
    file, noted = FILES[page]

    assert f'href="{file}" download' in visitor.get(page).content.decode()
    assert rows(visitor.get(file))
    assert LogEntry.objects.filter(what=noted).count() == 1


@pytest.mark.parametrize("page", FILES)
def test_who_may_only_look_takes_no_list_out(visitor, lists, page):  # noqa: F811
    sign_in(visitor, Role.VIEWER)

    assert FILES[page][0] not in visitor.get(page).content.decode()
    assert visitor.get(FILES[page][0]).status_code == 403


def test_mail_goes_out_with_whose_it_is_and_no_cell_runs_in_a_spreadsheet(visitor, lists):  # noqa: F811
    [mail] = rows(visitor.get("/mail/export.csv"))

    assert (mail["Coldframe id"], mail["Name"]) == (str(lists.public_id), "Anna Kowalska")
    assert mail["Text"].startswith("'=1+1 is what it costs")


def test_a_change_of_many_goes_out_with_whom_it_was_for_and_why(visitor, lists):  # noqa: F811
    [change] = rows(visitor.get("/leads/changes/export.csv"))

    told = ("What", "Why", "Which leads", "Leads", "Leads changed", "By")
    assert [change[name] for name in told] == ["PAUSE", "summer", "source=fair", "3", "2", "Kim"]


def test_contents_go_out_as_the_list_is_narrowed(visitor, lists):  # noqa: F811
    whole = rows(visitor.get("/content/export.csv"))
    some = rows(visitor.get("/content/export.csv?stage=research"))

    assert {row["Buyer stage"] for row in some} == {"RESEARCH"}
    assert 0 < len(some) < len(whole)
    assert "/content/export.csv?stage=research" in visitor.get("/content?stage=research").content.decode()


def test_paths_go_out_with_who_is_on_them(visitor, lists):  # noqa: F811
    on = {row["Path"]: row["Leads on it"] for row in rows(visitor.get("/paths/export.csv"))}

    assert on[LEARN] == "1"
    assert sum(map(int, on.values())) == 1


def test_an_admin_takes_out_who_may_sign_in(client: Client):
    sign_in(client, Role.ADMIN)

    [row] = rows(client.get("/settings/people/export.csv"))

    assert row["Role"] == "ADMIN"
    assert row["Second factor"] == "no"
    assert "/settings/people/export.csv" in client.get("/settings/people").content.decode()
    assert LogEntry.objects.filter(what="people.exported").count() == 1


def test_nobody_else_takes_out_who_may_sign_in(client: Client):
    sign_in(client, Role.MARKETER)

    assert client.get("/settings/people/export.csv").status_code == 403


def test_an_admin_takes_out_which_programs_have_a_key_and_never_the_secret(client: Client):
    sign_in(client, Role.ADMIN)
    made = [team.make_key(name=name, role=role, by=AT_THIS_MACHINE, at=world.NOW) for name, role in KEYS]
    team.revoke_key(ApiKey.objects.get(name="=CRM").pk, by=AT_THIS_MACHINE, at=world.NOW)

    answer = client.get("/settings/keys/export.csv")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")

    told = ("Program", "Role", "Made by", "Made at", "Last used at", "Revoked at")
    assert [[row[name] for name in told] for row in csv.DictReader(io.StringIO(content))] == [
        ["Prometheus", "VIEWER", AT_THIS_MACHINE.name, "2026-06-01T09:00:00Z", "", ""],
        ["'=CRM", "SALES", AT_THIS_MACHINE.name, "2026-06-01T09:00:00Z", "", "2026-06-01T09:00:00Z"],
    ]
    assert not any(each.secret in content for each in made)
    assert 'href="/settings/keys/export.csv" download' in client.get("/settings/keys").content.decode()
    assert LogEntry.objects.filter(what="keys.exported").count() == 1


def test_nobody_else_takes_out_which_programs_have_a_key(client: Client):
    sign_in(client, Role.MARKETER)

    assert client.get("/settings/keys/export.csv").status_code == 403


def test_where_no_program_has_a_key_there_is_no_file_to_take(client: Client):
    sign_in(client, Role.ADMIN)

    assert "/settings/keys/export.csv" not in client.get("/settings/keys").content.decode()
