"""
The playbook as the program holds it: frozen values, every quantity with its unit.

``parsing`` makes one from YAML text, ``printing`` writes one back; what is printed and parsed again is
the same playbook. Descriptions here are the source of the generated reference page.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from coldframe.kernel.playbook import scalars
from coldframe.kernel.playbook.conditions import EVERYBODY
from coldframe.kernel.playbook.scalars import (
    AllOr,
    Country,
    Handle,
    Holiday,
    Level,
    Name,
    Number,
    PlainTime,
    Points,
    Positive,
    RateOf,
    Role,
    ShareOf,
    ShareOfAccounts,
    SignalStage,
    Stage,
    Switch,
    Text,
    TimeRange,
    WebAddress,
    When,
    WhereEvent,
    Whole,
    WorkingHours,
    Zone,
    one_of,
)
from coldframe.kernel.playbook.units import Duration, Rate, Share
from coldframe.kernel.vocabulary import FitLevel


def choice(*options: str) -> BeforeValidator:
    return BeforeValidator(one_of(*options))


class Part(BaseModel):
    """A part of a playbook: frozen, and refusing keys it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )


#: How long an offer of that complexity takes to buy, in usual cycles.
COMPLEXITIES = {"low": 0.5, "medium": 1.0, "high": 1.5}


class Offer(Part):
    """Something you sell whose buying takes longer or shorter than usual."""

    complexity: Annotated[str, choice(*COMPLEXITIES)] | None = Field(
        None,
        description="low, medium or high: half a usual cycle, one, or one and a half, unless `cycle` says otherwise",
    )
    cycle: PlainTime | None = Field(None, description="the buying cycle of this offer")

    def cycle_days(self, *, usual: Duration) -> float:
        """Return the length of this offer's cycle in days of 86 400 s; ``usual`` is the playbook's."""
        if self.cycle is not None:
            return self.cycle.days(cycle=usual)
        return COMPLEXITIES[self.complexity or "medium"] * usual.days()


class TimeZoneRule(Part):
    """How the lead's own time zone is found."""

    from_: tuple[Text, ...] = Field((), alias="from", description="fields to try, in order")
    otherwise: Zone = Field("UTC", description="IANA zone when none of them is known")


class Calendar(Part):
    """When a lead may be contacted."""

    working_hours: WorkingHours = Field(
        "Mon-Fri 08:30-17:30", description="days and hours, in the lead's own time zone"
    )
    time_zone: TimeZoneRule = Field(
        default_factory=TimeZoneRule, description="how the lead's time zone is found"
    )
    holidays: tuple[Holiday, ...] = Field(("by country",), description="`by country`, or ISO dates")


class FitRule(Part):
    """One mark of the company or person you can serve well, or cannot."""

    name: Name = Field(description="told in every explanation; unique")
    when: When = Field(description="over facts alone")
    points: Number = Field(description="added when the condition holds; negative counts against")


class FitLevels(Part):
    """The least score of each level, A highest; below C is D."""

    A: Number = Field(description="least score of an A")
    B: Number = Field(description="least score of a B")
    C: Number = Field(description="least score of a C")


class Fit(Part):
    """How well company and role match the market you serve, 0 to 100 points."""

    levels: FitLevels = Field(description="least score of A, B and C; below C is D")
    poor_below: Level = Field(FitLevel.C, description="a level below this is a poor fit")
    rules: tuple[FitRule, ...] = Field(description="at most 62; their points add up")


class Disqualification(Part):
    """One reason to let a lead go at once."""

    reason: Handle = Field(description="told in every explanation; unique")
    when: When = Field(description="over everything the assessment knows")


class Signal(Part):
    """What events mean. An open, a send, a delivery and a bounce never are signals."""

    event: Handle = Field(description="kind of event, such as `page` or `form_submitted`")
    where: WhereEvent | None = Field(None, description="condition over the event")
    points: Number = Field(description="when fresh")
    half_life: PlainTime = Field(description="after so long half of the points are left")
    cap: Positive | None = Field(None, description="most that this signal may add up to")
    stage: SignalStage | None = Field(None, description="stage it is evidence for, or `from asset`")
    hand_raise: Switch = Field(False, description="the buyer asks for sales; counts into `signal.hand_raise`")
    high_intent_page: Switch = Field(
        False, description="a visit that shows intent; counts into `signal.high_intent_page`"
    )


class IntentLevels(Part):
    """The least points of each level; below low is none."""

    low: Number = Field(description="least points of low")
    medium: Number = Field(description="least points of medium")
    high: Number = Field(description="least points of high")


class Surge(Part):
    """When an account counts as surging: several people active at once."""

    stakeholders: Whole = Field(description="how many people")
    within: PlainTime = Field(description="in how long a time")


