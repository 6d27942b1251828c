"""
The floor at risk: leads in nurture that will have waited longer than their path allows before anything goes out.

The same sum as planning's: the last contact, or the beginning of the lap, and the floor of the path. A lead is at
risk where that instant is near or past, no touch is on its way, and what holds the lead ends later, or never by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from coldframe.kernel.planning.cadence import pace_of
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import queries as library
from coldframe.storage import reads

#: A floor that is farther away than this can still be kept by whatever happens.
NEAR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class AtRisk:
    """How many leads will miss the floor, or have, for each reason of a hold; the most frequent first."""

    by_reason: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(count for _, count in self.by_reason)


def find_at_risk(*, as_of: datetime) -> AtRisk:
    """Return how many leads will miss the floor of their path; none before a playbook is active."""
    try:
        return load_at_risk(as_of=as_of)
    except library.NoActivePlaybook:
        return AtRisk(by_reason=())


def load_at_risk(*, as_of: datetime) -> AtRisk:
    """Return how many leads will miss the floor of their path. Raises ``NoActivePlaybook``."""
    sql = at_risk(library.get_active_playbook().playbook, as_of=as_of)
    if sql is None:
        return AtRisk(by_reason=())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reason, COUNT(*) FROM ({sql}) AS at_risk GROUP BY reason")
        rows = [(str(reason), int(count)) for reason, count in cursor.fetchall()]
    return AtRisk(by_reason=tuple(sorted(rows, key=lambda each: (-each[1], each[0]))))


def where_at_risk(reason: str, *, as_of: datetime) -> Q:
    """Return the condition over leads that they will miss the floor, for a reason of a hold or for ``any``."""
    sql = at_risk(library.get_active_playbook().playbook, as_of=as_of)
    if sql is None:
        return Q(pk__in=[])
    only = "" if reason == "any" else f" WHERE reason = {reads.text(reason)}"
    found = f"SELECT lead_id FROM ({sql}) AS at_risk{only}"
    # What stands for a value in SQL may stand in a name of the playbook.
    return Q(pk__in=RawSQL(found.replace("%", "%%"), ()))  # noqa: S611 - The playbook's words, quoted.


def at_risk(playbook: Playbook, *, as_of: datetime) -> str | None:
    """Return the SQL of ``lead_id`` and ``reason`` of the leads at risk; None where there is no path."""
    floors = {path.name: pace_of(path, playbook).floor for path in playbook.paths}
    if not floors:
        return None
    rows = ", ".join(f"({reads.text(name)}, {span(micros)})" for name, micros in floors.items())
    later = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    last_contact = """(SELECT MAX(COALESCE(t.settled_at, t.planned_for)) FROM nurture_touch t
                        WHERE t.lead_id = e.lead_id AND t.state <> 'WITHDRAWN')"""
    return f"""
        WITH floors(path, wait) AS (VALUES {rows}),
        staying AS (
          SELECT e.lead_id, {later}(e.lap_began_at, COALESCE({last_contact}, e.lap_began_at)) + f.wait AS floor_at
            FROM nurture_enrollment e
            JOIN floors f ON f.path = e.path
            JOIN leads_lead l ON l.id = e.lead_id AND l.voided_at IS NULL
           WHERE e.ended_at IS NULL AND e.lap_began_at + f.wait <= {reads.instant(as_of + NEAR)})
        SELECT s.lead_id, h.reason
          FROM staying s
          JOIN nurture_hold h ON h.id = (SELECT MAX(id) FROM nurture_hold WHERE lead_id = s.lead_id)
         WHERE s.floor_at <= {reads.instant(as_of + NEAR)}
           AND (h.until IS NULL OR h.until > s.floor_at)
           AND NOT EXISTS (SELECT 1 FROM nurture_touch p WHERE p.lead_id = s.lead_id AND p.state = 'PLANNED')"""


def span(micros: int) -> str:
    """Return the SQL of a length of time."""
    if connection.vendor == "postgresql":
        return f"INTERVAL '{micros // 1_000_000} seconds'"
    return str(micros)
