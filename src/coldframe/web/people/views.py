"""Pages on the way in: the first admin, and the link by which somebody chooses a password."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import access, invitations, operations, queries
from coldframe.web.people import asking, pages

#: What is left of a text that somebody typed; nothing that is asked for is longer.
LONGEST = 1000


def typed(request: HttpRequest, name: str) -> str:
    """Return what somebody typed into a field."""
    return request.POST.get(name, "")[:LONGEST]


@access.is_open
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def set_up(request: HttpRequest) -> HttpResponse:
    """Make the first admin: from this machine alone, and only while there is nobody."""
    if queries.has_people():
        return redirect("account_login")
    if not asking.is_at_this_machine(request):
        return render(request, "web/people/set_up_elsewhere.html", status=403)
    page = pages.SetUp(
        username=typed(request, "username"), name=typed(request, "name"), email=typed(request, "email")
    )
    if request.method != "POST":
        return render(request, "web/people/set_up.html", {"page": page})
    try:
        password = pages.same_twice(typed(request, "password"), typed(request, "again"))
        given = {"username": page.username, "name": page.name, "email": page.email, "password": password}
        operations.set_up(**given, by=access.person_of(request), at=clock.now())
    except Refusal as refusal:
        return render(request, "web/people/set_up.html", {"page": page, "refusal": refusal}, status=400)
    return redirect("account_login")


@access.is_open
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "again")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Have somebody choose a password by the link that an admin gave them."""
    at = clock.now()
    line = invitations.find(token, at=at)
    if line is None:
        return render(request, "web/people/spent.html", status=404)
    if request.method != "POST":
        return render(request, "web/people/invitation.html", {"line": line})
    try:
        password = pages.same_twice(typed(request, "password"), typed(request, "again"))
        invitations.accept(token, password=password, at=at)
    except Refusal as refusal:
        return render(request, "web/people/invitation.html", {"line": line, "refusal": refusal}, status=400)
    return redirect("account_login")


@access.is_open
@require_safe
def unknown(request: HttpRequest) -> HttpResponse:
    """Say that the other house knows somebody whom nobody knows here."""
    return render(request, "web/people/unknown.html", status=403)
