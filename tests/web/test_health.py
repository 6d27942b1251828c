"""What machines ask of a running Coldframe, and that nobody's data is in the answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from coldframe.leads import due
from coldframe.library import operations as library
from coldframe.nurture import operations as nurture
from coldframe.outbox import holding
from coldframe.outbox.models import OutboxMessage
from coldframe.outbox.workers import Pulse
from coldframe.reports import figures
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    figures.forget()


@pytest.fixture
def prober() -> Client:
    return Client(HTTP_HOST="127.0.0.1")


def metrics(prober: Client) -> dict[tuple[str, str], float]:
    """Return (name, label's value) -> value, as Prometheus reads them."""
    answer = prober.get("/metrics")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    return {
        (sample.name.removeprefix("coldframe_"), next(iter(sample.labels.values()), "")): sample.value
        for found in text_string_to_metric_families(answer.content.decode())
        for sample in found.samples
    }


def counted(found: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """Return the figures without those of the machine."""
    return {key: value for key, value in found.items() if not key[0].endswith("_bytes")}


def message(key: str, *, state: str, minutes: int) -> OutboxMessage:
    due_at = world.NOW - timedelta(minutes=minutes)
    return OutboxMessage.objects.create(
        key=key, kind="touch", subject_id=1, state=state, due_at=due_at, late_at=world.NOW + timedelta(days=3),
        created_at=due_at,
    )  # fmt: skip


def test_a_living_process_says_so_without_asking_the_database(prober, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = prober.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_without_a_worker_it_is_not_ready(prober):
    answer = prober.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": ["no worker has been seen lately"], "notes": []}


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (80, 200), (100, 503)])
def test_it_is_ready_while_a_worker_is_seen(prober, seconds, status):
    Pulse(name="w1").start(at=world.NOW - timedelta(seconds=seconds))

    assert prober.get("/readyz").status_code == status


def test_a_worker_that_lives_by_a_virtual_clock_or_has_stopped_does_not_count(prober):
    Pulse(name="ahead", is_virtual=True).start(at=world.NOW + timedelta(days=300))
    stopped = Pulse(name="gone")
    stopped.start(at=world.NOW)
    stopped.stop(at=world.NOW)

    assert prober.get("/readyz").status_code == 503


def test_held_sending_is_a_note_and_no_reason(prober):
    Pulse(name="w1").start(at=world.NOW)
    holding.hold(cause=holding.Cause.PERSON, reason="The offer is wrong.", at=world.NOW, by="mia")

    answer = prober.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["notes"] == ["sending is held: The offer is wrong."]


def test_tables_of_an_older_version_are_not_ready(prober):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'nurture'")

    answer = prober.get("/readyz")

    assert answer.status_code == 503
    assert "migrations are not applied" in answer.json()["reasons"][0]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_strangers_get_no_answer_and_nothing_can_be_posted(path):
    assert Client(HTTP_HOST="coldframe.example").get(path).status_code == 400
    assert Client(HTTP_HOST="localhost").post(path).status_code == 405


def test_the_figures_count_what_is_there(prober):
    library.ensure_active_playbook(at=world.NOW)
    anna = world.anna()
    nurture.assess_all(as_of=world.NOW)
    due.mark_due(account_ids=[anna.account_id], at=world.NOW - timedelta(hours=2))
    for number, state in enumerate(["QUEUED", "QUEUED", "UNCERTAIN", "SENT"]):
        message(f"touch:{number}", state=state, minutes=10 * (number + 1))
    Pulse(name="w1").start(at=world.NOW)

    found = metrics(prober)

    assert sum(value for (name, _), value in found.items() if name == "leads") == 1
    assert found["outbox_messages", "QUEUED"] == 2
    assert found["due_messages", ""] == 2
    assert found["oldest_due_message_seconds", ""] == 1200
    assert found["oldest_due_account_seconds", ""] >= 7200
    assert found["uncertain_messages", ""] == 1
    assert found["workers_alive", ""] == 1
    assert found["cycle_seconds", "1"] >= 0
    assert found["disk_free_bytes", ""] > 0
    assert ("sending_held", "PERSON") not in found


def test_the_figures_name_nobody(prober):
    anna = world.anna()
    message("touch:anna", state="QUEUED", minutes=1)

    answer = prober.get("/metrics").content.decode()

    assert not [
        word for word in (anna.first_name, anna.email, "brightpath") if word.lower() in answer.lower()
    ]


def test_large_tables_are_not_counted_at_every_look(prober, django_assert_max_num_queries):
    first = metrics(prober)
    message("touch:later", state="SENT", minutes=1)

    with django_assert_max_num_queries(16):
        second = metrics(prober)

    assert counted(first) == counted(second)
    figures.forget()
    assert metrics(prober)["outbox_messages", "SENT"] == 1


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 404), ("/metrics", 404)])
def test_the_public_host_says_no_more_than_that_it_lives(settings, path, status):
    host = "mail.brightpath.example"
    settings.BASE_URL, settings.ALLOWED_HOSTS = f"https://{host}", ["127.0.0.1", host]

    assert Client(HTTP_HOST=host).get(path).status_code == status
