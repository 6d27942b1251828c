"""Touches, holds and messages of the cast, written without running a cycle: pages are tested on what they are given."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

from coldframe.leads.models import Lead
from coldframe.nurture.models import Enrollment, Hold, Touch
from coldframe.outbox.models import Attempt, Content, OutboxMessage
from tests import world
from tests.web.standings import cycle

#: A message in two parts, as it would go over the wire.
LETTER = """\
From: Mila <mila@sender.example>
To: {to}
Subject: {subject}
Date: Mon, 01 Jun 2026 08:00:00 +0000
Message-ID: <1@sender.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_part"

--=_part
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

{text}
--=_part
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: 8bit

<html><body><p>{html}</p></body></html>
--=_part--
"""


def enroll(lead: Lead, **values: Any) -> Enrollment:
    """Put a lead on a path."""
    columns = {"lap": 1, "path": "educate", "state": "ACTIVE", "entered_at": world.NOW - timedelta(days=20)}
    columns |= values
    return Enrollment.objects.create(
        lead=lead, account=lead.account, lap_began_at=columns["entered_at"], **columns
    )


def hold(lead: Lead, reason: str, *, ago: timedelta = timedelta(hours=1), **values: Any) -> Hold:
    """Hold a lead's next touch."""
    columns = {
        "path": "educate",
        "content_key": "asset:guide",
        "channel": "EMAIL",
        "detail": "",
        "until": None,
    }
    return Hold.objects.create(
        lead=lead,
        account=lead.account,
        cycle=cycle(),
        reason=reason,
        held_at=world.NOW - ago,
        **(columns | values),
    )


def touch(lead: Lead, stay: Enrollment, state: str = "SENT", **values: Any) -> Touch:
    """Plan a touch, or say what became of it."""
    at = world.NOW - timedelta(days=1)
    columns = {
        "content_key": "asset:guide", "channel": "EMAIL", "path": stay.path, "lap": stay.lap, "planned_for": at,
        "reason": "answers “What options exist?” in research, 1 ahead",
        "settled_at": None if state == "PLANNED" else at,
    }  # fmt: skip
    return Touch.objects.create(
        lead=lead, account=lead.account, enrollment=stay, cycle=cycle(), state=state, **(columns | values)
    )


def message(
    subject: Touch, state: str = "SENT", *, letter: dict[str, str] | None = None, **values: Any
) -> OutboxMessage:
    """Lay a touch's message into the outbox, with one try where there was one."""
    at: datetime = world.NOW - timedelta(days=1)
    columns = {
        "key": f"touch:{subject.public_id.hex}", "kind": "touch", "subject_id": subject.pk, "lane": "local",
        "due_at": at, "late_at": at + timedelta(hours=72), "created_at": at, "recipient": subject.lead.email,
        "settled_at": None if state == "QUEUED" else at, "composed_at": None if state == "QUEUED" else at,
        "locks": [],
    }  # fmt: skip
    made = OutboxMessage.objects.create(state=state, **(columns | values))
    if state != "QUEUED":
        words = {
            "to": "anna@brightpath.example",
            "subject": "Five ways",
            "text": "Hello Anna",
            "html": "Hello Anna",
        }
        body = LETTER.format(**(words | (letter or {}))).encode()
        Content.objects.create(message=made, body=zlib.compress(body), body_hash="")
        Attempt.objects.create(
            message=made, number=1, token=1, worker="w1", started_at=at, ended_at=at, phase="final dot",
            outcome=state, code=250, text="2.0.0 Ok",
        )  # fmt: skip
    return made
