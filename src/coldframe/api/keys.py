"""
Keys of callers: who may say what, remembered for a moment.

The event path asks thousands of times a second; the database is asked once a second, and again at once for a key
that is not known, though not more often than some times a second, so that guessing costs nobody anything.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

from coldframe.activity import sources
from coldframe.activity.sources import Caller
from coldframe.kernel.vocabulary import Refusal

#: Seconds for which what was read is believed; a key that is withdrawn is refused after so long.
LASTS = 1.0
#: Seconds between two readings for keys that are not known.
PAUSE = 0.1
LONGEST = 200


class NoKey(Refusal):
    """A caller that gives no key."""


class UnknownKey(Refusal):
    """A key that is none, or no more."""


class KeyElsewhere(Refusal):
    """A key at a place where others see it, or a second one."""


class NotRemembered(Exception):
    """Nobody can say whose key it is without asking the database."""


@dataclass(kw_only=True)
class Keys:
    """What is known of keys; one for a process."""

    #: Reads every caller that there is, by the hash of its key; those that are refused, too.
    load: Callable[[], Mapping[str, Caller]]
    elapsed: Callable[[], float] = monotonic
    known: Mapping[str, Caller] = field(default_factory=dict)
    read_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: str) -> Caller:
        """Return whose key it is. Raises ``UnknownKey``."""
        wanted = sources.hash_of(key[: LONGEST + 1])
        found = self.callers(LASTS).get(wanted)
        if found is None or found.refused_as:
            found = self.callers(PAUSE).get(wanted)
        if found is None or found.refused_as:
            raise UnknownKey(
                "The write key is not known.",
                where="write key",
                expected="one shown by coldframe sources add, and not switched off",
            )
        return found

    def remembered(self, key: str) -> Caller:
        """Return whose key it is, asking nobody, so that nothing is waited for. Raises ``NotRemembered``."""
        found = self.known.get(sources.hash_of(key[: LONGEST + 1])) if self.is_fresh(LASTS) else None
        if found is None or found.refused_as:
            raise NotRemembered
        return found

    def refused(self, key: str) -> Caller | None:
        """Return whose key it is that was just refused; None: nobody's."""
        return self.known.get(sources.hash_of(key[: LONGEST + 1]))

    def callers(self, lasts: float) -> Mapping[str, Caller]:
        """Return the callers, as they were at most so many seconds ago."""
        if self.is_fresh(lasts):
            return self.known
        with self.lock:
            if not self.is_fresh(lasts):
                self.known = self.load()
                self.read_at = self.elapsed()
            return self.known

    def is_fresh(self, lasts: float) -> bool:
        """Return whether what is known was read within so many seconds."""
        return self.read_at is not None and self.elapsed() - self.read_at < lasts


def given_key(*, authorization: str, query: str, in_body: object) -> str:
    """
    Return the key that a request carries: as the user of Basic, as Bearer, or in its body.

    Raises ``NoKey`` and ``KeyElsewhere``.
    """
    if "writekey=" in query.lower() or "api_key=" in query.lower():
        raise KeyElsewhere(
            "A key in an address is written to logs on its way.",
            where="query",
            expected="Authorization: Basic, or writeKey in the body",
        )
    body = in_body if isinstance(in_body, str) else ""
    header = from_header(authorization)
    if header and body and not hmac.compare_digest(header.encode(), body.encode()):
        raise KeyElsewhere(
            "Two different keys are given.",
            where="writeKey",
            expected="the key of the Authorization header, or none",
        )
    if not (header or body):
        raise NoKey(
            "No write key is given.",
            where="Authorization",
            expected="Basic with the write key as user, or writeKey in the body",
        )
    return header or body


def from_header(authorization: str) -> str:
    """Return the key of an ``Authorization`` header; an empty text for none that is understood."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""
