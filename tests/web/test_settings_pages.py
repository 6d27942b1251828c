"""Settings and health: what runs, what leaves the house, what comes in, and the settings in force."""

from __future__ import annotations

import pytest
from django.test import Client

from coldframe.activity import sources, strangers
from coldframe.activity.models import Arrival, Source
from coldframe.delivery import operations as delivery
from coldframe.delivery.models import Connection
from coldframe.outbox import holding
from coldframe.outbox.workers import Worker
from coldframe.team.models import LogEntry
from tests import world
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db
SERVER = {
    "name": "main", "host": "mail.ours.example", "port": "587", "security": "starttls", "user": "anna",
    "sender_address": "anna@ours.example", "per_day": "200", "secret": "hunter2-is-secret",
}  # fmt: skip


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


def test_health_says_whether_anything_is_wrong_and_that_no_worker_runs(visitor):
    page = text(visitor.get("/settings"))

    assert "None runs. ./coldframe run keeps one running" in page
    assert "Accounts due 0" in page
    assert "Last backup none in the data folder" in page


def test_health_names_the_workers_and_what_is_wrong(visitor):
    for name, host in (("w1", "north"), ("w2", "south")):
        Worker.objects.create(
            name=name, host=host, pid=1, place="x", started_at=world.NOW, seen_at=world.NOW, is_virtual=False
        )
    holding.hold(cause=holding.Cause.CLOCK, reason="The clock jumped.", at=world.NOW, by="w1")

    page = text(visitor.get("/settings"))

    assert "Sending is held: The clock jumped" in page
    assert "w1 north Works" in page
    assert "w2 south Works" in page


def test_the_part_that_changes_comes_alone_to_htmx(visitor):
    part = visitor.get("/settings", headers={"HX-Request": "true"}).content.decode()

    assert "Workers" in part
    assert "<html" not in part


def test_the_sources_are_named_with_what_was_refused_and_set_aside(visitor):
    sources.add("site", kind=Source.Kind.SITE, at=world.NOW, settings={})
    source = Source.objects.get()
    sources.note(heard={source.pk: world.NOW}, refused={source.pk: {"signature": 3}})
    Arrival.objects.create(
        kind="call", source=source, received_at=world.NOW, body=b"anna@brightpath.example",
        state=Arrival.State.QUARANTINED, reason="No mapping fits.", key=b"a",
    )  # fmt: skip

    page = text(visitor.get("/settings/sources"))

    assert "1 way in." in page
    assert "site Own site On just now 0 1 3 signature" in page
    assert "No mapping fits." in page
    assert "anna@brightpath.example" not in page


def test_calls_of_nobody_known_are_named_where_the_sources_are(visitor):
    assert "Of nobody known here" not in text(visitor.get("/settings/sources"))
    strangers.note({"unknown_key": 2, "no_key": 1, "no_such_source": 1}, at=world.NOW)

    page = text(visitor.get("/settings/sources"))

    assert "2 calls with a write key that no source has. just now" in page
    assert "1 call without a write key. just now" in page
    assert "1 call to an address that is no source's. just now" in page


def test_the_settings_in_force_say_where_they_come_from_and_no_secret(visitor):
    page = text(visitor.get("/settings/in-force"))

    assert "COLDFRAME_SECRET_KEY hidden environment" in page
    assert "only-for-tests" not in page


def test_a_mail_server_is_added_and_its_password_is_never_shown(visitor):
    answer = visitor.post("/settings/connections/new/smtp", SERVER, follow=True)

    shown = answer.content.decode() + visitor.get("/settings/sending").content.decode()
    assert "mail.ours.example" in shown
    assert "hunter2" not in shown
    assert "hunter2" not in Connection.objects.get(name="main").secret
    assert "kept; write another to replace it" in shown
    assert LogEntry.objects.get(what="connection.added").subject == "main"
    assert "hunter2" not in str(LogEntry.objects.values())


def test_what_does_not_fit_is_said_in_the_form_and_what_was_written_stays(visitor):
    answer = visitor.post("/settings/connections/new/smtp", SERVER | {"host": "", "per_day": "200"})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "A mail server has a host." in page
    assert 'value="anna@ours.example"' in page
    assert "hunter2" not in page
    assert not Connection.objects.filter(name="main").exists()


@pytest.mark.parametrize("wrong", [{"per_day": "many"}, {"name": "a b"}, {"name": "x" * 65}, {"sender_address": "a\nb@c.example"}, {"port": "99999999999999999999"}])  # fmt: skip
def test_odd_values_of_a_connection_are_refused(visitor, wrong):
    assert visitor.post("/settings/connections/new/smtp", SERVER | wrong).status_code == 400


def test_another_host_clears_the_password_and_says_so(visitor):
    visitor.post("/settings/connections/new/smtp", SERVER)
    kept = {name: value for name, value in SERVER.items() if name not in {"secret", "name"}}

    same = visitor.post("/settings/connections/main", kept, follow=True)
    assert Connection.objects.get(name="main").secret
    assert "cleared" not in text(same)
    moved = visitor.post("/settings/connections/main", kept | {"host": "other.example"}, follow=True)

    assert "Its password was cleared, for it went elsewhere: give it again." in text(moved)
    assert not Connection.objects.get(name="main").secret


def test_the_signing_secret_of_a_webhook_is_shown_once(visitor):
    form = {"name": "hook", "url": "https://hooks.ours.example/in"}

    made = visitor.post("/settings/connections/new/webhook", form)

    assert "whsec_" in text(made)
    assert "whsec_" not in text(visitor.get("/settings/connections/hook"))


def test_what_is_missing_before_sending_is_listed_and_the_switch_refuses(visitor):
    visitor.post("/settings/connections/new/smtp", SERVER | {"host": "127.0.0.1", "port": "9", "security": "none", "user": "", "secret": ""})  # fmt: skip

    found = text(visitor.post("/settings/connections/main/check"))
    refused = visitor.post("/settings/connections/main/on")

    assert "Something is missing before anything may leave by it." in found
    assert "There is no postal address." in found
    assert refused.status_code == 400
    assert "main is not ready to send for real." in text(refused)
    assert Connection.objects.get(name="main").live_since is None


def test_sending_is_switched_off_at_once(visitor):
    visitor.post("/settings/connections/new/smtp", SERVER)
    delivery.go_live("main", at=world.NOW)

    page = text(visitor.post("/settings/connections/main/off", follow=True))

    assert "Nothing leaves by main any more." in page
    assert Connection.objects.get(name="main").live_since is None
    assert LogEntry.objects.filter(what="sending.switched_off", subject="main").exists()


def test_held_sending_goes_on_when_a_person_has_looked(visitor):
    holding.hold(cause=holding.Cause.CLOCK, reason="The clock jumped.", at=world.NOW, by="w1")
    assert "I have looked: let sending go on" in text(visitor.get("/settings/sending"))

    visitor.post("/settings/sending/resume")

    assert holding.list_holds() == []


@pytest.mark.parametrize(
    "path", ["/settings", "/settings/sources", "/settings/in-force", "/settings/sending"]
)
def test_each_page_asks_the_database_a_bounded_number_of_times(visitor, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(26):
        assert visitor.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/settings/connections/none-such", "/settings/connections/new/fax"])
def test_what_there_is_not_is_refused(visitor, path):
    assert visitor.get(path).status_code in {400, 404}
