"""The fields that conditions may name, their kinds, and when each becomes known during an assessment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from coldframe.kernel.vocabulary import (
    BuyerStage,
    EmailKind,
    FitLevel,
    IntentLevel,
    LeadStatus,
    OpportunityState,
    StakeholderRole,
    SuppressionReason,
    TimingState,
)


class Kind(StrEnum):
    """What values a field holds, and so which comparisons make sense."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes or no"
    #: One word of a closed set.
    WORD = "word"
    #: A closed set with an order, best or furthest first.
    LEVEL = "level"
    #: A length of time.
    DURATION = "duration"
    #: Occurrences of a signal.
    SIGNAL = "signal"
    #: One's own field; its type comes with the data.
    CUSTOM = "custom"


class Step(IntEnum):
    """The order of an assessment. A condition may read only what an earlier step has made."""

    FACTS = 0
    FIT = 1
    INTENT = 2
    STAGE = 3
    TIMING = 4
    COMPLETENESS = 5
    SEGMENT = 6
    DECISION = 7


@dataclass(frozen=True)
class Field:
    """A field of the policy language."""

    name: str
    kind: Kind
    about: str
    known_after: Step = Step.FACTS
    words: tuple[str, ...] = ()
    #: False while nothing in this version of Coldframe fills it; a condition on it is unknown.
    is_filled: bool = True


def words(enum: type[StrEnum]) -> tuple[str, ...]:
    """Return a closed set as playbooks write it: lower case, except for fit levels."""
    return tuple(word.value if enum is FitLevel else word.value.lower() for word in enum)


T, N, D, W, L, Y = Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.WORD, Kind.LEVEL, Kind.YES_NO

FIELDS: dict[str, Field] = {
    each.name: each
    for each in [
        Field("lead.email_kind", W, "what kind of address the lead is known by", words=words(EmailKind)),
        Field("lead.is_role_address", Y, "the address is a shared mailbox such as info@"),
        Field("lead.job_title", T, "the job title as given"),
        Field("lead.department", T, "the department, from the job title where no column gives it"),
        Field("lead.role", W, "what the person does in the decision", words=words(StakeholderRole)),
        Field("lead.country", T, "ISO country code of the person"),
        Field("lead.city", T, "the person's city"),
        Field("lead.time_zone", T, "IANA time zone"),
        Field("lead.language", T, "language code"),
        Field("lead.source", T, "where the lead came from"),
        Field("lead.campaign", T, "the campaign that brought the lead"),
        Field("lead.landing_page", T, "the first page"),
        Field("lead.offer", T, "the offer the lead asked about"),
        Field("lead.form", T, "the form that made the lead"),
        Field("lead.message", T, "what the lead wrote"),
        Field("lead.known_problem", T, "the problem the lead named"),
        Field("lead.timeline", T, "when the lead would like it solved"),
        Field("lead.owner", T, "the lead's sales owner"),
        Field("lead.source_status", T, "the status the source's own system gives"),
        Field("lead.left_company", Y, "the person no longer works there"),
        Field("lead.suppressed_by", W, "why the lead may not be mailed", words=words(SuppressionReason)),
        Field("lead.days_since_entry", N, "days since the lead entered"),
        Field(
            "lead.days_since_meaningful_action",
            N,
            "days since the last meaningful action, else since entry",
            Step.INTENT,
        ),
        Field(
            "lead.time_since_meaningful_action",
            Kind.DURATION,
            "time since the last meaningful action, else since entry",
            Step.INTENT,
        ),
        Field("account.name", T, "the company's name"),
        Field("account.domain", T, "the company's domain"),
        Field("account.industry", T, "the company's industry"),
        Field("account.employees", N, "how many people work there"),
        Field("account.annual_revenue", N, "yearly revenue in whole money units"),
        Field("account.country", T, "ISO country code of the company"),
        Field("account.city", T, "the company's city"),
        Field("account.technologies", T, "technologies in use, as given"),
        Field("account.renewal_on", D, "when a current contract ends or a budget renews"),
        Field("account.owner", T, "the account's sales owner"),
        Field(
            "account.active_stakeholders",
            N,
            "people of the account with a meaningful action (within a time)",
            Step.INTENT,
        ),
        Field("account.surge", Y, "several people of the account are active at once", Step.INTENT),
        Field(
            "opportunity.state",
            W,
            "the account's deal: open, else won, else lost",
            words=words(OpportunityState),
        ),
        Field(
            "fit.level",
            L,
            "the fit level; unknown while missing fields could change the answer",
            Step.FIT,
            words(FitLevel),
        ),
        Field(
            "fit.best_case",
            L,
            "the fit level if every missing field spoke for the lead",
            Step.FIT,
            words(FitLevel),
        ),
        Field(
            "fit.worst_case",
            L,
            "the fit level if every missing field spoke against the lead",
            Step.FIT,
            words(FitLevel),
        ),
        Field("fit.score", N, "points of the fit rules known to hold, 0 to 100", Step.FIT),
        Field(
            "intent.level",
            L,
            "the intent level, by what is known to be a person's alone",
            Step.INTENT,
            words(IntentLevel)[::-1],
        ),
        Field(
            "intent.points", N, "the lead's intent points now, of what is known to be a person's", Step.INTENT
        ),
        Field(
            "intent.account_points", N, "the intent points of the whole account now, likewise", Step.INTENT
        ),
        Field("stage", W, "the buyer stage", Step.STAGE, words(BuyerStage)),
        Field("timing.state", W, "now, later or unknown", Step.TIMING, words(TimingState)),
        Field("timing.date", D, "the date that timing names", Step.TIMING),
        Field("completeness.missing", N, "how many of the facts sales needs are missing", Step.COMPLETENESS),
        Field("segment", T, "the primary segment", Step.SEGMENT),
        Field("status", W, "the lead's status before this assessment", words=words(LeadStatus)),
        Field("verdict.until", D, "the date sales gave with \u201cnot now\u201d"),
        Field("reply.until", D, "the date that the lead's last reply named for later"),
        Field("answer.budget_on", D, "when a budget is available, by an answer", is_filled=False),
    ]
}

#: Prefixes whose rest is free: one's own fields, and the playbook's signals.
CUSTOM_PREFIXES = ("lead.custom.", "account.custom.")
SIGNAL_PREFIX = "signal."
#: Groups of signals by a flag, usable like a signal.
SIGNAL_GROUPS = ("hand_raise", "high_intent_page")
#: Fields that only grow while a lead does nothing.
SILENCE_FIELDS = ("lead.time_since_meaningful_action", "lead.days_since_meaningful_action")
#: Kinds of event that intake makes; a playbook may name others.
EVENT_KINDS = (
    "page", "form_submitted", "asset_downloaded", "webinar_attended", "webinar_registered", "link_clicked", "replied", "call",
    "meeting_booked", "meeting_held", "answered", "event_attended", "chat", "video_watched", "note",
)  # fmt: skip
#: Fields of the ``where`` of a signal: about the event's shape.
EVENT_FIELDS: dict[str, Field] = {
    each.name: each
    for each in [
        Field("path", T, "path of the visited page"),
        Field("form", T, "name of the submitted form"),
        Field("asset", T, "key of the asset"),
        Field("asset.kind", T, "kind of the asset, from the catalogue (or sales)"),
        Field("topic", T, "what else tells events of a kind apart: a link, an outcome, a webinar"),
        Field("campaign", T, "campaign of the event"),
    ]
}
