"""
What a form carries from the page back to the server, signed: which form, which showing of it, and since when.

It stands in for a cookie, which a form in a frame of another site does not get; the same showing sent in
twice is one submission.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from coldframe.storage.instants import from_micros, to_micros

SALT = "coldframe.form"
NONCE_BYTES = 12
#: A page may lie open so long.
LIFE = timedelta(days=2)
#: A stamp from so far ahead is that of another clock, not of another day.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """One showing of a form."""

    form: str
    nonce: str
    shown_at: datetime


def make(form: str, *, at: datetime) -> str:
    """Return the stamp of a form that is shown now."""
    content = [form, secrets.token_urlsafe(NONCE_BYTES), to_micros(at)]
    return signing.dumps(content, salt=SALT)


def read(text: str, *, form: str, at: datetime) -> Stamp | None:
    """Return a form's stamp; None for one that is not ours, of another form, or too old."""
    try:
        name, nonce, micros = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    shown_at = from_micros(micros)
    if name != form or not -AHEAD <= at - shown_at <= LIFE:
        return None
    return Stamp(form=form, nonce=nonce, shown_at=shown_at)
