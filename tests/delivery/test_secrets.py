"""Secrets of connections: encrypted at rest, and of use only where they were meant for."""

from __future__ import annotations

from typing import Any

import pytest

from coldframe.delivery import secrets

SMTP = {"host": "mail.ours.example", "port": 587, "security": "starttls", "user": "anna"}


def test_a_secret_comes_back_and_cannot_be_read_in_between():
    sealed = secrets.seal("pässwort", settings=SMTP)

    assert "sswort" not in sealed
    assert secrets.open_sealed(sealed, settings=SMTP, where="main") == "pässwort"
    assert secrets.seal("pässwort", settings=SMTP) != sealed


def test_none_is_none():
    assert secrets.open_sealed("", settings=SMTP, where="main") == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"host": "evil.example"},
        {"port": 25},
        {"security": "none"},
        {"user": "eve"},
        {"api_url": "https://e.example"},
    ],
)
def test_a_secret_is_not_to_be_had_for_another_destination(changed: dict[str, Any]):
    sealed = secrets.seal("s", settings=SMTP)

    with pytest.raises(secrets.SecretUnreadable, match="another destination"):
        secrets.open_sealed(sealed, settings=SMTP | changed, where="main")


def test_another_key_does_not_open_it_unless_it_is_named_as_an_earlier_one(settings: Any):
    sealed = secrets.seal("s", settings=SMTP)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another"

    with pytest.raises(secrets.SecretUnreadable, match="connections change main --secret-file"):
        secrets.open_sealed(sealed, settings=SMTP, where="main")

    settings.SECRET_KEY_FALLBACKS = [before]
    assert secrets.open_sealed(sealed, settings=SMTP, where="main") == "s"


@pytest.mark.parametrize("sealed", ["x", "gAAAAAB", "é"])
def test_a_damaged_secret_is_said_to_be_one(sealed: str):
    with pytest.raises(secrets.SecretUnreadable):
        secrets.open_sealed(sealed, settings=SMTP, where="main")
