"""
What happened, by the mail server's own log, against what the tables say.

The log is written by another program before it answers; nothing that our own code says is believed about what
was sent. Opens the database: to be called in a child.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FINAL = ("SENT", "FAILED", "HELD", "UNCERTAIN")


@dataclass(kw_only=True)
class Verdict:
    """What a run came to."""

    touches: int = 0
    accepted: int = 0
    #: Addressees of one touch who got more than one message.
    duplicates: int = 0
    #: Called sent, and the server never took it.
    lost: int = 0
    #: In no final state, though everything was given time to end.
    left: int = 0
    #: Called failed or held, and the server took it all the same.
    denied: int = 0
    uncertain: int = 0
    #: Of the uncertain, those that the server took.
    uncertain_delivered: int = 0
    #: Most uncertain messages of one worker.
    most_uncertain_of_a_worker: int = 0
    #: Uncertain messages that the list for people does not show.
    unlisted: int = 0
    #: Other bytes than were frozen, or a touch that says something else than its message.
    unfaithful: int = 0
    by_state: dict[str, int] = field(default_factory=dict)
    integrity: str = ""

    def faults(self, *, lines: int) -> dict[str, int]:
        """Return what must be nought, where it is not."""
        found = {
            name: getattr(self, name)
            for name in ("duplicates", "lost", "left", "denied", "unlisted", "unfaithful")
        }
        found["too_uncertain"] = max(0, self.most_uncertain_of_a_worker - lines)
        found["damaged"] = int(self.integrity not in ("ok", ""))
        return {name: count for name, count in found.items() if count}

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def of_touches(log: Iterable[Mapping[str, Any]]) -> Verdict:
    """Judge the messages of touches; every lead has one touch, so every address is owed one message at most."""
    from coldframe.nurture.models import Touch
    from coldframe.outbox import queries
    from coldframe.outbox.models import Content, OutboxMessage

    taken, hashes = Counter(), {}
    for row in log:
        taken[row["to"]] += 1
        hashes[row["message_id"]] = row["hash"]
    rows = list(
        OutboxMessage.objects.values("id", "state", "worker", "message_id", "subject_id", "recipient")
    )
    to = dict(Touch.objects.values_list("id", "lead__email"))
    touches = dict(Touch.objects.values_list("id", "state"))
    frozen = dict(Content.objects.values_list("message__message_id", "body_hash"))
    states = {to[row["subject_id"]]: row["state"] for row in rows}
    verdict = judged(states, taken)
    uncertain = [row for row in rows if row["state"] == "UNCERTAIN"]
    of_workers = Counter(row["worker"] for row in uncertain)
    verdict.most_uncertain_of_a_worker = max(of_workers.values(), default=0)
    listed = {each.id for each in queries.list_uncertain(limit=10**6)}
    verdict.unlisted = sum(row["id"] not in listed for row in uncertain)
    expected = {"SENT": "SENT", "UNCERTAIN": "UNCERTAIN", "FAILED": "FAILED", "HELD": "WITHDRAWN"}
    verdict.unfaithful = sum(hashes[key] != frozen.get(key) for key in hashes) + sum(
        touches[row["subject_id"]] != expected[row["state"]] for row in rows if row["state"] in expected
    )
    verdict.left += len(touches) - len(states)
    verdict.integrity = integrity()
    return verdict


def of_naive(log: Iterable[Mapping[str, Any]]) -> Verdict:
    """Judge the messages of a naive design."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT address, state FROM naive")
        states = {address: {"sent": "SENT", "due": "QUEUED"}[state] for address, state in cursor.fetchall()}
    verdict = judged(states, Counter(row["to"] for row in log))
    verdict.integrity = integrity()
    return verdict


def judged(states: Mapping[str, str], taken: Counter[str]) -> Verdict:
    """Set what the tables say against what the server took."""
    return Verdict(
        touches=len(states),
        accepted=taken.total(),
        duplicates=sum(count > 1 for count in taken.values()) + sum(to not in states for to in taken),
        lost=sum(state == "SENT" and not taken[to] for to, state in states.items()),
        left=sum(state not in FINAL for state in states.values()),
        denied=sum(state in ("FAILED", "HELD") and taken[to] > 0 for to, state in states.items()),
        uncertain=sum(state == "UNCERTAIN" for state in states.values()),
        uncertain_delivered=sum(state == "UNCERTAIN" and taken[to] > 0 for to, state in states.items()),
        by_state=dict(Counter(states.values())),
    )


def integrity() -> str:
    """Return what SQLite says of its own file; a server looks after itself."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return str(cursor.fetchone()[0])
