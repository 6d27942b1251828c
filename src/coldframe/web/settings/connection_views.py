"""Connections and the switch for sending: parse, ask, render. Secrets go in and never come out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.delivery import golive, queries
from coldframe.kernel.vocabulary import Refusal
from coldframe.outbox import holding
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.settings import connecting, connection_page, sending_page


@access.asks_for(Right.SEE)
@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """Show whether messages leave the house, by what, and what holds them."""
    page = sending_page.build(person=access.person_of(request), now=clock.now())
    return render(request, "web/settings/sending.html", {"page": page})


@access.asks_for(Right.RUN_SENDING)
@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Let held sending go on, after a person has looked."""
    person, at = access.person_of(request), clock.now()
    lifted = holding.lift(at=at, by=person.name)
    team.note(by=person, what="sending.resumed", at=at, details={"holds": lifted})
    messages.success(request, _("Sending goes on."))
    return redirect("web:sending")


@access.asks_for(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a way out; a signing secret that is made for it is shown this once."""
    person, at = access.person_of(request), clock.now()
    form, problem = connecting.parse(request.POST, kind=kind), None
    if request.method == "POST":
        try:
            secret = connecting.add(form, person=person, at=at)
        except Refusal as refusal:
            problem = refusal
        else:
            if secret is None:
                return redirect("web:connection", form.name)
            made = {"name": form.name, "secret": secret}
            return render(request, "web/settings/secret.html", {"made": made})
    page = connection_page.build_new(form, problem=problem, person=person, now=at)
    return render(
        request, "web/settings/connection_form.html", {"page": page}, status=400 if problem else 200
    )


@access.asks_for(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def connection(request: HttpRequest, name: str) -> HttpResponse:
    """Show a way out as a form, and change it."""
    person, at, problem = access.person_of(request), clock.now(), None
    way = queries.get_connection(name)
    form = connecting.form_of(way)
    if request.method == "POST":
        form = connecting.parse(request.POST, kind=way.kind.lower(), name=name)
        try:
            messages.success(request, connecting.change(form, person=person, at=at))
            return redirect("web:connection", name)
        except Refusal as refusal:
            problem = refusal
    page = connection_page.build(way, form, problem=problem, person=person, now=at)
    return render(
        request, "web/settings/connection_form.html", {"page": page}, status=400 if problem else 200
    )


@access.asks_for(Right.RUN_SENDING)
@require_POST
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Show what is missing before a connection may send for real; sends nothing."""
    found = golive.check(name, leaving_url=connecting.leaving_url())
    page = connection_page.build_findings(name, found, person=access.person_of(request), now=clock.now())
    return render(request, "web/settings/findings.html", {"page": page})


@access.asks_for(Right.MANAGE)
@require_POST
def try_out(request: HttpRequest, name: str) -> HttpResponse:
    """Send one message through a connection, to whom its person says."""
    recipient = request.POST.get("recipient", "").strip()[:320]
    said = connecting.try_out(name, recipient=recipient, person=access.person_of(request), at=clock.now())
    messages.info(request, said)
    return redirect("web:connection", name)


@access.asks_for(Right.RUN_SENDING)
@require_POST
def switch_on(request: HttpRequest, name: str) -> HttpResponse:
    """Send for real through a connection, once every check has passed."""
    person, at = access.person_of(request), clock.now()
    golive.switch_on(name, leaving_url=connecting.leaving_url(), at=at)
    team.note(by=person, what="sending.switched_on", at=at, subject=name)
    messages.success(request, _("From now on messages leave by %(name)s.") % {"name": name})
    return redirect("web:sending")


@access.asks_for(Right.RUN_SENDING)
@require_POST
def switch_off(request: HttpRequest, name: str) -> HttpResponse:
    """Stop sending through a connection at once."""
    person, at = access.person_of(request), clock.now()
    golive.switch_off(name, at=at)
    team.note(by=person, what="sending.switched_off", at=at, subject=name)
    messages.success(request, _("Nothing leaves by %(name)s any more.") % {"name": name})
    return redirect("web:sending")
