"""Looking into a mailbox: everything new once, nothing changed in it, and patience with one that fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from coldframe.activity import digesting, mailboxes, sources
from coldframe.activity.mail import limits
from coldframe.activity.models import Arrival, MailboxCursor, ReceivedMail, Source
from coldframe.work.mailboxes import Watch
from tests import imap_server, world
from tests.imap_server import Post
from tests.world import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def post() -> Iterator[Post]:
    with imap_server.serving(Post()) as served:
        yield served


def mail(number: int, text: str = "Tuesday suits me.") -> bytes:
    head = f"From: anna@brightpath.example\r\nSubject: Re: Number {number}\r\nMessage-ID: <{number}@brightpath.example>\r\n"
    return f"{head}Date: Mon, 01 Jun 2026 08:00:00 +0000\r\n\r\n{text}\r\n".encode()


def mailbox(post: Post, **changes: Any) -> Source:
    settings = {"host": "127.0.0.1", "port": post.port, "security": "none", "user": post.user, **changes}
    sources.add("sales-inbox", kind=Source.Kind.MAILBOX, at=NOW, settings=settings, secret=post.password)
    return Source.objects.get(name="sales-inbox")


def arrived() -> list[tuple[int, bytes]]:
    return [(each.about["uid"], bytes(each.body)) for each in Arrival.objects.order_by("id")]


def test_what_is_new_is_taken_in_once(post: Post) -> None:
    source = mailbox(post)
    post.put(mail(1), at=NOW)
    post.put(mail(2), at=NOW)

    first = mailboxes.look_into(source, at=NOW)
    again = mailboxes.look_into(source, at=NOW + MINUTE)
    post.put(mail(3), at=NOW)
    later = mailboxes.look_into(source, at=NOW + 2 * MINUTE)

    assert (first, again, later) == (2, 0, 1)
    assert arrived() == [(1, mail(1)), (2, mail(2)), (3, mail(3))]
    assert MailboxCursor.objects.get().last_uid == 3


def test_nothing_in_the_mailbox_is_changed(post: Post) -> None:
    post.put(mail(1), at=NOW)

    mailboxes.look_into(mailbox(post), at=NOW)

    assert set(post.commands) == {
        "CAPABILITY",
        "LOGIN",
        "EXAMINE",
        "STATUS",
        "UID SEARCH",
        "UID FETCH",
        "LOGOUT",
    }


def test_a_mailbox_that_is_numbered_anew_brings_no_mail_twice(post: Post) -> None:
    source = mailbox(post)
    world.anna()
    post.put(mail(1), at=NOW)
    mailboxes.look_into(source, at=NOW)
    digest()

    post.validity, post.folders["INBOX"] = 8, {41: (NOW, mail(1)), 42: (NOW, mail(2))}
    mailboxes.look_into(source, at=NOW + MINUTE)
    digest()

    assert sorted(ReceivedMail.objects.values_list("subject", flat=True)) == ["Re: Number 1", "Re: Number 2"]
    assert MailboxCursor.objects.get().last_uid == 42


def test_old_mail_of_a_mailbox_that_is_new_here_is_left_alone(post: Post) -> None:
    post.put(mail(1), at=NOW - timedelta(days=400))
    post.put(mail(2), at=NOW)

    mailboxes.look_into(mailbox(post), at=NOW)

    assert [uid for uid, _ in arrived()] == [2]


def test_several_folders_are_read(post: Post) -> None:
    post.put(mail(1), at=NOW)
    post.put(mail(2), folder="Junk", at=NOW)

    mailboxes.look_into(mailbox(post, folders="INBOX, Junk"), at=NOW)

    assert len(arrived()) == 2


def test_no_more_of_a_huge_mail_is_fetched_than_is_read(post: Post) -> None:
    post.put(mail(1, "x" * (3 * 2**20)), at=NOW)

    mailboxes.look_into(mailbox(post), at=NOW)

    [arrival] = Arrival.objects.all()
    assert len(arrival.body) == limits.MOST_BYTES
    assert arrival.about["size"] > len(arrival.body)


@pytest.mark.parametrize("word", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
def test_a_line_that_breaks_loses_nothing_and_is_tried_again_later_and_later(post: Post, word: str) -> None:
    source = mailbox(post)
    post.put(mail(1), at=NOW)
    post.hangs_up_at = {word}

    pauses = []
    for _ in range(3):
        mailboxes.look_into(source, at=NOW)
        cursor = MailboxCursor.objects.get()
        pauses.append(cursor.retry_at - NOW if cursor.retry_at else None)
    post.hangs_up_at = set()
    count = mailboxes.look_into(source, at=NOW)

    assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert count == 1
    cursor.refresh_from_db()
    assert (cursor.failures, cursor.failure, cursor.retry_at) == (0, "", None)


def test_a_wrong_password_is_told_and_not_shown(post: Post) -> None:
    source = mailbox(post)
    sources.change("sales-inbox", secret="secret word")
    source.refresh_from_db()

    assert mailboxes.look_into(source, at=NOW) == 0

    said = MailboxCursor.objects.get().failure
    assert "wrong password" in said
    assert "secret word" not in said


def test_a_mailbox_is_claimed_by_one_worker_for_a_while(post: Post) -> None:
    source = mailbox(post)
    mailboxes.look_into(source, at=NOW)

    assert mailboxes.claim_due(at=NOW) == []
    assert mailboxes.claim_due(at=NOW + MINUTE) == [source]
    assert mailboxes.claim_due(at=NOW + MINUTE) == []

    sources.disable("sales-inbox", at=NOW)
    assert mailboxes.claim_due(at=NOW + 3 * MINUTE) == []


def test_without_a_mailbox_no_thread_is_begun() -> None:
    watch = Watch()

    watch.look(NOW)

    assert watch.running is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"user": "anna"}, "needs a host and a user"),
        ({"host": "imap.ours.example", "user": "anna", "security": "ssl"}, "no way to secure"),
        ({"host": "imap.ours.example", "user": "anna", "security": "none"}, "for everybody to read"),
        ({"host": "imap.ours.example", "user": "anna", "port": "many"}, "no port"),
    ],
)
def test_settings_that_make_no_mailbox_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(mailboxes.BadMailbox, match=said):
        mailboxes.settings_of(given)


def test_a_mailbox_is_tried_out_before_it_is_added(post: Post) -> None:
    settings = {"host": "127.0.0.1", "port": post.port, "security": "none", "user": post.user}

    assert mailboxes.try_out(settings, post.password, at=NOW) == post.password

    with pytest.raises(mailboxes.BadMailbox, match="cannot be opened"):
        mailboxes.try_out(settings, "wrong", at=NOW)
    with pytest.raises(mailboxes.BadMailbox, match="cannot be opened"):
        mailboxes.try_out({**settings, "folders": "Nowhere"}, post.password, at=NOW)


def digest() -> None:
    from coldframe.work import trades

    digesting.run_turn(digesters=trades.digesters(), at=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_worker_looks_beside_its_turns_and_reads_what_came(post: Post) -> None:
    mailbox(post)
    world.anna()
    post.put(mail(1), at=NOW)
    watch = Watch()

    watch.look(NOW)
    assert watch.running is not None
    watch.running.join(timeout=20)
    digest()

    assert [(each.mail_class, each.source and each.source.name) for each in ReceivedMail.objects.all()] == [
        ("REPLY", "sales-inbox")
    ]
