"""Leads: the list, filtered, searched, sorted and paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from coldframe.nurture import listing, paging, summaries
from coldframe.reports import filters
from coldframe.web import wording
from coldframe.web.pages import lead_row, parts

PAGE_SIZE = 25
#: What a select sends when it narrows nothing.
ANY = ""
ORDERS = {
    "intent": "Most intent first",
    "fit": "Best fit first",
    "active": "Last active first",
    "leaves": "Leaving soonest first",
    "entered": "Newest first",
    "name": "By name",
}
#: Filters that have a select on the page, with the words of those that have a closed set.
SELECTS = (
    "reason",
    "path",
    "segment",
    "fit",
    "verdict",
    "intent",
    "stage",
    "status",
    "source",
    "country",
    "missing",
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address of the page asks for."""

    #: (filter, value), as ``reports.filters`` reads them.
    pairs: tuple[tuple[str, str], ...]
    text: str
    order: str
    page: int

    def url(self, **changes: str) -> str:
        """Return the address of the list with some of this changed; the page starts again at the first."""
        sort = changes.pop("sort", self.order)
        text = changes.pop("q", self.text)
        page = changes.pop("page", "1")
        pairs = [(name, value) for name, value in self.pairs if name not in changes]
        pairs += [(name, value) for name, value in changes.items() if value != ANY]
        pairs += (
            [("q", text)] * bool(text)
            + [("sort", sort)] * (sort != "intent")
            + [("page", page)] * (page != "1")
        )
        return reverse("web:leads") + ("?" + urlencode(pairs) if pairs else "")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a select."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Select:
    """One filter of the page."""

    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class Results:
    """The part of the page that changes while filtering."""

    sentence: str
    tabs: tuple[parts.Link, ...]
    chips: tuple[parts.Link, ...]
    rows: tuple[lead_row.Row, ...]
    #: "51 to 100 of 412"; empty when there is nothing.
    extent: str
    previous: str
    next: str
    clear: str


@dataclass(frozen=True, kw_only=True)
class LeadsPage:
    """The list of leads."""

    frame: parts.Frame
    text: str
    orders: tuple[Option, ...]
    selects: tuple[Select, ...]
    #: Filters without a select, kept while the others change.
    kept: tuple[tuple[str, str], ...]
    has_filters: bool
    results: Results


def parse(query: QueryDict) -> Asked:
    """Return what an address asks for; what makes no sense as a page or order falls back to the first."""
    own = {"q", "sort", "page"}
    pairs = [
        (name, value)
        for name, values in query.lists()
        for value in values
        if name not in own and value != ANY
    ]
    page = query.get("page", "1")
    order = query.get("sort", "intent")
    return Asked(
        pairs=tuple(pairs),
        text=query.get("q", "").replace("\0", " ").strip()[:200],
        order=order if order in ORDERS else "intent",
        page=int(page) if page.isdecimal() and page.isascii() and 0 < len(page) < 8 else 1,
    )


def build(asked: Asked, *, now: datetime) -> LeadsPage:
    """Return the whole page; raise ``filters.UnknownFilter`` for a filter that means nothing."""
    given = dict(asked.pairs)
    choices = summaries.get_summary().choices
    return LeadsPage(
        frame=parts.build_frame(section="leads", now=now),
        text=asked.text,
        orders=tuple(
            Option(value=key, label=label, is_chosen=key == asked.order) for key, label in ORDERS.items()
        ),
        selects=tuple(select(name, choices, given.get(name)) for name in SELECTS),
        kept=tuple(pair for pair in asked.pairs if pair[0] not in SELECTS),
        has_filters=any(name in SELECTS for name in given),
        results=results(asked, now=now),
    )


def results(asked: Asked, *, now: datetime) -> Results:
    """Return the rows and what stands around them; raise ``filters.UnknownFilter``."""
    groups = [value for name, value in asked.pairs if name == "group"]
    conditions = filters.where([pair for pair in asked.pairs if pair[0] != "group"], as_of=now)
    # The groups are counted beside each other, so they are no part of the condition; odd ones are refused.
    filters.where([("group", value) for value in groups], as_of=now)
    found = paging.find_page(
        where=joined(conditions, listing.mentioning(asked.text)),
        groups=groups,
        order=asked.order,
        offset=(asked.page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    page, first, last = found.offset // PAGE_SIZE + 1, found.offset + 1, found.offset + len(found.rows)
    return Results(
        sentence=sentence(found.total, groups),
        tabs=tabs(asked, found.groups, groups),
        chips=chips(asked),
        rows=tuple(lead_row.build(row, now=now) for row in found.rows),
        extent=f"{wording.number(first)} to {wording.number(last)} of {wording.number(found.total)}"
        if found.rows
        else "",
        previous=asked.url(page=str(page - 1)) if page > 1 else "",
        next=asked.url(page=str(page + 1)) if last < found.total else "",
        clear=reverse("web:leads"),
    )


def joined(condition: Q, other: Q) -> Q:
    """Return both conditions as one; an empty one leaves the other as it is."""
    return condition & other if condition and other else condition or other


def sentence(total: int, groups: list[str]) -> str:
    """Return how many leads there are, and what of them."""
    one = total == 1
    says = {
        "to-sales": "should go to sales now",
        "with-sales": "is already with sales" if one else "are already with sales",
        "nurture": "is in nurture" if one else "are in nurture",
        "let-go": "was let go" if one else "were let go",
    }
    what = says.get(groups[0], "") if len(groups) == 1 else ""
    count = wording.counted(total, "lead") if total else "No lead"
    return f"{count} {what}".strip() + "."


def tabs(asked: Asked, counts: dict[str, int], groups: list[str]) -> tuple[parts.Link, ...]:
    """Return one tab for all leads and one for each group."""
    everybody = parts.Link(
        label="All",
        href=asked.url(group=ANY),
        count=wording.number(sum(counts.values())),
        is_current=not groups,
    )
    each = [
        parts.Link(
            label=label,
            href=asked.url(group=group),
            count=wording.number(counts[group]),
            is_current=group in groups,
        )
        for group, label in wording.GROUPS.items()
        if group != "new"
    ]
    return (everybody, *each)


def chips(asked: Asked) -> tuple[parts.Link, ...]:
    """Return the filters in force; each leads to the list without it."""
    found = [
        parts.Link(
            label=f"{wording.filter_name(name)}: {wording.filter_value(name, value)}",
            href=asked.url(**{name: ANY}),
        )
        for name, value in asked.pairs
        if name != "group"
    ]
    if asked.text:
        found.append(parts.Link(label=f"Search: {asked.text}", href=asked.url(q="")))
    return tuple(found)


def select(name: str, choices: dict[str, tuple[str, ...]], chosen: str | None) -> Select:
    """Return one filter with its choices; a chosen value that no lead has is still shown as chosen."""
    values = [*choices[name]] if name in choices else list(wording.VALUES[name])
    if chosen is not None and chosen not in values:
        values = [chosen, *values]
    label = wording.filter_name(name)
    options = [Option(value=ANY, label=f"Any {label[:1].lower()}{label[1:]}", is_chosen=chosen is None)]
    options += [
        Option(value=value, label=wording.filter_value(name, value), is_chosen=value == chosen)
        for value in values
    ]
    return Select(name=name, label=label, options=tuple(options))
