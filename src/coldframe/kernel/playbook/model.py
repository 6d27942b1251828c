"""
The playbook as the program holds it: frozen values, every quantity with its unit.

``parsing`` makes one from YAML text, ``printing`` writes one back; what is printed and parsed again is
the same playbook. Descriptions here are the source of the generated reference page.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from coldframe.kernel.playbook.conditions import Condition
from coldframe.kernel.playbook.units import Duration, DurationRange, Rate, Share
from coldframe.kernel.vocabulary import BuyerStage, FitLevel


class Part(BaseModel):
    """A part of a playbook: frozen, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


class Offer(Part):
    complexity: str | None = Field(None, description="low, medium or high")
    cycle: Duration | None = Field(None, description="the buying cycle of this offer")


class TimeZoneRule(Part):
    from_: tuple[str, ...] = Field((), alias="from", description="fields to try, in order")
    otherwise: str = Field("UTC", description="IANA zone when none of them is known")


class Calendar(Part):
    working_hours: str = Field("Mon-Fri 08:30-17:30", description="days and hours, in the lead's own time zone")
    time_zone: TimeZoneRule = Field(default_factory=TimeZoneRule)
    holidays: tuple[str, ...] = Field(("by country",), description="`by country`, or ISO dates")


class FitRule(Part):
    name: str
    when: Condition
    points: float = Field(description="added when the condition holds; negative counts against")


class FitLevels(Part):
    A: float
    B: float
    C: float


class Fit(Part):
    levels: FitLevels = Field(description="least score of A, B and C; below C is D")
    poor_below: FitLevel = Field(FitLevel.C, description="a level below this is a poor fit")
    rules: tuple[FitRule, ...]


class Disqualification(Part):
    reason: str
    when: Condition


class Signal(Part):
    event: str = Field(description="kind of event")
    where: Condition | None = Field(None, description="condition over the event")
    points: float = Field(description="when fresh")
    half_life: Duration = Field(description="after so long half of the points are left")
    cap: float | None = Field(None, description="most that this signal may add up to")
    stage: BuyerStage | str | None = Field(None, description="stage it is evidence for, or `from asset`")
    hand_raise: bool = Field(False, description="the buyer asks for sales")
    high_intent_page: bool = Field(False, description="counts as a visit to a high-intent page")


class IntentLevels(Part):
    low: float
    medium: float
    high: float


class Surge(Part):
    stakeholders: int
    within: Duration


class AccountIntent(Part):
    counts: Share = Field(Share(0.5), description="share of colleagues' points that counts for each person")
    surge: Surge = Surge(stakeholders=3, within=Duration(14, "day"))


class Intent(Part):
    levels: IntentLevels
    account: AccountIntent = Field(default_factory=AccountIntent)


class StageRule(Part):
    when: Condition


class Stages(Part):
    needs: float = Field(10, description="points of evidence a stage needs, such as `10 points`")
    order: tuple[BuyerStage, ...] = Field(description="from first to furthest")
    internal_alignment: StageRule | None = None
    re_engagement: StageRule | None = None


class DateSource(Part):
    """A date field, moved by a time: ``account.renewal_on - 180 days``."""

    field: str
    before: Duration | None = None


class Later(Part):
    date_from: tuple[DateSource, ...] = Field(description="the earliest of these that is ahead")


class Timing(Part):
    now: Condition
    later: Later


class Question(Part):
    ask: str
    options: tuple[str, ...]


class Completeness(Part):
    sales_needs: tuple[str, ...] = Field(description="fields without which sales cannot work")
    questions: dict[str, Question] = Field(default_factory=dict)


class Segment(Part):
    name: str
    when: Condition


class Asset(Part):
    key: str
    title: str
    kind: str
    stage: BuyerStage
    answers: str = Field(description="the buyer question it answers")
    problems: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    url: str


class Pool(Part):
    """Which assets a path draws on. An empty tuple does not restrict."""

    stages: tuple[BuyerStage, ...] = Field((), description="stages, or `all`")
    kinds: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class PathCadence(Part):
    between: DurationRange | None = None
    floor: Duration | None = Field(None, description="nobody waits longer than this")


class PathLimit(Part):
    """``3 touches in 8 weeks, then 1 a quarter``."""

    first: Rate
    then: Rate | None = None


class Path(Part):
    name: str
    segments: tuple[str, ...] = Field((), description="primary segments it is for; none named: every one")
    when: Condition = Field(description="in text: the rest of `for`")
    goals: dict[BuyerStage, str] = Field(default_factory=dict)
    pool: Pool = Field(default_factory=Pool)
    cadence: PathCadence | None = None
    at_most: PathLimit | None = None
    asks: str | None = Field(None, description="`one question per touch`")


class Cadence(Part):
    at_most: tuple[Rate, ...] = (Rate(1, Duration(5, "day")), Rate(5, Duration(30, "day")))
    per_account: Rate = Rate(1, Duration(1, "day"))
    quiet: str = "outside working hours"
    floor: Duration = Duration(30, "day")


class Trigger(Part):
    name: str
    when: Condition
    answer_within: Duration | None = Field(None, description="agreed response time of sales")
    passes_capacity: bool = Field(False, description="never waits for room at sales")
    to: str = Field("sales_review", description="`sales_review` or `re_engaged`")


class Exit(Part):
    reason: str
    when: Condition
    look_again_in: Duration | None = Field(None, description="in text: `then: look again in 365 days`")


class Capacity(Part):
    per_rep: Rate = Rate(10, Duration(1, "week"))
    team: Rate = Rate(40, Duration(1, "week"))


class Owner(Part):
    by: tuple[str, ...] = ("account.owner", "round_robin")


class VerdictRule(Part):
    back_to: str | None = None
    to: str | None = None
    wait_until: str | None = None
    wait: Duration | None = None
    path: str | None = None
    look_for: str | None = None


class Lapsed(Part):
    after: str = "deadline"
    escalate_to: str = "team lead"
    then: str = "nurture"


class Sales(Part):
    capacity: Capacity = Field(default_factory=Capacity)
    owner: Owner = Field(default_factory=Owner)
    cool_off: Duration = Duration(90, "day")
    verdicts: dict[str, VerdictRule] = Field(default_factory=dict)
    lapsed: Lapsed = Field(default_factory=Lapsed)
    third_return_for_same_reason: str = "disqualified"


class Experiment(Part):
    holdout: Share = Field(Share(0.1), description="in text: `10% of accounts`")


class Playbook(Part):
    """The whole policy."""

    playbook: int = Field(1, description="version of the language")
    name: str
    about: str | None = None
    cycle: Duration = Field(Duration(12, "month"), description="length of a buying cycle")
    offers: dict[str, Offer] = Field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="named lists for `in_list`")
    calendar: Calendar = Field(default_factory=Calendar)
    fit: Fit
    disqualify: tuple[Disqualification, ...] = ()
    signals: dict[str, Signal] = Field(default_factory=dict)
    intent: Intent
    stages: Stages
    timing: Timing
    completeness: Completeness
    segments: tuple[Segment, ...]
    assets: tuple[Asset, ...] = ()
    paths: tuple[Path, ...]
    cadence: Cadence = Field(default_factory=Cadence)
    triggers: tuple[Trigger, ...] = ()
    exits: tuple[Exit, ...] = ()
    sales: Sales = Field(default_factory=Sales)
    experiment: Experiment = Field(default_factory=Experiment)
