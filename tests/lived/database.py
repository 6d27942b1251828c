"""
The engine as it is: facts recorded by the operations that record them, a worker that takes turns, and its tables.

Only the receiver is not real: it asks the world what it answers, and now and then the worker dies just before, or
just after, it has handed over. What limits, holds and stops sending is the real thing, on a connection of its own; and
so is what looks at the clock, which is wrong now and then.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from coldframe.activity.models import Event, EventShape
from coldframe.cli.work import tokens
from coldframe.delivery import operations as delivery
from coldframe.delivery.limits import Limits
from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.kernel.vocabulary import SuppressionReason, Verdict
from coldframe.leads import due
from coldframe.leads import operations as leads
from coldframe.leads.models import Account, AccountDue, Consent, Lead, Opportunity
from coldframe.library import operations as library
from coldframe.nurture import cycle
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Cycle, Hold, Touch, Transition
from coldframe.outbox import holding, workers
from coldframe.outbox import queries as outbox_queries
from coldframe.outbox.hand import Hand
from coldframe.outbox.handlers import Beat, Claimed, Gate, Mark, Outcome, Report, Result
from coldframe.outbox.models import OutboxMessage
from coldframe.work import loop
from tests import ready
from tests.lived import oracle
from tests.lived.memory import REPS
from tests.lived.people import BEGIN, HOUSE, Happening, Person, World

SUPPRESSED = {
    "opted_out": SuppressionReason.UNSUBSCRIBE,
    "complained": SuppressionReason.COMPLAINT,
    "bounced": SuppressionReason.HARD_BOUNCE,
}
#: Chance that the worker dies around the hand-over of a message, and turns at one instant.
DEATH = 0.06
LANE = "mailbox"
MOST_TURNS = 50
WITHIN = timedelta(hours=24)


#: What limits the ways out; for whoever changes it.
GATES: Callable[[], Gate] = Limits


class Died(BaseException):
    """The worker was killed."""


class Clock:
    """Stands where it is put, or as far off as it is wrong."""

    at = BEGIN
    off = timedelta(0)

    def now(self) -> datetime:
        return self.at + self.off

    def elapsed(self) -> float:
        """Return the seconds that have really passed."""
        return (self.at - BEGIN).total_seconds()

    def wait(self, until: datetime | None) -> None:
        """Nobody waits here: the simulation moves on."""


class Receiving(TouchHandler):
    """The handler of touches, with the world for a mail server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def deliver(
        self, lane: str, messages: Iterator[Claimed], *, mark: Mark, report: Report, beat: Beat, at: datetime
    ) -> None:
        for message in messages:
            self.engine.may_die("before_marker")
            if message.id not in mark([message.id]):
                continue
            self.engine.may_die("before_dot")
            report(self.engine.receive(message))
            self.engine.may_die("after_dot")
            beat()


