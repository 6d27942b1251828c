"""
Calling another system, signed by Standard Webhooks (https://www.standardwebhooks.com).

The body and its id are frozen; the instant and the signature are those of each call, for receivers refuse old
ones. The id is the same in every repeat: a receiver that remembers ids (``takes_repeats``) takes a call once
however often it comes.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from coldframe.delivery.channels.answers import (
    Answer,
    Beat,
    Mark,
    Message,
    NotMarked,
    Report,
    Result,
    Trouble,
    clipped,
    patience,
)
from coldframe.delivery.channels.webhook import destinations, posting
from coldframe.delivery.channels.webhook.destinations import Destination, Resolve
from coldframe.kernel.vocabulary import Refusal

GONE = 410
#: Bytes of a signing secret that is made here.
SECRET_BYTES = 32
#: Too fast for the receiver, or it is not there: the others wait too.
RESTS = {429, 502, 503, 504}
#: The call itself is wrong; the same again would be too.
WRONG = {400, 413, 414, 415, 422}


class ReceiverGone(Refusal):
    """The receiver answered that it wants no more calls, ever."""


def make_secret() -> str:
    """Return a new signing secret, as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def payload(event: str, data: dict[str, Any], *, at: datetime) -> bytes:
    """Return the body of a call: type, instant, data. The same values give the same bytes."""
    document = {"type": event, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signed(body: bytes, *, message_id: str, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a call; ``secret`` is a ``whsec_…``."""
    signature = Webhook(secret).sign(msg_id=message_id, timestamp=at, data=body.decode())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Coldframe",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def deliver(
    settings: dict[str, Any],
    secret: str,
    messages: Iterator[Message],
    *,
    mark: Mark,
    report: Report,
    beat: Beat,
    at: datetime,
    named_hosts: Collection[str] | None = None,
    resolve: Resolve = destinations.resolve,
    timeout: float = posting.TIMEOUT,
) -> Trouble | None:
    """
    Call ``settings["url"]`` once for each message.

    ``named_hosts``: hosts of one's own network that may be called; None: those of ``COLDFRAME_WEBHOOK_HOSTS``.
    Raises ``ForbiddenDestination`` before the first message when the URL may not be called at all, and
    ``ReceiverGone``, with no further message taken, when the receiver answers 410: it wants no more. Returns why
    it cannot be called now, with the messages that were not taken left alone, or None.
    """
    destination = destination_of(settings, named_hosts=named_hosts)
    began = time.monotonic()
    for message in messages:
        now = at + timedelta(seconds=time.monotonic() - began)
        try:
            answer = call(destination, secret, message, mark=mark, at=now, resolve=resolve, timeout=timeout)
        except NotMarked:
            continue
        if answer.result is Result.UNCERTAIN and settings.get("takes_repeats"):
            answer = again(answer)
        report(answer)
        beat()
        if answer.code == GONE:
            raise ReceiverGone("The receiver wants no more calls (410).", where=destination.host)
        if answer.phase == "connect" or answer.code in RESTS:
            return Trouble(
                is_final=False, reason=answer.reason, text=f"{answer.code or ''} {answer.text}".strip()
            )
    return None


def destination_of(settings: dict[str, Any], *, named_hosts: Collection[str] | None = None) -> Destination:
    """Return where the calls of a connection go; raises ``ForbiddenDestination``."""
    if named_hosts is None:
        from django.conf import settings as django

        named_hosts = django.WEBHOOK_HOSTS
    return destinations.parse(str(settings.get("url", "")), named_hosts=named_hosts)


def call(
    destination: Destination,
    secret: str,
    message: Message,
    *,
    mark: Mark,
    at: datetime,
    resolve: Resolve,
    timeout: float,
) -> Answer:
    """Make one call; raises ``NotMarked`` when the message may not go."""

    def before() -> None:
        if message.id not in mark([message.id]):
            raise NotMarked

    body = message.body or b""
    headers = signed(body, message_id=message.message_id or message.key, secret=secret, at=at)
    try:
        addresses = destinations.addresses_of(destination, resolve=resolve)
        reply = posting.post(destination, addresses, body, headers, before=before, timeout=timeout)
    except destinations.ForbiddenDestination as error:
        return Answer(
            id=message.id, result=Result.RETURNED, phase="connect", text=clipped(error), reason="FORBIDDEN"
        )
    except posting.NoReply as error:
        return Answer(
            id=message.id, result=Result.UNCERTAIN, phase="answer", text=clipped(error), reason="NO_ANSWER"
        )
    except (posting.NoConnection, OSError) as error:
        return Answer(
            id=message.id,
            result=Result.RETURNED,
            phase="connect",
            text=clipped(error),
            reason="NO_CONNECTION",
        )
    return read(message, reply, at=at)


def read(message: Message, reply: posting.Reply, *, at: datetime) -> Answer:
    """Say what an answer means: 2xx taken, all else not taken."""
    result, reason = Result.RETRY, "REFUSED"
    if 200 <= reply.status < 300:
        result, reason = Result.SENT, ""
    elif 300 <= reply.status < 400:
        reason = "REDIRECT"
    elif reply.status == GONE:
        result, reason = Result.FAILED, "GONE"
    elif reply.status in WRONG:
        result = Result.FAILED
    return Answer(
        id=message.id,
        result=result,
        phase="answer",
        code=reply.status,
        text=clipped(reply.text),
        reason=reason,
        retry_at=patience(reply.retry_after, at=at) if result is Result.RETRY else None,
    )


def again(answer: Answer) -> Answer:
    """Return the answer for a receiver that remembers ids: no harm in calling once more."""
    return Answer(
        id=answer.id, result=Result.RETRY, phase=answer.phase, text=answer.text, reason=answer.reason
    )
