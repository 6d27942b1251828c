"""What people do: visits, downloads, webinars, and what they make of the mail they get."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coldframe.kernel.vocabulary import BuyerStage, Evidence, SuppressionReason
from coldframe.simulation import content, market
from coldframe.simulation.content import AWARENESS, COMPARISON, RESEARCH
from coldframe.simulation.market import Story
from coldframe.simulation.people import PRESENT_STORIES, Company, Person

SECOND = 1 / 86_400
MINUTE = 1 / 1440
#: Chances of one visit.
DOWNLOADED, REGISTERED, ATTENDED, REPLIED = 0.11, 0.05, 0.55, 0.012
#: Webinars of the last days are only attended where the story says so.
LAST_WEBINAR = -9
#: Nobody who is not in a story of this week has written lately: a reply weighs for months.
REPLIES_UNTIL = -60
#: As long as the shipped playbook looks back for a surge, and a day.
SURGE_DAYS = 15


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the diary: what happened to whom on which day; days count from the present."""

    day: float
    person: Person
    kind: str
    evidence: Evidence
    about: Mapping[str, str]
    properties: Mapping[str, Any]


@dataclass(slots=True)
class Diary:
    """Everything that happened, in no order."""

    entries: list[Entry] = field(default_factory=list)
    #: (person, why, day).
    suppressions: list[tuple[Person, SuppressionReason, float]] = field(default_factory=list)

    def add(
        self,
        day: float,
        person: Person,
        kind: str,
        *,
        evidence: Evidence = Evidence.HUMAN,
        properties: Mapping[str, Any] | None = None,
        **about: str,
    ) -> None:
        """Write down what happened, unless it lies ahead; nobody does anything before coming in."""
        if day < 0:
            day = max(day, person.entered)
            self.entries.append(Entry(day, person, kind, evidence, about, properties or {}))


def office_hour(rng: random.Random) -> float:
    """Return a time of day, as a share of it in UTC, when people in Europe are at work."""
    return min(max(rng.gauss(11.2, 2.4), 6.2), 18.8) / 24


def live(rng: random.Random, diary: Diary, company: Company) -> None:
    """Write down an account's whole history, but for its deals and for what its story does this week."""
    for person in company.people:
        come_in(rng, diary, person)
    for phase in company.course.phases:
        crowd = 0.55 + 0.15 * len(company.people)
        activity = 1.0 if company.story in PRESENT_STORIES else company.source.activity
        for _ in range(number(rng, phase.visits * crowd * activity)):
            day = rng.randint(phase.start, max(phase.end, phase.start))
            present = [person for person in company.people if person.entered < day and may_act(person, day)]
            if present:
                person = rng.choices(present, [each.weight for each in present])[0]
                visit(rng, diary, person, day=day, stage=phase.stage)
    for person in company.people:
        receive_mail(rng, diary, person)


def may_act(person: Person, day: float) -> bool:
    """Return whether a person may do something of its own that day; a surge is a story, and no accident."""
    company = person.company
    busy = company.course.opened is not None or company.story is Story.COMPETITOR
    return day < -SURGE_DAYS or busy or company.people.index(person) < 2


def number(rng: random.Random, mean: float) -> int:
    """Return a whole number with that mean: its floor, and the rest by chance, give or take a third."""
    wanted = mean * rng.uniform(0.67, 1.33)
    return int(wanted) + (rng.random() < wanted % 1)


def come_in(rng: random.Random, diary: Diary, person: Person) -> None:
    """Write down how the person became a lead."""
    source, day = person.source, person.entered
    campaign = rng.choice(source.campaigns) or ""
    if source.name == "cold list":
        diary.add(day, person, "list_imported", campaign=campaign)
        return
    if source.name == "trade fair":
        diary.add(day, person, "event_attended", topic="trade fair", campaign=campaign)
        return
    path = rng.choice(source.landing_pages) or "/"
    diary.add(day, person, "page", path=path, campaign=campaign)
    after = day + rng.uniform(2, 12) * MINUTE
    if person.form == "webinar":
        webinar = rng.choice(content.WEBINARS)
        diary.add(after, person, "webinar_registered", topic=webinar, campaign=campaign)
        attend(rng, diary, person, day=day, webinar=webinar)
    elif person.form == "download":
        diary.add(
            after, person, "asset_downloaded", asset=rng.choice(("guide", "self-check")), campaign=campaign
        )
    else:
        message = {"message": person.message} if person.message else None
        diary.add(
            after,
            person,
            "form_submitted",
            form=person.form or "contact",
            campaign=campaign,
            properties=message,
        )


def attend(rng: random.Random, diary: Diary, person: Person, *, day: float, webinar: str) -> None:
    """Write down whether the person came to the webinar, some days after registering."""
    held = int(day) + rng.randint(3, 14)
    if rng.random() < ATTENDED and held <= LAST_WEBINAR:
        diary.add(held + 9 / 24 + rng.uniform(0, 8) * MINUTE, person, "webinar_attended", topic=webinar)


