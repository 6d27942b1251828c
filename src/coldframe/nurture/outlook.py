"""
What comes next for a lead: the next touch and why that one, or the hold and why.

The last item of the because card that only the ledger knows. Read for many leads in a handful of queries.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from coldframe.kernel.planning import calendar
from coldframe.kernel.planning.prepared import prepared_of
from coldframe.kernel.playbook.model import Playbook
from coldframe.kernel.vocabulary import HoldReason, LeadStatus
from coldframe.leads.models import Lead
from coldframe.library import queries as library
from coldframe.nurture import ledger, words
from coldframe.nurture.models import Standing

#: A zone that is known by anything else is a guess.
SURE_ZONE = "lead.time_zone"


class Kind(StrEnum):
    """What is known of what comes next."""

    #: A touch is on its way.
    PLANNED = "PLANNED"
    #: Nothing goes out now, for a reason.
    HELD = "HELD"
    #: Nurture has nothing to do with the lead, or has not looked at it yet.
    NOTHING = "NOTHING"


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What comes next for one lead, in words."""

    kind: Kind
    #: The answer in one sentence.
    text: str
    #: HELD: a word of ``HoldReason``, and the numbers behind it.
    reason: str | None = None
    detail: str = ""
    #: When the touch was planned for, or when the hold is looked at again; None where only a fact ends it.
    at: datetime | None = None
    #: What is, or would be, next; why that one; and how it goes.
    content_key: str | None = None
    title: str = ""
    why: str = ""
    channel: str | None = None
    path: str | None = None
    lap: int | None = None
    #: The lead's own time zone, and the field it is known by; ``otherwise``: the playbook's.
    zone: str | None = None
    zone_from: str | None = None
    touch_id: int | None = None

    @property
    def is_zone_guessed(self) -> bool:
        """Whether the time zone is not one that somebody stated."""
        return self.zone_from is not None and self.zone_from != SURE_ZONE


#: What is said of leads that nurture has nothing to do with.
ELSEWHERE = {
    LeadStatus.NEW.value: "Nothing is planned yet: no cycle has looked at this lead.",
    LeadStatus.SALES_REVIEW.value: "Nothing goes out: sales has the lead now, and nurture keeps silent.",
    LeadStatus.SALES_ACCEPTED.value: "Nothing goes out: sales is in touch with the lead, and nurture keeps silent.",
    LeadStatus.DISQUALIFIED.value: "Nothing goes out: the lead was let go.",
}
NOT_YET = "Nothing is planned yet: the next cycle decides, as soon as a worker runs."


def find(*, lead_id: int) -> Outlook:
    """Return what comes next for one lead. Raises ``NoActivePlaybook``."""
    return load(lead_ids=[lead_id])[lead_id]


def load(*, lead_ids: Collection[int], statuses: Mapping[int, str] | None = None) -> dict[int, Outlook]:
    """
    Return what comes next for each of some leads, in a fixed number of queries.

    ``statuses``: where they stand, where that is known already. Raises ``NoActivePlaybook``.
    """
    playbook = library.get_active_playbook().playbook
    entries = ledger.find_nexts(lead_ids=lead_ids)
    stays = ledger.find_open_stays(lead_ids=lead_ids)
    if statuses is None:
        statuses = dict(Standing.objects.filter(pk__in=lead_ids).values_list("pk", "status"))
    zones = load_zones(lead_ids=entries.keys() & stays.keys(), playbook=playbook)
    found = {}
    for lead_id in lead_ids:
        entry, stay = entries.get(lead_id), stays.get(lead_id)
        if entry and stay:
            found[lead_id] = of_entry(entry, stay, playbook=playbook, zone=zones.get(lead_id))
        else:
            found[lead_id] = without_entry(statuses.get(lead_id), stay)
    return found


def without_entry(status: str | None, stay: ledger.Stay | None) -> Outlook:
    """Return the outlook of a lead that was no candidate of a cycle, or is none any more."""
    if stay:
        return Outlook(kind=Kind.NOTHING, text=NOT_YET, path=stay.path, lap=stay.lap)
    return Outlook(kind=Kind.NOTHING, text=ELSEWHERE.get(status or LeadStatus.NEW.value, NOT_YET))


def of_entry(
    entry: ledger.Entry, stay: ledger.Stay, *, playbook: Playbook, zone: tuple[str, str] | None
) -> Outlook:
    """Return the outlook of a lead on a path, from the last line of its ledger."""
    title = words.title_of(playbook, entry.content_key) if entry.content_key else ""
    name, known_by = zone or (None, None)
    by = words.CHANNELS.get(entry.channel or "", "")
    about = words.why_content(playbook, entry.content_key) if entry.content_key else ""
    return Outlook(
        kind=Kind.PLANNED if entry.is_touch else Kind.HELD,
        text=f"On its way: {title} {by}".strip() + "." if entry.is_touch else words.SENTENCES[entry.word],
        reason=None if entry.is_touch else HoldReason(entry.word).value,
        detail="" if entry.is_touch else words.plain(entry.detail),
        at=entry.at if entry.is_touch else entry.until,
        content_key=entry.content_key,
        title=title,
        why=words.plain(entry.detail) if entry.is_touch else about,
        channel=entry.channel,
        path=stay.path,
        lap=stay.lap,
        zone=name,
        zone_from=known_by,
        touch_id=entry.touch_id,
    )


def load_zones(*, lead_ids: Collection[int], playbook: Playbook) -> Mapping[int, tuple[str, str]]:
    """Return for each lead its time zone and the field it is known by, as planning finds them."""
    prepared = prepared_of(playbook)
    asked = {"lead": "", "account": "account__"}
    fields = [each.partition(".") for each in playbook.calendar.time_zone.from_]
    columns = {(owner, name) for owner, _, name in fields if owner in asked and "." not in name}
    rows = list(
        Lead.objects.filter(pk__in=lead_ids).values_list(
            "pk", *(asked[owner] + name for owner, name in columns)
        )
    )
    if not rows:
        return {}
    frame = pl.DataFrame({"lead_id": [row[0] for row in rows]})
    for kind in asked:
        places = [(i, name) for i, (owner, name) in enumerate(columns, start=1) if owner == kind]
        own = pl.DataFrame({name: [row[i] for row in rows] for i, name in places}, schema_overrides={name: pl.String for _, name in places})  # fmt: skip
        types = tuple((name, pl.String()) for _, name in places)
        frame = pl.concat([frame, own.select(calendar.zone_columns(prepared, f"{kind}s", types))], how="horizontal")  # fmt: skip
    return {row[0]: (row[1], row[2]) for row in frame.select("lead_id", *calendar.zone(prepared)).iter_rows()}
