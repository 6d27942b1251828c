"""
What an item of a webhook says of owners and of a deal: read by the mapping, not yet kept.

A system of record says who has a lead, who has a company, and how a deal stands. It is believed over what was known
before, also over what a file said; ``keeping`` sees to it that an older word never overtakes a newer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coldframe.activity.identity import traits
from coldframe.activity.webhooks.mapping import CompiledRule
from coldframe.activity.webhooks.values import identifier, instant_of, text_of
from coldframe.kernel.vocabulary import OpportunityState
from coldframe.leads.importing import values
from coldframe.leads.importing.targets import LEADS, OPPORTUNITIES

#: Name in a mapping -> column of the deal.
COLUMNS = {
    "name": "name",
    "stage": "stage",
    "currency": "currency",
    "product": "product",
    "owner": "owner",
    "lostReason": "lost_reason",
}
INSTANTS = {"openedAt": "opened_at", "closedAt": "closed_at"}
#: A deal may be expected to close so far ahead.
FARTHEST = timedelta(days=3_660)


@dataclass(frozen=True, kw_only=True)
class About:
    """Of whom an item speaks, and when it was said. Texts are empty where nothing was said."""

    arrival_id: int
    source: str
    at: datetime
    user_id: str
    email: str
    group_id: str
    domain: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """What an item says of owners and of a deal. Texts are empty where nothing was said."""

    about: About
    owner: str = ""
    company_owner: str = ""
    #: The sender's own id of the deal; empty: it speaks of none.
    deal_id: str = ""
    #: Columns of the deal that are said.
    deal: Mapping[str, Any] = field(default_factory=dict)
    #: Why it cannot be used; empty: it can.
    problem: str = ""


def record_of(item: Any, each: CompiledRule, *, about: About) -> Record | None:
    """Return what an item says of owners and of a deal, or None where it says nothing of them."""
    owner, company_owner = owner_of(each.find("owner", item)), owner_of(each.find("company_owner", item))
    deal_id = identifier(each.find("deal.id", item))
    if each.rule.deal and not deal_id:
        return Record(about=about, problem=f"no deal is named: nothing at {each.rule.deal['id']}")
    if not owner and not company_owner and not deal_id:
        return None
    deal = deal_of(item, each, at=about.at) if deal_id else {}
    return Record(about=about, owner=owner, company_owner=company_owner, deal_id=deal_id, deal=deal)


def owner_of(value: Any) -> str:
    """Return a name as owners are written; empty for none."""
    return traits.read(LEADS["owner"], text_of(value)) or ""


def deal_of(item: Any, each: CompiledRule, *, at: datetime) -> dict[str, Any]:
    """Return the columns of a deal that an item says; what cannot be read is left out."""
    said = {name: each.find(f"deal.{name}", item) for name in each.rule.deal}
    found = {
        column: traits.read(OPPORTUNITIES[column], text_of(said.get(name)))
        for name, column in COLUMNS.items()
    }
    found["amount_cents"] = traits.read(OPPORTUNITIES["amount"], text_of(said.get("amount")))
    for name, column in INSTANTS.items():
        found[column] = instant_of(said.get(name), latest=at + FARTHEST)
    found["state"] = state_of(text_of(said.get("state")), text_of(said.get("stage")))
    return {column: value for column, value in found.items() if value not in (None, "")}


def state_of(state: str, stage: str) -> str | None:
    """Return where a deal stands by its state, else by its stage; None where neither is said."""
    words = [word for word in (state, stage) if word]
    found = [values.opportunity_state(word) for word in words]
    ended = (each for each in found if each is not OpportunityState.OPEN)
    return next(ended, OpportunityState.OPEN).value if words else None
