"""What is fed: each reader, what it may raise, and good input to begin with."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from tests.api import provider_calls

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
TOUCH = UUID("0123456789abcdef0123456789abcdef")
CSV = (
    b"Email,First Name,Company,Created,Amount\nanna@brightpath.example,Anna,Brightpath,2026-05-01,1.200\n",
    "E-Mail;Vorname;Firma\njo@x.example;J\u00f6rdis;M\u00fcller & Co.\n\"b@x.example\";\"a\n\"\"b\"\"\";x\n".encode("cp1252"),
    "Email\tName\na@b.example\t\u00c9va\n".encode("utf-16"),
)  # fmt: skip
MAIL = (
    b"From: Anna <anna@brightpath.example>\nSubject: Re: A checklist\nDate: Mon, 01 Jun 2026 08:00:00 +0000\nIn-Reply-To: <0123456789abcdef0123456789abcdef.0@ours.example>\n\nTuesday suits me.\n\n> On Monday\n> you wrote\n",
    b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nfailed\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.example\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n--b--\n",
    b'Subject: =?utf-8?q?Abwesenheit?=\nFrom: x@y.example\nAuto-Submitted: auto-replied\nContent-Type: text/html; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n<p>Bis zum 12.06.2026 im Urlaub=\n.</p>\n',
)  # fmt: skip
CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20260603T110000\r\nDTEND:20260603T120000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nORGANIZER:mailto:kim@ours.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@brightpath.example\r\nSUMMARY:Demo\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
CALLS = (
    {"event": "Form Submitted", "anonymousId": "b1", "messageId": "m1", "timestamp": "2026-06-01T08:00:00Z", "properties": {"form": "demo", "n": 1.5}},
    {"batch": [{"type": "identify", "userId": "u1", "traits": {"email": "a@b.example"}}, {"type": "track", "userId": "u1", "event": "x"}], "sentAt": "2026-06-01T08:00:00Z"},
)  # fmt: skip
PAYLOADS = (
    {"event": "invitee.created", "payload": {"uri": "1", "email": "a@b.example", "created_at": "2026-06-01T08:00:00Z", "questions_and_answers": [{"question": "q", "answer": "a"}]}},
    {"event_id": "1", "form_response": {"token": "t", "submitted_at": "2026-06-01T08:00:00Z", "answers": [{"type": "email", "email": "a@b.example", "field": {"ref": "x"}}]}},
    {"event": "webinar.participant_joined", "payload": {"object": {"uuid": "1", "topic": "x", "participant": {"email": "a@b.example", "join_time": "2026-06-01T08:00:00Z"}}}},
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Target:
    """A reader of bytes; it raises nothing but what it may."""

    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    may_raise: tuple[type[Exception], ...] = ()


def table(data: bytes) -> None:
    """Read a file as a person imports it, to its last row."""
    from coldframe.leads.importing import tables

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        path.write_bytes(data)
        for row in tables.open_table(path, looking_for="leads").rows():
            assert row.line >= 1


def mail(data: bytes) -> None:
    from coldframe.activity.mail import classifying

    assert classifying.classify(data).mail_class


def calendar(data: bytes) -> None:
    from coldframe.activity import calendars

    calendars.read(data)


def playbook(data: bytes) -> None:
    from coldframe.kernel.playbook import parsing

    found = parsing.examine(data.decode("utf-8", "surrogateescape"))
    assert (found.playbook is None) == bool(found.mistakes)


def link(data: bytes) -> None:
    """Read a token of each kind; nothing that was changed is one."""
    from coldframe.activity.tracking import tokens
    from coldframe.leads import tokens as leads

    text = data.decode("latin-1")
    found = tokens.read_link(text)
    assert found is None or found == LINK
    tokens.read_pixel(text)
    tokens.read_visit(text, at=AT)
    for purpose in leads.Purpose:
        assert leads.read(text, purpose) in {None, (TOUCH, TOUCH), (TOUCH, None)}


def event_call(data: bytes) -> None:
    """Answer a body as the event API does, and read what it acknowledged; no answer is a server's error."""
    from coldframe.activity import wire
    from coldframe.activity.sources import Caller
    from coldframe.api.events import Asked, Receiver

    caller = Caller(source_id=1, name="app", is_public=False)
    stored: list[Any] = []
    receiver: Any = Receiver(
        keys=SimpleNamespace(find=lambda key: caller),  # type: ignore[arg-type]
        committer=SimpleNamespace(put=stored.append, refuse=lambda *_: None),  # type: ignore[arg-type]
    )
    for path in ("/v1/track", "/v1/batch", "/v1/identify", "/v1/group", "/batch"):
        asked = Asked(
            method="POST", path=path, authorization="Bearer k", length=len(data), read=io.BytesIO(data).read
        )
        assert receiver.answer(asked).status < 500
    for each in stored:
        arrival = wire.CallArrival(
            arrival_id=1, source="app", source_id=1, is_public=False, body=each.body, about=each.about,
            received_at=AT,
        )  # fmt: skip
        assert all((call.call is None) == bool(call.reason) for call in wire.read(arrival))


