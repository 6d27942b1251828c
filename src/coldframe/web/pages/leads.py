"""Leads: the list, filtered, searched, sorted and paged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from coldframe.languages import Words
from coldframe.nurture import listing, paging, remembering, saved_filters, summaries
from coldframe.reports import filters, lead_lists
from coldframe.team.rights import Person, Right
from coldframe.web import lengths, wording
from coldframe.web.pages import lead_columns as columns
from coldframe.web.pages import lead_row, parts

PAGE_SIZE = 25
#: From so many leads on, a list that every lead must be read for is made apart. One that costs much is shown for so many
#: times of what it cost, and once more while it is made anew if it is at most so many seconds old.
LARGE, PATIENCE, OLDEST = 20_000, 5.0, 20.0
#: Orders that an index of where leads stand has.
INDEXED = ("intent", "active")
#: What a select sends when it narrows nothing.
ANY = ""
ORDERS = Words(
    {
        "intent": noop("Most intent first"),
        "fit": noop("Best fit first"),
        "active": noop("Last active first"),
        "leaves": noop("Leaving soonest first"),
        "entered": noop("Newest first"),
        "name": noop("By name"),
    }
)
#: How many leads there are, by where they stand.
ANY_LEADS = lengths.plural("%(count)s lead.", "%(count)s leads.")
SENTENCES = {
    "to-sales": lengths.plural(
        "%(count)s lead should go to sales now.", "%(count)s leads should go to sales now."
    ),
    "with-sales": lengths.plural(
        "%(count)s lead is already with sales.", "%(count)s leads are already with sales."
    ),
    "nurture": lengths.plural("%(count)s lead is in nurture.", "%(count)s leads are in nurture."),
    "let-go": lengths.plural("%(count)s lead was let go.", "%(count)s leads were let go."),
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
    "hold",
    "stay",
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

    @property
    def wanted(self) -> lead_lists.Wanted:
        """Which leads that are, in whatever order."""
        return lead_lists.Wanted(pairs=self.pairs, text=self.text)

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
class Viewer:
    """For whom the page is made."""

    #: As saved filters and columns name their owner.
    key: str = ""
    may_change: bool = False
    may_export: bool = False
    columns: tuple[columns.Column, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListRow:
    """One lead of the list."""

    #: Its number, for changes of many.
    id: int
    #: What choosing it is called, for those who hear the page.
    choose: str
    lead: lead_row.Row
    cells: tuple[columns.Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Results:
    """The part of the page that changes while filtering."""

    sentence: str
    tabs: tuple[parts.Link, ...]
    chips: tuple[parts.Link, ...]
    heads: tuple[columns.Column, ...]
    rows: tuple[ListRow, ...]
    #: "51 to 100 of 412"; empty when there is nothing.
    extent: str
    previous: str
    next: str
    clear: str
    viewer: Viewer
    #: What the list is narrowed by, for whatever is done with all of it.
    query: str
    #: The same, and its order.
    query_ordered: str
    total: str
    has_many: bool
    #: The columns there are.
    choices: tuple[Option, ...]
    most_columns: int


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


@dataclass(frozen=True, kw_only=True)
class SavedLine:
    """A saved filter, and how many leads it finds."""

    link: parts.Link
    #: Who else shares it; empty for one's own.
    by: str
    is_shared: bool
    is_own: bool
    remove: str


def viewer_of(person: Person) -> Viewer:
    """Return for whom the page is made, with the columns that they chose."""
    key = owner_key(person)
    return Viewer(
        key=key,
        may_change=person.may(Right.EDIT_LEADS),
        may_export=person.may(Right.EXPORT),
        columns=columns.chosen(saved_filters.find_columns(owner=key)),
    )


def owner_key(person: Person) -> str:
    """Return under which name filters and columns are a person's own."""
    return "" if person.id is None else str(person.id)


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
        page=max(1, int(page)) if page.isdecimal() and page.isascii() and 0 < len(page) < 8 else 1,
    )


def build(asked: Asked, *, viewer: Viewer, now: datetime) -> LeadsPage:
    """Return the whole page; raise ``filters.UnknownFilter`` for a filter that means nothing."""
    given = dict(asked.pairs)
    choices = summaries.get_choices()
    return LeadsPage(
        frame=parts.build_frame(section="leads", now=now),
        text=asked.text,
        orders=tuple(
            Option(value=key, label=label, is_chosen=key == asked.order) for key, label in ORDERS.items()
        ),
        selects=tuple(select(name, choices, given.get(name)) for name in SELECTS),
        kept=tuple(pair for pair in asked.pairs if pair[0] not in SELECTS),
        has_filters=any(name in SELECTS for name in given),
        results=results(asked, viewer=viewer, now=now),
    )


