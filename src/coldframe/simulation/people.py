"""Who there is: accounts with what is true and what is known of them, and the people who work there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from coldframe.kernel.vocabulary import EmailKind, StakeholderRole
from coldframe.simulation import content, market, names
from coldframe.simulation.market import Source, Story
from coldframe.simulation.stories import Course, course

#: Stories that show something at present; what sales must know of them is known.
PRESENT_STORIES = frozenset(
    {
        Story.ASKS,
        Story.BOOKS,
        Story.READY,
        Story.SURGE,
        Story.READS_SALES_MATERIAL,
        Story.WEBINAR,
        Story.DATE_REACHED,
        Story.KEEPS_COMING,
        Story.CAME_BACK,
    }
)
#: Standard deviation of luck against ``Truth.strength``, and how many share in each draw.
LUCK, POOL = 0.12, 3
#: How many people of an account are known: from, to.
PEOPLE: dict[Story, tuple[int, int]] = {
    Story.WON: (3, 7), Story.IN_SALES: (3, 8), Story.LOST: (2, 6), Story.ASKS: (1, 2), Story.BOOKS: (1, 2), Story.READY: (1, 2),
    Story.SURGE: (3, 3), Story.READS_SALES_MATERIAL: (2, 4), Story.WEBINAR: (2, 4), Story.DATE_REACHED: (1, 2),
    Story.CAME_BACK: (1, 2), Story.KEEPS_COMING: (1, 2), Story.WARMING: (2, 5), Story.LATER: (1, 4), Story.DORMANT: (1, 5), Story.EARLY: (1, 4),
    Story.QUIET: (1, 3), Story.MISFIT: (1, 3), Story.COMPETITOR: (1, 2), Story.OFF_TOPIC: (1, 1),
}  # fmt: skip
ROLES = (
    (StakeholderRole.CHAMPION, 0.30),
    (StakeholderRole.USER, 0.28),
    (StakeholderRole.ECONOMIC_BUYER, 0.18),
    (StakeholderRole.TECHNICAL_EVALUATOR, 0.14),
    (StakeholderRole.PROCUREMENT, 0.05),
    (StakeholderRole.UNKNOWN, 0.05),
)
#: The status the CRM gives; it is often wrong, as everywhere.
CRM_STATUSES: dict[Story, tuple[str | None, ...]] = {
    Story.WON: ("Customer",),
    Story.IN_SALES: ("Opportunity", "Working"),
    Story.LOST: ("Closed lost", "Not interested"),
    Story.DORMANT: ("Not interested", "Unqualified", "Open"),
    Story.QUIET: ("New", "Open", "Not interested", None),
    Story.MISFIT: ("Unqualified", "Open", "New", None),
    Story.LATER: ("Working", "Nurture"),
}


@dataclass(slots=True)
class Person:
    """A lead in the making."""

    key: int
    company: Company
    first_name: str | None
    last_name: str | None
    email: str | None
    email_kind: EmailKind | None
    role: StakeholderRole
    job_title: str
    department: str
    source: Source
    #: Day of entry; days count from the present.
    entered: float
    #: Share of the account's visits, against colleagues.
    weight: float
    is_role_address: bool = False
    form: str | None = None
    message: str | None = None
    offer: str | None = None
    knows_role: bool = True
    left_company: bool | None = None
    #: From this day on there is no mail to this person.
    unmailable_from: float | None = None


@dataclass(slots=True)
class Company:
    """An account in the making: what is true, what is known, how its story goes."""

    key: int
    story: Story
    source: Source
    fit: float
    need: float
    problem: str
    name: str | None
    domain: str | None
    industry: str
    employees: int
    country: names.Country
    city: str
    course: Course
    is_personal: bool = False
    knows_industry: bool = True
    knows_employees: bool = True
    knows_country: bool = True
    renewal_on: date | None = None
    owner: str | None = None
    has_scanner: bool = False
    people: list[Person] = field(default_factory=list)


@dataclass(slots=True)
class Register:
    """What must not be given away twice: keys of people, names of firms, names of people."""

    keys: Iterator[int] = field(default_factory=count)
    company_names: set[str] = field(default_factory=set)
    person_names: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is drawn of a company before its story is."""

    source: Source
    is_target: bool
    fit: float
    need: float

    @property
    def strength(self) -> float:
        """How likely a purchase is, before luck."""
        return self.fit * (0.4 + 0.6 * self.need)