def webhook(data: bytes) -> None:
    from coldframe.activity import bodies
    from coldframe.activity.webhooks import mapping, reading

    document = bodies.read_any(data)
    origin = reading.Origin(arrival_id=1, source="x", source_id=1, received_at=AT)
    for name in mapping.list_presets():
        mapped = mapping.checked(mapping.parse(mapping.read_preset(name), where=name), where=name)
        for item in reading.read(document, mapped, origin=origin):
            assert all(call.message_id for call in item.calls)


def provider_of(key: str) -> Callable[[bytes], object]:
    secret, make = provider_calls.CALLS[key]
    good = make(TOUCH.hex)

    def provider(data: bytes) -> None:
        """Read what a provider posts; what cannot be read is an arrival with the reason."""
        from django.test import RequestFactory

        from coldframe.activity.providers import credentials_of, get_provider
        from coldframe.api import anymail_views, providers, receivers

        request = RequestFactory().generic(
            "POST", "/hooks/providers/esp", data, content_type=good.content_type, headers=dict(good.headers)
        )
        held = credentials_of(secret)
        view = anymail_views.made(
            get_provider(key), held, key=next(iter(held.keys), ""), inbound=False, options={}
        )
        source: Any = SimpleNamespace(pk=1, name="esp")
        receivers.take_body(request, most=2**22)
        for each in providers.read(view, request, source=source, provider=key, at=AT):
            assert each.body is not None

    return provider


def link_seeds() -> list[bytes]:
    from coldframe.activity.tracking import tokens
    from coldframe.leads import tokens as leads

    made = [tokens.make_link(LINK), tokens.make_pixel(tokens.Pixel(TOUCH, False))]
    made += [leads.make(purpose, lead=TOUCH, touch=TOUCH) for purpose in leads.Purpose]
    return [each.encode() for each in made]


LINK: Any = None


def targets() -> Mapping[str, Target]:
    """Return every reader by its name; Django must be set up."""
    global LINK
    from coldframe.activity import calendars
    from coldframe.activity.bodies import BadBody
    from coldframe.activity.tracking import tokens
    from coldframe.api.receivers import NotTaken
    from coldframe.kernel.vocabulary import Refusal

    LINK = tokens.Link(TOUCH, 1, 3, "https://www.ours.example/pricing", "guide")
    shipped = resources.files("coldframe.library") / "playbooks" / "default.yaml"
    written = [json.dumps(each).encode() for each in CALLS]
    posted = [json.dumps(each).encode() for each in PAYLOADS]
    found = {
        "csv": Target(read=table, seeds=CSV, may_raise=(Refusal,)),
        "mail": Target(read=mail, seeds=MAIL),
        "calendar": Target(read=calendar, seeds=[CALENDAR], may_raise=(calendars.NotACalendar,)),
        "playbook": Target(read=playbook, seeds=[shipped.read_bytes()]),
        "tokens": Target(read=link, seeds=link_seeds()),
        "event call": Target(read=event_call, seeds=written),
        "webhook": Target(read=webhook, seeds=posted, may_raise=(BadBody,)),
    }
    for key, (_, make) in provider_calls.CALLS.items():
        found[f"provider {key}"] = Target(
            read=provider_of(key), seeds=[make(TOUCH.hex).body], may_raise=(NotTaken,)
        )
    return found
