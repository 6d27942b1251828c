"""The desk: parse, ask, render; and what sales says of a lead."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from coldframe import clock
from coldframe.handoff import calendar_file, queries
from coldframe.kernel.vocabulary import Refusal
from coldframe.reports import handoff_lists, waiting_lists
from coldframe.team import access, viewing
from coldframe.team import operations as team
from coldframe.team.rights import Person, Right, Role
from coldframe.web import files
from coldframe.web.desk import answering, marks
from coldframe.web.desk.pages import brief as brief_page
from coldframe.web.desk.pages import queue as queue_page
from coldframe.web.desk.pages import rows

#: What htmx is told when nothing has changed: leave the page as it is.
UNCHANGED = 204
#: Whose first page is the desk.
AT_THE_DESK = (Role.SALES, Role.SALES_LEAD)


@access.asks_for(Right.SEE)
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the page that somebody's day begins with: the desk for sales, Today for everybody else."""
    return redirect("web:desk" if access.person_of(request).role in AT_THE_DESK else "web:today")


def begins_at_the_desk(request: HttpRequest) -> bool:
    """Return whether somebody of sales comes in by the first address, and not from one of our pages."""
    comes_in = not request.headers.get("Referer")
    return comes_in and access.person_of(request).role in AT_THE_DESK


@access.asks_for(Right.SEE)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show what waits for an answer; to htmx only the part that changes, and only when it did."""
    person, now = access.person_of(request), clock.now()
    asked = queue_page.parse(request.GET, person=person)
    mark = marks.of_desk(at=now)
    if request.GET.get("mark") == mark and request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=UNCHANGED)
    return shown(request, asked, person=person)


def shown(request: HttpRequest, asked: queue_page.Asked, *, person: Person, alert: str = "") -> HttpResponse:
    """Return the desk, or for htmx the part of it that changes."""
    now = clock.now()
    page = queue_page.build(asked, person=person, now=now)
    template = "web/desk/desk.html#live" if request.htmx else "web/desk/desk.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": page, "mark": marks.of_desk(at=now), "alert": alert})


@access.asks_for(Right.EXPORT)
@require_safe
def desk_file(request: HttpRequest) -> HttpResponseBase:
    """Give all that is in a part of the desk out as CSV; it is noted who took it."""
    person, now = access.person_of(request), clock.now()
    asked = queue_page.parse(request.GET, person=person)
    if asked.tab == queue_page.WAITING:
        return files.stream(request, "waiting", waiting_lists.as_csv(at=now))
    ids = queue_page.list_ids(asked, person=person, now=now)
    details = {"what": asked.tab, "by": asked.rep, "count": len(ids)}
    team.note(by=person, what="handoffs.exported", at=now, details=details)
    response = StreamingHttpResponse(handoff_lists.as_csv(ids), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="desk-{now:%Y-%m-%d}.csv"'
    return response


@access.asks_for(Right.ANSWER)
@require_POST
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Record what sales says of a lead; show the desk without it, and say what was recorded."""
    person, now = access.person_of(request), clock.now()
    asked = queue_page.parse(request.POST, person=person)
    try:
        said = answering.read(request.POST, zone=answering.zone_of(person), now=now)
        given = rows.said(answering.give(public_id, said, person=person, at=now))
    except Refusal as refusal:
        if not request.htmx:  # type: ignore[attr-defined]
            raise
        return shown(request, asked, person=person, alert=str(refusal))
    if request.htmx:  # type: ignore[attr-defined]
        return trigger_client_event(shown(request, asked, person=person), "toast", given)  # type: ignore[arg-type]
    messages.success(request, given)
    return redirect(asked.href())


@access.asks_for(Right.SEE)
@require_safe
def brief(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show the brief of a handoff, on the screen and on paper."""
    person, now = access.person_of(request), clock.now()
    page = brief_page.find(public_id, person=person, now=now)
    if page is None:
        raise Http404
    viewing.note_view(by=person, what="handoff.viewed", subject=str(public_id), at=now)
    return render(request, "web/desk/brief.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def calendar(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give the date of a handoff as a calendar file: by when to answer, or when to come back to it."""
    row = queries.find(public_id)
    if row is None:
        raise Http404
    url = request.build_absolute_uri(reverse("web:brief", args=[public_id]))
    zone = answering.zone_of(access.person_of(request))
    file = calendar_file.of(row, url=url, at=clock.now(), zone=zone)
    response = HttpResponse(file, content_type=calendar_file.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{calendar_file.FILE_NAME}"'
    return response
