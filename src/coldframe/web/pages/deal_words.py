"""Deals in words: how they stand, and what they are worth."""

from __future__ import annotations

from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import OpportunityState
from coldframe.web import wording
from coldframe.web.pages import parts


def state(value: str) -> parts.Badge:
    """Return how a deal stands."""
    states = {
        OpportunityState.OPEN: (_("Open"), "blue"),
        OpportunityState.WON: (_("Won"), "green"),
        OpportunityState.LOST: (_("Lost"), "gray"),
    }
    text, tone = states[OpportunityState(value)]
    return parts.Badge(text=text, tone=tone)


def amount(cents: int | None, currency: str | None) -> str:
    """Return what a deal is worth; empty where that is not known."""
    return f"{wording.number(round(cents / 100))} {currency or ''}".strip() if cents else ""
