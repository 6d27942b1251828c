"""Accounts: parse, ask, render."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.nurture import accounts as queries
from coldframe.reports import account_lists
from coldframe.team import access, viewing
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.accounts import account_page, pages
from coldframe.web.pages import empty as empty_page


@access.asks_for(Right.SEE)
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Show the list of accounts; to htmx only the part of it that changes."""
    wanted, now = pages.parse(request.GET), clock.now()
    empty = empty_page.find(section="accounts", title=_("Accounts"), now=now)
    if empty and not queries.has_companies():
        return render(request, "web/empty.html", {"page": empty})
    may_export = access.person_of(request).may(Right.EXPORT)
    if request.htmx:  # type: ignore[attr-defined]
        results = pages.results(wanted, may_export=may_export, now=now)
        response = render(request, "web/accounts/accounts.html#results", {"results": results})
        response["HX-Push-Url"] = wanted.url(page=str(wanted.page))
        return response
    page = pages.build(wanted, may_export=may_export, now=now)
    return render(request, "web/accounts/accounts.html", {"page": page, "results": page.results})


@access.asks_for(Right.EXPORT)
@require_safe
def accounts_file(request: HttpRequest) -> HttpResponseBase:
    """Give the list out as CSV; it is noted who took it."""
    wanted = pages.parse(request.GET)
    lines = account_lists.as_csv(wanted.asked, as_of=clock.now())
    return files.stream(request, "accounts", lines, filters=list(wanted.given()))


@access.asks_for(Right.SEE)
@require_safe
def account(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one account: its people and their roles, its deals, who is silent and why, and what happened."""
    now = clock.now()
    page = account_page.find(public_id, now=now)
    if page is None:
        raise Http404
    viewing.note_view(by=access.person_of(request), what="account.viewed", subject=str(public_id), at=now)
    return render(request, "web/accounts/account.html", {"page": page})
