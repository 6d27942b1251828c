"""
One round: some leads at once, each decided by a cycle in a thread of its own, and what must hold afterwards.

Handoffs are numbered in the order in which they were committed, for whoever opens one holds the room; so it can be
told of each what was taken before it.
"""

from __future__ import annotations

import itertools
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Any
from unittest import mock

from django.db import connection

from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff, Notification
from coldframe.kernel import cycle as kernel
from coldframe.kernel.planning import allocation
from coldframe.kernel.vocabulary import Disposition
from coldframe.leads.models import AccountDue, Lead
from coldframe.library import operations as library
from coldframe.nurture import applying, cycle, history
from coldframe.nurture.models import Assessment, Cycle, Enrollment, Hold, Standing, Touch, Transition
from coldframe.outbox.models import OutboxMessage
from tests import world
from tests.nurture.cast import reader, replaced
from tests.world import NOW

DAY = timedelta(days=1)
#: What a cycle writes, in the order in which it can be taken back.
WRITTEN: tuple[Any, ...] = (
    Notification, OutboxMessage, Touch, Hold, Enrollment, Transition, Assessment, Standing, Handoff, AccountDue, Cycle,
)  # fmt: skip
TEAM, PER_REP = 8, 3
REPS = ("Ewa", "Jan", "Kim")
TOKENS = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The leads of all rounds."""

    #: They asked for a demo: they never wait.
    raising: Sequence[Lead]
    #: The policy sends them, if there is room.
    ready: Sequence[Lead]


def build() -> None:
    """Make the tables, a policy with little room, and the leads."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    text = (resources.files("coldframe.library") / "playbooks" / "default.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("holdout: 10% of accounts", "holdout: 0% of accounts"),
        ("{per_rep: 10 a week, team: 40 a week}", f"{{per_rep: {PER_REP} a week, team: {TEAM} a week}}"),
    ):
        text = replaced(text, old, new)
    version = library.publish_playbook(text=text, at=NOW - DAY)
    library.activate_playbook(number=version.number, at=NOW - DAY)


def people(at_once: int) -> Cast:
    """Add the leads of all rounds: as many of each kind as may be wanted at once."""
    raising = [asking(number) for number in range(1, at_once + 1)]
    ready = [hot(number) for number in range(at_once + 1, 2 * at_once + 1)]
    # Whom sales was given before; nobody decides about them.
    reader(2 * at_once + 1)
    return Cast(raising=raising, ready=ready)


def asking(number: int) -> Lead:
    who = reader(number)
    world.event(who, kind="form_submitted", form="demo", days_ago=0.05)
    return who


def hot(number: int) -> Lead:
    who = reader(number)
    for visit in range(1 + number % 4):
        world.event(who, kind="page", path="/pricing", days_ago=0.5 + visit / 10)
        world.event(who, kind="webinar_attended", days_ago=0.5 + visit / 10)
    return who