def draw_truth(rng: random.Random) -> Truth:
    """Return what is true of a company that a source brings."""
    source = rng.choices(market.SOURCES, [each.share for each in market.SOURCES])[0]
    is_target = rng.random() < source.target_share
    fit = rng.triangular(0.55, 1.0, 0.85) if is_target else rng.triangular(0.05, 0.5, 0.25)
    return Truth(source=source, is_target=is_target, fit=fit, need=rng.betavariate(2.2, 1.8))


def cast_stories(truths: list[Truth], rng: random.Random) -> list[Story]:
    """
    Return the story of each company: those that buy go to the strongest truths, with luck in between.

    Each story in turn is dealt among three times as many of the strongest that are left.
    """
    ranked = sorted(range(len(truths)), key=lambda i: -truths[i].strength - rng.gauss(0, LUCK))
    left = [i for i in ranked if truths[i].is_target]
    stories = [Story.QUIET if truth.is_target else Story.MISFIT for truth in truths]
    for story, wanted in market.BUYING_STORIES.items():
        pool = left[: POOL * wanted]
        for i in rng.sample(pool, min(wanted, len(pool))):
            stories[i] = story
            left.remove(i)
    for i in rng.sample([i for i in ranked if not truths[i].is_target], market.MISFIT_DEALS):
        stories[i] = Story.LOST
    return stories


def make_companies(rng: random.Random, register: Register, *, today: date) -> list[Company]:
    """Return all accounts with their people, keys in order."""
    truths = [draw_truth(rng) for _ in range(market.COMPANY_COUNT)]
    companies = [
        make_company(rng, key, truth, story, taken=register.company_names, today=today)
        for key, (truth, story) in enumerate(zip(truths, cast_stories(truths, rng), strict=True))
    ]
    for name, domain in names.COMPETITORS.items():
        companies.append(make_competitor(rng, len(companies), name, domain, today=today))
    for company in companies:
        add_people(rng, company, register)
    return companies


def make_company(
    rng: random.Random, key: int, truth: Truth, story: Story, *, taken: set[str], today: date
) -> Company:
    """Return an account without people."""
    industry, employees, country = firmographics(rng, truth)
    name = names.company_name(rng, industry=industry, taken=taken)
    missing = 0.0 if story in PRESENT_STORIES else truth.source.missing_share
    if story in (Story.WON, Story.IN_SALES):
        missing /= 4
    company = Company(
        key=key,
        story=story,
        source=truth.source,
        fit=truth.fit,
        need=truth.need,
        problem=rng.choice(market.PROBLEMS),
        name=name + (names.LEGAL_FORMS.get(country.code, "") if rng.random() < 0.35 else ""),
        domain=names.ascii_word(name) + ".example",
        industry=industry,
        employees=employees,
        country=country,
        city=rng.choice(country.cities),
        course=course(story, rng),
        knows_industry=rng.random() >= missing,
        knows_employees=rng.random() >= missing * 1.2,
        knows_country=rng.random() >= missing / 4,
        renewal_on=renewal(rng, story, today=today),
        has_scanner=rng.random() < market.SCANNING_GATEWAY_SHARE,
    )
    if story in PRESENT_STORIES or company.course.opened is not None or rng.random() < 0.1:
        company.owner = names.SALES_REPS[rng.randrange(len(names.SALES_REPS))]
    return company


def make_competitor(rng: random.Random, key: int, name: str, domain: str, *, today: date) -> Company:
    """Return a competitor, who looks like the best of leads."""
    truth = Truth(source=market.BY_NAME["organic search"], is_target=True, fit=0.0, need=0.0)
    company = make_company(rng, key, truth, Story.COMPETITOR, taken=set(), today=today)
    company.name, company.domain, company.industry = name, domain, "software"
    return company


def firmographics(rng: random.Random, truth: Truth) -> tuple[str, int, names.Country]:
    """Return industry, number of people and country; misfits fail by one or two of the three."""
    served = rng.choices(names.SERVED, (34, 26, 8, 9, 13, 10))[0]
    if truth.is_target:
        small = rng.random() < 0.1
        employees = rng.randint(20, 49) if small else min(max(int(rng.lognormvariate(5.1, 0.7)), 50), 1000)
        return rng.choices(market.TARGET_INDUSTRIES, (45, 35, 20))[0], employees, served
    kind = rng.random()
    if kind < 0.16:
        employees = min(max(int(rng.lognormvariate(4.8, 0.9)), 10), 4000)
        return rng.choice(market.TARGET_INDUSTRIES), employees, rng.choice(names.OUTSIDE)
    if kind < 0.42:
        return rng.choice(market.TARGET_INDUSTRIES + market.OTHER_INDUSTRIES), rng.randint(1, 14), served
    return rng.choice(market.OTHER_INDUSTRIES), max(int(rng.lognormvariate(4.6, 1.2)), 3), served


