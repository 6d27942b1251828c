"""What it takes to live through some days of nurture: a playbook, leads who may be mailed, a worker, an other side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

from coldframe.delivery import operations as delivery
from coldframe.kernel.vocabulary import ConsentBasis
from coldframe.leads import consent, due
from coldframe.leads.models import Account, Lead
from coldframe.library import operations as library
from coldframe.nurture import cycle
from coldframe.nurture.handlers import TouchHandler
from coldframe.nurture.models import Hold, Touch
from coldframe.outbox import operations as outbox
from coldframe.outbox.handlers import Beat, Claimed, Handler, Mark, Outcome, Report, Result
from coldframe.work import loop, trades
from coldframe.work.clocks import VirtualClock
from tests import world
from tests.world import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
TOKENS = itertools.count(1)
#: What the other side says to a message.
Answering = Callable[[Claimed], Outcome]


@cache
def shipped() -> str:
    return (resources.files("coldframe.library") / "playbooks" / "default.yaml").read_text(encoding="utf-8")


def use_playbook(changes: Mapping[str, str] | None = None, *, holdout: bool = False) -> None:
    """Activate the shipped playbook with some of its text replaced, and nobody held out unless asked for."""
    text = shipped()
    if not holdout:
        text = replaced(text, "holdout: 10% of accounts", "holdout: 0% of accounts")
    for old, new in (changes or {}).items():
        text = replaced(text, old, new)
    version = library.publish_playbook(text=text, at=NOW - DAY)
    library.activate_playbook(number=version.number, at=NOW - DAY)


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"the shipped playbook has no {old!r}"
    return text.replace(old, new)


def may_mail(*leads: Lead) -> None:
    """Put a proven consent of each lead on file."""
    for each in leads:
        permission = consent.Permission(
            basis=ConsentBasis.CONSENT, wording="Yes, write to me.", source="form", given_at=NOW - DAY,
            confirmed_at=NOW - DAY,
        )  # fmt: skip
        consent.give(lead_id=each.pk, permission=permission, at=NOW - DAY)


def reader(number: int, **changes: Any) -> Lead:
    """Add a lead of a company of their own who may be mailed: good fit, some interest."""
    company = world.account(
        name=f"Company {number}", domain=f"company{number}.example", industry="software", employees=120, country="PL"
    )  # fmt: skip
    values = {
        "first_name": f"Reader{number}", "last_name": "Nowak", "email": f"reader@company{number}.example",
        "role": "CHAMPION", "country": "PL", "source": "webinar", "job_title": "Head of Marketing",
    }  # fmt: skip
    made = world.lead(company, **{**values, **changes})
    world.event(made, kind="page", path="/blog/why", days_ago=2)
    may_mail(made)
    return made


def decide(at: datetime = NOW, *leads: Lead) -> cycle.Done:
    """Run one cycle at an instant: of what is due, or of the accounts of some leads."""
    token = next(TOKENS)
    if leads:
        return cycle.run_accounts(account_ids={each.account_id for each in leads}, as_of=at, token=token)
    return cycle.run_due(as_of=at, token=token)


def taken(message: Claimed) -> Outcome:
    return Outcome(id=message.id, result=Result.SENT, phase="final dot", code=250, text="2.0.0 Ok")


@dataclass(kw_only=True)
class Post(TouchHandler):
    """The handler of touches, with an other side that answers as a test says."""

    answer: Answering = taken
    #: Called with each message just before its marker.
    before_mark: Callable[[Claimed], object] = field(default=lambda message: None)
    #: Whatever passed its marker, in order.
    arrived: list[Claimed] = field(default_factory=list)

    def deliver(
        self,
        lane: str,
        messages: Iterator[Claimed],
        *,
        mark: Mark,
        report: Report,
        beat: Beat,
        at: datetime,
    ) -> None:
        for message in messages:
            self.before_mark(message)
            if message.id in mark([message.id]):
                self.arrived.append(message)
                report(self.answer(message))
            beat()


def outbox_turn(handler: Handler, at: datetime) -> Any:
    """Give the outbox one turn at an instant."""
    return outbox.run_turn(handlers={handler.kind: handler}, worker="one", now=lambda: at, gate=trades.gate())


def worker(clock: VirtualClock, *, handler: Handler | None = None, name: str = "one") -> loop.Worker:
    """Return a worker that lives by a clock."""
    delivery.ensure_local_connection(at=clock.now())
    handlers = {handler.kind: handler} if handler else trades.handlers()
    return loop.Worker(
        name=name,
        clock=clock,
        handlers=handlers,
        gate=trades.gate(),
        tokens=TOKENS,
        digesters=trades.digesters(),
        chores=trades.chores(),
    )


def live(*, days: float, since: datetime = NOW, handler: Handler | None = None) -> loop.Totals:
    """Let a worker live through some days; return what it did."""
    clock = VirtualClock(at=since, end=since + days * DAY)
    return worker(clock, handler=handler).run(until=clock.end)


def all_due(at: datetime = NOW) -> None:
    """Make every account due."""
    due.mark_due(account_ids=list(Account.objects.values_list("pk", flat=True)), at=at)


def touches(who: Lead) -> Sequence[Touch]:
    return list(Touch.objects.filter(lead=who).order_by("id"))


def holds(who: Lead) -> list[str]:
    return list(Hold.objects.filter(lead=who).order_by("id").values_list("reason", flat=True))
