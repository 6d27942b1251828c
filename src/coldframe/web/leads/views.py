"""The list of leads: parse, ask, render."""

from __future__ import annotations

import tempfile
from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coldframe import clock
from coldframe.nurture import saved_filters
from coldframe.reports import lead_lists
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.leads import asking
from coldframe.web.pages import lead_columns as columns
from coldframe.web.pages import leads as leads_page


@access.asks_for(Right.SEE)
@require_safe
def leads(request: HttpRequest) -> HttpResponse:
    """Show the list of leads; to htmx only the part of it that changes."""
    asked, now = leads_page.parse(request.GET), clock.now()
    viewer = leads_page.viewer_of(access.person_of(request))
    if request.htmx:  # type: ignore[attr-defined]
        results = leads_page.results(asked, viewer=viewer, now=now)
        response = render(request, "web/leads.html#results", {"results": results})
        response["HX-Push-Url"] = asked.url(page=str(asked.page))
        return response
    page = leads_page.build(asked, viewer=viewer, now=now)
    return render(request, "web/leads.html", {"page": page, "results": page.results})


@access.asks_for(Right.SEE)
@require_safe
def saved(request: HttpRequest) -> HttpResponse:
    """Show the saved filters with how many leads each finds: a part of the list's page, asked for by itself."""
    lines = leads_page.saved(access.person_of(request), now=clock.now())
    return render(request, "web/leads/_saved.html", {"saved": lines})


@access.asks_for(Right.SEE)
@require_safe
def open_saved(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Lead to the list that a saved filter means."""
    person = access.person_of(request)
    found = saved_filters.find_filter(public_id=public_id, owner=leads_page.owner_key(person))
    if found is None:
        raise Http404
    return redirect(reverse("web:leads") + (f"?{found.query}" if found.query else ""))


@access.asks_for(Right.SEE)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filter of the list under a name, for oneself or for everybody; one that means nothing is refused."""
    person, query = access.person_of(request), asking.typed(request.POST, "query", longest=4000)
    name, now = asking.typed(request.POST, "name"), clock.now()
    lead_lists.where(leads_page.parse(QueryDict(query)).wanted, as_of=now)
    saved_filters.keep_filter(
        owner=leads_page.owner_key(person),
        owner_name=person.name,
        name=name,
        query=query,
        is_shared=request.POST.get("is_shared") == "on",
        at=now,
    )
    messages.success(request, _("Saved as “%(name)s”.") % {"name": name})
    return redirect(reverse("web:leads") + (f"?{query}" if query else ""))


@access.asks_for(Right.SEE)
@require_POST
def remove_saved(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Remove a saved filter of one's own."""
    person = access.person_of(request)
    saved_filters.remove_filter(public_id=public_id, owner=leads_page.owner_key(person))
    messages.success(request, _("The saved filter is gone."))
    return redirect("web:leads")


@access.asks_for(Right.SEE)
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns somebody wants to see; asked for without any, the usual ones come back."""
    person = access.person_of(request)
    wanted = [key for key in request.POST.getlist("column") if key in columns.BY_KEY]
    usual = "usual" in request.POST or not wanted
    saved_filters.choose_columns(
        owner=leads_page.owner_key(person), columns=() if usual else wanted[: columns.MOST]
    )
    return redirect(asking.back_to_list(request.POST))


@access.asks_for(Right.EXPORT)
@require_safe
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """Give the list out as a file, with the columns that are shown; it is noted who took it."""
    person, now, asked = access.person_of(request), clock.now(), leads_page.parse(request.GET)
    found = lead_lists.read(asked.wanted, order=asked.order, as_of=now)
    taken = columns.for_file(leads_page.viewer_of(person).columns)
    details = {"format": form, "filters": sorted({name for name, _value in asked.pairs})}
    team.note(by=person, what="leads.exported", at=now, details=details)
    name = f"leads-{now:%Y-%m-%d}.{form}"
    if form == "csv":
        response = StreamingHttpResponse(lead_lists.as_csv(found, taken), content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        lead_lists.write_workbook(file, found, taken)
        return FileResponse(file.open("rb"), as_attachment=True, filename=name)