def renewal(rng: random.Random, story: Story, *, today: date) -> date | None:
    """Return when the present contract ends, where somebody said so."""
    match story:
        case Story.DATE_REACHED:
            return today + timedelta(days=rng.randint(158, 176))
        case Story.LATER if rng.random() < 0.75:
            return today + timedelta(days=rng.randint(205, 420))
        case Story.DORMANT | Story.LOST if rng.random() < 0.12:
            return today + timedelta(days=rng.randint(230, 500))
    return None


def add_people(rng: random.Random, company: Company, register: Register) -> None:
    """Give the account its people; the first is the one who cares most."""
    few, many = PEOPLE[company.story]
    comes_as_list = company.source.name == "cold list" and company.story not in PRESENT_STORIES
    size = rng.randint(few, many) + (rng.randint(0, 2) if comes_as_list else 0)
    ends = max((phase.end for phase in company.course.phases), default=-2)
    for position in range(size):
        source = company.source
        if position and not comes_as_list and rng.random() < 0.6:
            source = market.BY_NAME[rng.choice(market.COLLEAGUE_SOURCES)]
        begins = company.course.begins
        day = (
            begins
            if position == 0 or comes_as_list
            else rng.randint(begins, max(begins, min(ends, begins + 150)))
        )
        if company.story in PRESENT_STORIES or (position > 1 and company.course.opened is None):
            day = min(day, -21)
        company.people.append(make_person(rng, register, company, source, day=day, position=position))


def make_person(
    rng: random.Random, register: Register, company: Company, source: Source, *, day: int, position: int
) -> Person:
    """Return somebody who works there and came in on a day."""
    role = rng.choices([role for role, _ in ROLES], [share for _, share in ROLES])[0]
    if position == 0 and company.story not in (Story.QUIET, Story.MISFIT):
        role = rng.choice(
            (StakeholderRole.CHAMPION, StakeholderRole.CHAMPION, StakeholderRole.ECONOMIC_BUYER)
        )
    job_title, department = rng.choice(names.TITLES[role])
    first_name, last_name = names.person_name(rng, company.country, taken=register.person_names)
    missing = 0.0 if company.story in PRESENT_STORIES else source.missing_share
    person = Person(
        key=next(register.keys),
        company=company,
        first_name=first_name,
        last_name=last_name,
        email=None,
        email_kind=None,
        role=role,
        job_title=job_title,
        department=department,
        source=source,
        entered=day + rng.uniform(0.30, 0.70),
        weight=(1.0 if position == 0 else rng.uniform(0.1, 0.7)),
        form=rng.choice(source.forms) if source.forms else None,
        offer=rng.choice(market.OFFERS) if rng.random() < 0.3 else None,
        knows_role=rng.random() >= missing * 1.1,
    )
    if person.form == "contact":
        person.message = rng.choice(content.CONTACT_MESSAGES)
    give_address(rng, person)
    return person


def give_address(rng: random.Random, person: Person) -> None:
    """Give a person an address: mostly at work, now and then a shared mailbox, a private one, or none."""
    company, luck = person.company, rng.random()
    if company.story not in PRESENT_STORIES:
        if luck < market.NO_ADDRESS_SHARE or (person.source.name == "trade fair" and luck < 0.06):
            return
        if luck < 0.08 and luck >= 0.06:
            person.email = f"{rng.choice(names.ROLE_MAILBOXES)}@{company.domain}"
            if all(each.email != person.email for each in company.people):
                person.first_name = person.last_name = None
                person.email_kind, person.is_role_address = EmailKind.BUSINESS, True
                return
        if luck > 0.965:
            person.email = local_part(rng, person) + f"{person.key}@{rng.choice(names.FREE_DOMAINS)}"
            person.email_kind = EmailKind.FREE
            return
    local = local_part(rng, person)
    if any(each.email == f"{local}@{company.domain}" for each in company.people):
        local += str(person.key)
    person.email, person.email_kind = f"{local}@{company.domain}", EmailKind.BUSINESS


def local_part(rng: random.Random, person: Person) -> str:
    """Return what stands before the @."""
    first, last = names.ascii_word(person.first_name or ""), names.ascii_word(person.last_name or "")
    return rng.choice((f"{first}.{last}",) * 5 + (f"{first[:1]}.{last}",))