def results(asked: Asked, *, viewer: Viewer, now: datetime) -> Results:
    """Return the rows and what stands around them; raise ``filters.UnknownFilter``."""
    groups = [value for name, value in asked.pairs if name == "group"]
    conditions = filters.where([pair for pair in asked.pairs if pair[0] != "group"], as_of=now)
    # The groups are counted beside each other, so they are no part of the condition; odd ones are refused.
    filters.where([("group", value) for value in groups], as_of=now)
    found = find_page(asked, where=joined(conditions, listing.mentioning(asked.text)), groups=groups)
    page, first, last = found.offset // PAGE_SIZE + 1, found.offset + 1, found.offset + len(found.rows)
    return Results(
        sentence=sentence(found.total, groups),
        tabs=tabs(asked, found.groups, groups),
        chips=chips(asked),
        heads=viewer.columns,
        rows=tuple(list_row(row, viewer, now=now) for row in found.rows),
        extent=parts.extent(first, last, wording.number(found.total)) if found.rows else "",
        previous=asked.url(page=str(page - 1)) if page > 1 else "",
        next=asked.url(page=str(page + 1)) if last < found.total else "",
        clear=reverse("web:leads"),
        viewer=viewer,
        query=asked.wanted.query,
        query_ordered=urlencode([*asked.pairs, ("q", asked.text), ("sort", asked.order)]),
        total=wording.how_many(found.total, "%(count)s lead", "%(count)s leads"),
        has_many=found.total > len(found.rows),
        choices=tuple(
            Option(value=each.key, label=str(each.label), is_chosen=each in viewer.columns)
            for each in columns.COLUMNS
        ),
        most_columns=columns.MOST,
    )


def find_page(asked: Asked, *, where: Q, groups: list[str]) -> paging.Page:
    """
    Return the rows that are asked for.

    Of a large base those under a filter, or in an order that no index has, may cost a reading of every lead: they are
    remembered for a moment. Raises ``remembering.BeingMade``.
    """
    make = partial(
        paging.find_page,
        where=where,
        groups=groups,
        order=asked.order,
        offset=(asked.page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    is_plain = not where and asked.order in INDEXED
    if is_plain or summaries.get_summary().lead_count < LARGE:
        return make()
    name = f"leads {asked.url(page=str(asked.page))}"
    return remembering.remember(name, make, seconds=0.0, patience=PATIENCE, oldest=OLDEST)


def list_row(row: listing.LeadRow, viewer: Viewer, *, now: datetime) -> ListRow:
    """Return one lead with the columns of whoever looks."""
    lead = lead_row.build(row, now=now)
    return ListRow(
        id=row.id,
        choose=_("Choose %(name)s") % {"name": wording.without_marks(lead.name)},
        lead=lead,
        cells=columns.cells(row, viewer.columns, now=now),
    )


def joined(condition: Q, other: Q) -> Q:
    """Return both conditions as one; an empty one leaves the other as it is."""
    return condition & other if condition and other else condition or other


def sentence(total: int, groups: list[str]) -> str:
    """Return how many leads there are, and what of them."""
    if not total:
        return _("No lead.")
    return wording.how_many(total, *SENTENCES.get(groups[0] if len(groups) == 1 else "", ANY_LEADS))


def tabs(asked: Asked, counts: dict[str, int], groups: list[str]) -> tuple[parts.Link, ...]:
    """Return one tab for all leads and one for each group."""
    everybody = parts.Link(
        label=_("All"),
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
        found.append(parts.Link(label=_("Search: %(value)s") % {"value": asked.text}, href=asked.url(q="")))
    return tuple(found)


def select(name: str, choices: dict[str, tuple[str, ...]], chosen: str | None) -> Select:
    """Return one filter with its choices; a chosen value that no lead has is still shown as chosen."""
    values = [*choices[name]] if name in choices else list(wording.VALUES[name])
    if chosen is not None and chosen not in values:
        values = [chosen, *values]
    label = wording.filter_name(name)
    options = [Option(value=ANY, label=_("%(filter)s: any") % {"filter": label}, is_chosen=chosen is None)]
    options += [
        Option(value=value, label=wording.filter_value(name, value), is_chosen=value == chosen)
        for value in values
    ]
    return Select(name=name, label=label, options=tuple(options))


def saved(person: Person, *, now: datetime) -> tuple[SavedLine, ...]:
    """Return the saved filters that a person may open, each with how many leads it finds."""
    return tuple(
        SavedLine(
            link=parts.Link(
                label=each.name,
                href=reverse("web:leads-saved", args=[each.public_id]),
                count=counted(each, now=now),
            ),
            by="" if each.is_own else each.owner_name,
            is_shared=each.is_shared,
            is_own=each.is_own,
            remove=reverse("web:leads-saved-remove", args=[each.public_id]),
        )
        for each in saved_filters.list_filters(owner=owner_key(person))
    )


def counted(filter_: saved_filters.Saved, *, now: datetime) -> str:
    """Return how many leads a saved filter finds, as of a moment ago; empty where it says nothing any more."""
    wanted = parse(QueryDict(filter_.query)).wanted
    try:
        # Refused here, not on a thread that counts, which would write it down as a fault.
        lead_lists.where(wanted, as_of=now)
        found = remembering.remember(
            f"saved:{filter_.query}",
            partial(lead_lists.count, wanted, as_of=now),
            seconds=summaries.FRESH_FOR,
            patience=summaries.PATIENCE,
        )
    except filters.UnknownFilter:
        return ""
    return wording.number(found)
