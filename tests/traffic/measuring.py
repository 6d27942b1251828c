"""How well the judgement tells people from machines, and what it lets them decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import polars as pl

from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.engagement.judge import judge
from coldframe.kernel.frames import ACCOUNTS, EVENTS, LEADS, SHAPES, Facts
from coldframe.kernel.vocabulary import P_HUMAN, Evidence
from tests.kernel import cast
from tests.traffic import generating

CLASSES = [each.value for each in Evidence]
#: The rows of the matrix, and what they are called.
TRUTHS = {
    "burst": "a scanner, several links",
    "visit": "a scanner, one link",
    "declared": "a machine that says so",
    "human": "a person",
    "open": "an open",
}
MACHINES = ("burst", "visit", "declared")
#: One click on what sales sends is enough for sales, if it counts.
EAGER = cast.playbook(
    signals="""
signals:
  offer: {event: link_clicked, points: 100, half_life: 30 days, stage: evaluation, hand_raise: true}
""",
    triggers="""
triggers:
  - {name: Asked, when: {field: signal.hand_raise, within: 5 days}, passes_capacity: true}
  - {name: High, when: {field: intent.level, at_least: low}}
  - {name: Surge, when: {field: account.surge, is: yes}}
  - {name: Stage, when: {field: stage, is: evaluation}}
""",
)


@dataclass(kw_only=True)
class Measured:
    """Counts over any number of seeds."""

    mails: int = 0
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Bursts, and those all of whose clicks were taken for a machine's.
    bursts: int = 0
    caught: int = 0
    #: Leads that came before sales; of these, whom no person of theirs had visited; by an open or unconfirmed clicks alone.
    to_sales: int = 0
    by_machines: int = 0
    unconfirmed: int = 0
    #: Leads that came before sales while all their clicks were in quarantine.
    too_early: int = 0

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        )

    def count(self, truths: Iterable[str], evidence: str | None = None) -> int:
        return sum(
            self.matrix[truth, each] for truth in truths for each in CLASSES if evidence in (None, each)
        )

    @property
    def caught_share(self) -> float:
        """Bursts that were caught."""
        return self.caught / self.bursts

    @property
    def mistaken_share(self) -> float:
        """Clicks of people that were taken for a machine's."""
        return self.count(["human"], "MACHINE") / self.count(["human"])

    def precision(self, evidence: str) -> float:
        """Of the clicks so classed: how many were. Of the unsure nothing is claimed."""
        own, all_of = (MACHINES if evidence == "MACHINE" else ("human",)), (*MACHINES, "human")
        return self.count(own, evidence) / self.count(all_of, evidence)

    def recall(self, evidence: str) -> float:
        """Of the clicks that were such: how many were so classed."""
        own = MACHINES if evidence == "MACHINE" else ("human",)
        return self.count(own, evidence) / self.count(own)

    def as_json(self) -> dict[str, Any]:
        """Return everything by name."""
        return {
            "mails": self.mails,
            "matrix": {truth: {each: self.matrix[truth, each] for each in CLASSES} for truth in TRUTHS},
            "bursts": self.bursts,
            "bursts_classed_machine": round(self.caught_share, 5),
            "human_clicks_classed_machine": round(self.mistaken_share, 5),
            "precision": {each: round(self.precision(each), 4) for each in ("MACHINE", "HUMAN")},
            "recall": {each: round(self.recall(each), 4) for each in ("MACHINE", "HUMAN")},
            "unsure_share_of_clicks": round(
                self.count((*MACHINES, "human"), "UNSURE") / self.count((*MACHINES, "human")), 4
            ),
            "handoffs": self.to_sales,
            "handoffs_of_leads_nobody_visited_for": self.by_machines,
            "handoffs_by_opens_or_unconfirmed_clicks": self.unconfirmed,
            "handoffs_in_quarantine": self.too_early,
        }

    def as_text(self) -> str:
        """Return the matrix and the figures for a person."""
        lines = [f"{'really':<26}" + "".join(f"{each.lower():>10}" for each in CLASSES)]
        lines += [
            f"{said:<26}" + "".join(f"{self.matrix[truth, each]:>10,}" for each in CLASSES)
            for truth, said in TRUTHS.items()
        ]
        return "\n".join(
            [
                f"{self.mails:,} mails, {self.bursts:,} bursts of scanners",
                "",
                *lines,
                "",
                f"bursts classed machine         {self.caught_share:8.2%}   (at least 95 %)",
                f"people's clicks classed machine {self.mistaken_share:7.2%}   (at most 1 %)",
                *(
                    f"{each.lower():<8} precision {self.precision(each):7.2%}   recall {self.recall(each):7.2%}"
                    for each in ("MACHINE", "HUMAN")
                ),
                f"hand-offs {self.to_sales:,}; by opens or unconfirmed clicks {self.unconfirmed}; in quarantine {self.too_early}",
                f"hand-offs of leads for whom no person had clicked {self.by_machines}",
            ]
        )


