"""The form by which a person decides for a lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import BuyerStage, LeadStatus, Refusal
from coldframe.library import queries as library
from coldframe.nurture import listing, overrides, queries
from coldframe.web import wording
from coldframe.web.leads import asking
from coldframe.web.pages import lead_row, parts
from coldframe.web.pages import leads as leads_page

#: How far ahead the end of a decision lies unless somebody says otherwise.
USUAL_DAYS = 90
#: What a status that is set does, as the form says it.
STATUSES = (
    LeadStatus.SALES_REVIEW,
    LeadStatus.NURTURE,
    LeadStatus.RE_ENGAGED,
    LeadStatus.DISQUALIFIED,
)


@dataclass(frozen=True, kw_only=True)
class DecidePage:
    """The form."""

    frame: parts.Frame
    href: str
    never_mail_href: str
    lead: lead_row.Row
    statuses: tuple[leads_page.Option, ...]
    paths: tuple[leads_page.Option, ...]
    stages: tuple[leads_page.Option, ...]
    is_paused: bool
    until: str
    earliest: str
    latest: str
    why: str
    suppressed: str
    refusal: Refusal | None


def find(
    public_id: UUID, given: QueryDict, *, now: datetime, refusal: Refusal | None = None
) -> DecidePage | None:
    """Return the form for a lead, or None where there is no such lead."""
    lead_id = queries.find_id(public_id)
    row = listing.find_row(lead_id=lead_id) if lead_id else None
    if row is None:
        return None
    playbook = library.get_active_playbook().playbook
    return DecidePage(
        frame=parts.build_frame(section="leads", now=now),
        href=reverse("web:lead-decide", args=[public_id]),
        never_mail_href=reverse("web:lead-never-mail", args=[public_id]),
        lead=lead_row.build(row, now=now),
        statuses=options(given, "status", {each.value: status_text(each) for each in STATUSES}),
        paths=options(given, "path", {each.name: each.name for each in playbook.paths}),
        stages=options(given, "stage", {each.value: wording.STAGES[each.value] for each in BuyerStage}),
        is_paused=given.get("pause") == "on",
        until=asking.typed(given, "until", longest=10) or f"{now + timedelta(days=USUAL_DAYS):%Y-%m-%d}",
        earliest=f"{now + timedelta(days=1):%Y-%m-%d}",
        latest=f"{now + overrides.LONGEST:%Y-%m-%d}",
        why=asking.typed(given, "why"),
        suppressed=queries.suppressed_by(lead_id=row.id, account_id=row.account_id) or "",
        refusal=refusal,
    )


def status_text(status: LeadStatus) -> str:
    """Return a status with what it means for the lead."""
    means = {
        LeadStatus.SALES_REVIEW: _("Put before sales"),
        LeadStatus.NURTURE: _("Keep in nurture"),
        LeadStatus.RE_ENGAGED: _("Active again: to sales when it has room"),
        LeadStatus.DISQUALIFIED: _("Let go"),
    }
    return f"{means[status]} ({wording.STATUSES[status.value]})"


def options(given: QueryDict, name: str, choices: dict[str, str]) -> tuple[leads_page.Option, ...]:
    """Return the choices of one field, the first of which leaves it to the rules."""
    chosen = asking.typed(given, name)
    first = leads_page.Option(value="", label=_("Left to the rules"), is_chosen=not chosen)
    return (
        first,
        *(leads_page.Option(value=key, label=text, is_chosen=key == chosen) for key, text in choices.items()),
    )


def setting_of(given: QueryDict) -> overrides.Setting:
    """Return what a form sets. Raises ``BadOverride`` for a word that there is not."""
    status, stage = asking.typed(given, "status"), asking.typed(given, "stage")
    if status and status not in LeadStatus.__members__:
        raise overrides.BadOverride(_("There is no such status."), got=status)
    if stage and stage not in BuyerStage.__members__:
        raise overrides.BadOverride(_("There is no such buyer stage."), got=stage)
    return overrides.Setting(
        status=LeadStatus(status) if status else None,
        path=asking.typed(given, "path") or None,
        stage=BuyerStage(stage) if stage else None,
        is_paused=given.get("pause") == "on",
    )
