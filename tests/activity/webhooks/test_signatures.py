"""Whose calls are believed: each way of signing, and each way of getting it wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from coldframe.activity.webhooks import signatures
from coldframe.activity.webhooks.signatures import BadScheme, BadSignature, Signed
from tests.world import NOW

BODY = b'{"event": "invitee.created"}'
SECRET = "a-secret-of-some-length"
STANDARD = "whsec_" + base64.b64encode(b"sixteen bytes and more").decode()


def mac(text: bytes, secret: str = SECRET) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).digest()


def signed_by(scheme: str, *, body: bytes = BODY, ago: timedelta = timedelta(0)) -> dict[str, str]:
    """Return the headers of a call as its sender would sign it."""
    sent = int((NOW - ago).timestamp())
    if scheme == "standard":
        signature = Webhook(STANDARD).sign("msg_1", NOW - ago, body.decode())
        return {"webhook-id": "msg_1", "webhook-timestamp": str(sent), "webhook-signature": signature}
    if scheme == "timed":
        return {"x-signed": f"t={sent},v1={mac(f'{sent}.'.encode() + body).hex()}"}
    if scheme == "zoom":
        signature = mac(f"v0:{sent}:".encode() + body).hex()
        return {"x-zm-request-timestamp": str(sent), "x-zm-signature": f"v0={signature}"}
    if scheme == "token":
        return {"authorization": f"Bearer {SECRET}"}
    value = mac(body).hex() if scheme == "hex" else base64.b64encode(mac(body)).decode()
    return {"x-signed": f"sha256={value}"}


def verify(scheme: str, headers: dict[str, str], *, body: bytes = BODY, secret: str | None = None) -> None:
    given = secret if secret is not None else STANDARD if scheme == "standard" else SECRET
    signatures.verify(
        Signed(headers=headers, body=body),
        secret=given,
        settings={"scheme": scheme, "header": "X-Signed"},
        at=NOW,
    )


ALL = sorted(signatures.SCHEMES)
TIMED = ["standard", "timed", "zoom"]


@pytest.fixture(autouse=True)
def standard_clock(monkeypatch):
    """The library of Standard Webhooks reads the machine's clock itself."""

    class Clock(type(NOW)):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return NOW

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Clock)


@pytest.mark.parametrize("scheme", ALL)
def test_a_call_that_is_signed_as_agreed_is_believed(scheme: str):
    verify(scheme, signed_by(scheme))


@pytest.mark.parametrize("scheme", ALL)
@pytest.mark.parametrize("name", ["none", "another secret", "no secret", "garbage", "not ascii"])
def test_a_call_that_is_not_is_refused(scheme: str, name: str):
    headers = signed_by(scheme)
    if name == "none":
        headers = {}
    if name == "garbage":
        headers = dict.fromkeys(headers, "t=x,v1=y,=,,")
    if name == "not ascii":
        headers = dict.fromkeys(headers, "sha256=é")
    secret = {"another secret": STANDARD[:-4] + "AAAA", "no secret": ""}.get(name)

    with pytest.raises(BadSignature):
        verify(scheme, headers, secret=secret)


@pytest.mark.parametrize("scheme", [each for each in ALL if each != "token"])
def test_a_body_that_was_changed_is_refused(scheme: str):
    with pytest.raises(BadSignature):
        verify(scheme, signed_by(scheme), body=BODY + b" ")


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("ago", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=400)])
def test_what_was_signed_too_long_ago_is_a_replay(scheme: str, ago: timedelta):
    with pytest.raises(BadSignature):
        verify(scheme, signed_by(scheme, ago=ago))


@pytest.mark.parametrize(
    ("settings", "secret", "said"),
    [
        ({}, SECRET, "There is no such way of signing."),
        ({"scheme": "md5"}, SECRET, "expected base64, hex, standard, timed, token, zoom"),
        ({"scheme": "hex"}, SECRET, "This way of signing needs the name of the header."),
        ({"scheme": "hex", "header": "X:Y"}, SECRET, "This way of signing needs the name of the header."),
        ({"scheme": "token"}, "", "Calls that nobody signs are not taken in."),
        ({"scheme": "token"}, "short", "got 5 characters"),
    ],
)
def test_a_source_whose_calls_cannot_be_verified_is_refused(settings: dict[str, str], secret: str, said: str):
    with pytest.raises(BadScheme) as refusal:
        signatures.check_settings(settings, secret=secret)

    assert said.split("expected ")[-1].split(", ")[0] in str(refusal.value)


def test_zoom_gets_the_answer_it_asks_for():
    assert signatures.answer_to_zoom("qgg8vlvZRS6UYooatFL8Aw", secret=SECRET) == {
        "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
        "encryptedToken": mac(b"qgg8vlvZRS6UYooatFL8Aw").hex(),
    }
