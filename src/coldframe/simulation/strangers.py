"""People who come without a company, or twice: vendors, applicants, students, private addresses, duplicates."""

from __future__ import annotations

import random
from dataclasses import replace

from coldframe.kernel.vocabulary import EmailKind, StakeholderRole
from coldframe.simulation import content, market, names
from coldframe.simulation.behavior import MINUTE, Diary
from coldframe.simulation.market import Story
from coldframe.simulation.people import Company, Person, Register, local_part
from coldframe.simulation.stories import course

#: (how many, form, what they write, kind of address, job title). The rest of them just read something.
STRANGERS: tuple[tuple[int, str, tuple[str, ...], EmailKind, str | None], ...] = (
    (8, "contact", content.VENDOR_MESSAGES, EmailKind.FREE, "Outreach Specialist"),
    (7, "careers", content.APPLICANT_MESSAGES, EmailKind.FREE, None),
    (6, "contact", content.STUDENT_MESSAGES, EmailKind.ACADEMIC, "Student"),
    (6, "contact", content.UNRELATED_MESSAGES, EmailKind.FREE, None),
    (5, "contact", ("Do you also make this?",), EmailKind.FREE, None),
    (6, "download", (), EmailKind.DISPOSABLE, None),
    (10, "download", (), EmailKind.FREE, None),
)
DOMAINS = {
    EmailKind.FREE: names.FREE_DOMAINS,
    EmailKind.DISPOSABLE: names.DISPOSABLE_DOMAINS,
}


def come(rng: random.Random, diary: Diary, register: Register, *, first_company: int) -> list[Company]:
    """Return the strangers, each in an account of their own, and write down what they did."""
    companies: list[Company] = []
    for count, form, messages, kind, job_title in STRANGERS:
        for number in range(count):
            company = own_account(rng, first_company + len(companies))
            if kind is EmailKind.ACADEMIC:
                # A university's domain makes an account, unlike a mail provider's.
                company.domain, company.is_personal = names.ACADEMIC_DOMAINS[number], False
            person = stranger(rng, register, company, form=form, kind=kind, job_title=job_title)
            person.message = rng.choice(messages) if messages else None
            if messages == ("Do you also make this?",):
                person.offer = rng.choice(market.UNRELATED_OFFERS)
            company.people.append(person)
            companies.append(company)
            look_in(rng, diary, person)
    return companies


def own_account(rng: random.Random, key: int) -> Company:
    """Return the account of a person of whose company nothing is known."""
    return Company(
        key=key,
        story=Story.OFF_TOPIC,
        source=market.BY_NAME["organic search"],
        fit=rng.uniform(0, 0.25),
        need=rng.uniform(0, 0.3),
        problem=rng.choice(market.PROBLEMS),
        name=None,
        domain=None,
        industry="",
        employees=0,
        country=rng.choice(names.SERVED),
        city="",
        course=course(Story.OFF_TOPIC, rng),
        is_personal=True,
        knows_industry=False,
        knows_employees=False,
        knows_country=False,
    )


def stranger(
    rng: random.Random,
    register: Register,
    company: Company,
    *,
    form: str,
    kind: EmailKind,
    job_title: str | None,
) -> Person:
    """Return somebody who came in by a form, from an address that says nothing of a company."""
    key = next(register.keys)
    first_name, last_name = names.person_name(rng, company.country, taken=register.person_names)
    person = Person(
        key=key,
        company=company,
        first_name=first_name,
        last_name=last_name,
        email=None,
        email_kind=kind,
        role=StakeholderRole.UNKNOWN,
        job_title=job_title or "",
        department="",
        source=company.source if form != "download" else market.BY_NAME["content download"],
        entered=company.course.begins + rng.uniform(0.3, 0.7),
        weight=1.0,
        form=form,
        knows_role=False,
    )
    person.email = f"{local_part(rng, person)}{key}@{company.domain or rng.choice(DOMAINS[kind])}"
    return person


def look_in(rng: random.Random, diary: Diary, person: Person) -> None:
    """Write down the one visit a stranger makes."""
    now = person.entered
    page = content.CAREERS_PAGE if person.form == "careers" else rng.choice(("/", "/about", "/contact"))
    diary.add(now, person, "page", path=page)
    if person.form == "download":
        diary.add(now + 3 * MINUTE, person, "asset_downloaded", asset=rng.choice(("guide", "self-check")))
        return
    properties = {"message": person.message} if person.message else None
    diary.add(
        now + 5 * MINUTE, person, "form_submitted", form=person.form or "contact", properties=properties
    )


def double(rng: random.Random, diary: Diary, register: Register, companies: list[Company]) -> None:
    """Have some people come in again under another address: the duplicates that every base has."""
    quiet = [
        person
        for company in companies
        if company.story in (Story.EARLY, Story.QUIET, Story.DORMANT, Story.WARMING)
        for person in company.people
        if person.email_kind is EmailKind.BUSINESS and not person.is_role_address and person.entered < -60
    ]
    for person in rng.sample(quiet, market.DUPLICATE_COUNT):
        first, last = names.ascii_word(person.first_name or ""), names.ascii_word(person.last_name or "")
        key = next(register.keys)
        local = f"{last}.{first}"
        if any(each.email == f"{local}@{person.company.domain}" for each in person.company.people):
            local += str(key)
        again = replace(
            person,
            key=key,
            email=f"{local}@{person.company.domain}",
            source=market.BY_NAME[rng.choice(("webinar", "content download", "trade fair"))],
            entered=person.entered + rng.uniform(5, -person.entered - 25),
            weight=0.05,
            job_title="",
            knows_role=False,
            offer=None,
        )
        again.form = rng.choice(again.source.forms) if again.source.forms else None
        again.message = again.unmailable_from = again.left_company = None
        person.company.people.append(again)
        diary.add(again.entered, again, "page", path="/webinars")
        if again.form == "webinar":
            webinar = rng.choice(content.WEBINARS)
            diary.add(again.entered + MINUTE, again, "webinar_registered", topic=webinar)
        else:
            diary.add(again.entered + MINUTE, again, "asset_downloaded", asset="guide")
