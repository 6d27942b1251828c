"""The results: parse, ask, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.reports import acceptance, handoff_lists
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.pages import empty as empty_page
from coldframe.web.results import acceptance_page, rows_page


@access.asks_for(Right.SEE)
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show what sales said of the leads put before it, by trigger, path, segment and rule."""
    now = clock.now()
    if empty := empty_page.find(section="results", title=_("Results"), now=now):
        return render(request, "web/empty.html", {"page": empty})
    page = acceptance_page.build(acceptance_page.parse(request.GET), now=now)
    return render(request, "web/results/acceptance.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def handoffs(request: HttpRequest) -> HttpResponse:
    """List the handoffs behind one number."""
    may_export = access.person_of(request).may(Right.EXPORT)
    page = rows_page.build(rows_page.parse(request.GET), may_export=may_export, now=clock.now())
    return render(request, "web/results/handoffs.html", {"page": page})


@access.asks_for(Right.EXPORT)
@require_safe
def handoffs_file(request: HttpRequest) -> HttpResponseBase:
    """Give the handoffs behind one number out as CSV; it is noted who took it."""
    asked, now = rows_page.parse(request.GET).asked, clock.now()
    ids = acceptance.find_ids(asked, as_of=now)
    details = {"what": asked.what, "by": asked.by.value if asked.by else "", "count": len(ids)}
    team.note(by=access.person_of(request), what="handoffs.exported", at=now, details=details)
    response = StreamingHttpResponse(handoff_lists.as_csv(ids), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="handoffs-{now:%Y-%m-%d}.csv"'
    return response
