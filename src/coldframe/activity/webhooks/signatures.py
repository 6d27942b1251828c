"""
How senders of webhooks prove that they are who they say.

Each scheme is one that widespread senders use. All compare in constant time; those that sign an instant are
believed for a few minutes only, so that what was overheard is of no use later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from coldframe.kernel.vocabulary import Refusal

#: A signed instant further from ours is too old, or from the future.
TOLERANCE = timedelta(minutes=5)
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
HEX_DIGITS = re.compile(r"[0-9a-f]{64}")
LEAST_SECRET = 16


class BadSignature(Refusal):
    """A call is not signed as its source's calls are."""


class BadScheme(Refusal):
    """A source's settings name no way of signing."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What arrived: headers by their names in lower case, and the body as it came."""

    headers: Mapping[str, str]
    body: bytes


Verify = Callable[[Signed, str, Mapping[str, Any], datetime], bool]


def verify(signed: Signed, *, secret: str, settings: Mapping[str, Any], at: datetime) -> None:
    """Raise ``BadSignature`` unless the call is signed with the secret, in the scheme of the settings."""
    how = SCHEMES[str(settings.get("scheme"))]
    try:
        is_good = bool(secret) and how(signed, secret, settings, at)
    except (ValueError, OverflowError):
        is_good = False
    if not is_good:
        raise BadSignature("The call is not signed as this source's calls are.")


def check_settings(settings: Mapping[str, Any], *, secret: str) -> None:
    """Raise ``BadScheme`` unless calls can be verified by these settings and this secret."""
    scheme = settings.get("scheme")
    if scheme not in SCHEMES:
        raise BadScheme(
            "There is no such way of signing.",
            where="--signature",
            expected=", ".join(SCHEMES),
            got=str(scheme),
        )
    if scheme in NEED_HEADER and not HEADER.fullmatch(str(settings.get("header", ""))):
        raise BadScheme(
            "This way of signing needs the name of the header.",
            where="--signature-header",
            expected="such as X-Hub-Signature-256",
            got=str(settings.get("header", "")) or "none",
        )
    if len(secret) < LEAST_SECRET:
        raise BadScheme(
            "Calls that nobody signs are not taken in.",
            where="--secret-file",
            expected=f"the sender's signing secret, at least {LEAST_SECRET} characters",
            got=f"{len(secret)} characters",
        )


def by_standard(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Standard Webhooks: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``."""
    try:
        sent = int(signed.headers.get("webhook-timestamp", ""))
        Webhook(secret).verify(signed.body, dict(signed.headers))
    except (WebhookVerificationError, RuntimeError):
        return False
    return is_fresh(sent, at=at)


def by_hex(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Return whether a header holds the body's HMAC-SHA256 in hex, perhaps after ``sha256=``."""
    given = named(signed, settings).removeprefix("sha256=").lower()
    return hmac.compare_digest(given, digest(secret, signed.body).hex())


def by_base64(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Return whether a header holds the body's HMAC-SHA256 in base64, perhaps after ``sha256=``."""
    given = named(signed, settings).removeprefix("sha256=")
    return hmac.compare_digest(given, base64.b64encode(digest(secret, signed.body)).decode())


def by_timed(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Return whether a header holds ``t=<seconds>,v1=<hex of "t.body">``; several ``v1`` while secrets change."""
    pairs = [part.strip().partition("=") for part in named(signed, settings).split(",")]
    sent = next((value for name, _, value in pairs if name == "t"), "")
    wanted = digest(secret, sent.encode() + b"." + signed.body).hex()
    given = [value for name, _, value in pairs if name == "v1" and HEX_DIGITS.fullmatch(value)]
    # All are compared, so that the time says nothing of which one it was.
    matches = [hmac.compare_digest(each, wanted) for each in given]
    return any(matches) and is_fresh(int(sent), at=at)


def by_zoom(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Return whether ``x-zm-signature`` is ``v0=<hex of "v0:timestamp:body">``."""
    sent = signed.headers.get("x-zm-request-timestamp", "")
    wanted = "v0=" + digest(secret, f"v0:{sent}:".encode() + signed.body).hex()
    given = signed.headers.get("x-zm-signature", "")
    return hmac.compare_digest(given.encode(), wanted.encode()) and is_fresh(int(sent), at=at)


def by_token(signed: Signed, secret: str, settings: Mapping[str, Any], at: datetime) -> bool:
    """Return whether ``Authorization`` is ``Bearer <secret>``: for senders that cannot sign."""
    given = signed.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {secret}".encode())


#: Ways of signing by name.
SCHEMES: dict[str, Verify] = {
    "standard": by_standard,
    "hex": by_hex,
    "base64": by_base64,
    "timed": by_timed,
    "zoom": by_zoom,
    "token": by_token,
}
#: Those that are told which header it is.
NEED_HEADER = {"hex", "base64", "timed"}
#: How the senders of the mappings that come with Coldframe sign.
OF_PRESETS: dict[str, dict[str, str]] = {
    "calendly": {"scheme": "timed", "header": "Calendly-Webhook-Signature"},
    "typeform": {"scheme": "base64", "header": "Typeform-Signature"},
    "zoom-webinar": {"scheme": "zoom"},
}


def named(signed: Signed, settings: Mapping[str, Any]) -> str:
    """Return what stands in the header that the settings name; only ASCII can be a signature."""
    found = signed.headers.get(str(settings.get("header", "")).lower(), "").strip()
    return found if found.isascii() else ""


def digest(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), body, hashlib.sha256)


def is_fresh(seconds: int, *, at: datetime) -> bool:
    """Return whether a signed instant is near enough to be no replay."""
    return abs(at.timestamp() - seconds) <= TOLERANCE.total_seconds()


def answer_to_zoom(token: str, *, secret: str) -> dict[str, str]:
    """Return what Zoom asks for before it sends events to an address."""
    return {"plainToken": token, "encryptedToken": digest(secret, token.encode()).hex()}