def measure(*, seed: int, mails: int) -> Measured:
    """Judge the traffic of one seed, let it decide, and compare with the truth."""
    made = generating.generate(seed=seed, mails=mails)
    hits, follow_ups, truth = made.frames()
    judged = (
        judge(hits, follow_ups).join(truth, on="hit_id").join(hits.select("hit_id", "is_open"), on="hit_id")
    )
    bursts = (
        judged.filter(pl.col("truth") == "burst")
        .group_by("visit_id")
        .agg((pl.col("evidence") == "MACHINE").all())
    )
    sent = leads_to_sales(judged, at=judged["at"].max() + timedelta(hours=1))  # type: ignore[operator]
    early = leads_to_sales(first_clicks(judged), at=generating.BEGIN, shifted=True)
    people, confirmed = (
        set(judged.filter(~pl.col("is_open") & (pl.col(name) == word))["lead_id"])
        for name, word in (("truth", "human"), ("evidence", "HUMAN"))
    )
    return Measured(
        mails=made.mails,
        matrix=Counter({(t, e): n for t, e, n in judged.group_by("truth", "evidence").len().iter_rows()}),
        bursts=bursts.height,
        caught=int(bursts["evidence"].sum()),
        to_sales=len(sent),
        by_machines=len(sent - people),
        unconfirmed=len(sent - confirmed),
        too_early=len(early),
    )


def first_clicks(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the first click of each lead, as if it were a person's."""
    clicks = judged.filter(~pl.col("is_open")).sort("at").unique("lead_id", keep="first", maintain_order=True)
    return clicks.with_columns(pl.lit("HUMAN").alias("evidence"))


def leads_to_sales(judged: pl.DataFrame, *, at: Any, shifted: bool = False) -> set[int]:
    """Return who comes before sales by these hits, by a playbook for which one click is enough; ``shifted``: all of them 9 minutes old."""
    leads = judged.select("lead_id").unique()
    kind = pl.when("is_open").then(2).otherwise(1)
    when = pl.lit(at - timedelta(minutes=9)) if shifted else pl.col("at")
    events = judged.select(
        "lead_id",
        kind.cast(pl.Int64).alias("shape_id"),
        when.cast(EVENTS["occurred_at"]).alias("occurred_at"),
        pl.col("evidence")
        .replace_strict({each.value: p for each, p in P_HUMAN.items()})
        .cast(pl.Float32)
        .alias("p_human"),
    )
    texts = dict.fromkeys(SHAPES, "")
    shapes = [
        {**texts, "shape_id": 1, "kind": "link_clicked"},
        {**texts, "shape_id": 2, "kind": "email_opened"},
    ]
    facts = Facts(
        leads=leads.select(
            "lead_id", account_id="lead_id", email_kind=pl.lit("BUSINESS"), role=pl.lit("CHAMPION"), country=pl.lit("PL"),
            entered_at=pl.lit(generating.BEGIN).cast(LEADS["entered_at"]),
        ),
        accounts=leads.select(
            account_id="lead_id", industry=pl.lit("software"), employees=pl.lit(120).cast(ACCOUNTS["employees"]), country=pl.lit("PL"),
        ),
        events=events,
        shapes=pl.DataFrame(shapes, schema=SHAPES),
    )  # fmt: skip
    rows = assess(facts, playbook=EAGER, as_of=at)
    return set(rows.filter(pl.col("disposition") == "TO_SALES")["lead_id"])