class Engine:
    """A database in which some worlds live."""

    unknown: frozenset[str] = frozenset()

    def __init__(self, worlds: Sequence[World]) -> None:
        self.worlds = list(worlds)
        self.of_lead = {lead: world for world in self.worlds for lead in world.people}
        self.chosen = random.Random("deaths")
        self.books: list[str] = []
        self.clock = Clock()
        self.lives = 0
        self.seen_handoffs = self.seen_transitions = 0
        shape_of.cache_clear()
        ready.make_tables()
        library.ensure_active_playbook(at=BEGIN)
        self.open_connection()
        handoffs.set_reps(reps=[name for _, name in REPS])
        for world in self.worlds:
            self.settle(list(world.people.values()))
        self.worker = self.born()

    def open_connection(self) -> None:
        """Add the connection that touches leave by, with the limits that the oracle knows."""
        holding.make_first_known(at=BEGIN)
        delivery.ensure_local_connection(at=BEGIN)
        delivery.add_connection(
            name=LANE, kind="SMTP", at=BEGIN, sender_name="Coldframe", sender_address="hello@sender.example",
            postal_address="1 Sender Street, Sendertown", per_minute=oracle.PER_MINUTE, per_day=oracle.PER_DAY,
            per_domain_minute=oracle.PER_DOMAIN_MINUTE, settings={"host": "127.0.0.1", "port": 1, "security": "none"},
        )  # fmt: skip
        delivery.go_live(LANE, at=BEGIN)

    def settle(self, people: Sequence[Person]) -> None:
        """Add people, and have their accounts due."""
        first = {person.account_id: person for person in reversed(people)}
        Account.objects.bulk_create(
            Account(
                id=key, name=f"Company {key}", name_key=f"company {key}", industry=person.industry, employees=120,
                country=person.country, created_at=BEGIN,
            )
            for key, person in sorted(first.items())
        )  # fmt: skip
        Lead.objects.bulk_create(
            Lead(
                id=each.lead_id, account_id=each.account_id, email=f"reader{each.lead_id}@c{each.account_id}.example",
                email_kind="BUSINESS", role=each.role, country=each.country, first_name="Anna", entered_at=each.entered_at,
                created_at=BEGIN,
            )
            for each in people
        )  # fmt: skip
        Consent.objects.bulk_create(
            Consent(
                lead_id=each.lead_id, basis=each.basis, wording="Yes", source="form", given_at=each.entered_at,
                confirmed_at=each.entered_at, expires_at=each.expires_at, created_at=BEGIN,
            )
            for each in people
            if each.basis
        )  # fmt: skip
        due.mark_due(account_ids=list(first), at=BEGIN)

    def born(self) -> loop.Worker:
        self.lives += 1
        handler, name = Receiving(self), f"life{self.lives}"
        self.pulse = workers.Pulse(name=name, elapsed=self.clock.elapsed)
        self.pulse.start(at=self.clock.now())
        return loop.Worker(
            name=name, clock=self.clock, handlers={handler.kind: handler}, tokens=tokens(), gate=GATES()
        )

    def may_die(self, where: str) -> None:
        if self.chosen.random() < DEATH / 3:
            self.worlds[0].seen[f"died_{where}"] += 1
            raise Died

    def receive(self, message: Claimed) -> Outcome:
        """Ask the world what it says to a message, once it knows what was decided before."""
        self.look()
        lead_id = Touch.objects.values_list("lead_id", flat=True).get(pk=message.subject_id)
        world, at = self.of_lead[lead_id], self.clock.at
        answer = world.answer_of(lead_id)
        world.seen[f"answer_{answer}"] += 1
        if answer == "later":
            return Outcome(
                id=message.id,
                result=Result.RETRY,
                phase="recipient",
                code=450,
                text="Greylisted",
                reason="LATER",
            )
        if answer == "refused":
            world.note(at, "bounced", lead_id)
            return Outcome(
                id=message.id,
                result=Result.FAILED,
                phase="recipient",
                code=550,
                text="No such user",
                reason="NO_SUCH_ADDRESS",
            )
        content = Touch.objects.values_list("content_key", flat=True).get(pk=message.subject_id)
        world.mailed(lead_id, content=content, at=at)
        if answer == "cut":
            return Outcome(id=message.id, result=Result.UNCERTAIN, phase="final dot", reason="NO_ANSWER")
        return Outcome(id=message.id, result=Result.SENT, phase="final dot", code=250, text="Ok")

    def next_at(self) -> datetime | None:
        due_at = None if self.pulse.hold_id else cycle.next_due_at()
        return due_at if due_at is None else due_at - self.clock.off

    def soon_at(self) -> datetime | None:
        if self.clock.off or holding.is_held():
            return None
        return outbox_queries.next_due_at(gate=self.worker.gate, at=self.clock.now())

    def happen(self, found: Happening) -> bool:
        """Record what happened by the operation that records it; return whether it was taken."""
        if found.lead_id == HOUSE:
            self.happen_to_the_house(found)
            return True
        person = self.of_lead[found.lead_id].people[found.lead_id]
        try:
            RECORDERS.get(found.kind, suppressed)(person, found)
        except (handoffs.NothingOpen, handoffs.AlreadySettled):
            return False
        if found.kind == "complained":
            self.complained(found)
        return True

    def happen_to_the_house(self, found: Happening) -> None:
        match found.kind:
            case "hold":
                holding.hold(cause=holding.Cause.PERSON, reason="to look at it", at=found.at, by="eva")
            case "lift":
                holding.lift(at=found.at, by="eva", causes=[holding.Cause.PERSON])
            case "resumed":
                delivery.go_live(LANE, at=found.at)
            case "clock_wrong":
                self.clock.off = found.about["by"]
            case "clock_right":
                self.clock.off = timedelta(0)

    def complained(self, found: Happening) -> None:
        """Count a complaint as the feedback of a provider does; where the brake is on, a person looks a day later."""
        with transaction.atomic():
            sight = delivery.record_complaint(LANE, at=found.at)
        if sight.stop:
            house = self.worlds[0]
            house.note(found.at, "braked", HOUSE)
            house.happens(found.at + timedelta(days=1), "resumed", HOUSE)

    def run(self, at: datetime) -> None:
        """Take turns until nothing is left to do at an instant; a worker that dies is followed by another."""
        self.clock.at = at
        if not self.pulse.beat(at=self.clock.now()):
            return
        with left_behind():
            for _ in range(MOST_TURNS):
                try:
                    busy = self.worker.turn(self.clock.now())
                except Died:
                    self.worker, busy = self.born(), True
                self.look()
                if not busy:
                    break
            else:
                self.books.append(f"{at}: busy again and again")
        if at.hour == 0 or at >= self.worlds[0].end - timedelta(hours=2):
            self.check_books(at)

    def look(self) -> None:
        """Tell the worlds what has come before sales, and where leads stand now."""
        for row in Transition.objects.filter(pk__gt=self.seen_transitions).order_by("pk"):
            self.seen_transitions = row.pk
            self.of_lead[row.lead_id].note(
                row.occurred_at, "status", row.lead_id, old=row.from_status, new=row.to_status
            )
        for row in Handoff.objects.filter(pk__gt=self.seen_handoffs).order_by("pk"):
            self.seen_handoffs = row.pk
            self.of_lead[row.lead_id].handed(
                row.lead_id, at=row.opened_at, deadline_at=row.deadline_at, is_hand_raise=row.is_hand_raise
            )

    def check_books(self, at: datetime) -> None:
        """Candidates of every cycle are its touches and its holds; nothing waits for longer than a day."""
        made = Q(state__in=["PLANNED", "SENT", "FAILED", "UNCERTAIN"])
        touches = dict(Touch.objects.filter(made).values_list("cycle").annotate(n=Count("id")))
        holds = dict(Hold.objects.values_list("cycle").annotate(n=Count("id")))
        for key, counts in Cycle.objects.values_list("pk", "counts"):
            if counts.get("candidates", 0) != touches.get(key, 0) + holds.get(key, 0):
                self.books.append(
                    f"cycle {key}: {counts['candidates']} candidates, {touches.get(key, 0)} touches, {holds.get(key, 0)} holds"
                )
        late = OutboxMessage.objects.filter(
            state__in=["QUEUED", "CLAIMED", "HANDING_OFF"], created_at__lt=at - 3 * WITHIN
        )
        self.books += [f"{at}: {late.count()} messages wait for days"] if late.exists() else []
        stuck = AccountDue.objects.filter(due_at__lt=at - WITHIN)
        self.books += [f"{at}: {stuck.count()} accounts wait for a day"] if stuck.exists() else []


