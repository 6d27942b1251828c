"""The cast before sales, and who looks at the desk; written without running a cycle: pages are tested on what they are given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff
from coldframe.leads.models import Lead
from coldframe.team.models import User
from coldframe.team.rights import Role
from tests import people, world
from tests.web.standings import stand

HOUR = timedelta(hours=1)
NOW = world.NOW
#: The end of what every page is tried with, short enough for a name.
HOSTILE = "</titLe/</stYle/</teXtarEa/</scRipt/--!><sVg/oNloAd=alert()//>"
#: Reps of the team, as owners are written.
EWA, JAN = "Ewa Lis", "Jan Maj"


def put(lead: Lead, *, owner: str | None = EWA, **values: Any) -> Handoff:
    """Put a lead before sales two hours ago."""
    columns = {
        "trigger": "trigger:Ready", "opened_at": NOW - 2 * HOUR, "answer_by_at": NOW + HOUR / 4, "deadline_at": NOW + 22 * HOUR,
        "episode": 1, "fit_level": "A", "account_intent_points": 80.0, "intent_points": 60.0, "waits_since": NOW - 2 * HOUR,
        "owner_from": "round_robin",
    }  # fmt: skip
    made = Handoff.objects.create(lead=lead, account=lead.account, owner=owner, **(columns | values))
    if not hasattr(lead, "standing"):
        stand(lead, "TO_SALES", reason=made.trigger)
    return made


def team(*names: str) -> None:
    """Say who takes leads."""
    handoffs.set_reps(reps=names or (EWA, JAN))


def at_the_desk(role: Role = Role.SALES, *, rep: str = EWA) -> Client:
    """Return a browser in which somebody of a role, and of a rep's name, has signed in."""
    user = people.somebody(role, password=None)
    User.objects.filter(pk=user.pk).update(rep=rep if role in (Role.SALES, Role.SALES_LEAD) else "")
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(pk=user.pk))
    return client
