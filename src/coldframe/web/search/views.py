"""The search over everything: parse, ask, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web.search import page as search_page


@access.asks_for(Right.SEE)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what is found for some words: as a page, or to htmx as the list below the box."""
    asked = search_page.parse(request.GET)
    person = access.person_of(request)
    template = "web/search.html#found" if request.htmx else "web/search.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": search_page.build(asked, person=person, now=clock.now())})
