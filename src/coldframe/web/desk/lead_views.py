"""What whoever runs the desk decides: who takes leads and how many, and who gets one instead; and how each is told."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from coldframe import clock
from coldframe.handoff import operations as handoffs
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.desk import agreeing
from coldframe.web.desk.pages import capacity as capacity_page
from coldframe.web.desk.pages import notifications as notifications_page


@access.asks_for(Right.RUN_DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request: HttpRequest) -> HttpResponse:
    """Show who takes leads, in which order, and how many; on a POST, change it."""
    person, now = access.person_of(request), clock.now()
    if request.method == "POST":
        what, details = agreeing.carry_out(request.POST, person=person)
        team.note(by=person, what=what, at=now, details=details)
        messages.success(request, _("Saved. The next leads are given out by it."))
        return redirect("web:desk-capacity")
    return render(request, "web/desk/capacity.html", {"page": capacity_page.build(now=now)})


@access.asks_for(Right.RUN_DESK)
@require_POST
def reassign(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Hand a lead over to another rep, who is told."""
    person, now = access.person_of(request), clock.now()
    row = handoffs.reassign(public_id=public_id, to=request.POST.get("to", ""), by=person.name, at=now)
    team.note(by=person, what="handoff.reassigned", at=now, subject=str(public_id), details={"to": row.owner})
    messages.success(request, _("%(name)s has it now.") % {"name": row.owner})
    return redirect("web:brief", public_id)


@access.asks_for(Right.ANSWER)
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """Show how somebody is told of the leads put before them; on a POST, change it."""
    person, now = access.person_of(request), clock.now()
    if request.method == "POST":
        agreeing.choose(request.POST, person=person)
        team.note(by=person, what="notifications.chosen", at=now)
        messages.success(request, _("Saved."))
        return redirect("web:desk-notifications")
    page = notifications_page.build(person=person, now=now)
    return render(request, "web/desk/notifications.html", {"page": page})
