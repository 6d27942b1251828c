"""Leads put before sales, for whoever tests what sales does with them."""

from __future__ import annotations

from typing import Any

from coldframe.handoff import queries
from coldframe.handoff.models import Handoff
from coldframe.handoff.queries import HandoffRow
from coldframe.leads.models import Lead
from coldframe.team.models import User
from coldframe.team.rights import Role
from tests import world
from tests.nurture import cast
from tests.world import NOW


def before_sales(number: int = 1, **changes: Any) -> HandoffRow:
    """Put a reader who asked for a demo before sales; the first one brings the playbook."""
    if number == 1:
        cast.use_playbook()
    reader = cast.reader(number, **changes)
    world.event(reader, kind="form_submitted", form="demo", days_ago=0.05)
    cast.decide(NOW, reader)
    return of(reader)


def of(lead: Lead) -> HandoffRow:
    """Return the last handoff of a lead."""
    return queries.list_of_lead(lead.pk)[0]


def lead_of(row: HandoffRow) -> Lead:
    return Lead.objects.get(pk=row.lead_id)


def again(row: HandoffRow) -> HandoffRow:
    """Return a handoff as it stands now."""
    found = queries.find(row.public_id)
    assert found is not None
    return found


def put_off(row: HandoffRow, **changes: Any) -> None:
    """Change a handoff behind everybody's back."""
    Handoff.objects.filter(pk=row.id).update(**changes)


def rep(name: str, *, role: Role = Role.SALES, **changes: Any) -> User:
    """Add somebody in sales who signs in."""
    first = name.split()[0].lower()
    return User.objects.create(
        username=first, email=f"{first}@ours.example", rep=name, role=role.value, **changes
    )
