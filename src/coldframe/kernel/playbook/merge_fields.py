"""The merge fields: what the texts of messages may show of their reader, of the content and of the sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from coldframe.kernel.playbook.templates import ASSET, FOLLOW_UP, QUESTION

#: A value as callers give it: text, number, day, instant, or None for missing.
Value = str | int | float | bool | date | datetime | None

OWN_PREFIXES = ("lead.custom.", "account.custom.")
OWN_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
#: The filters of templates, and what each does.
FILTERS: dict[str, str] = {
    'default: "there"': "what is written where the field is missing; it may not be empty",
    "capitalize": "first letter upper case, the rest lower case",
    "upcase": "all letters upper case",
    "downcase": "all letters lower case",
    "words": "`technical_evaluator` as `technical evaluator`",
    'date: "month"': "a date as `day` (12 October 2026), `month` (October 2026), `quarter` (Q4 2026), `weekday` (Monday, 12 October) or `year`",
}


@dataclass(frozen=True, kw_only=True)
class MergeField:
    """A field that templates may show."""

    name: str
    about: str
    #: What a preview and a check put in its place.
    sample: Value
    #: The only sort of content that has it; None: every one.
    sort: str | None = None
    #: Whether every message has it.
    is_always_there: bool = False
    is_url: bool = False


def field(name: str, about: str, sample: Value, **more: Any) -> MergeField:
    return MergeField(name=name, about=about, sample=sample, **more)


FIELDS: dict[str, MergeField] = {
    each.name: each
    for each in [
        field("lead.first_name", "the first name", "Anna"),
        field("lead.last_name", "the last name", "Kowalska"),
        field("lead.job_title", "the job title as given", "Head of Marketing"),
        field("lead.department", "the department", "marketing"),
        field(
            "lead.role", "the part in the decision, as playbooks write it: technical_evaluator", "champion"
        ),
        field("lead.city", "the person's city", "Gdańsk"),
        field("lead.country", "ISO country code of the person", "PL"),
        field("lead.language", "language code", "en"),
        field("lead.known_problem", "the problem the lead named", "too much manual work"),
        field("lead.timeline", "when the lead would like it solved", "this year"),
        field("lead.offer", "the offer the lead asked about", "onboarding"),
        field("lead.source", "where the lead came from", "webinar"),
        field("lead.campaign", "the campaign that brought the lead", "spring"),
        field("lead.owner", "the lead's sales owner", "Kim Berg"),
        field("account.name", "the company's name", "Brightpath"),
        field("account.industry", "the company's industry", "software"),
        field("account.employees", "how many people work there, a number", 120),
        field("account.city", "the company's city", "Gdańsk"),
        field("account.country", "ISO country code of the company", "PL"),
        field("account.technologies", "technologies in use", "Django, PostgreSQL"),
        field("account.renewal_on", "when a contract ends or a budget renews, a date", date(2027, 1, 31)),
        field("account.owner", "the account's sales owner", "Kim Berg"),
        field("stage", "the buyer stage, as playbooks write it", "research"),
        field("segment", "the primary segment", "everyone else"),
        field("sender.name", "who writes", "Kim Berg"),
        field("sender.address", "the address that writes", "kim@sender.example"),
        field("asset.title", "the asset's title", "A guide", sort=ASSET, is_always_there=True),
        field("asset.kind", "the asset's kind", "educational_guide", sort=ASSET, is_always_there=True),
        field(
            "asset.answers", "the buyer question it answers", "What is it?", sort=ASSET, is_always_there=True
        ),
        field(
            "asset.url",
            "where it can be read",
            "https://example.com/a",
            sort=ASSET,
            is_always_there=True,
            is_url=True,
        ),
        field("question.ask", "the words of the question", "How many?", sort=QUESTION, is_always_there=True),
        field(
            "question.options",
            "the answers to choose from; alone on a line, a list",
            "few or many",
            sort=QUESTION,
            # Of the questions that have any; whether this one has is checked with the playbook as a whole.
            is_always_there=True,
        ),
        field(
            "follow_up.on",
            "the date that was named, a date",
            date(2026, 10, 1),
            sort=FOLLOW_UP,
            is_always_there=True,
        ),
    ]
}


def is_own(name: str) -> bool:
    """Return whether a name is that of one's own field, such as ``lead.custom.plan``."""
    return any(name.startswith(each) and OWN_NAME.match(name.removeprefix(each)) for each in OWN_PREFIXES)