class AccountIntent(Part):
    """How colleagues' behavior counts."""

    counts: ShareOf = Field(Share(0.5), description="share of colleagues' points that counts for each person")
    surge: Surge = Field(
        Surge(stakeholders=3, within=Duration(14, "day")), description="several people active at once"
    )


class Intent(Part):
    """How much a person, and the account, behaves like a buyer."""

    levels: IntentLevels = Field(description="least points of low, medium and high; below low is none")
    account: AccountIntent = Field(
        default_factory=AccountIntent, description="how colleagues' behavior counts"
    )


class StageRule(Part):
    """A stage that a condition sets."""

    when: When = Field(description="over facts and intent")


class Stages(Part):
    """Which buyer stage the evidence speaks for: the furthest with enough of it."""

    needs: Points = Field(10, description="points of evidence a stage needs, such as `10 points`")
    order: tuple[Stage, ...] = Field(description="from first to furthest")
    internal_alignment: StageRule | None = Field(
        None, description="set when this holds and there is some evidence"
    )
    re_engagement: StageRule | None = Field(None, description="set when this holds, whatever the evidence")


class DateSource(Part):
    """A date field, moved by a time: ``account.renewal_on - 180 days``."""

    field: Text = Field(description="a date field")
    before: PlainTime | None = Field(None, description="so long before the date")


class Later(Part):
    """Where a later date comes from."""

    date_from: tuple[Annotated[DateSource, BeforeValidator(scalars.read_date_source)], ...] = Field(
        description="date fields, each perhaps `- 180 days`; the earliest that is ahead counts"
    )


class Timing(Part):
    """When this could become real."""

    now: When = Field(description="holds: now")
    later: Later = Field(description="else the earliest date that is ahead")


class Question(Part):
    """A question that may be asked of a lead, one at a time."""

    ask: Text = Field(description="the words of the question")
    options: tuple[Text, ...] = Field((), description="answers to choose from; none: free text")


class Completeness(Part):
    """Which facts sales needs."""

    sales_needs: tuple[Text, ...] = Field(description="fields without which sales cannot work; at most 62")
    questions: dict[str, Question] = Field(default_factory=dict, description="by field: how to ask for it")


class Segment(Part):
    """A named condition. The first that holds is the lead's primary segment."""

    name: Name = Field(description="unique")
    when: When = Field(description="over everything but path and outcome")


class Asset(Part):
    """A piece of content that answers one buyer question."""

    key: Annotated[str, BeforeValidator(scalars.read_name)] = Field(
        description="unique, and never used for another asset"
    )
    title: Text = Field(description="as the reader sees it")
    kind: Handle = Field(description="such as `problem_explainer`, or `sales` for sales material")
    stage: Stage = Field(description="the buyer stage it serves")
    answers: Text = Field(description="the buyer question it answers")
    problems: tuple[Text, ...] = Field((), description="only for these problems; none named: any")
    roles: tuple[Role, ...] = Field((), description="only for these roles; none named: any")
    segments: tuple[Name, ...] = Field((), description="only for these segments; none named: any")
    url: WebAddress = Field(description="where it can be read")


class Pool(Part):
    """Which assets a path draws on. What is not named does not restrict."""

    stages: Annotated[tuple[Stage, ...], BeforeValidator(scalars.read_stages_or_all)] = Field(
        (), description="stages, or `all`"
    )
    kinds: tuple[Handle, ...] = Field((), description="kinds of asset")
    roles: tuple[Role, ...] = Field((), description="assets for these roles")
    problems: tuple[Text, ...] = Field((), description="assets for these problems")


class PathCadence(Part):
    """How often a lead on the path hears from you."""

    between: TimeRange | None = Field(
        None, description="from one contact to the next, such as `7 to 14 days`"
    )
    floor: PlainTime | None = Field(None, description="nobody waits longer than this")


class PathLimit(Part):
    """``3 touches in 8 weeks, then 1 a quarter``."""

    first: RateOf
    then: RateOf | None = None


class Path(Part):
    """For whom, toward what, from which content, how often."""

    name: Name = Field(description="unique")
    segments: tuple[Name, ...] = Field((), description="primary segments it is for; none named: every one")
    when: When = Field(EVERYBODY, description="in text: the rest of `for`")
    goals: dict[Stage, Text] = Field(default_factory=dict, description="by stage: what the path is after")
    pool: Pool = Field(default_factory=Pool, description="which assets it draws on")
    cadence: PathCadence | None = Field(None, description="how often")
    at_most: Annotated[PathLimit, BeforeValidator(scalars.read_limit)] | None = Field(
        None, description="such as `3 touches in 8 weeks, then 1 a quarter`"
    )
    asks: Annotated[str, choice("one question per touch")] | None = Field(
        None, description="`one question per touch`"
    )
    channels: tuple[Annotated[str, choice("email", "task", "webhook", "audience")], ...] = Field(
        ("email",), description="ways to reach a lead, in order; the first that is open to it is taken"
    )


