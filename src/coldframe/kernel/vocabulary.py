"""The closed sets of words that policy, storage and screens share."""

from __future__ import annotations

from enum import StrEnum


class LeadStatus(StrEnum):
    """Where a lead stands between marketing and sales."""

    #: Recently entered, not yet assessed.
    NEW = "NEW"
    #: Put before sales; a person's qualification is awaited.
    SALES_REVIEW = "SALES_REVIEW"
    #: Good enough to educate, not ready for sales.
    NURTURE = "NURTURE"
    #: Became active again after nurture; waits for room at sales.
    RE_ENGAGED = "RE_ENGAGED"
    #: Sales agrees that it deserves follow-up.
    SALES_ACCEPTED = "SALES_ACCEPTED"
    #: Not a fit, not relevant, or gone quiet for good; always with a reason.
    DISQUALIFIED = "DISQUALIFIED"


class Disposition(StrEnum):
    """What the policy says to do with a lead."""

    #: Sales should have it now.
    TO_SALES = "TO_SALES"
    #: Educate it, on the assessed path.
    NURTURE = "NURTURE"
    #: No fit, not relevant, or quiet for good.
    LET_GO = "LET_GO"


class FitLevel(StrEnum):
    """How well company and role match the target market; A is best."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class FitVerdict(StrEnum):
    """What the fit interval allows to say."""

    #: Even the worst case reaches the line.
    GOOD = "GOOD"
    #: Even the best case stays below the line.
    POOR = "POOR"
    #: Missing fields decide it.
    UNDETERMINED = "UNDETERMINED"


class IntentLevel(StrEnum):
    """How much this person behaves like a buyer."""

    NONE = "NONE"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class BuyerStage(StrEnum):
    """Which question the buyer is asking."""

    PROBLEM_AWARENESS = "PROBLEM_AWARENESS"
    RESEARCH = "RESEARCH"
    COMPARISON = "COMPARISON"
    EVALUATION = "EVALUATION"
    INTERNAL_ALIGNMENT = "INTERNAL_ALIGNMENT"
    #: Went quiet; the question is whether this is still relevant.
    RE_ENGAGEMENT = "RE_ENGAGEMENT"


class TimingState(StrEnum):
    """When this could become real."""

    NOW = "NOW"
    #: Not before a known date.
    LATER = "LATER"
    UNKNOWN = "UNKNOWN"


class StakeholderRole(StrEnum):
    """What the person does in the buying decision."""

    ECONOMIC_BUYER = "ECONOMIC_BUYER"
    CHAMPION = "CHAMPION"
    USER = "USER"
    TECHNICAL_EVALUATOR = "TECHNICAL_EVALUATOR"
    PROCUREMENT = "PROCUREMENT"
    UNKNOWN = "UNKNOWN"


class EmailKind(StrEnum):
    """What kind of address a lead is known by."""

    #: At a company's own domain.
    BUSINESS = "BUSINESS"
    #: At a free-mail provider; says nothing about the company.
    FREE = "FREE"
    #: At a throw-away provider.
    DISPOSABLE = "DISPOSABLE"
    #: At a school or university.
    ACADEMIC = "ACADEMIC"


class OpportunityState(StrEnum):
    """Where a deal stands."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class SuppressionReason(StrEnum):
    """Why an address or a person may never be mailed."""

    UNSUBSCRIBE = "UNSUBSCRIBE"
    COMPLAINT = "COMPLAINT"
    HARD_BOUNCE = "HARD_BOUNCE"
    #: The CRM carried an opt-out flag without saying how it came about.
    OPT_OUT = "OPT_OUT"


class ConsentBasis(StrEnum):
    """Why these people may be contacted."""

    CONSENT = "CONSENT"
    LEGITIMATE_INTEREST = "LEGITIMATE_INTEREST"
    CONTRACT = "CONTRACT"


class Evidence(StrEnum):
    """Who stands behind an engagement; decides how much it counts."""

    MACHINE = "MACHINE"
    UNSURE = "UNSURE"
    HUMAN = "HUMAN"


class Channel(StrEnum):
    """How a lead is reached; one decision chooses across all."""

    EMAIL = "EMAIL"
    #: On or off a retargeting list at an ad platform.
    AUDIENCE = "AUDIENCE"
    #: A task for the owner in sales.
    TASK = "TASK"
    #: A signed call to another system.
    WEBHOOK = "WEBHOOK"


class TouchState(StrEnum):
    """What became of a touch; every one ends in a named state."""

    #: Due, or on its way.
    PLANNED = "PLANNED"
    #: Handed over and taken.
    SENT = "SENT"
    #: Refused for good.
    FAILED = "FAILED"
    #: Handed over, and nobody knows whether it was taken. Never sent again blind.
    UNCERTAIN = "UNCERTAIN"
    #: Not handed over after all; a hold says why, and a later cycle may plan it again.
    WITHDRAWN = "WITHDRAWN"


