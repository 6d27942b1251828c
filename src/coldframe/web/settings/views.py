"""How the house runs, what comes in, and the settings in force: parse, ask, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coldframe import clock, environment
from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web.settings import health_page, in_force_page, sources_page


@access.asks_for(Right.SEE)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show what runs, what waits, and what is wrong; to htmx only that part of the page."""
    page = health_page.build(person=access.person_of(request), now=clock.now())
    template = "web/settings/health.html#live" if request.htmx else "web/settings/health.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Show the ways in: what each brought, what was refused of it, and what was set aside."""
    page = sources_page.build(person=access.person_of(request), now=clock.now())
    return render(request, "web/settings/sources.html", {"page": page})


@access.asks_for(Right.MANAGE)
@require_safe
def in_force(request: HttpRequest) -> HttpResponse:
    """Show every setting in force and where it comes from; secrets are not shown."""
    found = environment.list_settings()
    page = in_force_page.build(found, person=access.person_of(request), now=clock.now())
    return render(request, "web/settings/in_force.html", {"page": page})
