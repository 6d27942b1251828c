"""Accounts: the list of companies, filtered, searched, sorted and paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from coldframe.leads import imported
from coldframe.nurture import accounts, remembering
from coldframe.nurture.accounts import Asked, View
from coldframe.web import wording
from coldframe.web.pages import leads as leads_page
from coldframe.web.pages import parts

PAGE_SIZE = 25
VIEWS: dict[View, str | Promise] = {
    View.ALL: lazy("All"),
    View.SURGE: lazy("Surging"),
    View.ENGAGED: lazy("Engaged"),
    View.SILENT: lazy("Silent: sales is at work"),
    View.UNKNOWN: lazy("Nobody assessed"),
}
#: What stands under the tabs.
MEANINGS: dict[View, str | Promise] = {
    View.ALL: lazy("Companies where somebody has been assessed."),
    View.ENGAGED: lazy("Somebody there has high or medium intent."),
    View.SILENT: lazy("Sales has one of their people, or a deal is open: nurture sends nothing there."),
    View.UNKNOWN: lazy("Companies where nobody is known, or nobody has been assessed yet."),
}
ORDERS: dict[str, str | Promise] = {
    "intent": lazy("Most intent first"),
    "engaged": lazy("Most people engaged first"),
    "active": lazy("Last active first"),
    "leads": lazy("Most people first"),
    "name": lazy("By name"),
}
#: Values that a select offers.
CHOICES = 60


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the address of the page asks for."""

    asked: Asked
    page: int

    def url(self, *, route: str = "web:accounts", **changes: str) -> str:
        """Return the address of the list with some of this changed; it starts again at the first page."""
        pairs = self.given(**changes)
        return reverse(route) + (f"?{urlencode(pairs)}" if pairs else "")

    def given(self, **changes: str) -> dict[str, str]:
        """Return what an address says of this, with some of it changed; what is usual is not said."""
        asked = self.asked
        said = {
            "view": asked.view.value,
            "q": asked.text,
            "country": asked.country,
            "industry": asked.industry,
            "owner": asked.owner,
            "import": str(asked.imported or ""),
            "sort": asked.order,
        }
        usual = {"view": "all", "sort": "intent", "page": "1"}
        return {name: value for name, value in (said | changes).items() if value != usual.get(name, "")}


@dataclass(frozen=True, kw_only=True)
class RoleBadge:
    """A role of the buying decision at an account."""

    text: str
    #: ``active``, ``known`` or ``missing``.
    state: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """An account in the list."""

    href: str
    name: str
    about: str
    intent: str
    fit: parts.Badge | None
    badges: tuple[parts.Badge, ...]
    people: parts.Link
    active: parts.Instant | None
    roles: tuple[RoleBadge, ...]
    coverage: str


@dataclass(frozen=True, kw_only=True)
class Results:
    """The part that changes while filtering."""

    tabs: tuple[parts.Link, ...]
    meaning: str
    chips: tuple[parts.Link, ...]
    rows: tuple[Row, ...]
    extent: str
    #: The list as a file; empty where there is nothing in it, or whoever looks may not take it.
    file: str
    previous: str
    next: str
    clear: str


@dataclass(frozen=True, kw_only=True)
class AccountsPage:
    """The list of accounts."""

    frame: parts.Frame
    view: str
    #: The import that made or changed them; empty: any or none.
    imported: str
    text: str
    orders: tuple[leads_page.Option, ...]
    selects: tuple[leads_page.Select, ...]
    has_filters: bool
    results: Results


def parse(query: QueryDict) -> Wanted:
    """Return what an address asks for; what makes no sense falls back to the usual."""
    view, order, page = query.get("view", ""), query.get("sort", ""), query.get("page", "1")
    given = {name: clean(query.get(name, "")) for name in ("country", "industry", "owner")}
    return Wanted(
        asked=Asked(
            view=View(view) if view in {each.value for each in View} else View.ALL,
            text=clean(query.get("q", "")),
            order=order if order in ORDERS else "intent",
            imported=imported.parse(query.get("import", "")),
            **given,
        ),
        page=max(1, int(page)) if page.isdecimal() and page.isascii() and 0 < len(page) < 8 else 1,
    )


