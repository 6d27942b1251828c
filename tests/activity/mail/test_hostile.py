"""Whatever comes is read within limits: no error, no hang, and what was not read is said."""

from __future__ import annotations

import os
import time

import pytest

from coldframe.activity.mail import classifying, limits, parsing
from tests.activity.mail import hostile
from tests.activity.mail.test_classifying import ANSWERS, AUTO, mail

#: Seconds of computing; far more than any needs, far less than a hang.
MOST_SECONDS = 8.0
COUNT = 3_000 if os.environ.get("COLDFRAME_EXPLORE") == "yes" else 60
SEEDS = [
    mail("Yes.\n\nOn Mon, 1 Jun 2026, Kim wrote:\n> Hello", more=ANSWERS),
    mail("Away until 12 June.", subject="Automatic reply: x", more=AUTO),
    hostile.REPORT + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nFailed\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; anna@brightpath.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n',
    hostile.HTML + b"<p>Yes.</p><blockquote>When?</blockquote>",
]  # fmt: skip


def test_what_was_built_to_break_it_is_read() -> None:
    slow, unread = {}, []
    for name, data in hostile.built():
        began = time.process_time()
        if not classifying.classify(data).reasons:
            unread.append(name)
        seconds = time.process_time() - began
        if seconds > MOST_SECONDS:
            slow[name] = seconds

    assert (slow, unread) == ({}, [])


def test_changed_mail_is_read_the_same_twice_and_never_raises() -> None:
    for data in hostile.changed(SEEDS, seed=1, count=COUNT):
        assert classifying.classify(data) == classifying.classify(data)


@pytest.mark.parametrize(
    ("data", "defect"),
    [
        (hostile.REPORT + hostile.nested(3_000), "too deeply nested; read as plain text"),
        (hostile.WRITTEN + b"\n" + b"a" * (limits.MOST_BYTES + 1), "longer than is read; the rest was left unread"),
        (b"X: y\n" * 200_000 + b"\nhi", "more headers than are read"),
        (hostile.WRITTEN + b"Content-Type: text/plain; charset=nonsense\n\n\xff\xfe", "not in the charset that it names"),
        (hostile.REPORT + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 500, "more parts than are read"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_fully_says_so_and_its_text_is_there(data: bytes, defect: str) -> None:
    found = parsing.read(data)

    assert defect in found.defects
    assert found.text or found.parts


def test_signs_that_hide_or_turn_text_are_taken_out() -> None:
    found = parsing.read(
        "From: a@b.example\nSubject: in\u202evoice\u200f\x07\n\nTues\u2066day\x00\n".encode()
    )

    assert (found.subject, found.text.strip()) == ("invoice", "Tuesday")


def test_halves_of_characters_which_nothing_can_keep_are_taken_out() -> None:
    found = parsing.read(
        b"From: =?utf-7?q?anna=40brightpath.example+2AA-?=\nSubject: =?utf-7?q?Yes+2AA-?=\n"
        b"Content-Type: text/plain; charset=utf-7\n\nPlease+2AA- call. +2D3eAA-\n"
    )

    assert (found.sender, found.subject, found.text.strip()) == (
        "anna@brightpath.example", "Yes", "Please call. \U0001f600",
    )  # fmt: skip


def test_what_is_attached_is_not_opened() -> None:
    data = hostile.WRITTEN + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee it.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=offer.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n"  # fmt: skip
    found = parsing.read(data)

    assert [(each.file_name, each.text, each.is_attached) for each in found.parts[1:]] == [
        ("offer.pdf", "", True)
    ]