class Cadence(Part):
    """Limits over all paths and channels."""

    at_most: tuple[RateOf, ...] = Field(
        (Rate(1, Duration(5, "day")), Rate(5, Duration(30, "day"))), description="each binds"
    )
    per_account: RateOf = Field(Rate(1, Duration(1, "day")), description="colleagues contacted in a time")
    quiet: Annotated[str, choice("outside working hours")] = Field(
        "outside working hours", description="when nothing is sent: `outside working hours`"
    )
    floor: PlainTime = Field(
        Duration(30, "day"), description="nobody in nurture waits longer, where a path says nothing"
    )


class Trigger(Part):
    """What brings a lead to sales."""

    name: Name = Field(description="told in every explanation; unique")
    when: When = Field(description="over everything the assessment knows")
    answer_within: PlainTime | None = Field(None, description="agreed response time of sales")
    passes_capacity: Switch = Field(False, description="never waits for room at sales")
    to: Annotated[str, choice("sales_review", "re_engaged")] = Field(
        "sales_review", description="`sales_review` or `re_engaged`"
    )


class Exit(Part):
    """What ends a stay in nurture, besides a trigger or a disqualification."""

    reason: Handle = Field(description="told in every explanation; unique")
    when: When = Field(description="over everything the assessment knows")
    look_again_in: PlainTime | None = Field(None, description="in text: `then: look again in 365 days`")


class Capacity(Part):
    """How much sales can take on."""

    per_rep: RateOf = Field(Rate(10, Duration(1, "week")), description="leads for one person")
    team: RateOf = Field(Rate(40, Duration(1, "week")), description="leads for all together")


class Owner(Part):
    """Who in sales gets a lead."""

    by: tuple[Annotated[str, choice("account.owner", "lead.owner", "territory", "round_robin")], ...] = Field(
        ("account.owner", "round_robin"),
        description="ways to find the owner, in order; `territory`: the rep whose countries hold the lead's",
    )


class VerdictRule(Part):
    """What follows from an answer of sales."""

    back_to: Annotated[str, choice("nurture")] | None = Field(None, description="`nurture`")
    to: Annotated[str, choice("disqualified")] | None = Field(None, description="`disqualified`")
    wait_until: Annotated[str, choice("given date")] | None = Field(None, description="`given date`")
    wait: PlainTime | None = Field(None, description="so long before anything is sent")
    path: Name | None = Field(None, description="the path to return to")
    look_for: Annotated[str, choice("another stakeholder")] | None = Field(
        None,
        description="`another stakeholder`: kept for whoever reads the playbook; nothing follows from it yet",
    )


class Lapsed(Part):
    """What follows when sales does not answer in time."""

    after: Annotated[str, choice("deadline")] = Field("deadline", description="`deadline`")
    escalate_to: Text = Field("team lead", description="who is told")
    then: Annotated[str, choice("nurture")] = Field("nurture", description="`nurture`")


class Sales(Part):
    """What is agreed with sales."""

    capacity: Capacity = Field(default_factory=Capacity, description="how much sales can take on")
    owner: Owner = Field(default_factory=Owner, description="who gets a lead")
    cool_off: PlainTime = Field(
        Duration(90, "day"), description="a returned lead does not go to the same person again so soon"
    )
    verdicts: dict[
        Annotated[str, choice("not_now", "needs_education", "wrong_person", "not_a_fit")], VerdictRule
    ] = Field(default_factory=dict, description="by answer: what follows")
    lapsed: Lapsed = Field(default_factory=Lapsed, description="no answer in time")
    third_return_for_same_reason: Annotated[str, choice("disqualified", "nurture")] = Field(
        "disqualified", description="`disqualified` or `nurture`"
    )


class Experiment(Part):
    """How what nurture causes is measured."""

    holdout: ShareOfAccounts = Field(
        Share(0.1), description="share kept out of nurture at random, such as `10% of accounts`"
    )


class Letter(Part):
    """What stands around the body of every message. Merge fields may be used."""

    language: Text = Field("en", description="of the texts, where no variant is for another")
    greeting: Text | None = Field(None, description="above the body")
    signature: Text | None = Field(None, description="below the body")


