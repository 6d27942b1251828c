"""
A world of people, their mailboxes and their companies' sales, drawn from a seed. It knows nothing of the engine.

What happens is a ``Happening`` with an instant; what the world has seen of us is its log: mails that arrived, leads
that were put before sales. People answer to both as people do: late, seldom, and sometimes by a machine.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUNTRIES = ("PL", "DE")
#: Ids of a world's leads begin at its number times this.
SPAN = 1_000
LEADS_AN_ACCOUNT = (1, 1, 1, 2, 2, 3, 5)
PAGES = ("/", "/blog/why", "/guide/how", "/compare/a-vs-b", "/pricing", "/docs", "/customers/one")
#: Seconds after a mail at which scanners press its links, and how often so.
SCANNERS = ((10, 0.005), (20, 0.022), (60, 0.664), (300, 0.283), (1800, 0.019), (86400, 0.007))


@dataclass(frozen=True, order=True)
class Happening:
    """Something that happens to a lead, or that it does."""

    at: datetime
    number: int
    kind: str = field(compare=False)
    lead_id: int = field(compare=False)
    about: dict[str, Any] = field(compare=False, default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A lead, and how it is."""

    lead_id: int
    account_id: int
    country: str
    role: str
    entered_at: datetime
    basis: str | None
    expires_at: datetime | None
    industry: str
    #: 0: never answers anything; 1: a keen one.
    interest: float
    #: Its mailbox is looked through by a machine.
    is_scanned: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the world's log."""

    at: datetime
    what: str
    lead_id: int
    account_id: int
    about: dict[str, Any] = field(default_factory=dict)


#: Who is meant by what happens to the house and to nobody in it.
HOUSE = 0
#: How far a clock can be off, and how many complaints a mail can bring: drawn for each world, so that some have much of one.
JUMPS = (-3650 * DAY, -2 * DAY, -2 * HOUR, 2 * HOUR, 2 * DAY, 3650 * DAY)
COMPLAINTS = (0.002, 0.002, 0.002, 0.03)


