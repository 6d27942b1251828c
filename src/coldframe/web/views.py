"""The pages: parse, ask, render. The clock is read here, once for each request."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.nurture import marks, remembering
from coldframe.team import access, visits
from coldframe.team.rights import Right
from coldframe.web.desk import views as desk_views
from coldframe.web.pages import audit as audit_page
from coldframe.web.pages import empty as empty_page
from coldframe.web.today import page as today_page

#: What htmx is told when nothing has changed: leave the page as it is.
UNCHANGED = 204


@access.asks_for(Right.SEE)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show what changed, who needs a person, and what is held; to htmx only what changed. Sales begins at the desk."""
    if desk_views.begins_at_the_desk(request):
        return redirect("web:desk")
    now, mark = clock.now(), marks.of_everything()
    if is_unchanged(request, mark):
        return HttpResponse(status=UNCHANGED)
    if empty := empty_page.find(section="today", title=_("Today"), now=now):
        return render(request, "web/empty.html", {"page": empty})
    person = access.person_of(request)
    visit = visits.find(person=person, at=now) if is_live(request) else visits.look(person=person, at=now)
    template = "web/today.html#live" if is_live(request) else "web/today.html"
    page = today_page.build(person=person, visit=visit, now=now)
    # A page with numbers of an earlier base asks again, though nothing has happened since.
    mark += "-" if remembering.LOOK.has_old else ""
    return render(request, template, {"page": page, "mark": mark})


def is_live(request: HttpRequest) -> bool:
    """Return whether a page that is open asks for the part of it that changes."""
    return bool(request.htmx) and "mark" in request.GET  # type: ignore[attr-defined]


def is_unchanged(request: HttpRequest, mark: str | None) -> bool:
    """Return whether a page that is open shows what there is."""
    return is_live(request) and request.GET["mark"] == mark


@access.asks_for(Right.SEE)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Show what the database is good for, and what stands in the way."""
    now = clock.now()
    if empty := empty_page.find(section="audit", title=_("Audit"), now=now):
        return render(request, "web/empty.html", {"page": empty})
    return render(request, "web/audit.html", {"page": audit_page.build(now=now)})
