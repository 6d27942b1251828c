"""Changes of many leads: parse, ask, render."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import bulk
from coldframe.reports import lead_lists
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.leads import bulk_pages
from coldframe.web.pages import parts

#: So long a request works on a change before it shows how it stands.
SECONDS = 1.0
#: So many of the latest changes are listed.
LISTED = 100


@access.asks_for(Right.EDIT_LEADS)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Ask what is to be done with many leads and show what it would do; when it is posted, do it."""
    given, now = request.POST if request.method == "POST" else request.GET, clock.now()
    wanted = bulk_pages.wanted_of(given)
    if "chosen" in request.GET and not wanted.pairs:
        messages.warning(request, _("Choose at least one lead first."))
        return redirect("web:leads")
    if request.method != "POST":
        page = bulk_pages.build(wanted, given, now=now, refusal=None)
        return render(request, "web/leads/change.html", {"page": page})
    try:
        return redirect("web:leads-made", begin(request, wanted))
    except Refusal as refusal:
        page = bulk_pages.build(wanted, given, now=now, refusal=refusal)
        return render(request, "web/leads/change.html", {"page": page}, status=400)


def begin(request: HttpRequest, wanted: lead_lists.Wanted) -> UUID:
    """Begin what a form asks for, do as much as fits into a request, and note it; raises a ``Refusal``."""
    person, now = access.person_of(request), clock.now()
    asked = bulk_pages.change_of(request.POST)
    if asked is None:
        raise bulk.NothingToChange(_("Nothing is chosen to be done."), expected=_("one of the changes"))
    where = lead_lists.where(wanted, as_of=now)
    made = bulk.start(where=where, query=wanted.query, change=asked, by=person.name, at=now)
    line = bulk.go_on(public_id=made, where=where, at=now, seconds=SECONDS)
    details = {"what": asked.what.value, "leads": line.lead_count}
    team.note(by=person, what="leads.changed", at=now, subject=str(made), details=details)
    return made


@access.asks_for(Right.SEE)
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Show the latest changes of many leads."""
    now, may_change = clock.now(), access.person_of(request).may(Right.EDIT_LEADS)
    made = tuple(
        bulk_pages.made_page(line, may_change=may_change, now=now) for line in bulk.list_changes(limit=LISTED)
    )
    page = bulk_pages.ChangesPage(frame=parts.build_frame(section="leads", now=now), changes=made)
    file = files.href(request, "web:leads-changes-file") if made else ""
    return render(request, "web/leads/changes.html", {"page": page, "file": file})


@access.asks_for(Right.EXPORT)
@require_safe
def changes_file(request: HttpRequest) -> StreamingHttpResponse:
    """Give all changes of many leads out as CSV; it is noted who took them."""
    rows = (bulk_pages.file_row(line) for line in bulk.list_changes(limit=None))
    return files.give(request, "changes", bulk_pages.FILE, rows)


@access.asks_for(Right.SEE)
@require_safe
def made(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show how a change of many leads stands."""
    may_change = access.person_of(request).may(Right.EDIT_LEADS)
    line = bulk.get_change(public_id=public_id)
    page = bulk_pages.made_page(line, may_change=may_change, now=clock.now())
    return render(request, "web/leads/made.html", {"page": page})


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def go_on(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Go on with a change that is under way, for about a second; to htmx, show how it stands then."""
    line, now = bulk.get_change(public_id=public_id), clock.now()
    where = lead_lists.where(lead_lists.parsed(line.query), as_of=line.made_at)
    line = bulk.go_on(public_id=public_id, where=where, at=now, seconds=SECONDS)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("web:leads-made", public_id)
    page = bulk_pages.made_page(line, may_change=True, now=now)
    return render(request, "web/leads/made.html#standing", {"page": page})


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a change of many leads back; what somebody has changed of them since stays."""
    person, now = access.person_of(request), clock.now()
    bulk.undo(public_id=public_id, by=person.name, at=now)
    line = bulk.get_change(public_id=public_id)
    where = lead_lists.where(lead_lists.parsed(line.query), as_of=line.made_at)
    bulk.go_on(public_id=public_id, where=where, at=now, seconds=SECONDS)
    team.note(by=person, what="leads.change_undone", at=now, subject=str(public_id))
    return redirect("web:leads-made", public_id)
