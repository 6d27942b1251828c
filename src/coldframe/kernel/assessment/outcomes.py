"""Every way a decision can fall, in the order in which they win."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from coldframe.kernel import lifecycle
from coldframe.kernel.assessment import choice
from coldframe.kernel.assessment.policy import Policy
from coldframe.kernel.vocabulary import Disposition, LeadStatus, OpportunityState

#: Exits that lead to sales; all others let go.
EXITS_TO_SALES = frozenset({"customer", "open_opportunity", "sales_qualified"})
#: Deals that keep a lead with sales.
WITH_SALES = (OpportunityState.OPEN.value, OpportunityState.WON.value)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What follows where one rule decides."""

    reason: str
    #: Boolean column that says where the rule holds.
    column: str
    disposition: Disposition
    #: Status of a lead that goes to sales by this rule.
    sends_to: LeadStatus | None = None
    path: str | None = None


def outcomes(policy: Policy) -> tuple[Outcome, ...]:
    """Return every way a decision can fall, in the order in which they win."""
    return tuple(_outcomes(policy))


def _outcomes(policy: Policy) -> Iterator[Outcome]:
    playbook = policy.playbook
    to_sales, let_go = Disposition.TO_SALES, Disposition.LET_GO
    for state in WITH_SALES:
        reason = f"opportunity:{state.lower()}"
        yield Outcome(reason=reason, column=reason, disposition=to_sales, sends_to=LeadStatus.SALES_ACCEPTED)
    for i, rule in enumerate(playbook.disqualify):
        yield Outcome(reason=f"disqualify:{rule.reason}", column=f"disqualify:{i}", disposition=let_go)
    for trigger in policy.triggers:
        column = f"triggers:{playbook.triggers.index(trigger)}"
        status = LeadStatus(trigger.to.upper())
        yield Outcome(reason=f"trigger:{trigger.name}", column=column, disposition=to_sales, sends_to=status)
    for i, each in enumerate(playbook.exits):
        accepted = LeadStatus.SALES_ACCEPTED if each.reason in EXITS_TO_SALES else None
        disposition = to_sales if accepted else let_go
        yield Outcome(
            reason=f"exit:{each.reason}", column=f"exits:{i}", disposition=disposition, sends_to=accepted
        )
    for i, path in enumerate(playbook.paths):
        nurture = Disposition.NURTURE
        yield Outcome(reason=f"path:{path.name}", column=f"paths:{i}", disposition=nurture, path=path.name)


def reasons_of(policy: Policy) -> pl.Enum:
    """Return the type of ``reason`` and ``status_reason``."""
    return choice.words([*(outcome.reason for outcome in policy.kept(outcomes)), *lifecycle.REASONS])