class World:
    """
    Some people over some years, and the house that writes to them.

    Worlds that live together are written to by one house: the first one's. Else somebody in a hundred of them would hold
    sending, or have a wrong clock, nearly all of the time.
    """

    def __init__(self, *, seed: int, leads: int, years: float, number: int = 0) -> None:
        self.chosen = random.Random(f"{seed}:{number}")
        #: Draws what becomes of the house, apart from its people.
        self.drawn = random.Random(f"{seed}:{number}:house")
        self.complaints = self.drawn.choice(COMPLAINTS)
        self.end = BEGIN + years * 365 * DAY
        self.people = {each.lead_id: each for each in self.population(leads, number * SPAN + 1)}
        self.log: list[Entry] = []
        self.ahead: list[Happening] = []
        self.numbers = 0
        self.seen: Counter[str] = Counter()
        #: Leads with an address that no longer takes mail.
        self.dead: set[int] = set()
        for person in self.people.values():
            self.plan_life(person)
        if number == 0:
            self.plan_house()

    def population(self, leads: int, first: int) -> Iterator[Person]:
        chosen, account, left = self.chosen, first - 1, 0
        for lead_id in range(first, first + leads):
            if left == 0:
                account, left = lead_id, chosen.choice(LEADS_AN_ACCOUNT)
                country, industry = (
                    chosen.choice(COUNTRIES),
                    chosen.choice(("software", "software", "bakery")),
                )
            left -= 1
            basis = chosen.choices(("CONSENT", "LEGITIMATE_INTEREST", None), (80, 10, 10))[0]
            ends = BEGIN + chosen.uniform(0.05, 0.9) * (self.end - BEGIN)
            expires = ends if basis and chosen.random() < 0.15 else None
            yield Person(
                lead_id=lead_id, account_id=account, country=country, industry=industry, basis=basis, expires_at=expires,
                role=chosen.choice(("CHAMPION", "ECONOMIC_BUYER", "USER")), interest=chosen.random() ** 3,
                entered_at=BEGIN - chosen.uniform(0, 20) * DAY, is_scanned=chosen.random() < 0.25,
            )  # fmt: skip

    def plan_life(self, person: Person) -> None:
        """Plan what happens to a person whatever we do."""
        chosen, lead = self.chosen, person.lead_id
        for _ in range(round(person.interest * 14 * (self.end - BEGIN) / (365 * DAY))):
            at = BEGIN + chosen.random() * (self.end - BEGIN)
            for _ in range(chosen.randint(1, 5)):
                self.happens(at, "event", lead, kind="page", path=chosen.choice(PAGES))
        if chosen.random() < 0.15:
            self.happens(BEGIN + chosen.random() * (self.end - BEGIN), "left_company", lead)
        if chosen.random() < 0.1:
            self.happens(BEGIN + chosen.random() * (self.end - BEGIN), "withdrew", lead)
        if chosen.random() < 0.02 + person.interest * 0.1:
            self.happens(
                BEGIN + chosen.random() * (self.end - BEGIN),
                "event",
                lead,
                kind="form_submitted",
                form="demo",
            )

    def plan_house(self) -> None:
        """Plan when somebody holds all sending, and when the machine's clock is wrong: now and then, never both at once."""
        drawn, at = self.drawn, BEGIN
        years = (self.end - BEGIN) / (365 * DAY)
        for _ in range(drawn.choice((0, 2, 4)) + max(1, round(2 * years))):
            at += drawn.uniform(0.05, 0.3) * (self.end - BEGIN)
            if drawn.random() < 0.6:
                until = at + drawn.uniform(2, 96) * HOUR
                self.happens(at, "hold", HOUSE)
                self.happens(until, "lift", HOUSE)
            else:
                until = at + drawn.uniform(1, 48) * HOUR
                self.happens(at, "clock_wrong", HOUSE, by=drawn.choice(JUMPS))
                self.happens(until, "clock_right", HOUSE)
            at = until + HOUR

    def happens(self, at: datetime, kind: str, lead_id: int, /, **about: Any) -> None:
        self.numbers += 1
        if at < self.end:
            heapq.heappush(self.ahead, Happening(at, self.numbers, kind, lead_id, about))

    def next_at(self) -> datetime | None:
        return self.ahead[0].at if self.ahead else None

    def until(self, at: datetime) -> Iterator[Happening]:
        """Yield what has happened up to an instant, in order, and write it down."""
        while self.ahead and self.ahead[0].at <= at:
            found = heapq.heappop(self.ahead)
            self.note(found.at, found.kind, found.lead_id, **found.about)
            yield found

    def note(self, at: datetime, what: str, lead_id: int, /, **about: Any) -> None:
        self.seen[what] += 1
        account_id = self.people[lead_id].account_id if lead_id != HOUSE else HOUSE
        self.log.append(Entry(at=at, what=what, lead_id=lead_id, account_id=account_id, about=about))

    def unheard(self) -> None:
        """Take the last line back: what sales said of a lead that was no longer before it was not taken down."""
        self.log.pop()
        self.seen["unheard"] += 1

    def answer_of(self, lead_id: int) -> str:
        """Return what the mail server will say to a mail: accepted, refused, cut (taken, no answer), later."""
        if lead_id in self.dead:
            return "refused"
        return self.chosen.choices(("accepted", "refused", "cut", "later"), (978, 3, 4, 15))[0]

    def mailed(self, lead_id: int, *, content: str, at: datetime) -> None:
        """Take a mail, and plan what comes of it."""
        self.note(at, "mail", lead_id, content=content)
        person, chosen = self.people[lead_id], self.chosen
        if person.is_scanned:
            self.scan(lead_id, at)
        roll = chosen.random()
        later = at + chosen.expovariate(1 / 8) * HOUR + timedelta(minutes=2)
        if roll < 0.003:
            self.dead.add(lead_id)
            self.happens(later, "bounced", lead_id)
        elif roll < 0.003 + self.complaints:
            self.happens(later, "complained", lead_id)
        elif roll < 0.015 + self.complaints:
            self.happens(later, "opted_out", lead_id)
        elif roll < 0.020 + self.complaints:
            self.happens(later, "paused", lead_id, until=later + chosen.uniform(10, 90) * DAY)
        elif roll < 0.020 + self.complaints + 0.35 * person.interest:
            self.read(lead_id, later, content)

    def scan(self, lead_id: int, at: datetime) -> None:
        """Have a machine press every link."""
        seconds = self.chosen.choices([each for each, _ in SCANNERS], [share for _, share in SCANNERS])[0]
        for _ in range(5):
            burst = at + timedelta(seconds=seconds + self.chosen.random())
            self.happens(burst, "event", lead_id, kind="link_clicked", is_machine=True)

    def read(self, lead_id: int, at: datetime, content: str) -> None:
        """Have a person read, and go on from there."""
        chosen = self.chosen
        self.happens(at, "event", lead_id, kind="link_clicked", asset=content.removeprefix("asset:"))
        for step in range(chosen.randint(0, 4)):
            self.happens(
                at + step * timedelta(minutes=2), "event", lead_id, kind="page", path=chosen.choice(PAGES)
            )
        if chosen.random() < 0.08:
            self.happens(at + HOUR, "event", lead_id, kind="replied")
        if chosen.random() < 0.05:
            self.happens(at + HOUR, "event", lead_id, kind="meeting_booked")

    def handed(self, lead_id: int, *, at: datetime, deadline_at: datetime, is_hand_raise: bool) -> None:
        """Take a lead as sales does: with an answer in time, late, or never."""
        self.note(at, "handed", lead_id, deadline_at=deadline_at, is_hand_raise=is_hand_raise)
        chosen = self.chosen
        if chosen.random() < 0.2:
            self.seen["sales_silent"] += 1
            return
        said = at + chosen.random() ** 2 * 3 * DAY
        words = ("ACCEPTED", "NOT_NOW", "NEEDS_EDUCATION", "WRONG_PERSON", "NOT_A_FIT")
        word = chosen.choices(words, (40, 25, 15, 10, 10))[0]
        until = said + chosen.uniform(20, 200) * DAY if word == "NOT_NOW" else None
        self.happens(said, "verdict", lead_id, answer=word, until=until)
        if word == "ACCEPTED" and chosen.random() < 0.7:
            opened = said + chosen.uniform(1, 20) * DAY
            self.happens(opened, "deal_opened", lead_id)
            word = chosen.choice(("WON", "LOST", "LOST"))
            self.happens(opened + chosen.uniform(10, 150) * DAY, "deal_closed", lead_id, state=word)
