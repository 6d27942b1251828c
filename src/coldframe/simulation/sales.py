"""What becomes of accounts that talk to sales: demo, deal, calls, and how it ended."""

from __future__ import annotations

import random
from dataclasses import dataclass

from coldframe.kernel.vocabulary import OpportunityState
from coldframe.simulation import content, market, names
from coldframe.simulation.behavior import MINUTE, Diary, office_hour
from coldframe.simulation.market import Story
from coldframe.simulation.people import Company, Person

#: Stages of the demo company's CRM, for deals that are open.
OPEN_STAGES = ("Discovery", "Proposal", "Negotiation")
PRODUCTS = ("Subscription", "Subscription and onboarding", "Migration")
#: Of companies of the wrong kind, how many ask for a demo all the same.
MISFIT_ASKED_SHARE = 0.12


@dataclass(frozen=True, kw_only=True, slots=True)
class Deal:
    """An opportunity in the making; days count from the present."""

    company: Company
    person: Person
    state: OpportunityState
    stage: str
    amount_cents: int
    product: str
    owner: str
    lost_reason: str | None
    opened: float
    closed: float | None


def sell(rng: random.Random, diary: Diary, company: Company) -> Deal | None:
    """Write down what passes between an account and sales; return the deal, if it came to one."""
    if company.course.opened is None:
        if (
            company.story is Story.MISFIT
            and company.course.begins < -40
            and rng.random() < MISFIT_ASKED_SHARE
        ):
            ask_in_vain(rng, diary, company)
        return None
    person = company.people[0]
    opened, closed = company.course.opened, company.course.closed
    ask(rng, diary, person, day=max(opened - rng.randint(3, 9), company.course.begins + 1))
    diary.add(opened - 1 + office_hour(rng), person, "meeting_booked", topic="first meeting")
    ends = closed if closed is not None else -2
    for _ in range(rng.randint(2, 5)):
        talked = rng.choice(company.people[:3])
        day = rng.randint(opened, max(ends, opened)) + office_hour(rng)
        diary.add(day, talked, "call", topic=rng.choice(content.CALL_OUTCOMES[:3]))
    return deal(rng, company, person, opened=opened, closed=closed)


def ask(rng: random.Random, diary: Diary, person: Person, *, day: int) -> None:
    """Write down a request for a demo or a price."""
    form, messages = rng.choice((("demo", content.DEMO_MESSAGES), ("pricing", content.PRICING_MESSAGES)))
    message = rng.choice(messages)
    now = day + office_hour(rng)
    diary.add(now - 4 * MINUTE, person, "page", path="/pricing")
    diary.add(now, person, "form_submitted", form=form, properties={"message": message})


def ask_in_vain(rng: random.Random, diary: Diary, company: Company) -> None:
    """Write down that sales called back a company that it cannot serve."""
    person = company.people[0]
    day = int(person.entered) + rng.randint(1, 15)
    ask(rng, diary, person, day=day)
    diary.add(day + 1 + office_hour(rng), person, "call", topic="spoke: not a fit")


def deal(rng: random.Random, company: Company, person: Person, *, opened: int, closed: int | None) -> Deal:
    """Return the opportunity: bigger firms pay more, and what was lost was lost for a reason."""
    owner = company.owner or rng.choice(names.SALES_REPS)
    state, stage, lost_reason = OpportunityState.OPEN, rng.choice(OPEN_STAGES), None
    if company.story is Story.WON:
        state, stage = OpportunityState.WON, "Closed won"
    elif company.story is Story.LOST:
        state, stage = OpportunityState.LOST, "Closed lost"
        lost_reason = "not a fit" if company.fit < 0.5 else rng.choice(market.LOST_REASONS[:4])
    thousands = 8 + company.employees**0.6 * rng.uniform(0.5, 1.4)
    return Deal(
        company=company,
        person=person,
        state=state,
        stage=stage,
        amount_cents=round(thousands * 2) * 50_000,
        product=rng.choice(PRODUCTS),
        owner=owner,
        lost_reason=lost_reason,
        opened=opened + office_hour(rng),
        closed=None if closed is None else closed + office_hour(rng),
    )
