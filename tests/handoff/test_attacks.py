"""Names that mean to become headers, lines of a calendar or links of their own: they stay names, in every letter and call."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldframe.delivery import operations as delivery
from coldframe.delivery.channels.email import compose, headers
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.handoff import calendar_file, documents, operations, writing, zones
from coldframe.handoff.handlers import NotificationHandler
from coldframe.handoff.models import Handoff, Notification
from coldframe.handoff.queries import HandoffRow
from coldframe.leads import tokens
from coldframe.leads.models import Account, Lead
from coldframe.outbox.contents import read_bodies
from coldframe.outbox.models import OutboxMessage
from coldframe.team.models import User
from tests.handoff import desk
from tests.nurture import cast
from tests.world import NOW

#: What would begin a header, a line of a calendar, an address of its own, or another part.
HOSTILE = (
    "Eve\r\nBcc: all@world.example",
    "Eve\nBcc: all@world.example\n\n<h1>hi</h1>",
    "Eve\r\n\r\n--=_coldframe_part\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>",
    "Eve\u2028Bcc: all@world.example\u2029\x85\x0b\x0c\x1c",
    "Eve\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nATTENDEE:mailto:all@world.example",
    "Eve;ATTENDEE=x:mailto:y,z\\n\\;\\,\\\\",
    "=?utf-8?q?Eve=0D=0ABcc:_all@world.example?=",
    'Eve, Bob <bob@world.example>, "Eve" <eve@world.example>',
    "Eve>, <all@world.example",
    "\u202egro.live\u2066 \u200b\ufeff",
    "L" * 120,
    "\u00e9\U0001f600" * 60,
    "{{7*7}}{% now 'Y' %}%(who)s%s{0}",
)
#: Headers of a notice, in order.
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
PROPERTIES = [
    "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY",
    "DESCRIPTION", "URL", "BEGIN", "ACTION", "DESCRIPTION", "TRIGGER", "END", "END", "END",
]  # fmt: skip


def cut(text: str, room: int) -> str:
    return text[:room]


def named(text: str) -> HandoffRow:
    """Put somebody before sales whose every name is an attack, and whose owner's and colleague's are too."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:140]
    desk.rep("Ewa Lis")
    row = desk.before_sales(owner="Ewa Lis")
    Lead.objects.filter(pk=row.lead_id).update(
        first_name=cut(text, 120),
        last_name=cut(text, 120),
        job_title=cut(text, 200),
        email="eve@firm.example",
    )
    Account.objects.filter(pk=desk.lead_of(row).account_id).update(name=cut(text, 255), domain=None)
    User.objects.filter(rep="Ewa Lis").update(rep=plain, first_name=plain)
    Handoff.objects.filter(pk=row.id).update(
        owner=plain, owner_from=cut(f"person:{text}", 160), trigger=cut(f"trigger:{text}", 120)
    )
    Notification.objects.filter(handoff=row.id).update(to=plain)
    return desk.again(row)


def handed_over() -> list[OutboxMessage]:
    delivery.ensure_local_connection(at=NOW)
    for _ in range(3):
        cast.outbox_turn(NotificationHandler(), NOW)
    return list(OutboxMessage.objects.filter(kind="notification").order_by("id"))


def unfolded(file: bytes) -> list[tuple[str, str]]:
    """Read a calendar file as RFC 5545 has it: each line's name, and its value with what was escaped."""
    text = file.decode()
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert all("\r" not in line and "\n" not in line and len(line.encode()) <= 75 for line in lines)
    whole = re.sub(r"\r\n[ \t]", "", text.removesuffix("\r\n"))
    return [(line.partition(":")[0], line.partition(":")[2]) for line in whole.split("\r\n")]


def spoken(value: str) -> str:
    """Return the text of a value of a calendar file."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_stays_a_name_in_the_letter_that_tells_of_it(text: str) -> None:
    named(text)

    (sent,) = handed_over()

    assert sent.state == "SENT", sent.detail
    body = read_bodies([sent.pk])[sent.pk] or b""
    found = message_from_bytes(body, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert found.keys() == HEADERS
    assert [address.addr_spec for address in found["To"].addresses] == ["ewa@ours.example"]
    assert sent.recipient == "ewa@ours.example"
    assert not re.search(r"[\r\n\0]", str(found["Subject"]))
    kinds = [part.get_content_type() for part in found.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    html = found.get_body(("html",))
    assert html is not None
    assert not re.search(r"<(script|h1|img|svg)", html.get_content())
    assert max(map(len, body.split(b"\r\n"))) <= 998
    assert body.isascii()
    (file,) = found.iter_attachments()
    assert [name for name, _ in unfolded(file.get_payload(decode=True))] == PROPERTIES


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_said_on_one_line_of_the_letter(text: str) -> None:
    row = named(text)
    handed_over()
    told = Notification.objects.get(handoff=row.id)

    notice = writing.notified(told, row, language="en", zone=zones.zone_of(None))

    for value in (notice.who, notice.job_title, notice.why, notice.owner, notice.handed_over_by):
        assert len(value.splitlines()) <= 1, value


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_stays_a_value_in_the_call_that_tells_a_system(text: str) -> None:
    row = named(text)

    body = webhook.payload("handoff.opened", documents.of(row), at=NOW)

    said = json.loads(body)
    assert said["data"]["account"]["name"] == cut(text, 255)
    assert said["data"]["owner_from"] == cut(f"person:{text}", 160)
    assert set(said) == {"type", "timestamp", "data"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_written_in_a_calendar_reads_back_on_its_line(text: str) -> None:
    written = calendar_file.folded(f"SUMMARY:{calendar_file.escaped(text)}").encode()

    ((name, value),) = unfolded(written)

    assert name == "SUMMARY"
    assert spoken(value) == "".join(sign if sign.isprintable() else " " for sign in text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_way_out_of_a_letter_holds_nothing_but_its_token(text: str) -> None:
    token = tokens.make(tokens.Purpose.UNSUBSCRIBE, lead=UUID(int=7))
    good = f"https://ours.example/u/{token}"

    lines = compose.leaving_headers(
        compose.Leaving(unsubscribe_url=good, unsubscribe_mailto="mailto:leave@ours.example")
    )

    assert b"".join(lines).count(b"\r\n") == 3
    for way in (f"{good}{text}", f"mailto:leave@ours.example?subject={text}"):
        if re.search(r"[^!#-;=?-Z\\^_a-z~%\[\]]", way):
            with pytest.raises(headers.UnsafeValue):
                compose.leaving_headers(compose.Leaving(unsubscribe_url=way))


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_nobody_takes_leads_under_a_name_that_is_more_than_one_line(text: str) -> None:
    if text.strip().isprintable() and len(text) <= operations.NAME_LENGTH:
        operations.set_reps(reps=[text])
    else:
        with pytest.raises(operations.NotAgreeable):
            operations.set_reps(reps=[text])


def test_a_letter_to_a_name_of_many_lines_is_not_written() -> None:
    sender: Any = compose.Sender(address="anna@ours.example", name="Anna\r\nBcc: all@world.example")

    with pytest.raises(headers.UnsafeValue):
        compose.prepare(sender=sender)