class Tracking(Part):
    """What messages tell of themselves. Ways to leave are never tracked, and whoever objects gets plain links."""

    links: Switch = Field(True, description="clicks are noted: links lead through this installation")
    plain_links_in: tuple[Country, ...] = Field(
        (), description="countries whose leads get plain links unless they agreed to be tracked"
    )
    visits: Switch = Field(
        True,
        description="a visit of your own site that begins with a link is its reader's, where they agreed to be tracked",
    )
    pixel: Annotated[str, choice("no", "day", "time")] = Field(
        "no", description="openings are noted of those who agreed to be tracked: `no`, by `day`, or by `time`"
    )


class TemplateFor(Part):
    """For which content a template is: assets (by key, kind and stage, all that is named must hold), or questions, or follow-ups."""

    assets: AllOr = Field((), description="keys of assets, or `all`")
    kinds: tuple[Handle, ...] = Field((), description="kinds of asset; none named: any")
    stages: tuple[Stage, ...] = Field((), description="stages of asset; none named: any")
    questions: AllOr = Field((), description="fields that a question asks for, or `all`")
    follow_ups: Switch = Field(False, description="dated follow-ups")


class Variant(Part):
    """Other words for some readers; what is not given stays as it is. All that is named must hold."""

    roles: tuple[Role, ...] = Field((), description="the lead has one of these roles")
    industries: tuple[Text, ...] = Field(
        (), description="one of these texts stands somewhere in the account's industry"
    )
    problems: tuple[Text, ...] = Field(
        (), description="one of these texts stands somewhere in the lead's known problem"
    )
    segments: tuple[Name, ...] = Field((), description="the lead's primary segment is one of these")
    languages: tuple[Text, ...] = Field(
        (), description="the lead's language is one of these; `pt` is also `pt-BR`"
    )
    subject: Text | None = Field(None, description="instead of the template's")
    value: Text | None = Field(None, description="instead of the template's")
    preheader: Text | None = Field(None, description="instead of the template's")
    body: Text | None = Field(None, description="instead of the template's")


class Template(Part):
    """The text of a message, with fields of the lead in it. For each content the first template that is for it counts."""

    name: Name = Field(description="unique")
    for_: TemplateFor = Field(alias="for", description="for which content")
    subject: Text = Field(description="one line; merge fields may be used, as in all texts here")
    value: Text = Field(description="what the reader gains, in one sentence to the reader")
    preheader: Text | None = Field(
        None, description="what mail programs show behind the subject; without it the value"
    )
    body: Text = Field(description="Markdown; the HTML and the text part are both made from it")
    variants: tuple[Variant, ...] = Field(
        (), description="in order; the first that holds gives the words it names"
    )


class Playbook(Part):
    """The whole policy."""

    playbook: Whole = Field(1, description="version of the language")
    name: Name = Field(description="how people call this playbook")
    about: Text | None = Field(None, description="for whom it is written")
    cycle: PlainTime = Field(Duration(12, "month"), description="length of a buying cycle")
    offers: dict[Name, Offer] = Field(
        default_factory=dict, description="by name: what differs from the usual cycle"
    )
    lists: dict[Name, tuple[Text, ...]] = Field(
        default_factory=dict,
        description="named lists for `in_list` and `not_in_list`; `not_in_list` of an empty one never holds",
    )
    calendar: Calendar = Field(default_factory=Calendar, description="when a lead may be contacted")
    fit: Fit = Field(description="who is worth it")
    disqualify: tuple[Disqualification, ...] = Field(
        (), description="in order; the first that holds gives the reason; at most 62"
    )
    signals: dict[Handle, Signal] = Field(default_factory=dict, description="by name: what events mean")
    intent: Intent = Field(description="who behaves like a buyer")
    stages: Stages = Field(description="which question the buyer asks")
    timing: Timing = Field(description="when it could become real")
    completeness: Completeness = Field(description="what sales needs to know")
    segments: tuple[Segment, ...] = Field(description="in order; the first that holds is the primary one")
    assets: tuple[Asset, ...] = Field((), description="the content there is")
    letter: Letter = Field(default_factory=Letter, description="what stands around every message")
    tracking: Tracking = Field(default_factory=Tracking, description="what messages tell of themselves")
    templates: tuple[Template, ...] = Field(
        (), description="the texts of messages; in order, the first for a content"
    )
    paths: tuple[Path, ...] = Field(
        description="in order; the first that holds; the last takes everybody left"
    )
    cadence: Cadence = Field(default_factory=Cadence, description="limits over all paths and channels")
    triggers: tuple[Trigger, ...] = Field((), description="what brings a lead to sales; at most 62")
    exits: tuple[Exit, ...] = Field((), description="what ends a stay in nurture; at most 62")
    sales: Sales = Field(default_factory=Sales, description="what is agreed with sales")
    experiment: Experiment = Field(default_factory=Experiment, description="how the effect is measured")
