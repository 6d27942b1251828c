"""The pages of the paths: parse, ask, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.pages import empty as empty_page
from coldframe.web.paths import coming_part, list_page, path_page


@access.asks_for(Right.SEE)
@require_safe
def paths(request: HttpRequest) -> HttpResponse:
    """Show every path: for whom it is, toward what, how many are on it, and how they leave."""
    now = clock.now()
    if empty := empty_page.find(section="paths", title=_("Paths"), now=now):
        return render(request, "web/empty.html", {"page": empty})
    file = files.href(request, "web:paths-file")
    return render(request, "web/paths/list.html", {"page": list_page.build(now=now), "file": file})


@access.asks_for(Right.EXPORT)
@require_safe
def paths_file(request: HttpRequest) -> StreamingHttpResponse:
    """Give the paths with who is on them out as CSV; it is noted who took it."""
    return files.give(request, "paths", list_page.FILE, list(list_page.file_rows(now=clock.now())))


@access.asks_for(Right.SEE)
@require_safe
def path(request: HttpRequest, name: str) -> HttpResponse:
    """Show who is where on one path, what it draws on, and why people leave it."""
    may_edit = access.person_of(request).may(Right.EDIT_PLAYBOOK)
    page = path_page.build(name, may_edit=may_edit, now=clock.now())
    return render(request, "web/paths/path.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def coming(request: HttpRequest, name: str) -> HttpResponse:
    """Show what comes next on one path; to htmx only that part."""
    page = coming_part.build(name, now=clock.now())
    part = "#coming" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"web/paths/coming.html{part}", {"page": page})
