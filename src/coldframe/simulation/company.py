"""
The demo company: a year and a half of leads, events, deals and opt-outs, from a seed.

A company that sells software and services to mid-size firms in six European countries. What an account
truly is (``AccountTruth``) decides its story, and the story decides what its people do; nothing an
observer sees is drawn without it. How it was calibrated: ``docs/explanation/simulation.md``.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from coldframe.kernel.vocabulary import ConsentBasis, EmailKind, Refusal, StakeholderRole
from coldframe.simulation import behavior, content, market, names, people, sales, scenes, strangers
from coldframe.simulation.behavior import Diary
from coldframe.simulation.market import Story
from coldframe.simulation.people import PRESENT_STORIES, Company, Person
from coldframe.simulation.records import (
    AccountTruth,
    SimulatedAccount,
    SimulatedCompany,
    SimulatedConsent,
    SimulatedEvent,
    SimulatedLead,
    SimulatedOpportunity,
    SimulatedSuppression,
)
from coldframe.simulation.sales import Deal


class UnknownSize(Refusal):
    """There is no simulated company of that size."""


def simulate(*, seed: int, as_of: datetime, size: str = "demo") -> SimulatedCompany:
    """
    Return a year and a half of history up to the midnight (UTC) that ``as_of`` lies after.

    The same seed and day give the same history, and another day the same one shifted; so every event lies
    before ``as_of``. Nothing else is read: no clock, no global randomness. ``size`` is ``demo``.

    Raises ``UnknownSize``, and ``ValueError`` for an ``as_of`` without a time zone.
    """
    if size != "demo":
        raise UnknownSize("There is no demo company of that size.", expected="demo", got=size)
    if as_of.tzinfo is None:
        raise ValueError("as_of: expected an aware datetime. Pass one with a time zone.")
    rng = random.Random(seed)
    midnight = as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    diary = Diary()
    register = people.Register()
    companies = people.make_companies(rng, register, today=midnight.date())
    deals = [deal for company in companies if (deal := happen(rng, diary, company))]
    strangers.double(rng, diary, register, companies)
    companies += strangers.come(rng, diary, register, first_company=len(companies))
    return assemble(
        rng, seed=seed, as_of=as_of, midnight=midnight, diary=diary, companies=companies, deals=deals
    )


def happen(rng: random.Random, diary: Diary, company: Company) -> Deal | None:
    """Write down one account's whole history; return its deal."""
    behavior.live(rng, diary, company)
    scenes.play(rng, diary, company)
    return sales.sell(rng, diary, company)


def assemble(
    rng: random.Random,
    *,
    seed: int,
    as_of: datetime,
    midnight: datetime,
    diary: Diary,
    companies: list[Company],
    deals: list[Deal],
) -> SimulatedCompany:
    """Return what was drawn as records, on the calendar."""
    moments = Moments(midnight)
    everyone = sorted(
        (person for company in companies for person in company.people), key=lambda each: each.key
    )
    return SimulatedCompany(
        seed=seed,
        as_of=as_of,
        accounts=tuple(account_of(rng, company, moments) for company in companies),
        leads=tuple(lead_of(rng, person, moments) for person in everyone),
        events=events_of(diary, moments),
        opportunities=tuple(
            opportunity_of(number, deal, moments) for number, deal in enumerate(deals, start=1)
        ),
        consents=tuple(consent for person in everyone for consent in consents_of(rng, person, moments)),
        suppressions=tuple(
            SimulatedSuppression(
                lead=person.key, reason=reason, source="newsletter", suppressed_at=moments.at(day)
            )
            for person, reason, day in diary.suppressions
        ),
    )


class Moments:
    """The calendar: days that count from the present, as instants to the second."""

    def __init__(self, midnight: datetime) -> None:
        self.midnight = midnight

    def at(self, day: float) -> datetime:
        """Return the instant of a day."""
        return self.midnight + timedelta(seconds=round(day * 86_400))

    def precisely(self, day: float) -> datetime:
        """Return the instant of a day to the millisecond; a scanner's burst lasts no longer than a second."""
        return self.midnight + timedelta(milliseconds=round(day * 86_400_000))


def account_of(rng: random.Random, company: Company, moments: Moments) -> SimulatedAccount:
    """Return an account as it is known, beside what is true of it."""
    window = company.course.window
    first = min((person.entered for person in company.people), default=company.course.begins)
    knows_more = not company.is_personal and rng.random() < 0.3
    return SimulatedAccount(
        key=company.key,
        external_id=f"A{company.key + 1:04d}",
        name=company.name,
        domain=company.domain,
        is_personal=company.is_personal,
        industry=company.industry if company.knows_industry else None,
        employees=company.employees if company.knows_employees else None,
        annual_revenue_cents=company.employees * rng.randint(70, 160) * 100_000 if knows_more else None,
        country=company.country.code if company.knows_country else None,
        city=company.city if knows_more else None,
        phone=phone(rng, company.country) if knows_more else None,
        technologies=", ".join(sorted(rng.sample(market.TECHNOLOGIES, rng.randint(1, 3))))
        if knows_more
        else None,
        renewal_on=company.renewal_on,
        owner=company.owner,
        created_at=moments.at(first),
        truth=AccountTruth(
            fit=company.fit,
            need=company.need,
            problem=company.problem,
            story=company.story.value,
            window_opens_at=None if window is None else moments.at(window),
        ),
    )