@contextmanager
def left_behind() -> Iterator[None]:
    """Let a worker that dies leave what it held as a killed process does."""
    conclude = Hand.conclude

    def concluded(self: Hand, *, broke: bool) -> None:
        if not broke:
            conclude(self, broke=broke)

    Hand.conclude = concluded  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hand.conclude = conclude  # type: ignore[method-assign]


def event(person: Person, found: Happening) -> None:
    about = {name: found.about.get(name, "") for name in ("path", "form", "asset", "topic", "campaign")}
    shape = shape_of(found.about["kind"], **about)
    evidence = "MACHINE" if found.about.get("is_machine") else "HUMAN"
    Event.objects.create(
        key=uuid.uuid4().bytes, shape_id=shape, lead_id=person.lead_id, account_id=person.account_id, occurred_at=found.at,
        received_at=found.at, evidence=Event.EvidenceCode[evidence],
    )  # fmt: skip
    due.mark_due(account_ids=[person.account_id], at=found.at)


@cache
def shape_of(kind: str, **about: str) -> int:
    """Return the id of what an event was about, in the database of the engine that was made last."""
    found, _ = EventShape.objects.get_or_create(kind=kind, **about)
    return found.pk


def suppressed(person: Person, found: Happening) -> None:
    leads.suppress(reason=SUPPRESSED[found.kind], source="the world", at=found.at, lead_ids=[person.lead_id])


def left_company(person: Person, found: Happening) -> None:
    Lead.objects.filter(pk=person.lead_id).update(left_company=True)
    due.mark_due(account_ids=[person.account_id], at=found.at)


def withdrew(person: Person, found: Happening) -> None:
    leads.withdraw_consent(lead_id=person.lead_id, at=found.at)


def paused(person: Person, found: Happening) -> None:
    leads.pause(lead_id=person.lead_id, until=found.about["until"], source="the page", at=found.at)


def verdict(person: Person, found: Happening) -> None:
    handoffs.record_verdict(
        lead_id=person.lead_id, answer=Verdict(found.about["answer"]), by="eva", at=found.at, reason="said so",
        until=found.about["until"],
    )  # fmt: skip


def deal_opened(person: Person, found: Happening) -> None:
    Opportunity.objects.create(
        account_id=person.account_id, lead_id=person.lead_id, source="crm", external_id=f"{person.lead_id}:{found.number}", state="OPEN",
        opened_at=found.at, created_at=found.at,
    )  # fmt: skip
    due.mark_due(account_ids=[person.account_id], at=found.at)


def deal_closed(person: Person, found: Happening) -> None:
    last = Opportunity.objects.filter(lead_id=person.lead_id).order_by("-pk")[0]
    last.state, last.closed_at = found.about["state"], found.at
    last.save()
    due.mark_due(account_ids=[person.account_id], at=found.at)


RECORDERS: dict[str, Any] = {
    each.__name__: each for each in (event, left_company, withdrew, paused, verdict, deal_opened, deal_closed)
}
