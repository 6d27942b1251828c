"""
Passwords and keys, encrypted at rest with a key made from the installation's own.

A secret is bound to where it was meant for: opened for another destination it is not to be had, so whoever
changes the destination in the database does not get the password sent there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"coldframe: secrets of connections"


class Unreadable(Exception):
    """A sealed text cannot be opened; the message says why, to follow a colon."""


def seal(secret: str, *, bound_to: Mapping[str, str]) -> str:
    """Return the secret encrypted, bound to a destination."""
    content = json.dumps({"secret": secret, "for": dict(bound_to)})
    return box().encrypt(content.encode()).decode()


def open_sealed(sealed: str, *, bound_to: Mapping[str, str]) -> str:
    """Return the secret; an empty text for none. Raises ``Unreadable`` for another key or destination."""
    if not sealed:
        return ""
    try:
        content = json.loads(box().decrypt(sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise Unreadable("it was encrypted with another key (COLDFRAME_SECRET_KEY)") from error
    if content["for"] != dict(bound_to):
        raise Unreadable("it was given for another destination")
    return str(content["secret"])


def box() -> MultiFernet:
    """Return what encrypts with the installation's key, and opens with that and those before it."""
    from django.conf import settings

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(key_from(key)) for key in keys])


def key_from(installation_key: str) -> bytes:
    """Return the key for secrets alone; what signs sessions cannot open them by accident."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(installation_key.encode())
    return base64.urlsafe_b64encode(derived)
