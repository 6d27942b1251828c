"""The local outbox keeps what would have been sent."""

from __future__ import annotations

import pytest

from coldframe.delivery import operations as delivery
from coldframe.delivery import queries
from coldframe.kernel.vocabulary import Channel
from coldframe.outbox import queries as outbox
from tests.delivery.posting import Mail, enqueue, turn
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_a_message_stays_here_and_can_be_read() -> None:
    lane = delivery.ensure_local_connection(at=NOW)
    enqueue(1, lane=lane)

    assert turn(Mail()) == {"SENT": 1}

    [found] = outbox.list_messages(lane=lane)
    message = outbox.find_message(found.id)
    assert message is not None
    assert message.receipt == "local outbox"
    assert (message.body or b"").endswith(b"Dear reader 1\r\n")
    assert message.marked_at == NOW


def test_it_has_no_limits_and_takes_many_at_once() -> None:
    lane = delivery.ensure_local_connection(at=NOW)
    enqueue(*range(1, 251), lane=lane)

    assert turn(Mail()) == {"SENT": 200}
    assert turn(Mail()) == {"SENT": 50}


def test_it_is_made_once_and_is_where_mail_goes_until_something_is_live() -> None:
    assert delivery.ensure_local_connection(at=NOW) == delivery.ensure_local_connection(at=NOW) == "local"
    assert queries.find_lane(Channel.EMAIL) == "local"
    delivery.add_connection(
        name="mailbox", kind="SMTP", at=NOW, settings={"host": "mail.example", "port": 25}
    )
    assert queries.find_lane(Channel.EMAIL) == "local"

    delivery.go_live("mailbox", at=NOW)

    assert queries.find_lane(Channel.EMAIL) == "mailbox"
    assert queries.list_live() == ["mailbox"]
    delivery.stop("mailbox", why="Looking into it.", at=NOW)
    # A stopped mailbox keeps its mail; it must not end up where nobody gets it.
    assert queries.find_lane(Channel.EMAIL) == "mailbox"


def test_the_guard_keeps_its_word_here_too() -> None:
    lane = delivery.ensure_local_connection(at=NOW)
    enqueue(1, 2, lane=lane)

    assert turn(Mail(refused={2})) == {"SENT": 1, "HELD": 1}
