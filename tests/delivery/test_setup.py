"""Connections are set up by what their kind needs; a secret goes nowhere but where it was given for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from coldframe.delivery import handing, operations, queries, secrets, setup
from coldframe.delivery.channels.email.headers import UnsafeValue
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Channel, Refusal

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SMTP = {"host": "mail.ours.example", "user": "anna"}


def add(**given: Any) -> str | None:
    return setup.add(
        **({"name": "main", "kind": "SMTP", "settings": SMTP, "secret": "s3cret", "at": AT} | given)
    )


def secret_of(name: str) -> str:
    return handing.secret_of(Connection.objects.get(name=name))


def test_a_mail_server_is_added_with_sound_defaults_and_is_not_live():
    add(sender_address="anna@ours.se", postal_address="Gatan 1")

    way = queries.get_connection("main")
    assert way.settings == SMTP | {"security": "starttls", "port": 587}
    assert (way.has_secret, way.live_since, way.sender_address) == (True, None, "anna@ours.se")
    assert secret_of("main") == "s3cret"
    assert "s3cret" not in Connection.objects.get(name="main").secret


@pytest.mark.parametrize(
    "changed", [{"host": "evil.example"}, {"port": "2525"}, {"security": "none"}, {"user": "eve"}]
)
def test_another_destination_clears_the_secret(changed: dict[str, Any]):
    add()

    done = setup.change("main", settings=changed)

    assert done.has_lost_secret
    assert not queries.get_connection("main").has_secret


def test_a_row_that_was_changed_behind_our_back_does_not_give_the_secret_away():
    add()
    Connection.objects.filter(name="main").update(settings=SMTP | {"host": "evil.example"})

    with pytest.raises(secrets.SecretUnreadable):
        secret_of("main")


def test_a_new_secret_may_come_with_a_new_destination():
    add()

    done = setup.change("main", settings={"host": "mail2.ours.example"}, secret="n3w")

    assert (done.has_lost_secret, secret_of("main")) == (False, "n3w")


def test_what_is_no_destination_leaves_the_secret_alone():
    add()

    done = setup.change("main", settings={"dkim_selector": "s1"}, per_minute=10)

    assert (done.has_lost_secret, secret_of("main")) == (False, "s3cret")
    assert queries.get_connection("main").per_minute == 10


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ({"host": "mail2.ours.example"}, {}),
        ({}, {"sender_address": "bo@ours.se"}),
        ({}, {"postal_address": "Gatan 2"}),
    ],
)
def test_what_was_checked_must_be_checked_again(settings: dict[str, Any], values: dict[str, Any]):
    add(sender_address="anna@ours.se", postal_address="Gatan 1")
    operations.go_live("main", at=AT)

    assert setup.change("main", settings=settings, **values).went_home
    assert queries.list_live() == []


def test_a_limit_may_change_while_it_is_live():
    add()
    operations.go_live("main", at=AT)

    assert not setup.change("main", settings={}, per_day=100).went_home
    assert queries.list_live() == ["main"]


def test_an_empty_value_removes_a_setting():
    add(settings=SMTP | {"dkim_selector": "s1"})

    setup.change("main", settings={"dkim_selector": ""})

    assert "dkim_selector" not in queries.get_connection("main").settings


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("SMTP", {}), ("SMTP", SMTP | {"port": "x"}), ("SMTP", SMTP | {"port": 0}), ("SMTP", SMTP | {"port": 70000}),
        ("SMTP", SMTP | {"security": "ssl"}), ("SMTP", SMTP | {"password": "x"}), ("SMTP", {"host": "a\nb"}),
        ("PROVIDER", {"provider": "pigeon"}), ("PROVIDER", {"provider": "postmark", "api_url": "http://evil.example"}),
        ("PROVIDER", {"provider": "postmark", "api_url": "http://127.0.0.1:80@evil.example/"}),
        ("PROVIDER", {"provider": "postmark", "api_url": "http://127.0.0.1.evil.example/"}),
        ("SMTP", SMTP | {"accepted": "DKIM_MISSING"}),
        ("PROVIDER", {"provider": "postmark", "api_key": "x"}), ("WEBHOOK", {"url": "http://hooks.example.com/"}),
        ("WEBHOOK", {"url": "https://hooks.example.com/", "takes_repeats": "perhaps"}), ("TASK", {"host": "x"}),
        ("WEBHOOK", {"url": "https://hooks.example.com/", "named_hosts": "127.0.0.1"}),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_refused(kind: str, settings: dict[str, Any]):
    with pytest.raises(Refusal):
        add(kind=kind, settings=settings, secret="whsec_abc" if kind == "WEBHOOK" else "s")
    assert not Connection.objects.filter(name="main").exists()


@pytest.mark.parametrize(
    "values",
    [{"sender_address": "a@b.se\nBcc: x@y.se"}, {"sender_name": "A\r\nBcc: x@y.se"}, {"reply_to": "a, b"}],
)
def test_a_sender_that_would_begin_another_header_is_refused_when_it_is_set(values: dict[str, Any]):
    with pytest.raises(UnsafeValue):
        add(**values)


def test_a_receiver_of_webhooks_gets_a_secret_that_is_shown_once():
    made = add(kind="WEBHOOK", settings={"url": "https://hooks.example.com/x"}, secret="")

    assert made is not None
    assert made.startswith("whsec_")
    assert secret_of("main") == made


@pytest.mark.parametrize("kind", ["TASK", "AUDIENCE"])
def test_what_ends_in_the_house_needs_no_switch(kind: str):
    add(name="inside", kind=kind, settings={}, secret="")

    assert queries.find_lane(Channel(kind)) == "inside"
    assert queries.list_live() == []


@pytest.mark.parametrize(
    "values",
    [
        {"name": "a" * 65},
        {"per_minute": 10**7},
        {"per_day": 10**12},
        {"sender_name": "a" * 121},
        {"postal_address": "a" * 501},
    ],
)
def test_what_no_column_holds_is_refused_in_words(values: dict[str, Any]):
    with pytest.raises(Refusal):
        add(**values)
