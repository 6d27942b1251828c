"""What happens this week, where a story says so: the reasons for which sales should look now."""

from __future__ import annotations

import random

from coldframe.simulation import content
from coldframe.simulation.behavior import MINUTE, Diary, office_hour
from coldframe.simulation.content import COMPARISON
from coldframe.simulation.market import Story
from coldframe.simulation.people import Company, Person


def play(rng: random.Random, diary: Diary, company: Company) -> None:
    """Write down what the account's story does in its last days; most stories do nothing."""
    scene = SCENES.get(company.story)
    if scene is not None:
        scene(rng, diary, company)


def pages(rng: random.Random, diary: Diary, person: Person, *, day: int, paths: tuple[str, ...]) -> float:
    """Write down a visit of these pages; return when it was over."""
    now = day + office_hour(rng)
    for path in paths:
        diary.add(now, person, "page", path=path)
        now += rng.uniform(1, 5) * MINUTE
    return now


def asks(rng: random.Random, diary: Diary, company: Company) -> None:
    """Look at prices for some days, and ask yesterday."""
    person = company.people[0]
    for day in (-9, -4):
        pages(rng, diary, person, day=day, paths=("/pricing", rng.choice(("/implementation", "/security"))))
    now = pages(rng, diary, person, day=-1, paths=("/pricing",))
    form, messages = rng.choice((("demo", content.DEMO_MESSAGES), ("pricing", content.PRICING_MESSAGES)))
    person.form, person.message = form, rng.choice(messages)
    diary.add(now, person, "form_submitted", form=form, properties={"message": person.message})


def books(rng: random.Random, diary: Diary, company: Company) -> None:
    """Find the calendar of sales, and take an hour of it."""
    now = pages(rng, diary, company.people[0], day=-3, paths=("/customers/brightpath", "/contact"))
    diary.add(now, company.people[0], "meeting_booked", topic="first meeting")


def reads_on(rng: random.Random, diary: Diary, company: Company) -> None:
    """Come close to buying within two weeks, and say nothing."""
    person = company.people[0]
    pages(rng, diary, person, day=-12, paths=("/compare/build-or-buy", "/customers/nordlicht"))
    pages(rng, diary, person, day=-6, paths=("/pricing", "/compare/suite-or-specialist"))
    now = pages(rng, diary, person, day=-2, paths=("/pricing", "/customers/brightpath"))
    diary.add(now, person, "asset_downloaded", asset="case-study")


def reads_sales_material(rng: random.Random, diary: Diary, company: Company) -> None:
    """Click twice on what sales has sent."""
    person = company.people[0]
    for day in (-12, -6):
        clicked = day + office_hour(rng)
        diary.add(
            clicked - 240 * MINUTE,
            person,
            "email_sent",
            topic="one page from sales",
            asset=content.SALES_ASSET,
        )
        diary.add(clicked, person, "link_clicked", asset=content.SALES_ASSET, topic="one-pager")


def attends(rng: random.Random, diary: Diary, company: Company) -> None:
    """Register for this week's webinar, and come."""
    person, webinar = company.people[0], rng.choice(content.WEBINARS)
    diary.add(-10 + office_hour(rng), person, "webinar_registered", topic=webinar)
    diary.add(-3 + 9 / 24 + rng.uniform(0, 8) * MINUTE, person, "webinar_attended", topic=webinar)


def surges(rng: random.Random, diary: Diary, company: Company) -> None:
    """Become active at once: three and more colleagues within ten days."""
    for person in company.people:
        paths = (rng.choice(content.PAGES[COMPARISON]), "/guides/who-should-own-it")
        pages(rng, diary, person, day=rng.randint(-10, -1), paths=paths)


def comes_back(rng: random.Random, diary: Diary, company: Company) -> None:
    """Be on the pricing page twice this week, after months."""
    for day in (-5, -2):
        pages(rng, diary, company.people[0], day=day, paths=("/blog/what-it-costs", "/pricing"))


def keeps_coming(rng: random.Random, diary: Diary, company: Company) -> None:
    """Look at rollout and security once a few days."""
    for day, path in ((-11, "/implementation"), (-7, "/security"), (-3, "/implementation/timeline")):
        pages(rng, diary, company.people[0], day=day, paths=(path,))


SCENES = {
    Story.ASKS: asks,
    Story.BOOKS: books,
    Story.READY: reads_on,
    Story.READS_SALES_MATERIAL: reads_sales_material,
    Story.WEBINAR: attends,
    Story.SURGE: surges,
    Story.CAME_BACK: comes_back,
    Story.KEEPS_COMING: keeps_coming,
}
