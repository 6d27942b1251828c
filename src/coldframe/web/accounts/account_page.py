"""Account: who is known there in which role, whether it surges, who is silent and why, and what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.vocabulary import HoldReason, LeadStatus, OpportunityState
from coldframe.nurture import account_history, accounts, listing, outlook
from coldframe.web import phrases, wording
from coldframe.web.accounts import pages
from coldframe.web.pages import deal_words, history, lead_row, parts

#: People that the page names; all of them are one click away.
PEOPLE = 50
DEALS = 10
#: Entries of the timeline.
MOMENTS = 60
#: Entries of it that are not folded away.
SHOWN = 20
#: Names beside a role.
NAMES = 5


@dataclass(frozen=True, kw_only=True)
class RoleLine:
    """A role of the buying decision, and who is known in it."""

    role: str
    state: str
    state_text: str
    people: tuple[parts.Link, ...]
    more: str


@dataclass(frozen=True, kw_only=True)
class PersonLine:
    """One of the account's people."""

    lead: lead_row.Row
    next: str
    is_silent: bool


@dataclass(frozen=True, kw_only=True)
class DealLine:
    """A deal."""

    name: str
    state: parts.Badge
    stage: str
    amount: str
    owner: str
    opened: parts.Instant | None
    why: str


@dataclass(frozen=True, kw_only=True)
class AccountPage:
    """One account."""

    frame: parts.Frame
    title: str
    name: str
    initials: str
    about: str
    domain: str
    owner: str
    badges: tuple[parts.Badge, ...]
    surge: str
    #: Why nurture is silent; empty: it is not.
    silence: tuple[str, ...]
    intent: str
    fit: parts.Badge | None
    active: str
    active_of: str
    coverage: str
    roles: tuple[RoleLine, ...]
    unknown_roles: str
    people: tuple[PersonLine, ...]
    people_href: str
    people_text: str
    deals: tuple[DealLine, ...]
    timeline: tuple[history.Moment, ...]
    #: What is folded away below it.
    timeline_earlier: tuple[history.Moment, ...]


def find(public_id: UUID, *, now: datetime) -> AccountPage | None:
    """Return the page of an account, or None where there is no such account."""
    account = accounts.find_account(public_id)
    return build(account, now=now) if account else None


def build(account: accounts.AccountRow, *, now: datetime) -> AccountPage:
    """Return the page of an account."""
    rule = accounts.surge_rule(as_of=now)
    people = accounts.count_people([account.id], since=rule.since)[account.id]
    rows = listing.list_account(account_id=account.id, limit=PEOPLE)
    deals = accounts.list_deals(account_id=account.id, limit=DEALS)
    has_deal = any(deal.state == OpportunityState.OPEN for deal in deals)
    nexts = outlook.load(lead_ids=[row.id for row in rows])
    name = account.name or account.domain or _("Unnamed company")
    roles = role_lines(rows, people, since=rule.since)
    moments = timeline(account.id, rows, now=now)
    return AccountPage(
        frame=parts.build_frame(section="accounts", now=now),
        title=wording.without_marks(name),
        name=name,
        initials=wording.initials(name),
        about=pages.about(account),
        domain=account.domain or "",
        owner=account.owner or "",
        badges=pages.badges(people, rule, has_deal=has_deal),
        surge=surge_text(people, rule),
        silence=tuple(silence(rows, people, deals)),
        intent=wording.number(round(account.intent_points or 0)),
        fit=parts.Badge(text=account.fit_level, tone=parts.FIT_TONES[account.fit_level])
        if account.fit_level
        else None,
        active=wording.number(people.active_count),
        active_of=ngettext("of %(count)s person", "of %(count)s people", people.lead_count)
        % {"count": wording.number(people.lead_count)},
        coverage=pages.coverage(pages.role_badges(people)),
        roles=roles,
        unknown_roles=unknown_roles(people),
        people=tuple(person_line(row, nexts[row.id], now=now) for row in rows),
        people_href=parts.leads_url(account=account.domain)
        if account.domain and people.lead_count > len(rows)
        else "",
        people_text=ngettext("All %(count)s person", "All %(count)s people", people.lead_count)
        % {"count": wording.number(people.lead_count)},
        deals=tuple(deal_line(deal, now=now) for deal in deals),
        timeline=moments[:SHOWN],
        timeline_earlier=moments[SHOWN:],
    )


def surge_text(people: accounts.People, rule: accounts.SurgeRule) -> str:
    """Return whether the account surges, and what is lacking."""
    days = round(rule.within.total_seconds() / 86400)
    said = ngettext(
        "%(count)s person was active within %(days)s days",
        "%(count)s people were active within %(days)s days",
        people.active_count,
    ) % {"count": wording.number(people.active_count), "days": days}
    if people.active_count >= rule.people:
        return _("%(said)s: the account surges.") % {"said": said}
    return _("%(said)s; it surges from %(people)s on.") % {"said": said, "people": rule.people}


