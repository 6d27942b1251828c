"""Where the cast stands, written without running an assessment: pages are tested on what they are given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from coldframe.leads.models import Lead
from coldframe.library.models import PlaybookVersion
from coldframe.nurture.models import Cycle, Standing
from tests import world

#: What each disposition brings along, unless a test says otherwise.
USUAL: dict[str, dict[str, Any]] = {
    "TO_SALES": {"status": "SALES_REVIEW", "reason": "trigger:Hand raise", "path": None},
    "NURTURE": {"status": "NURTURE", "reason": "path:educate", "path": "educate"},
    "LET_GO": {"status": "DISQUALIFIED", "reason": "disqualify:poor_fit", "path": None},
}


def cycle() -> Cycle:
    """Return the one cycle of the test, at the instant the tests call now."""
    version, _ = PlaybookVersion.objects.get_or_create(
        number=3, defaults={"name": "Long cycle", "text": "", "text_hash": "3", "published_at": world.NOW}
    )
    found, _ = Cycle.objects.get_or_create(
        as_of=world.NOW, playbook_version=version, kernel_version="1", started_at=world.NOW
    )
    return found


def stand(lead: Lead, disposition: str, **values: Any) -> Standing:
    """Say where a lead stands."""
    columns = {
        "status_since": world.NOW, "fit_score": 85.0, "fit_level": "A", "fit_level_best": "A", "fit_verdict": "GOOD",
        "intent_points": 40.0, "intent_level": "MEDIUM", "account_intent_points": 40.0, "stage": "COMPARISON",
        "timing": "UNKNOWN", "missing_count": 1, "segment": "everyone-else",
        "last_meaningful_at": world.NOW - timedelta(days=3), "leaves_at": world.NOW + timedelta(days=300),
        "leaves_by": "exit:sunset",
    }  # fmt: skip
    columns |= USUAL[disposition] | values
    return Standing.objects.create(
        lead=lead, account=lead.account, cycle=cycle(), disposition=disposition, **columns
    )
