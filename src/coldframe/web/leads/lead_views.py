"""One lead, and what people decide for it: parse, ask, render."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import marks, overrides, queries, stopping
from coldframe.team import access, viewing
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.leads import asking, decide_page
from coldframe.web.pages import lead as lead_page

#: What htmx is told when nothing has changed: leave the page as it is.
UNCHANGED = 204


@access.asks_for(Right.SEE)
@require_safe
def lead(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show one lead: its because card, its record, its account and its timeline; to htmx only what changed."""
    mark, person, now = marks.of_lead(public_id), access.person_of(request), clock.now()
    is_live = bool(request.htmx) and "mark" in request.GET  # type: ignore[attr-defined]
    if is_live and request.GET["mark"] == mark:
        return HttpResponse(status=UNCHANGED)
    page = lead_page.find(public_id, may_change=person.may(Right.EDIT_LEADS), now=now)
    if page is None:
        raise Http404
    if not is_live:
        viewing.note_view(by=person, what="lead.viewed", subject=str(public_id), at=now)
    template = "web/lead.html#live" if is_live else "web/lead.html"
    return render(request, template, {"page": page, "mark": mark})


@access.asks_for(Right.EDIT_LEADS)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask what a person decides for a lead, with a reason and until when; when it is posted, set it."""
    refusal = None
    if request.method == "POST":
        try:
            set_for(request, public_id)
        except Refusal as found:
            refusal = found
        else:
            messages.success(request, _("Set. The next cycle obeys, within a moment."))
            return redirect("web:lead", public_id)
    given = request.POST if request.method == "POST" else request.GET
    page = decide_page.find(public_id, given, now=clock.now(), refusal=refusal)
    if page is None:
        raise Http404
    return render(request, "web/leads/decide.html", {"page": page}, status=400 if refusal else 200)


def set_for(request: HttpRequest, public_id: UUID) -> None:
    """Set what a form says for a lead, and note it; raises ``BadOverride`` and ``BadDay``."""
    person, now = access.person_of(request), clock.now()
    setting, until = decide_page.setting_of(request.POST), asking.day(request.POST, "until")
    overrides.set_override(
        lead_id=lead_id_of(public_id),
        setting=setting,
        reason=asking.typed(request.POST, "why"),
        by=person.name,
        at=now,
        until=until or now,
    )
    named = {
        "status": setting.status,
        "path": setting.path,
        "stage": setting.stage,
        "pause": setting.is_paused,
    }
    details = {name: str(value) for name, value in named.items() if value}
    team.note(by=person, what="lead.overridden", at=now, subject=str(public_id), details=details)


def lead_id_of(public_id: UUID) -> int:
    """Return the number of a lead; raises ``Http404``."""
    found = queries.find_id(public_id)
    if found is None:
        raise Http404
    return found


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def lift(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Lift one thing that somebody has set for a lead: the rules decide again."""
    person, now = access.person_of(request), clock.now()
    number = asking.typed(request.POST, "setting", longest=18)
    overrides.lift_override(
        lead_id=lead_id_of(public_id),
        override_id=int(number) if number.isascii() and number.isdecimal() else 0,
        at=now,
    )
    team.note(by=person, what="lead.override_lifted", at=now, subject=str(public_id))
    messages.success(request, _("Lifted. The rules decide again."))
    return redirect("web:lead", public_id)


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def never_mail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Never mail a person again, because they said so to somebody; only they can take that back."""
    person, now = access.person_of(request), clock.now()
    stopping.opt_out(
        lead_id=lead_id_of(public_id), said=asking.typed(request.POST, "why"), by=person.name, at=now
    )
    team.note(by=person, what="lead.opted_out", at=now, subject=str(public_id))
    messages.success(request, _("Nothing is sent to this person any more."))
    return redirect("web:lead", public_id)