def silence(rows: list[listing.LeadRow], people: accounts.People, deals: list[accounts.Deal]) -> list[str]:
    """Return why nurture sends nothing to anybody here."""
    said = {
        LeadStatus.SALES_REVIEW: _("%(name)s is before sales"),
        LeadStatus.SALES_ACCEPTED: _("%(name)s was accepted by sales"),
    }
    found = [
        said[LeadStatus(row.status)] % {"name": name_of(row)}
        for row in rows
        if row.status in {LeadStatus.SALES_REVIEW, LeadStatus.SALES_ACCEPTED}
    ]
    if people.with_sales_count and not found:
        found.append(_("sales has one of their people"))
    if len(found) > NAMES:
        left = len(found) - NAMES + 1
        found[NAMES - 1 :] = [
            ngettext("%(count)s more is with sales", "%(count)s more are with sales", left) % {"count": left}
        ]
    found += [
        _("the deal “%(name)s” is open") % {"name": deal.name or _("without a name")}
        for deal in deals
        if deal.state == OpportunityState.OPEN
    ]
    return found


def name_of(row: listing.LeadRow) -> str:
    return wording.person(first_name=row.first_name, last_name=row.last_name, email=row.email)


def role_lines(
    rows: list[listing.LeadRow], people: accounts.People, *, since: datetime
) -> tuple[RoleLine, ...]:
    """Return each role with the people known in it, those who are active first."""
    lines = []
    for role, badge in zip(accounts.BUYING_ROLES, pages.role_badges(people), strict=True):
        known = [row for row in rows if row.role == role]
        known.sort(key=lambda row: row.last_meaningful_at is None or row.last_meaningful_at < since)
        count = people.roles.get(role, (0, 0))[0]
        lines.append(
            RoleLine(
                role=badge.text,
                state=badge.state,
                state_text=badge.title,
                people=tuple(
                    parts.Link(label=name_of(row), href=reverse("web:lead", args=[row.public_id]))
                    for row in known[:NAMES]
                ),
                more=_("and %(count)s more") % {"count": count - NAMES} if count > NAMES else "",
            )
        )
    return tuple(lines)


def unknown_roles(people: accounts.People) -> str:
    """Return for how many people nobody knows the role; empty where all are known."""
    count = people.roles.get("UNKNOWN", (0, 0))[0]
    if not count:
        return ""
    return ngettext(
        "The role of %(count)s person is not known.", "The roles of %(count)s people are not known.", count
    ) % {"count": wording.number(count)}


def person_line(row: listing.LeadRow, comes: outlook.Outlook, *, now: datetime) -> PersonLine:
    """Return one of the account's people."""
    at_sales = row.status in {LeadStatus.SALES_REVIEW, LeadStatus.SALES_ACCEPTED}
    return PersonLine(
        lead=lead_row.build(row, now=now),
        next=phrases.said(comes.text),
        is_silent=at_sales or comes.reason == HoldReason.SALES_ACTIVE,
    )


def deal_line(deal: accounts.Deal, *, now: datetime) -> DealLine:
    """Return a deal in words."""
    return DealLine(
        name=deal.name or _("Deal without a name"),
        state=deal_words.state(deal.state),
        stage=deal.stage or "",
        amount=deal_words.amount(deal.amount_cents, deal.currency),
        owner=deal.owner or "",
        opened=parts.on_day(deal.opened_at) if deal.opened_at else None,
        why=deal.lost_reason or "",
    )


def timeline(account_id: int, rows: list[listing.LeadRow], *, now: datetime) -> tuple[history.Moment, ...]:
    """Return what happened at the account lately, the latest first, with who it was."""
    who = {row.id: row for row in rows}
    lines = [
        (each.happening.occurred_at, each.lead_id, history.happened(each.happening, now=now))
        for each in account_history.list_deeds(account_id=account_id, as_of=now, limit=MOMENTS)
    ]
    lines += [
        (each.change.occurred_at, each.lead_id, history.moved(each.change, now=now))
        for each in account_history.list_moves(account_id=account_id, limit=MOMENTS)
    ]
    latest = sorted(lines, key=lambda line: line[0], reverse=True)[:MOMENTS]
    return tuple(of_whom(moment, who.get(lead_id)) for _at, lead_id, moment in latest)


def of_whom(moment: history.Moment, row: listing.LeadRow | None) -> history.Moment:
    """Return an entry of the timeline with whose it is."""
    if row is None:
        return moment
    href = moment.href or reverse("web:lead", args=[row.public_id])
    return replace(moment, href=href, detail=" · ".join(filter(None, [name_of(row), moment.detail])))
