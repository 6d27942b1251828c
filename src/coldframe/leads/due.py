"""
Which accounts are due: set in the transaction that records a fact, or to the instant a decision named.

Whoever writes a fact about an account calls ``mark_due``; nobody scans the base for what changed. A cycle
claims due accounts for the length of a lease, and releases them with the instant of their next turn. The token
of a claim fences: who was taken over from can neither release nor decide any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads.models import AccountDue
from coldframe.storage import literals, turns
from coldframe.storage.instants import to_micros


class TakenOver(Refusal):
    """The lease of a claim passed, and another cycle holds its accounts."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Accounts that one cycle holds."""

    token: int
    #: Account -> the stamp of the last fact that was recorded when it was claimed.
    stamps: dict[int, int]

    @property
    def account_ids(self) -> list[int]:
        """The accounts, in order."""
        return sorted(self.stamps)

    def of(self, account_ids: Iterable[int]) -> Claim:
        """Return the part of the claim that holds these accounts."""
        return Claim(token=self.token, stamps={each: self.stamps[each] for each in account_ids})


#: Ids in one statement.
IDS_A_STATEMENT = 10_000


def mark_due(*, account_ids: Collection[int], at: datetime) -> None:
    """Make these accounts due at an instant, or leave them due earlier; a cycle under way will look again."""
    for sql in statements(account_ids=account_ids, at=at):
        with connection.cursor() as cursor:
            cursor.execute(sql)


def mark_due_where(condition: str, *, at: datetime) -> None:
    """Make the accounts due that an SQL condition over ``leads_account`` names."""
    with connection.cursor() as cursor:
        cursor.execute(marking(condition, at=at))


def marking(condition: str, *, at: datetime) -> str:
    """Return the SQL that makes the accounts due that a condition over ``leads_account`` names."""
    least = "LEAST" if connection.vendor == "postgresql" else "MIN"
    return f"""INSERT INTO leads_accountdue (account_id, due_at, stamp, token)
               SELECT id, {literals.instant(at)}, 1, 0 FROM leads_account WHERE {condition} AND 1 = 1
               ON CONFLICT (account_id) DO UPDATE SET
                 due_at = {least}(leads_accountdue.due_at, excluded.due_at), stamp = leads_accountdue.stamp + 1"""


def statements(*, account_ids: Collection[int], at: datetime) -> Iterator[str]:
    """Yield the SQL that makes these accounts due, for whoever writes over a connection of its own."""
    ids = sorted(set(account_ids))
    for start in range(0, len(ids), IDS_A_STATEMENT):
        yield marking(literals.among("id", ids[start : start + IDS_A_STATEMENT]), at=at)


@turns.taken()
def is_any_due(*, at: datetime) -> bool:
    """Return whether an account is due and nobody holds it; reads one row of an index."""
    now = literals.instant(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT 1 FROM leads_accountdue
                 WHERE due_at <= {now} AND (lease_until IS NULL OR lease_until <= {now}) LIMIT 1"""
        )
        return cursor.fetchone() is not None


def claim(*, at: datetime, token: int, lease_until: datetime, limit: int) -> Claim:
    """
    Hold up to ``limit`` accounts that are due, the longest due first.

    One statement, durable when it returns (outside a transaction). ``token`` is the caller's, never used before.
    """
    now, skip = literals.instant(at), " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE leads_accountdue SET lease_until = {literals.instant(lease_until)}, token = %s
                 WHERE account_id IN (
                   SELECT account_id FROM leads_accountdue
                    WHERE due_at <= {now} AND (lease_until IS NULL OR lease_until <= {now})
                    ORDER BY due_at, account_id LIMIT %s{skip})
                RETURNING account_id, stamp""",
            [token, limit],
        )
        return Claim(token=token, stamps=dict(cursor.fetchall()))


def claim_these(*, account_ids: Collection[int], at: datetime, token: int, lease_until: datetime) -> Claim:
    """Hold these accounts, due or not, but for those that somebody else holds."""
    mark_due(account_ids=account_ids, at=at)
    now = literals.instant(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE leads_accountdue SET lease_until = {literals.instant(lease_until)}, token = %s
                 WHERE {literals.among("account_id", sorted(account_ids))}
                   AND (lease_until IS NULL OR lease_until <= {now})
                RETURNING account_id, stamp""",
            [token],
        )
        return Claim(token=token, stamps=dict(cursor.fetchall()))


def require_held(claimed: Claim) -> None:
    """
    Make sure, inside the transaction that decides, that the accounts are still held by this claim.

    Locks their rows to the end of the transaction. Raises ``TakenOver``.
    """
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT account_id FROM leads_accountdue
                 WHERE {literals.among("account_id", claimed.account_ids)} AND token = %s ORDER BY account_id{lock}""",
            [claimed.token],
        )
        held = len(cursor.fetchall())
    if held != len(claimed.stamps):
        raise TakenOver(
            "Another cycle has taken these accounts over.",
            expected=f"{len(claimed.stamps)} accounts held",
            got=str(held),
            advice="Nothing of this cycle was kept; the other one decides.",
        )


def release(claimed: Claim, *, due: Iterable[tuple[int, datetime | None]]) -> None:
    """
    Let the accounts go, each with the instant of its next turn; None: not before something happens.

    An account of which a fact was recorded in the meantime stays due as it is.
    """
    is_lite = connection.vendor == "sqlite"
    rows: list[tuple[Any, ...]] = [
        (to_micros(at) if is_lite else at, account_id, claimed.token, claimed.stamps[account_id])
        for account_id, at in due
        if at is not None
    ]
    later = {row[1] for row in rows}
    never = [(id_, claimed.token, stamp) for id_, stamp in claimed.stamps.items() if id_ not in later]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE leads_accountdue SET due_at = %s WHERE account_id = %s AND token = %s AND stamp = %s",
            rows,
        )
        cursor.executemany(
            "DELETE FROM leads_accountdue WHERE account_id = %s AND token = %s AND stamp = %s", never
        )
    give_back(claimed)


def give_back(claimed: Claim) -> None:
    """Let the accounts go as they are: whoever comes next finds them due."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE leads_accountdue SET lease_until = NULL, token = 0
                 WHERE {literals.among("account_id", claimed.account_ids)} AND token = %s""",
            [claimed.token],
        )


def next_due_at() -> datetime | None:
    """Return when the next account is due, claimed or not; None: no account ever is."""

    return AccountDue.objects.order_by("due_at").values_list("due_at", flat=True).first()
