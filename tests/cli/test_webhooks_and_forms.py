"""Webhooks and forms are set up, tried and shown from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coldframe.activity.models import Arrival, Source
from coldframe.cli.root import app
from coldframe.kernel.vocabulary import Refusal

pytestmark = pytest.mark.django_db

SECRET = "the-sender-s-own-secret"
PAYLOAD = {
    "event": "invitee.created",
    "payload": {"uri": "B", "email": "anna@brightpath.example", "created_at": "2026-05-30T08:15:00Z"},
}
FORM = """
title: See it at work
fields: [{field: lead.email, label: Work e-mail}]
origins: [https://www.ours.example]
"""


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def add_bookings(folder: Path, *words: str) -> str:
    secret = written(folder, "secret", SECRET)
    return run("sources", "add", "webhook", "bookings", "--secret-file", secret, *words)


def test_a_webhook_with_a_preset_knows_how_its_sender_signs(tmp_path):
    said = add_bookings(tmp_path, "--preset", "calendly")

    kept = Source.objects.get()
    assert kept.settings["signature"] == {"scheme": "timed", "header": "Calendly-Webhook-Signature"}
    assert "/hooks/bookings" in said
    assert SECRET not in json.dumps(Source.objects.values().get(), default=str)


def test_trying_a_payload_says_what_it_would_become_and_stores_nothing(tmp_path):
    add_bookings(tmp_path, "--preset", "calendly")
    file = written(tmp_path, "payload.json", json.dumps(PAYLOAD))

    said = run("sources", "try", "bookings", file)
    [item] = json.loads(run("sources", "try", "bookings", file, "--json"))["items"]

    assert "meeting_booked of anna@brightpath.example at 2026-05-30 08:15" in said
    assert [(call["type"], call["event"]) for call in item["calls"]] == [
        ("identify", None), ("track", "meeting_booked"),
    ]  # fmt: skip
    assert Arrival.objects.count() == 0


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"event": "invitee.created", "payload": {"uri": "B"}}', "cannot be used: nobody is named"),
        ('{"event": "routing_form_submission.created"}', "no rule reads it; it is left alone"),
    ],
)
def test_trying_names_what_is_missing_and_what_is_left_alone(tmp_path, payload, said):
    add_bookings(tmp_path, "--preset", "calendly")

    assert said in run("sources", "try", "bookings", written(tmp_path, "payload.json", payload))


def test_a_mapping_of_ones_own_replaces_a_preset(tmp_path):
    add_bookings(tmp_path, "--preset", "calendly")
    own = "rules: [{event: call, person: {email: payload.email}}]"
    run("sources", "map", "bookings", written(tmp_path, "own.yaml", own))

    said = run("sources", "try", "bookings", written(tmp_path, "payload.json", json.dumps(PAYLOAD)))

    assert "call of anna@brightpath.example" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Expected one of --preset and --mapping."),
        (["--preset", "myspace"], "calendly, typeform, zoom-webinar"),
        (["--preset", "calendly", "--signature", "md5"], "There is no such way of signing."),
    ],
)
def test_a_webhook_that_could_not_be_read_or_verified_is_refused(tmp_path, words: list[str], said: str):
    with pytest.raises(Refusal) as refusal:
        add_bookings(tmp_path, *words)

    assert said in str(refusal.value)
    assert Source.objects.count() == 0


def test_a_webhook_without_a_secret_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("COLDFRAME_CONNECTION_SECRET", raising=False)

    with pytest.raises(Refusal, match="Calls that nobody signs are not taken in"):
        run("sources", "add", "webhook", "bookings", "--preset", "calendly")


def test_a_file_that_is_no_payload_is_refused(tmp_path):
    add_bookings(tmp_path, "--preset", "calendly")

    with pytest.raises(Refusal, match="The file holds no payload"):
        run("sources", "try", "bookings", written(tmp_path, "payload.json", "{"))


def test_a_form_is_served_listed_and_changed(tmp_path):
    made: dict[str, Any] = json.loads(
        run("forms", "add", "demo", written(tmp_path, "demo.yaml", FORM), "--json")
    )
    changed = json.loads(
        run("forms", "change", "demo", written(tmp_path, "demo.yaml", FORM.replace("Work", "Your")), "--json")
    )

    assert made["address"].endswith("/f/demo")
    assert made["frame"].startswith(f'<iframe src="{made["address"]}" title="See it at work"')
    assert made["version"] != changed["version"]
    assert "demo                  on " in run("forms", "list")
    assert "On a page of https://www.ours.example:" in run("forms", "show", "demo")


def test_a_form_that_cannot_be_served_is_refused(tmp_path):
    with pytest.raises(Refusal, match=r"one of them must be lead\.email"):
        run("forms", "add", "demo", written(tmp_path, "demo.yaml", FORM.replace("lead.email", "lead.phone")))

    assert Source.objects.count() == 0