def run(*, count: int, at_once: int, seed: int, design: str = "real") -> dict[str, Any]:
    """Run rounds; return the faults, and how much was granted and how much waited."""
    cast, faults, sums = people(at_once), Counter[str](), Counter[str]()
    # Each thread keeps its connection, as a worker does.
    with as_designed(design), remembering(), ThreadPoolExecutor(at_once) as pool:
        for number in range(count):
            chosen = random.Random(seed * 1_000_003 + number)
            begin(chosen)
            raised = chosen.sample(cast.raising, chosen.randint(0, at_once // 2))
            ready = chosen.sample(cast.ready, at_once - len(raised))
            all_at_once(pool, [*raised, *ready], chosen)
            faults.update(judged(raised, ready))
            sums.update(rounds=1, parallel=at_once, raised=len(raised), granted=Handoff.objects.exclude(trigger="earlier").count())  # fmt: skip
            sums.update(waited=len(waiting(ready)))
            if sys.stderr.isatty():
                print(f"\r{number + 1:,}", end="", file=sys.stderr)
    return {"faults": dict(faults), "design": design, **sums}


class Remembered:
    """
    What the pure part of a cycle made of an account, kept over the rounds: at one instant the facts are always the same.

    Only what depends on the room is worked out each time: who is granted it, and what follows where that was never so
    before. Everything that is read from the database and written to it stays as it is.
    """

    def __init__(self) -> None:
        self.facts: dict[int, Any] = {}
        self.proposed: dict[int, Any] = {}
        self.concluded: dict[Any, Any] = {}
        self.load, self.propose, self.conclude = history.load_all_facts, kernel.propose, kernel.conclude

    def load_all_facts(self, needs: Any, *, as_of: Any, account_ids: Sequence[int]) -> Any:
        (account_id,) = account_ids
        if account_id not in self.facts:
            self.facts[account_id] = self.load(needs, as_of=as_of, account_ids=account_ids)
        return self.facts[account_id]

    def proposed_of(self, facts: Any, *, playbook: Any, as_of: Any) -> Any:
        account_id = facts.accounts["account_id"][0]
        if account_id not in self.proposed:
            self.proposed[account_id] = self.propose(facts, playbook=playbook, as_of=as_of)
        return self.proposed[account_id]

    def concluded_of(self, proposed: Any, *, surroundings: Any) -> Any:
        given = allocation.allocate(
            proposed.proposals,
            sales_load=surroundings.sales_load,
            reps=surroundings.reps,
            playbook=proposed.playbook,
            as_of=proposed.as_of,
            elsewhere=surroundings.waiting,
            terms=surroundings.terms,
        )
        account_id = proposed.facts.accounts["account_id"][0]
        key = (account_id, *given.granted.rows(), *given.waiting.rows())
        if key not in self.concluded:
            self.concluded[key] = self.conclude(proposed, surroundings=surroundings)
        return self.concluded[key]


@contextmanager
def remembering() -> Iterator[None]:
    """Have the pure part of cycles remembered, so that rounds are about what cycles do to one another."""
    kept = Remembered()
    with (
        mock.patch.object(history, "load_all_facts", kept.load_all_facts),
        mock.patch.object(kernel, "propose", kept.proposed_of),
        mock.patch.object(kernel, "conclude", kept.concluded_of),
    ):
        yield


@contextmanager
def as_designed(design: str) -> Iterator[None]:
    """Leave everything as it is, or, ``hasty``, believe in the room that was counted: what a judge must notice."""
    if design == "real":
        yield
        return
    with mock.patch.object(applying, "require_room", return_value=None):
        yield


def begin(chosen: random.Random) -> None:
    """Take back the last round; give sales some leads from before, and its people what they agreed."""
    with connection.cursor() as cursor:
        for model in WRITTEN:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
    handoffs.set_reps(reps=chosen.choice([(), REPS[:1], REPS]))
    for rep in REPS:
        handoffs.agree(
            rep, most=chosen.choice([None, None, 1, 2]), away_until=chosen.choice([None, None, NOW + DAY])
        )
    lead = Lead.objects.order_by("-pk").first()
    assert lead is not None
    for number in range(chosen.randint(0, TEAM)):
        Handoff.objects.create(
            lead=lead, account_id=lead.account_id, episode=-1 - number, state="CLOSED", trigger="earlier",
            owner=chosen.choice([None, *REPS]), opened_at=NOW - chosen.uniform(0.1, 9) * DAY, deadline_at=NOW,
        )  # fmt: skip


def all_at_once(pool: ThreadPoolExecutor, leads: Sequence[Lead], chosen: random.Random) -> None:
    """Have a cycle decide about each lead's account in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(leads))

    def decide(account_id: int, token: int) -> None:
        gate.wait(timeout=60)
        cycle.run_accounts(account_ids=[account_id], as_of=NOW, token=token)

    mixed = chosen.sample(leads, len(leads))
    for each in [pool.submit(decide, lead.account_id, next(TOKENS)) for lead in mixed]:
        each.result()


def judged(raised: Sequence[Lead], ready: Sequence[Lead]) -> Counter[str]:
    """Say what does not hold."""
    faults: Counter[str] = Counter()
    opened = list(
        Handoff.objects.exclude(trigger="earlier").order_by("id").values("lead_id", "owner", "is_hand_raise")
    )
    asked = {each.pk for each in raised}
    faults["a hand raise waits"] += len(asked - {each["lead_id"] for each in opened})
    faults["twice before sales"] += len(opened) - len({each["lead_id"] for each in opened})
    faults["a stranger before sales"] += len(
        {each["lead_id"] for each in opened} - asked - {each.pk for each in ready}
    )
    faults.update(beyond_room(opened))
    faults.update(dropped(ready, opened))
    return +faults


def beyond_room(opened: Sequence[dict[str, Any]]) -> Counter[str]:
    """Say which were given room that was not there when they came."""
    faults: Counter[str] = Counter()
    team, own = taken_before(), taken_by_rep()
    for each in opened:
        if not each["is_hand_raise"]:
            faults["beyond the team's room"] += team >= TEAM
            faults["beyond a rep's room"] += each["owner"] is not None and own[each["owner"]] >= most_of(
                each["owner"]
            )
        team += 1
        own[each["owner"]] += 1
    return faults


def dropped(ready: Sequence[Lead], opened: Sequence[dict[str, Any]]) -> Counter[str]:
    """Say who neither went to sales nor stands in line, due again; and whether room was left while somebody waited."""
    faults: Counter[str] = Counter()
    before_sales = {each["lead_id"] for each in opened}
    in_line = waiting(ready)
    faults["dropped"] += len({each.pk for each in ready} - before_sales - {each.pk for each in in_line})
    due = dict(AccountDue.objects.values_list("account_id", "due_at"))
    faults["not looked at again"] += sum(1 for each in in_line if due.get(each.account_id, NOW) <= NOW)
    room_left = taken_before() + len(opened) < TEAM and any_rep_has_room(opened)
    faults["room left while somebody waits"] += bool(in_line) and room_left
    return faults


def waiting(ready: Sequence[Lead]) -> list[Lead]:
    """Return who of these should go to sales and does not."""
    stands = Standing.objects.filter(lead__in=ready, disposition=Disposition.TO_SALES).exclude(
        status="SALES_REVIEW"
    )
    ids = set(stands.values_list("lead_id", flat=True))
    return [each for each in ready if each.pk in ids]


def taken_before() -> int:
    return Handoff.objects.filter(trigger="earlier", opened_at__gt=NOW - 7 * DAY).count()


def taken_by_rep() -> Counter[str | None]:
    earlier = Handoff.objects.filter(trigger="earlier", opened_at__gt=NOW - 7 * DAY)
    return Counter(earlier.values_list("owner", flat=True))


def most_of(owner: str) -> int:
    from coldframe.handoff import queries

    terms = {each.name: each for each in queries.list_terms()}[owner]
    if terms.away_until:
        return 0
    return PER_REP if terms.most is None else min(terms.most, PER_REP)


def any_rep_has_room(opened: Sequence[dict[str, Any]]) -> bool:
    from coldframe.handoff import queries

    named = [rep for _, rep in queries.list_reps()]
    own = taken_by_rep() + Counter(each["owner"] for each in opened)
    return not named or any(own[rep] < most_of(rep) for rep in named)
