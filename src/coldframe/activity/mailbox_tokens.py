"""
Mailboxes that are opened by a token (OAuth 2.0): asked of the provider's endpoint, with what the owner was given there.

A token lives for about an hour and is kept in memory alone. Some providers give another refresh token along with each
access token; the new one takes the old one's place, for the old one will end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import transaction

from coldframe.activity import sources
from coldframe.activity.models import Source
from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import sealing

#: Seconds that an endpoint has for an answer.
PATIENCE = 20.0
#: A token is asked for anew so long before it ends, and taken to live so long where nobody says.
AHEAD, LIVES = timedelta(minutes=2), timedelta(minutes=10)
MICROSOFT, GOOGLE = "microsoft", "google"
#: What Microsoft is asked for: a person's own mailbox, or as a program.
AS_PERSON = "https://outlook.office365.com/IMAP.AccessAsUser.All offline_access"
AS_PROGRAM = "https://outlook.office365.com/.default"
#: Names of the lines of a secret.
CLIENT_SECRET, REFRESH_TOKEN = "client_secret", "refresh_token"
TEXT_LENGTH = 200

#: Posts a form to an address; returns the answer's JSON. Raises ``TokenRefused``.
Ask = Callable[[str, Mapping[str, str]], Mapping[str, Any]]


class BadGrant(Refusal):
    """These are not settings by which a token can be asked for."""


class TokenRefused(Refusal):
    """The provider gives no token."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """By what a token is asked for."""

    token_url: str
    client_id: str
    scope: str = ""
    client_secret: str = ""
    refresh_token: str = ""

    def form(self) -> dict[str, str]:
        """Return what is posted."""
        asked = {
            "grant_type": "refresh_token" if self.refresh_token else "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
        }
        return {name: value for name, value in asked.items() if value}

    def as_secret(self) -> str:
        """Return what is kept sealed of it."""
        kept = {CLIENT_SECRET: self.client_secret, REFRESH_TOKEN: self.refresh_token}
        return "\n".join(f"{name}={value}" for name, value in kept.items() if value)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, until when it opens the mailbox, and what to ask with next."""

    value: str
    until: datetime
    grant: Grant


@dataclass(kw_only=True)
class Tokens:
    """Tokens of a process, by what they were asked with."""

    kept: dict[Grant, Token] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


TOKENS = Tokens()


def settings_of(given: Mapping[str, Any]) -> dict[str, str]:
    """
    Return the settings of a grant, complete; empty where none is asked for. Raises ``BadGrant``.

    >>> settings_of({"oauth": "microsoft/ours.example", "client_id": "1f"})["token_url"]
    'https://login.microsoftonline.com/ours.example/oauth2/v2.0/token'
    """
    named = str(given.get("oauth", "") or "").strip()
    address, scope = str(given.get("token_url", "") or "").strip(), str(given.get("scope", "") or "").strip()
    client = str(given.get("client_id", "") or "").strip()
    if not (named or address):
        return {}
    if named:
        address = address_of(named)
    if not client or not is_safe(address):
        raise BadGrant(
            "A token cannot be asked for like this.",
            where="oauth",
            expected="google, microsoft/TENANT, or the https address of a token endpoint; and --client-id",
            got=named or address,
        )
    found = {"token_url": address, "client_id": client, "scope": scope}
    return {name: value for name, value in found.items() if value}


def address_of(named: str) -> str:
    """Return the token endpoint of a provider that is named, or the address itself."""
    word, _, tenant = named.partition("/")
    if word.lower() == GOOGLE:
        return "https://oauth2.googleapis.com/token"
    if word.lower() == MICROSOFT:
        return (
            f"https://login.microsoftonline.com/{quote(tenant or 'organizations', safe='')}/oauth2/v2.0/token"
        )
    return named


def is_safe(address: str) -> bool:
    """Return whether a secret may be sent to an address: nobody reads along, or it is this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_here = host in {"127.0.0.1", "::1", "localhost"}
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_here))


def grant_of(settings: Mapping[str, Any], secret: str) -> Grant | None:
    """Return the grant of a source's settings and secret; None where it has a password. Raises ``BadGrant``."""
    found = settings_of(settings)
    if not found:
        return None
    lines = (line.partition("=") for line in secret.splitlines())
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    grant = Grant(
        **found, client_secret=said.get(CLIENT_SECRET, ""), refresh_token=said.get(REFRESH_TOKEN, "")
    )
    if not grant.client_secret and not grant.refresh_token:
        raise BadGrant(
            "A token cannot be asked for with this secret.",
            where="secret",
            expected=f"lines {CLIENT_SECRET}=… and, for a person's own mailbox, {REFRESH_TOKEN}=…",
        )
    if not grant.scope and "login.microsoftonline.com" in grant.token_url:
        return replace(grant, scope=AS_PERSON if grant.refresh_token else AS_PROGRAM)
    return grant


def ask(address: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Post a form to a token endpoint, following nothing that it says."""
    import requests

    try:
        answer = requests.post(address, data=dict(form), timeout=PATIENCE, allow_redirects=False)
        said = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise TokenRefused(
            "The token endpoint did not answer.", where=host_of(address), got=type(error).__name__
        ) from error
    return said if isinstance(said, dict) else {}


def fetch(grant: Grant, *, at: datetime, asking: Ask = ask) -> Token:
    """Ask for a token. Raises ``TokenRefused``."""
    said = asking(grant.token_url, grant.form())
    value = said.get("access_token")
    if not isinstance(value, str) or not value:
        because = said.get("error_description") or said.get("error") or "no access_token"
        raise TokenRefused(
            "The provider gives no token.",
            where=host_of(grant.token_url),
            got=" ".join(str(because).split())[:TEXT_LENGTH],
            advice="The permission may have ended: get it anew, and coldframe sources change NAME --secret-file FILE",
        )
    seconds = str(said.get("expires_in"))
    lives = timedelta(seconds=int(seconds[:9])) if seconds.isascii() and seconds.isdigit() else LIVES
    following = said.get("refresh_token")
    if grant.refresh_token and isinstance(following, str) and following:
        grant = replace(grant, refresh_token=following)
    return Token(value=value, until=at + lives, grant=grant)


def current(source: Source, grant: Grant, *, at: datetime, asking: Ask = ask, tokens: Tokens = TOKENS) -> str:
    """Return a token that opens a source's mailbox now; keep what the provider gives to ask with next."""
    with tokens.lock:
        known = tokens.kept.get(grant)
        if known is not None and at < known.until - AHEAD and known.until - at < timedelta(days=1):
            return known.value
        found = fetch(grant, at=at, asking=asking)
        tokens.kept.pop(grant, None)
        tokens.kept[found.grant] = found
    if found.grant != grant:
        keep(source, grant, found.grant)
    return found.value


def forget(value: str, *, tokens: Tokens = TOKENS) -> None:
    """Ask for another token the next time: this one may have opened nothing."""
    with tokens.lock:
        tokens.kept = {grant: token for grant, token in tokens.kept.items() if token.value != value}


def keep(source: Source, old: Grant, new: Grant) -> None:
    """Put a refresh token in place of the one that brought it, unless somebody has given another meanwhile."""
    with transaction.atomic():
        held = Source.objects.select_for_update().get(pk=source.pk)
        bound_to = sources.destination_of(held.settings)
        if grant_of(held.settings, sources.open_secret(held)) == old:
            held.secret = sealing.seal(new.as_secret(), bound_to=bound_to)
            held.save(update_fields=["secret"])


def host_of(address: str) -> str:
    """Return the host of an address, for people."""
    return urlsplit(address).hostname or ""
