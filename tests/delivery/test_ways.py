"""What a provider's or a receiver's answers mean for the connection as a whole, for all workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from coldframe.delivery import operations, queries, setup
from coldframe.delivery.channels.answers import Answer, Result
from tests.delivery import http_sink
from tests.delivery.http_sink import Reply, Sink
from tests.delivery.test_anymail import Frozen, frozen, taking

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink.running() as running:
        yield running


def hand_over(*messages: Frozen) -> list[Answer]:
    answers: list[Answer] = []
    operations.deliver("way", iter(messages), mark=list, report=answers.append, beat=lambda: None, at=AT)
    return answers


def add_provider(url: str) -> None:
    setup.add(
        name="way", kind="PROVIDER", settings={"provider": "postmark", "api_url": url}, secret="k", at=AT
    )


def add_receiver(sink: Sink, settings) -> None:
    settings.WEBHOOK_HOSTS = [f"127.0.0.1:{sink.port}"]
    setup.add(name="way", kind="WEBHOOK", settings={"url": sink.url}, secret="", at=AT)


def test_a_provider_takes_messages_through_its_connection(sink: Sink):
    sink.reply = taking("postmark")
    add_provider(sink.url)

    assert [each.result for each in hand_over(frozen(1), frozen(2))] == [Result.SENT, Result.SENT]
    assert sink.asked[0].headers["X-Postmark-Server-Token"] == "k"
    assert queries.get_connection("way").rests_until is None


def test_a_provider_out_of_reach_rests_and_the_messages_go_back():
    add_provider("http://127.0.0.1:9/")

    answers = hand_over(frozen(1), frozen(2))

    way = queries.get_connection("way")
    assert [each.result for each in answers] == [Result.RETURNED]
    assert way.rests_until is not None
    assert way.rests_until > AT
    assert way.stopped_at is None


def test_a_provider_that_refuses_the_key_is_stopped_until_a_person_looks(sink: Sink):
    sink.reply = Reply(status=401)
    add_provider(sink.url)

    hand_over(frozen(1), frozen(2))

    way = queries.get_connection("way")
    assert way.stopped_at == AT
    assert "LOGIN_REFUSED: 401" in way.stopped_why
    assert len(sink.asked) == 1


def test_a_receiver_that_is_gone_is_called_no_more(sink: Sink, settings):
    sink.reply = Reply(status=410)
    add_receiver(sink, settings)

    answers = hand_over(frozen(1), frozen(2))

    assert [each.reason for each in answers] == ["GONE"]
    assert "410" in queries.get_connection("way").stopped_why


def test_a_receiver_that_the_operator_no_longer_names_is_called_no_more(sink: Sink, settings):
    add_receiver(sink, settings)
    settings.WEBHOOK_HOSTS = []

    assert hand_over(frozen(1)) == []
    assert queries.get_connection("way").stopped_at == AT
    assert sink.connections == 0
