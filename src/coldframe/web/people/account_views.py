"""The page on which somebody says how they are called, and in which language and zone they read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import access, operations
from coldframe.team.rights import Right
from coldframe.web.people import account_page
from coldframe.web.people.views import typed


@access.asks_for(Right.SEE)
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show somebody their own account; on a POST, keep what they changed."""
    person, now = access.person_of(request), clock.now()
    if person.id is None:
        return redirect("web:set-up")
    if request.method == "POST":
        given = {field: typed(request, field) for field in ("name", "email", "zone", "language")}
        try:
            operations.update_profile(person.id, **given, role=None, by=person, at=now)
        except Refusal as refusal:
            page = account_page.build(request, person.id, now=now, typed=given)
            return render(request, "web/people/account.html", {"page": page, "refusal": refusal}, status=400)
        return redirect("web:own-account")
    page = account_page.build(request, person.id, now=now)
    return render(request, "web/people/account.html", {"page": page})


@access.asks_for(Right.SEE)
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign somebody out everywhere else."""
    account_page.end_other_sessions(request, by=access.person_of(request), at=clock.now())
    return redirect("web:own-account")
