"""Which facts a playbook reads, so that a reader of a database loads no more."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.kernel.assessment import policy
from coldframe.kernel.playbook.fields import Step
from coldframe.kernel.playbook.model import Playbook

#: Read whatever the playbook says.
LEADS_ALWAYS = ("lead_id", "account_id", "entered_at", "status", "status_since")
ACCOUNTS_ALWAYS = ("account_id",)
#: Fields that are made from a column of another name, or from none of ``leads`` and ``accounts``.
MADE_FROM = {"lead.days_since_entry": "lead.entered_at"}


@dataclass(frozen=True, kw_only=True)
class Needs:
    """The columns of ``leads`` and ``accounts`` that an assessment reads, and which other frames."""

    leads: tuple[str, ...]
    accounts: tuple[str, ...]
    #: Kinds of events that can count; all others may be left out.
    event_kinds: frozenset[str]
    events: bool
    #: Always: a customer or an open deal is never nurtured.
    opportunities: bool = True


def needs(playbook: Playbook) -> Needs:
    """Return what ``assess`` reads under this playbook, own fields (``custom.<name>``) included."""
    fields = [leaf.field for leaf in policy.all_leaves(playbook)]
    fields += [source.field for source in playbook.timing.later.date_from]
    fields += ["lead.offer"] if playbook.offers else []
    columns = [column_of(MADE_FROM.get(field, field)) for field in fields]
    kinds = frozenset(signal.event for signal in playbook.signals.values()) | {"answered"}
    return Needs(
        leads=_unique(LEADS_ALWAYS, [name for frame, name in columns if frame == "leads"]),
        accounts=_unique(ACCOUNTS_ALWAYS, [name for frame, name in columns if frame == "accounts"]),
        event_kinds=kinds,
        events=True,
    )


def column_of(field: str) -> tuple[str, str]:
    """Return frame and column of a field; an empty frame for fields that the assessment makes itself."""
    if policy.step_of(field) != Step.FACTS or field == "opportunity.state":
        return "", field
    for frame, prefix in (("leads", "lead."), ("accounts", "account.")):
        if field.startswith(prefix):
            return frame, field.removeprefix(prefix)
    return "leads", field


def _unique(first: tuple[str, ...], then: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *then]))