def phone(rng: random.Random, country: names.Country) -> str:
    """Return a number nobody can have: its subscriber part begins with 555 01."""
    return f"{country.dial} 555 01{rng.randint(0, 9999):04d}"


def lead_of(rng: random.Random, person: Person, moments: Moments) -> SimulatedLead:
    """Return a person as known; what is unknown is None."""
    company, source = person.company, person.source
    is_complete = company.story in PRESENT_STORIES
    knows_place = not company.is_personal and (is_complete or rng.random() >= source.missing_share / 2)
    asked = is_complete or rng.random() < 0.42 * (1 - source.missing_share)
    title = person.job_title if person.knows_role else None
    later = company.story is Story.LATER and person is company.people[0]
    return SimulatedLead(
        key=person.key,
        account=company.key,
        external_id=f"C{person.key + 1:05d}",
        email=person.email,
        email_kind=person.email_kind,
        is_role_address=person.is_role_address,
        first_name=person.first_name,
        last_name=person.last_name,
        job_title=title or (person.job_title if person.role is StakeholderRole.UNKNOWN else None) or None,
        department=(person.department if person.knows_role else None) or None,
        role=person.role if person.knows_role else None,
        phone=phone(rng, company.country) if rng.random() < 0.25 else None,
        country=company.country.code if knows_place else None,
        city=company.city if knows_place and rng.random() < 0.5 else None,
        time_zone=company.country.time_zone if knows_place else None,
        language=company.country.language if rng.random() < 0.6 else None,
        source=source.name,
        campaign=rng.choice(source.campaigns),
        landing_page=rng.choice(source.landing_pages),
        offer=person.offer,
        form=person.form,
        message=rng.choice(content.LATER_MESSAGES) if later else person.message,
        known_problem=company.problem if asked and not company.is_personal else None,
        timeline="later" if later else (rng.choice(market.TIMELINES) if rng.random() < 0.15 else None),
        owner=company.owner,
        source_status=rng.choice(people.CRM_STATUSES.get(company.story, ("Open", "Working", None))),
        left_company=left(rng, person),
        entered_at=moments.at(person.entered),
    )


def left(rng: random.Random, person: Person) -> bool | None:
    """Return whether the person is known to have left; of most people nobody has heard."""
    if person.left_company or person.company.story in PRESENT_STORIES or person.company.is_personal:
        return person.left_company
    return True if rng.random() < market.LEFT_COMPANY_SHARE else None


def events_of(diary: Diary, moments: Moments) -> tuple[SimulatedEvent, ...]:
    """Return the diary's lines in the order of time, numbered."""
    lines = sorted(diary.entries, key=lambda line: (line.day, line.person.key, line.kind))
    return tuple(
        SimulatedEvent(
            external_id=f"E{number:06d}",
            lead=line.person.key,
            kind=line.kind,
            occurred_at=moments.precisely(line.day),
            evidence=line.evidence,
            properties=line.properties,
            **line.about,
        )
        for number, line in enumerate(lines, start=1)
    )


def opportunity_of(number: int, deal: Deal, moments: Moments) -> SimulatedOpportunity:
    """Return a deal on the calendar."""
    return SimulatedOpportunity(
        external_id=f"O{number:04d}",
        account=deal.company.key,
        lead=deal.person.key,
        name=f"{deal.company.name}: {deal.product.lower()}",
        stage=deal.stage,
        state=deal.state,
        amount_cents=deal.amount_cents,
        currency="EUR",
        product=deal.product,
        owner=deal.owner,
        lost_reason=deal.lost_reason,
        opened_at=moments.at(deal.opened),
        closed_at=None if deal.closed is None else moments.at(deal.closed),
    )


#: Of those who are asked to confirm by a link, one in so many never does.
UNCONFIRMED_ONE_IN = 8


def consents_of(rng: random.Random, person: Person, moments: Moments) -> list[SimulatedConsent]:
    """Return why the person may be mailed; nobody on a purchased list was ever asked."""
    if person.email is None or rng.random() >= person.source.consent_share:
        return []
    is_asked = person.form is not None and person.email_kind is not EmailKind.DISPOSABLE
    confirms = is_asked and person.key % UNCONFIRMED_ONE_IN != 0
    return [
        SimulatedConsent(
            lead=person.key,
            basis=ConsentBasis.CONSENT if is_asked else ConsentBasis.LEGITIMATE_INTEREST,
            wording=content.CONSENT_WORDING if is_asked else "Met at a fair and asked to stay in touch.",
            source=person.form or person.source.name,
            given_at=moments.at(person.entered),
            confirmed_at=moments.at(person.entered) if confirms else None,
        )
    ]
