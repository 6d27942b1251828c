"""The lead record: what is known of a lead, and what the playbook makes of it, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from coldframe.nurture import listing, queries
from coldframe.web import phrases, wording
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A field of the record; the value is empty where there is none."""

    label: str
    value: str
    #: The list of the leads that share it; empty where there is none.
    href: str = ""
    #: What stands there when there is no value.
    otherwise: str | Promise = wording.UNKNOWN


def facts(found: queries.ExplainedLead, *, stored: listing.LeadRow | None, now: datetime) -> tuple[Fact, ...]:
    """Return the whole record, what was decided first."""
    return (
        *decided(found, stored=stored, now=now),
        *origin(found.record),
        *person(found.record),
        *company(found.record),
    )


def decided(found: queries.ExplainedLead, *, stored: listing.LeadRow | None, now: datetime) -> list[Fact]:
    """Return what the playbook makes of the lead."""
    card = found.card
    return [
        Fact(label=_("Status"), value=wording.STATUSES.get(card.status, wording.plain(card.status))),
        Fact(label=_("Fit"), value=card.fit.value),
        Fact(label=_("Intent"), value=wording.INTENTS.get(card.intent.value, card.intent.value)),
        Fact(
            label=_("Buyer stage"),
            value=wording.STAGES.get(card.stage.value, ""),
            otherwise=_("No evidence yet"),
        ),
        linked(_("Segment"), "segment", card.segment, otherwise=_("None")),
        linked(_("Nurture path"), "path", card.path, otherwise=_("None")),
        Fact(
            label=_("Let go because"),
            value=wording.reason(card.let_go_by) if card.let_go_by else "",
            otherwise=_("Not let go"),
        ),
        Fact(
            label=_("Last meaningful action"),
            value=last_action(found, stored=stored, now=now),
            otherwise=_("None yet"),
        ),
    ]


def last_action(found: queries.ExplainedLead, *, stored: listing.LeadRow | None, now: datetime) -> str:
    """Return what the lead last did that counts, and when; empty where it did nothing."""
    at = stored.last_meaningful_at if stored else None
    if at is None:
        return ""
    event = next((each for each in found.timeline if each.occurred_at == at), None)
    what = (
        wording.action(event.kind, event.form or event.asset or event.path or event.topic) + ", "
        if event
        else ""
    )
    return f"{what}{wording.distance(at, now=now)}"


def origin(known: queries.LeadRecord) -> list[Fact]:
    """Return where the lead came from, and what it asked for."""
    return [
        linked(_("Source"), "source", known.source),
        linked(_("Campaign"), "campaign", known.campaign),
        Fact(label=_("Landing page"), value=known.landing_page or ""),
        linked(_("Offer"), "offer", known.offer),
        Fact(label=_("Entered"), value=wording.day(known.entered_at)),
        Fact(label=_("Known problem"), value=known.known_problem or ""),
        Fact(label=_("Timeline"), value=known.timeline or ""),
        Fact(label=_("Message"), value=known.message or "", otherwise=_("None")),
        linked(
            _("Sales owner"),
            "owner",
            known.sales_owner,
            otherwise=_("Nobody"),
            has_list=known.sales_owner == known.owner,
        ),
    ]


def person(known: queries.LeadRecord) -> list[Fact]:
    """Return who the person is, and on which ground it may be contacted."""
    basis = [
        f"{wording.plain(purpose)}: {phrases.said(basis.lower().replace('_', ' '))}"
        for purpose, basis in known.consents.items()
    ]
    left_out = (
        _("Not to be mailed: %(reason)s") % {"reason": wording.plain(known.suppressed_by.lower())}
        if known.suppressed_by
        else ""
    )
    return [
        Fact(label=_("E-mail address"), value=known.email or ""),
        Fact(label=_("Phone"), value=known.phone or ""),
        Fact(label=_("Job title"), value=known.job_title or ""),
        Fact(label=_("Department"), value=wording.plain(known.department or "")),
        Fact(
            label=_("Decision role"),
            value=wording.ROLES[known.role] if known.role and known.role != "UNKNOWN" else "",
        ),
        Fact(label=_("Country"), value=wording.country(known.country) if known.country else ""),
        Fact(label=_("Time zone"), value=known.time_zone or ""),
        Fact(label=_("Consent"), value=left_out or "; ".join(basis), otherwise=_("No basis stated")),
        *(Fact(label=wording.plain(name), value=str(value)) for name, value in sorted(known.custom.items())),
    ]


def company(known: queries.LeadRecord) -> list[Fact]:
    """Return what is known of the company."""
    return [
        Fact(label=_("Company"), value=known.company or ""),
        Fact(label=_("Domain"), value=known.domain or ""),
        linked(_("Industry"), "industry", known.industry),
        Fact(
            label=_("Company size"),
            value=wording.how_many(known.employees, "%(count)s person", "%(count)s people")
            if known.employees
            else "",
        ),
        Fact(
            label=_("Company's country"),
            value=wording.country(known.account_country) if known.account_country else "",
        ),
        Fact(label=_("Renewal"), value=wording.day(known.renewal_on) if known.renewal_on else ""),
        Fact(
            label=_("Known elsewhere as"),
            value=", ".join(f"{source} {key}" for source, key in known.identities),
        ),
    ]


def linked(
    label: str,
    name: str,
    value: str | None,
    *,
    otherwise: str | Promise = wording.UNKNOWN,
    has_list: bool = True,
) -> Fact:
    """Return a field that leads to the list of the leads that share it."""
    href = parts.leads_url(**{name: value}) if value and has_list else ""
    return Fact(label=label, value=value or "", href=href, otherwise=otherwise)
