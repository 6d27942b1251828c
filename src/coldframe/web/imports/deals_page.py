"""The deals that an import made or changed: the rows behind its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.leads import imported, queries
from coldframe.leads.imported import Imported, ImportedDeal, Part
from coldframe.web import wording
from coldframe.web.pages import deal_words, parts

#: Rows of one page.
ROWS = 50
MOST_PAGES = 100_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which deals, and which page of them, counted from 1."""

    asked: Imported
    page: int = 1

    def url(self, page: int) -> str:
        """Return the address of another page of the same deals."""
        pairs = {"part": self.asked.part.value, "page": str(page) if page > 1 else ""}
        given = urlencode({name: value for name, value in pairs.items() if value})
        return reverse("web:import-deals", args=[self.asked.number]) + (f"?{given}" if given else "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One deal."""

    name: str
    state: parts.Badge
    stage: str
    amount: str
    #: Where it is looked at: among the deals of its company, else at its person; empty where it has neither.
    href: str
    company: str
    person: parts.Link | None
    owner: str
    opened: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class DealsPage:
    """The deals of an import."""

    frame: parts.Frame
    number: int
    back: str
    sentence: str
    rows: tuple[Row, ...]
    previous: str
    next: str


def parse(query: QueryDict, *, number: int) -> Wanted:
    """Return what an address asks for; what makes no sense falls back to the usual."""
    part, page = query.get("part", ""), query.get("page", "")
    is_page = page.isascii() and page.isdecimal() and len(page) < 7
    return Wanted(
        asked=Imported(number=number, part=Part(part) if part in {Part.NEW, Part.UPDATED} else Part.WHOLE),
        page=min(max(1, int(page)), MOST_PAGES) if is_page else 1,
    )


def find(wanted: Wanted, *, now: datetime) -> DealsPage | None:
    """Return the page; None: there is no such import."""
    number = wanted.asked.number
    if queries.find_import(number, at=now) is None:
        return None
    count, first = imported.count_deals(wanted.asked), (wanted.page - 1) * ROWS
    found = imported.list_deals(wanted.asked, offset=first, limit=ROWS)
    return DealsPage(
        frame=parts.build_frame(section="imports", now=now),
        number=number,
        back=reverse("web:import", args=[number]),
        sentence=sentence(count, wanted.asked.part),
        rows=tuple(row(each) for each in found),
        previous=wanted.url(wanted.page - 1) if wanted.page > 1 else "",
        next=wanted.url(wanted.page + 1) if first + ROWS < count else "",
    )


def sentence(count: int, part: Part) -> str:
    """Return how many deals these are, and what the import did to them."""
    said = {
        Part.NEW: ngettext(
            "%(count)s deal new by this import.", "%(count)s deals new by this import.", count
        ),
        Part.UPDATED: ngettext(
            "%(count)s deal changed by this import.", "%(count)s deals changed by this import.", count
        ),
    }
    either = ngettext(
        "%(count)s deal new or changed by this import.",
        "%(count)s deals new or changed by this import.",
        count,
    )
    return said.get(part, either) % {"count": wording.number(count)}


def row(deal: ImportedDeal) -> Row:
    """Return one deal in words."""
    person = person_of(deal)
    has_company = deal.account_public_id is not None and not deal.is_personal
    company = reverse("web:account", args=[deal.account_public_id]) if has_company else ""
    return Row(
        name=deal.name or _("Deal without a name"),
        state=deal_words.state(deal.state),
        stage=deal.stage or "",
        amount=deal_words.amount(deal.amount_cents, deal.currency),
        href=company or (person.href if person else ""),
        company=(deal.company or deal.domain or _("Unnamed company")) if has_company else "",
        person=person,
        owner=deal.owner or "",
        opened=parts.on_day(deal.opened_at) if deal.opened_at else None,
    )


def person_of(deal: ImportedDeal) -> parts.Link | None:
    """Return the person of a deal; None where the file named nobody."""
    if deal.lead_public_id is None:
        return None
    name = wording.person(first_name=deal.first_name, last_name=deal.last_name, email=deal.email)
    return parts.Link(label=name, href=reverse("web:lead", args=[deal.lead_public_id]))
