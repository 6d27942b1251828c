"""Passwords and keys of connections, each bound to where it is sent; see ``storage.sealing``."""

from __future__ import annotations

from typing import Any

from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import sealing

#: Settings of a connection that say where a secret goes; changing one of them clears it.
DESTINATION = ("host", "port", "security", "user", "provider", "api_url", "endpoint_url", "url")


class SecretUnreadable(Refusal):
    """A secret cannot be opened with this installation's key, or was meant for elsewhere."""


def destination_of(settings: dict[str, Any]) -> dict[str, str]:
    """Return what a secret is bound to: the settings that say where it is sent."""
    return {name: str(settings[name]) for name in DESTINATION if settings.get(name) not in (None, "")}


def seal(secret: str, *, settings: dict[str, Any]) -> str:
    """Return the secret encrypted, to be kept beside these settings."""
    return sealing.seal(secret, bound_to=destination_of(settings))


def open_sealed(sealed: str, *, settings: dict[str, Any], where: str) -> str:
    """
    Return the secret; an empty text for none.

    Raises ``SecretUnreadable`` when the installation's key is another one, or the settings are.
    """
    try:
        return sealing.open_sealed(sealed, bound_to=destination_of(settings))
    except sealing.Unreadable as error:
        raise SecretUnreadable(
            "The stored secret cannot be used.",
            where=where,
            got=str(error),
            advice=f"Give it again: coldframe connections change {where} --secret-file FILE",
        ) from error