def clean(text: str) -> str:
    """Return a text without what no text of a database holds."""
    return text.replace("\0", " ").strip()[:200]


def build(wanted: Wanted, *, may_export: bool, now: datetime) -> AccountsPage:
    """Return the whole page."""
    asked = wanted.asked
    choices = remembering.remember(
        "account-choices", lambda: accounts.list_choices(limit=CHOICES), seconds=30
    )
    given = {"country": asked.country, "industry": asked.industry, "owner": asked.owner}
    labels = {"country": _("Country"), "industry": _("Industry"), "owner": _("Sales owner")}
    return AccountsPage(
        frame=parts.build_frame(section="accounts", now=now),
        view=asked.view.value,
        imported=str(asked.imported or ""),
        text=asked.text,
        orders=tuple(
            leads_page.Option(value=key, label=str(label), is_chosen=key == asked.order)
            for key, label in ORDERS.items()
        ),
        selects=tuple(
            select(name, labels[name], choices[name], chosen=given[name]) for name in labels if choices[name]
        ),
        has_filters=any(given.values()),
        results=results(wanted, may_export=may_export, now=now),
    )


def select(name: str, label: str, values: tuple[str, ...], *, chosen: str) -> leads_page.Select:
    """Return one filter; a chosen value that is not among the most frequent is still shown as chosen."""
    shown = (chosen, *values) if chosen and chosen not in values else values
    anything = leads_page.Option(value="", label=_("Any"), is_chosen=not chosen)
    return leads_page.Select(
        name=name,
        label=label,
        options=(
            anything,
            *(
                leads_page.Option(
                    value=value,
                    label=wording.country(value) if name == "country" else value,
                    is_chosen=value == chosen,
                )
                for value in shown
            ),
        ),
    )


def results(wanted: Wanted, *, may_export: bool, now: datetime) -> Results:
    """Return the rows and what stands around them."""
    asked = wanted.asked
    found = accounts.find_page(asked, offset=(wanted.page - 1) * PAGE_SIZE, limit=PAGE_SIZE, as_of=now)
    page, last = found.offset // PAGE_SIZE + 1, found.offset + len(found.rows)
    many = found.total > accounts.COUNTED
    total = _("more than %(count)s") % {"count": wording.number(accounts.COUNTED)}
    return Results(
        tabs=tuple(
            parts.Link(label=str(label), href=wanted.url(view=view.value), is_current=view is asked.view)
            for view, label in VIEWS.items()
        ),
        meaning=meaning(asked, found.surge),
        chips=chips(wanted),
        rows=tuple(row(each, found, now=now) for each in found.rows),
        extent=_("%(first)s to %(last)s of %(total)s")
        % {
            "first": wording.number(found.offset + 1),
            "last": wording.number(last),
            "total": total if many else wording.number(found.total),
        }
        if found.rows
        else "",
        file=wanted.url(route="web:accounts-file") if may_export and found.rows else "",
        previous=wanted.url(page=str(page - 1)) if page > 1 else "",
        next=wanted.url(page=str(page + 1)) if last < min(found.total, accounts.COUNTED) else "",
        clear=reverse("web:accounts"),
    )


def meaning(asked: Asked, rule: accounts.SurgeRule) -> str:
    """Return what stands under the tabs: which accounts these are."""
    if asked.view is View.ALL and asked.imported:
        return _("Companies of the import, also those where nobody has been assessed yet.")
    return str(MEANINGS[asked.view]) if asked.view in MEANINGS else surge_meaning(rule)


