"""The pages: parse, ask, render. The clock is read here, once for each request."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.web.pages import audit as audit_page
from coldframe.web.pages import empty as empty_page
from coldframe.web.pages import lead as lead_page
from coldframe.web.pages import leads as leads_page
from coldframe.web.pages import today as today_page


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show how many leads go to sales, are nurtured, were let go, and why."""
    now = clock.now()
    if empty := empty_page.find(section="today", title="Today", now=now):
        return render(request, "web/empty.html", {"page": empty})
    return render(request, "web/today.html", {"page": today_page.build(now=now)})


@require_safe
def leads(request: HttpRequest) -> HttpResponse:
    """Show the list of leads; to htmx only the part of it that changes."""
    asked = leads_page.parse(request.GET)
    if request.htmx:  # type: ignore[attr-defined]
        results = leads_page.results(asked, now=clock.now())
        response = render(request, "web/leads.html#results", {"results": results})
        response["HX-Push-Url"] = asked.url(page=str(asked.page))
        return response
    page = leads_page.build(asked, now=clock.now())
    return render(request, "web/leads.html", {"page": page, "results": page.results})


@require_safe
def lead(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one lead: its because card, its record, its account and its timeline."""
    page = lead_page.find(public_id, now=clock.now())
    if page is None:
        raise Http404
    return render(request, "web/lead.html", {"page": page})


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show what the database is group working on, and what stands in the way."""
    now = clock.now()
    if empty := empty_page.find(section="audit", title="Audit", now=now):
        return render(request, "web/empty.html", {"page": empty})
    return render(request, "web/audit.html", {"page": audit_page.build(now=now)})
