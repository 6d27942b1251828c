"""
Setting connections up: what each kind needs, and what a change means for the secret and for sending.

A secret is given once and never shown. Whoever changes where it goes has to give it anew, and whoever changes
what was checked has to have it checked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from coldframe.delivery import operations, queries, secrets
from coldframe.delivery.channels.email import headers
from coldframe.delivery.channels.email.providers import get_provider
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal

Kind = Connection.Kind

LAST_PORT = 65535
#: Messages name their connection, and have so much room for it.
LONGEST_NAME = 64
SECURITIES = ("starttls", "tls", "none")
#: What says with which key messages are signed; for mail servers and providers alike.
SIGNING = ("dkim_selector", "dkim_domain", "spf_include")
#: Settings of each kind, and whether it is wanted as a number.
SMTP = {
    "host": str, "port": int, "security": str, "user": str, "ca_file": str, "hello": str, "lines": int,
    "per_line": int, "patience": int,
}  # fmt: skip
#: Changing one of these makes what was checked unchecked.
CHECKED = ("settings", "sender_address", "reply_to", "postal_address")


class BadConnection(Refusal):
    """What was said of a connection does not fit its kind."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What a change brought with it."""

    #: The stored secret went with its destination, and is wanted anew.
    has_lost_secret: bool
    #: It sent for real, and has to be checked again before it does.
    went_home: bool


def add(
    *, name: str, kind: str, settings: Mapping[str, Any], secret: str, at: datetime, **values: Any
) -> str | None:
    """
    Add a connection, not live yet unless it ends in the house.

    ``values``: sender, addresses and limits as ``operations.add_connection`` takes them. Returns a signing
    secret that was made here, to be shown this once; else None. Raises ``BadConnection``.
    """
    if not name or not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise bad("A name has letters, digits, - and _.", "name", name)
    if len(name) > LONGEST_NAME:
        raise bad("The name is too long.", "name", name[:LONGEST_NAME], f"at most {LONGEST_NAME} signs")
    clean = checked(kind, settings)
    check_addresses(values)
    made = webhook.make_secret() if kind == Kind.WEBHOOK and not secret else None
    check_secret(kind, made or secret)
    sealed = secrets.seal(made or secret, settings=clean) if made or secret else ""
    operations.add_connection(name=name, kind=kind, at=at, settings=clean, secret=sealed, **values)
    if kind in {Kind.AUDIENCE, Kind.TASK}:
        # They end in tables of our own: there is nothing to check, and nothing to switch.
        operations.go_live(name, at=at)
    return made


def change(name: str, *, settings: Mapping[str, Any], secret: str = "", **values: Any) -> Changed:
    """
    Change a connection; ``settings`` hold what is to differ, an empty value removes one.

    Another destination clears the stored secret unless a new one comes with it. Raises ``UnknownConnection``
    and ``BadConnection``.
    """
    before = queries.get_connection(name)
    merged = {key: value for key, value in {**before.settings, **settings}.items() if value != ""}
    after = checked(before.kind, merged)
    check_addresses(values)
    moved = secrets.destination_of(after) != secrets.destination_of(before.settings)
    new: dict[str, Any] = dict(values) | ({"settings": after} if after != before.settings else {})
    if secret:
        check_secret(before.kind, secret)
        new["secret"] = secrets.seal(secret, settings=after)
    elif moved and before.has_secret:
        new["secret"] = ""
    if new:
        operations.change_connection(name, **new)
    went_home = before.live_since is not None and any(
        key in new and new[key] != getattr(before, key) for key in CHECKED
    )
    if went_home:
        operations.go_home(name)
    return Changed(has_lost_secret=bool(moved and before.has_secret and not secret), went_home=went_home)


def checked(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a connection in their types; raises ``BadConnection`` for one that is none."""
    if kind == Kind.SMTP:
        return checked_smtp(settings)
    if kind == Kind.PROVIDER:
        return checked_provider(settings)
    if kind == Kind.WEBHOOK:
        return checked_webhook(settings)
    if settings and kind in {Kind.AUDIENCE, Kind.TASK, Kind.LOCAL}:
        raise bad("This kind has no settings.", kind, ", ".join(settings))
    return dict(settings)


def checked_smtp(settings: Mapping[str, Any]) -> dict[str, Any]:
    check_names(settings, (*SMTP, *SIGNING, "accepted"))
    clean = dict(settings)
    for key, kind in SMTP.items():
        if kind is int and key in clean:
            clean[key] = whole_number(key, clean[key])
    clean.setdefault("security", "starttls")
    clean.setdefault("port", 465 if clean["security"] == "tls" else 587)
    if clean["security"] not in SECURITIES:
        raise bad("Nobody knows this security.", "security", clean["security"], " | ".join(SECURITIES))
    if not clean.get("host"):
        raise bad("A mail server has a host.", "host", "", "mail.company.example")
    headers.check_line(str(clean["host"]) + str(clean.get("user", "")), where="host or user")
    return clean


def checked_provider(settings: Mapping[str, Any]) -> dict[str, Any]:
    provider = get_provider(str(settings.get("provider", "")))
    check_names(settings, ("provider", *provider.required, *provider.optional, *SIGNING, "accepted"))
    for key in ("api_url", "endpoint_url"):
        url = str(settings.get(key, ""))
        if url and not is_safe(url):
            raise bad("A provider is called over https.", key, url, "https://…")
    return dict(settings)


def is_safe(url: str) -> bool:
    """Return whether a key may be sent there: over https, or to this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    return bool(parts.hostname) and "@" not in parts.netloc and (parts.scheme == "https" or is_here)


#: What can be agreed with the receiver of calls, and what each switch asks.
SWITCHES = {
    "takes_repeats": "Does the receiver remember ids?",
    "tells_status": "Is the receiver told of each change of a lead's status?",
}


def checked_webhook(settings: Mapping[str, Any]) -> dict[str, Any]:
    check_names(settings, ("url", *SWITCHES))
    webhook.destination_of(dict(settings))
    clean = dict(settings)
    for key, question in SWITCHES.items():
        said = settings.get(key, False)
        if said not in {True, False, "yes", "no"}:
            raise bad(question, key, said, "yes | no")
        if key in settings or key == "takes_repeats":
            clean[key] = said in {True, "yes"}
    return clean


def check_names(settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key, value in settings.items():
        # What was done without is noted by the switch alone.
        if key not in known or (key == "accepted" and isinstance(value, str)):
            raise bad("There is no such setting.", key, key, " | ".join(known))


def check_secret(kind: str, secret: str) -> None:
    """Raise ``BadConnection`` for a secret that cannot be one."""
    if kind == Kind.WEBHOOK and not secret.startswith("whsec_"):
        raise bad("A signing secret begins whsec_.", "secret", "something else")
    if any(sign in secret for sign in "\r\n\0"):
        raise bad("A secret is one line.", "secret", "several")


def check_addresses(values: Mapping[str, Any]) -> None:
    """Raise ``UnsafeValue`` where an address is none, or a name would begin another header."""
    for key in ("sender_address", "reply_to"):
        if values.get(key):
            headers.check_address(str(values[key]), where=key)
    headers.check_line(str(values.get("sender_name") or ""), where="sender_name")


def whole_number(key: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1 or (key == "port" and number > LAST_PORT):
        raise bad("Expected a whole number above zero.", key, value)
    return number


def bad(what: str, where: str, got: object, expected: str | None = None) -> BadConnection:
    return BadConnection(what, where=where, got=f'"{got}"' if got != "" else "nothing", expected=expected)