def surge_meaning(rule: accounts.SurgeRule) -> str:
    """Return when an account surges, in words."""
    return ngettext(
        "%(people)s person or more was active within %(days)s days.",
        "%(people)s people or more were active within %(days)s days.",
        rule.people,
    ) % {"people": rule.people, "days": round(rule.within.total_seconds() / 86400)}


def chips(wanted: Wanted) -> tuple[parts.Link, ...]:
    """Return the filters in force; each leads to the list without it."""
    asked = wanted.asked
    found = [
        (_("Country: %(value)s") % {"value": wording.country(asked.country)}, "country", asked.country),
        (_("Industry: %(value)s") % {"value": asked.industry}, "industry", asked.industry),
        (_("Sales owner: %(value)s") % {"value": asked.owner}, "owner", asked.owner),
        (import_label(asked.imported), "import", str(asked.imported or "")),
        (_("Search: %(value)s") % {"value": asked.text}, "q", asked.text),
    ]
    return tuple(
        parts.Link(label=label, href=wanted.url(**{name: ""})) for label, name, value in found if value
    )


def import_label(asked: imported.Imported | None) -> str:
    """Return which import the accounts are of."""
    value = wording.filter_value("import", str(asked)) if asked else ""
    return f"{wording.FILTERS['import']}: {value}"


def row(found: accounts.AccountRow, page: accounts.Page, *, now: datetime) -> Row:
    """Return one account in words."""
    people = page.people[found.id]
    roles = role_badges(people)
    return Row(
        href=reverse("web:account", args=[found.public_id]),
        name=found.name or found.domain or _("Unnamed company"),
        about=about(found),
        intent=wording.number(round(found.intent_points)) if found.intent_points is not None else "",
        fit=parts.Badge(text=found.fit_level, tone=parts.FIT_TONES[found.fit_level])
        if found.fit_level
        else None,
        badges=badges(people, page.surge, has_deal=found.id in page.has_deal),
        people=parts.Link(
            label=ngettext("%(count)s person", "%(count)s people", people.lead_count)
            % {"count": wording.number(people.lead_count)},
            href=parts.leads_url(account=found.domain) if found.domain and people.lead_count else "",
            count=wording.number(people.active_count) if people.active_count else "",
        ),
        active=parts.maybe_instant(found.last_meaningful_at, now=now),
        roles=roles,
        coverage=coverage(roles),
    )


def about(found: accounts.AccountRow) -> str:
    """Return what a company is, in a line."""
    size = (
        ngettext("%(count)s person", "%(count)s people", found.employees)
        % {"count": wording.number(found.employees)}
        if found.employees
        else ""
    )
    country = wording.country(found.country) if found.country else ""
    return " · ".join(filter(None, [found.industry, size, country]))


def badges(people: accounts.People, rule: accounts.SurgeRule, *, has_deal: bool) -> tuple[parts.Badge, ...]:
    """Return what must be seen at once of an account."""
    found = []
    if people.active_count >= rule.people:
        found.append(parts.Badge(text=_("Surge"), tone="green"))
    if people.with_sales_count:
        found.append(parts.Badge(text=_("Silent: sales is at work"), tone="blue"))
    elif has_deal:
        found.append(parts.Badge(text=_("Silent: open deal"), tone="blue"))
    return tuple(found)


def role_badges(people: accounts.People) -> tuple[RoleBadge, ...]:
    """Return each role of a buying decision: somebody active, somebody known, or nobody."""
    found = []
    for role in accounts.BUYING_ROLES:
        known, active = people.roles.get(role, (0, 0))
        state = "active" if active else "known" if known else "missing"
        said = {"active": _("active"), "known": _("known"), "missing": _("nobody known")}[state]
        found.append(RoleBadge(text=str(wording.ROLES[role]), state=state, title=said))
    return tuple(found)


def coverage(roles: tuple[RoleBadge, ...]) -> str:
    """Return how many roles somebody is known in."""
    known = sum(each.state != "missing" for each in roles)
    return _("%(known)s of %(all)s roles") % {"known": known, "all": len(roles)}
