"""
The demo company's market, in numbers: where leads come from, what they are like, and how accounts fare.

The shares are set by hand to what practitioners report of such companies, and held by tests against what
comes out; ``docs/explanation/simulation.md`` says where each comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Story(StrEnum):
    """What an account lives through. Each story begins when it first appears, and ends at the present."""

    #: Bought; a customer.
    WON = "won"
    #: Talked to sales, and nothing came of it.
    LOST = "lost"
    #: A deal is open.
    IN_SALES = "in_sales"
    #: Somebody asked for sales yesterday.
    ASKS = "asks"
    #: Somebody put a meeting into sales' calendar this week.
    BOOKS = "books"
    #: One person has come close to buying, without asking.
    READY = "ready"
    #: Somebody clicked twice on what sales sends.
    READS_SALES_MATERIAL = "reads_sales_material"
    #: Somebody was in this week's webinar.
    WEBINAR = "webinar"
    #: Three colleagues became active at once.
    SURGE = "surge"
    #: The present contract ends in half a year.
    DATE_REACHED = "date_reached"
    #: One person is on the pages about price and rollout again and again.
    KEEPS_COMING = "keeps_coming"
    #: Quiet for months, then twice on the pricing page this week.
    CAME_BACK = "came_back"
    #: Reads about options, compares.
    WARMING = "warming"
    #: Interested, and said: not before a date.
    LATER = "later"
    #: Knows the problem, reads now and then.
    EARLY = "early"
    #: Showed real interest half a year to one and a half years ago; quiet since.
    DORMANT = "dormant"
    #: Came in and did next to nothing.
    QUIET = "quiet"
    #: No buyer: wrong kind of company, or wrong market.
    MISFIT = "misfit"
    #: Sells the same.
    COMPETITOR = "competitor"
    #: Wants to sell something, a job, material for a thesis, or a copy of an invoice.
    OFF_TOPIC = "off_topic"


#: How many accounts live each story, in the demo; given to those with the strongest latent truth first.
BUYING_STORIES: dict[Story, int] = {
    Story.WON: 20,
    Story.IN_SALES: 13,
    Story.ASKS: 3,
    Story.BOOKS: 1,
    Story.READY: 2,
    Story.SURGE: 1,
    Story.READS_SALES_MATERIAL: 3,
    Story.WEBINAR: 3,
    Story.KEEPS_COMING: 2,
    Story.DATE_REACHED: 2,
    Story.CAME_BACK: 3,
    Story.LOST: 26,
    Story.WARMING: 34,
    Story.LATER: 11,
    Story.DORMANT: 42,
    Story.QUIET: 14,
    Story.EARLY: 84,
}
#: Everybody else of the served market is quiet.
COMPANY_COUNT = 400
#: Deals with companies of the wrong kind, all of them lost.
MISFIT_DEALS = 7
#: Days that the history covers.
HISTORY_DAYS = 548


@dataclass(frozen=True)
class Source:
    """A place where leads come from. Shares are 0 to 1."""

    name: str
    #: Of all accounts, how many it brings first.
    share: float
    #: How many of those are in the target market.
    target_share: float
    #: How much more (or less) its people do than others.
    activity: float
    #: How often a fact (industry, size, role) is missing.
    missing_share: float
    #: Forms through which its people come in; the first facts about them.
    forms: tuple[str, ...]
    campaigns: tuple[str | None, ...]
    landing_pages: tuple[str | None, ...]
    #: How many of its people agreed to be mailed.
    consent_share: float


SOURCES: tuple[Source, ...] = (
    Source("referral", 0.06, 0.86, 1.5, 0.08, ("contact",), (None,), ("/contact",), 0.80),
    Source("partner", 0.06, 0.82, 1.3, 0.10, ("contact",), ("partner program",), ("/partners",), 0.75),
    Source(
        "organic search", 0.21, 0.66, 1.0, 0.22, ("newsletter", "contact"), (None,),
        ("/blog/why-it-happens", "/guides/ways-to-solve-it", "/blog/what-it-costs", "/"), 0.85,
    ),
    Source(
        "paid search", 0.13, 0.50, 0.8, 0.26, ("newsletter", "contact"),
        ("search generic", "search brand", "search competitors"), ("/lp/guide", "/lp/assessment"), 0.80,
    ),
    Source(
        "webinar", 0.14, 0.70, 1.1, 0.14, ("webinar",),
        ("webinar: why this keeps happening", "webinar: the first ninety days"), ("/webinars",), 0.92,
    ),
    Source(
        "content download", 0.16, 0.58, 0.9, 0.24, ("download",),
        ("guide", "checklist"), ("/lp/guide", "/guides/ways-to-solve-it"), 0.88,
    ),
    Source(
        "trade fair", 0.11, 0.48, 0.5, 0.32, (), ("fair north", "fair spring"), (None,), 0.45,
    ),
    Source("cold list", 0.13, 0.34, 0.15, 0.42, (), ("purchased list",), (None,), 0.0),
)  # fmt: skip
BY_NAME: dict[str, Source] = {source.name: source for source in SOURCES}
#: How a colleague of somebody already known comes in.
COLLEAGUE_SOURCES = ("organic search", "webinar", "content download", "referral")

TARGET_INDUSTRIES = ("software", "it services", "fintech")
OTHER_INDUSTRIES = (
    "education",
    "non-profit",
    "hospitality",
    "agriculture",
    "public administration",
    "manufacturing",
    "logistics",
)
#: As the shipped playbook's question offers them.
PROBLEMS = (
    "it costs too much time",
    "it costs too much money",
    "quality suffers",
    "growth is held back",
    "rules require it",
)
#: Asked for at entry, by those who ask; the rest is unknown.
OFFERS = ("migration", "assessment", "subscription")
#: On the shipped playbook's list of what people ask for and nobody here does.
UNRELATED_OFFERS = ("website templates", "print advertising")
TECHNOLOGIES = ("hubspot", "salesforce", "pipedrive", "mautic", "excel", "snowflake", "power bi")
LOST_REASONS = ("no budget", "chose a competitor", "no decision", "bad timing", "not a fit")
TIMELINES = ("this quarter", "this year", "later", "just looking")

#: Of those who could be mailed: shares over the whole history.
UNSUBSCRIBED_SHARE = 0.035
COMPLAINED_SHARE = 0.005
BOUNCED_SHARE = 0.03
LEFT_COMPANY_SHARE = 0.025
#: Companies whose mail gateway opens every link.
SCANNING_GATEWAY_SHARE = 0.2
NEWSLETTER_EVERY_DAYS = 28
NEWSLETTER_OPENED_SHARE = 0.32
NEWSLETTER_CLICKED_SHARE = 0.025
#: Delay of a scanner's burst after the mail, in seconds: (share, from, to).
SCANNER_DELAYS = ((0.03, 2, 20), (0.67, 20, 60), (0.28, 60, 300), (0.02, 300, 1800))
#: Records that are somebody already known, under another address.
DUPLICATE_COUNT = 24
ROLE_ADDRESS_SHARE = 0.02
NO_ADDRESS_SHARE = 0.015