class EnrollmentState(StrEnum):
    """Where a lead's stay on a path stands."""

    ACTIVE = "ACTIVE"
    #: A dormant lead waits for its wave.
    WAITING = "WAITING"
    #: A verdict or a person asked for patience.
    PAUSED = "PAUSED"
    #: The pool has nothing left for this lead.
    EXHAUSTED = "EXHAUSTED"
    ENDED = "ENDED"


class HoldReason(StrEnum):
    """Why a touch was not made."""

    #: Less time since the last contact than the path's cadence asks.
    CADENCE = "CADENCE"
    #: The ceiling over all paths and channels.
    CEILING = "CEILING"
    #: A colleague was, or is to be, contacted.
    COLLEAGUE = "COLLEAGUE"
    #: Outside working hours, on a weekend or a holiday, in the lead's own time.
    QUIET_HOURS = "QUIET_HOURS"
    #: Sales works on the lead or its account.
    SALES_ACTIVE = "SALES_ACTIVE"
    #: The account is kept out of nurture to measure what nurture causes.
    HOLDOUT = "HOLDOUT"
    #: No permission that holds for this person and country.
    NO_CONSENT = "NO_CONSENT"
    #: The person may never be mailed.
    SUPPRESSED = "SUPPRESSED"
    #: No address, or none that can be reached.
    NO_ADDRESS = "NO_ADDRESS"
    #: The path's pool has nothing new for this lead.
    EXHAUSTED = "EXHAUSTED"
    #: A dormant lead waits for its wave.
    WAVE = "WAVE"
    #: A verdict or a person asked for patience.
    PAUSED = "PAUSED"
    #: The path's own limit, such as 3 touches in 8 weeks.
    PATH_LIMIT = "PATH_LIMIT"
    #: An exit holds of a lead that waits for room at sales; or the stay in nurture ended between planning and hand-over.
    EXITED = "EXITED"
    #: The message would show an empty field.
    EMPTY_FIELD = "EMPTY_FIELD"
    #: Too late to be of use; planned anew.
    STALE = "STALE"
    #: The mailbox, domain or provider has no room.
    RATE_LIMIT = "RATE_LIMIT"
    #: Sending is stopped: by a person, the brake, the clock or the disk.
    SENDING_STOPPED = "SENDING_STOPPED"
    #: What is missing before anything may be sent: a postal address, a sender.
    NOT_READY = "NOT_READY"


class HandoffState(StrEnum):
    """Where a handoff stands."""

    OPEN = "OPEN"
    #: Sales gave its verdict.
    ANSWERED = "ANSWERED"
    #: The deadline passed unanswered.
    LAPSED = "LAPSED"
    #: Overtaken by events: a deal, an override, a disqualification.
    CLOSED = "CLOSED"


class Notice(StrEnum):
    """What somebody is told of a handoff."""

    #: It was put before sales.
    OPENED = "OPENED"
    #: Somebody handed it over to another person.
    HANDED_OVER = "HANDED_OVER"
    #: Its deadline passed unanswered.
    LAPSED = "LAPSED"
    #: Sales has answered.
    ANSWERED = "ANSWERED"


class Verdict(StrEnum):
    """What sales says of a handoff."""

    ACCEPTED = "ACCEPTED"
    NOT_NOW = "NOT_NOW"
    WRONG_PERSON = "WRONG_PERSON"
    NEEDS_EDUCATION = "NEEDS_EDUCATION"
    NOT_A_FIT = "NOT_A_FIT"


#: Share of a signal's points that each class of evidence carries.
P_HUMAN: dict[Evidence, float] = {Evidence.MACHINE: 0.0, Evidence.UNSURE: 0.3, Evidence.HUMAN: 1.0}
#: More likely a person than not; nothing is decided by what is not.
HUMAN_ABOVE = 0.5

#: Event kinds that are never a meaningful action: they say what was done to the lead, not by it.
PASSIVE_EVENT_KINDS: frozenset[str] = frozenset(
    {
        "email_sent",
        "email_delivered",
        "email_opened",
        "email_bounced",
        "sms_sent",
        "list_imported",
        "unsubscribed",
        "complained",
        "declined",
    }
)


class Refusal(Exception):
    """
    Something was asked that cannot be done; said in the asker's words.

    Every error that a person may meet derives from this, beside the function that raises it. The doors
    print it (exit code 2, or a page), and never a traceback.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        self.advice = advice

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected or self.got:
            lines.append(
                ", ".join(
                    filter(
                        None, [self.expected and f"expected {self.expected}", self.got and f"got {self.got}"]
                    )
                )
                + "."
            )
        if self.advice:
            lines.append(self.advice)
        return "\n".join(lines)

    def as_json(self) -> dict[str, str | None]:
        """Return the parts by name, for ``--json`` and the API."""
        return {
            "error": self.what,
            "where": self.where,
            "expected": self.expected,
            "got": self.got,
            "advice": self.advice,
        }
