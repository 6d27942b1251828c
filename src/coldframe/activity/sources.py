"""The ways in: made, changed, switched off; keys shown once and kept as hashes."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from coldframe.activity.models import Source
from coldframe.kernel.vocabulary import Refusal
from coldframe.storage import sealing

#: For the doors, which know no tables.
Kind = Source.Kind

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: Random bytes of a key; more than can be guessed, short enough for a configuration file.
KEY_BYTES = 24
HINT_LETTERS = 6
#: Calls in a second from all pages that carry a site's key: more than any crowd, less than what harms.
SITE_PER_SECOND = 300
#: So many keys that a source had before are known again.
FORMER_KEYS = 20
#: Settings that say where a secret is used; a secret is of no use for another one.
DESTINATION = ("host", "port", "user", "provider", "token_url")


class NoSuchSource(Refusal):
    """No source has this name."""


class NameTaken(Refusal):
    """Another source has this name."""


class BadName(Refusal):
    """Not a name for a source."""


class SecretUnreadable(Refusal):
    """A secret cannot be opened with this installation's key, or was meant for elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Added:
    """A new source, and its key, which is to be had this once."""

    source_id: int
    key: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whoever calls with a key: its source, and what it may do."""

    source_id: int
    name: str
    #: Its key stands in a page, where anybody finds it.
    is_public: bool
    #: Pages that may call, as ``https://www.ours.example``; none: all.
    origins: frozenset[str] = frozenset()
    #: Calls in a second that are taken in, by each process; 0: no limit.
    per_second: int = 0
    #: A word for why its key is refused, by which such calls are counted; empty: it may call.
    refused_as: str = ""


def add(
    name: str,
    *,
    kind: Source.Kind,
    at: datetime,
    settings: Mapping[str, Any] | None = None,
    secret: str = "",
    with_key: bool = False,
) -> Added:
    """Add a way in. Raises ``BadName``, ``NameTaken``."""
    check_name(name)
    key = secrets.token_urlsafe(KEY_BYTES) if with_key else None
    kept = dict(settings or {})
    source = Source(
        name=name,
        kind=kind,
        settings=kept,
        key_hash=None if key is None else hash_of(key),
        key_hint="" if key is None else key[:HINT_LETTERS],
        secret=sealing.seal(secret, bound_to=destination_of(kept)) if secret else "",
        created_at=at,
    )
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(
            "There is a source of this name.", where=name, advice="Choose another name, or change that one."
        ) from error
    return Added(source_id=source.pk, key=key)


def check_name(name: str) -> None:
    """Raise ``BadName`` unless the name can stand in an address and in a condition."""
    if NAME.fullmatch(name) is None:
        raise BadName(
            "Not a name for a source.",
            where="name",
            expected="1 to 64 of a-z, 0-9, dot, hyphen, underscore; first a letter or a digit",
            got=name,
        )


def find(name: str) -> Source:
    """Return a source by its name. Raises ``NoSuchSource``."""
    found = Source.objects.filter(name=name).first()
    if found is None:
        names = ", ".join(Source.objects.order_by("name").values_list("name", flat=True)[:20])
        raise NoSuchSource(
            "There is no such source.", where=name, expected=names or "one added with coldframe sources add"
        )
    return found


def callers() -> dict[str, Caller]:
    """Return who calls the event API, by the hash of the key; not those that are switched off."""
    return {key_hash: caller for key_hash, caller in callers_ever().items() if not caller.refused_as}


def callers_ever() -> dict[str, Caller]:
    """Return who calls the event API, and who does so in vain: switched off, or with a key of before."""
    found: dict[str, Caller] = {}
    for source in Source.objects.filter(kind__in=(Source.Kind.API, Source.Kind.SITE)):
        caller = caller_of(source)
        found |= dict.fromkeys(source.former_keys, replace(caller, refused_as="old_key"))
        if source.key_hash:
            word = "" if source.disabled_at is None else "disabled"
            found[source.key_hash] = replace(caller, refused_as=word)
    return found


def caller_of(source: Source) -> Caller:
    """Return what a source may do when it calls."""
    is_public = source.kind == Source.Kind.SITE
    origins = source.settings.get("origins") or ()
    return Caller(
        source_id=source.pk,
        name=source.name,
        is_public=is_public,
        origins=frozenset(str(each) for each in origins),
        per_second=int(source.settings.get("per_second", SITE_PER_SECOND if is_public else 0)),
    )


def note(*, heard: Mapping[int, datetime], refused: Mapping[int, Mapping[str, int]]) -> None:
    """Note when sources last brought something, and how often what they brought was refused, by reason."""
    with transaction.atomic():
        wanted = sorted({*heard, *refused})
        for source in Source.objects.select_for_update().filter(pk__in=wanted).order_by("pk"):
            last_at = heard.get(source.pk)
            if last_at is not None and (source.last_at is None or source.last_at < last_at):
                source.last_at = last_at
            source.refused = dict(Counter(source.refused) + Counter(refused.get(source.pk, {})))
            source.save(update_fields=["last_at", "refused"])


def get(name: str, *, kind: Source.Kind) -> Source | None:
    """Return a source of a kind by its name, or None; for callers whose word is not to be trusted yet."""
    return Source.objects.filter(name=name, kind=kind).first()


def renew_key(name: str) -> str:
    """Give a source a new key and return it; the old one is refused from now on. Raises ``NoSuchSource``."""
    source, key = find(name), secrets.token_urlsafe(KEY_BYTES)
    former = [*filter(None, [source.key_hash]), *source.former_keys][:FORMER_KEYS]
    Source.objects.filter(pk=source.pk).update(
        key_hash=hash_of(key), key_hint=key[:HINT_LETTERS], former_keys=former
    )
    return key


def change(name: str, *, settings: Mapping[str, Any] | None = None, secret: str | None = None) -> None:
    """Change settings or the secret; a secret for another destination is forgotten. Raises ``NoSuchSource``."""
    source = find(name)
    before = destination_of(source.settings)
    source.settings = {**source.settings, **(settings or {})}
    bound_to = destination_of(source.settings)
    if secret is not None:
        source.secret = sealing.seal(secret, bound_to=bound_to) if secret else ""
    elif bound_to != before:
        source.secret = ""
    source.save(update_fields=["settings", "secret"])


def disable(name: str, *, at: datetime) -> None:
    """Refuse what the source brings from now on. Raises ``NoSuchSource``."""
    Source.objects.filter(pk=find(name).pk).update(disabled_at=at)


def enable(name: str) -> None:
    """Take in again what the source brings. Raises ``NoSuchSource``."""
    Source.objects.filter(pk=find(name).pk).update(disabled_at=None)


def open_secret(source: Source) -> str:
    """Return a source's secret; an empty text for none. Raises ``SecretUnreadable``."""
    try:
        return sealing.open_sealed(source.secret, bound_to=destination_of(source.settings))
    except sealing.Unreadable as error:
        raise SecretUnreadable(
            "The stored secret cannot be used.",
            where=source.name,
            got=str(error),
            advice=f"Give it again: coldframe sources change {source.name} --secret-file FILE",
        ) from error


def destination_of(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what a secret is bound to."""
    return {name: str(settings[name]) for name in DESTINATION if settings.get(name) not in (None, "")}


def hash_of(key: str) -> str:
    """Return what is kept of a key. It is random and long, so a plain hash cannot be turned back."""
    return hashlib.sha256(key.encode()).hexdigest()