def visit(rng: random.Random, diary: Diary, person: Person, *, day: int, stage: BuyerStage) -> None:
    """Write down one visit: some pages within minutes, and now and then a download or a registration."""
    now = day + office_hour(rng)
    for _ in range(1 + min(int(rng.expovariate(0.55)), 6)):
        reading = stage if rng.random() < 0.75 else rng.choice((AWARENESS, RESEARCH))
        diary.add(now, person, "page", path=rng.choice(content.PAGES[reading]))
        now += rng.uniform(0.4, 4) * MINUTE
    if rng.random() < DOWNLOADED:
        diary.add(now, person, "asset_downloaded", asset=rng.choice(content.ASSETS[stage]))
    elif stage in (RESEARCH, COMPARISON) and rng.random() < REGISTERED:
        webinar = rng.choice(content.WEBINARS)
        diary.add(now, person, "webinar_registered", topic=webinar)
        attend(rng, diary, person, day=now, webinar=webinar)
    elif stage is not AWARENESS and day < REPLIES_UNTIL and rng.random() < REPLIED:
        diary.add(now, person, "replied", properties={"text": rng.choice(content.REPLIES)})


def receive_mail(rng: random.Random, diary: Diary, person: Person) -> None:
    """Write down the newsletters a person got, until leaving, and what became of each."""
    if person.email is None or person.company.story is Story.COMPETITOR:
        return
    first = -market.HISTORY_DAYS + 12
    issues = [day for day in range(first, -2, market.NEWSLETTER_EVERY_DAYS) if day > person.entered + 3]
    last, reason = ending(rng, person, issues)
    for day in issues:
        sent = day + 8.5 / 24 + rng.uniform(0, 20) * MINUTE
        issue = f"newsletter {(day - first) // market.NEWSLETTER_EVERY_DAYS + 1}"
        diary.add(sent, person, "email_sent", topic=issue)
        if day == last and reason is not None:
            leave(rng, diary, person, reason, sent=sent)
            return
        answer_mail(rng, diary, person, issue=issue, sent=sent)


def ending(
    rng: random.Random, person: Person, issues: list[int]
) -> tuple[int | None, SuppressionReason | None]:
    """Return with which issue the person stops being mailable, and why; mostly (None, None)."""
    if not issues or person.company.story in PRESENT_STORIES:
        return None, None
    shares = (market.UNSUBSCRIBED_SHARE, market.COMPLAINED_SHARE, market.BOUNCED_SHARE)
    reasons = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.COMPLAINT, SuppressionReason.HARD_BOUNCE)
    luck = rng.random() / (3 if person.source.name == "cold list" else 1)
    for share, reason in zip(shares, reasons, strict=True):
        if luck < share:
            return rng.choice(issues), reason
        luck -= share
    return None, None


def leave(
    rng: random.Random, diary: Diary, person: Person, reason: SuppressionReason, *, sent: float
) -> None:
    """Write down that a person unsubscribed, complained, or that the address is dead."""
    kinds = {
        SuppressionReason.UNSUBSCRIBE: "unsubscribed",
        SuppressionReason.COMPLAINT: "complained",
        SuppressionReason.HARD_BOUNCE: "email_bounced",
    }
    dead = reason is SuppressionReason.HARD_BOUNCE
    day = sent + (2 * SECOND if dead else rng.uniform(20, 600) * MINUTE)
    diary.add(day, person, kinds[reason])
    diary.suppressions.append((person, reason, day))
    person.unmailable_from = day
    if dead and rng.random() < 0.5:
        person.left_company = True


def answer_mail(rng: random.Random, diary: Diary, person: Person, *, issue: str, sent: float) -> None:
    """Write down opens, clicks, and the gateway that follows every link before anybody reads the mail."""
    if person.company.has_scanner and rng.random() < 0.3:
        scan(rng, diary, person, sent=sent)
    if rng.random() < market.NEWSLETTER_OPENED_SHARE:
        opened = sent + rng.expovariate(1 / 300) * MINUTE
        diary.add(opened, person, "email_opened", evidence=Evidence.UNSURE, topic=issue)
        is_lively = person.company.course.window is not None and person.company.course.window < sent
        calm = (person.company.story is Story.DORMANT and sent > -185) or not may_act(person, sent)
        if not calm and rng.random() < market.NEWSLETTER_CLICKED_SHARE * (3 if is_lively else 1):
            page = rng.choice(content.PAGES[AWARENESS][1:5])
            diary.add(opened + MINUTE, person, "link_clicked", topic=page)
            diary.add(opened + 1.2 * MINUTE, person, "page", path=page, campaign="newsletter")


def scan(rng: random.Random, diary: Diary, person: Person, *, sent: float) -> None:
    """Write down a burst: all links of the mail within two seconds, mostly half a minute after the mail."""
    delays = market.SCANNER_DELAYS
    _, least, most = rng.choices(delays, [share for share, _, _ in delays])[0]
    start = sent + rng.uniform(least, most) * SECOND
    for page in (*content.PAGES[AWARENESS][1:5], "/pricing"):
        start += rng.uniform(0.05, 0.4) * SECOND
        diary.add(start, person, "link_clicked", evidence=Evidence.MACHINE, topic=page)
