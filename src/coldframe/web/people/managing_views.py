"""The pages on which an admin lets people and programs in, and reads what everybody did."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import access, invitations, operations, second_factors
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.people import log_page, pages
from coldframe.web.people.again import only_lately_signed_in
from coldframe.web.people.views import typed

PROFILE = ("name", "email", "rep", "zone", "language")


@access.asks_for(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@only_lately_signed_in
def people(request: HttpRequest) -> HttpResponse:
    """Show everybody; on a POST, let somebody in, and show the link by which they choose a password."""
    now, by = clock.now(), access.person_of(request)
    if by.id is None:
        return redirect("web:set-up")
    given = {field: typed(request, field) for field in ("username", "name", "email", "role")}
    page = pages.build_people(now=now, typed=given)
    if request.method != "POST":
        return render(request, "web/people/people.html", {"page": page})
    try:
        role = pages.role_of(given.pop("role"))
        user_id = operations.create(**given, role=role, by=by, at=now)
    except Refusal as refusal:
        return render(request, "web/people/people.html", {"page": page, "refusal": refusal}, status=400)
    link = pages.link(request, invitations.make(user_id, by=by, at=now))
    return render(request, "web/people/link.html", {"page": pages.build_link(user_id, link=link, now=now)})


@access.asks_for(Right.MANAGE)
@require_safe
@only_lately_signed_in
def people_file(request: HttpRequest) -> HttpResponseBase:
    """Give everybody out as CSV; it is noted who took it."""
    return files.give(request, "people", pages.FILE, pages.file_rows())


@access.asks_for(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@only_lately_signed_in
def one(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show somebody; on a POST, keep what was changed."""
    now, by = clock.now(), access.person_of(request)
    page = pages.find_one(user_id, now=now)
    if page is None:
        raise Http404
    if request.method != "POST":
        return render(request, "web/people/one.html", {"page": page})
    try:
        given = {field: typed(request, field) for field in PROFILE}
        operations.update_profile(user_id, **given, role=pages.role_of(typed(request, "role")), by=by, at=now)
    except Refusal as refusal:
        return render(request, "web/people/one.html", {"page": page, "refusal": refusal}, status=400)
    return redirect("web:people")


@access.asks_for(Right.MANAGE)
@require_POST
@only_lately_signed_in
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Keep somebody out, or let them in again."""
    act = operations.reactivate if typed(request, "active") == "yes" else operations.deactivate
    act(pages.small(user_id), by=access.person_of(request), at=clock.now())
    return redirect("web:person", user_id)


@access.asks_for(Right.MANAGE)
@require_POST
@only_lately_signed_in
def new_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Show a link by which somebody chooses a new password."""
    now, by = clock.now(), access.person_of(request)
    link = pages.link(request, invitations.make(pages.small(user_id), by=by, at=now))
    return render(request, "web/people/link.html", {"page": pages.build_link(user_id, link=link, now=now)})


@access.asks_for(Right.MANAGE)
@require_POST
@only_lately_signed_in
def drop_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take the second factor of somebody who has lost it."""
    second_factors.drop(pages.small(user_id), by=access.person_of(request), at=clock.now())
    return redirect("web:person", user_id)


@access.asks_for(Right.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
@only_lately_signed_in
def keys(request: HttpRequest) -> HttpResponse:
    """Show the keys of programs; on a POST, make one and show it this once."""
    now = clock.now()
    if request.method != "POST":
        return render(request, "web/people/keys.html", {"page": pages.build_keys(now=now)})
    made, refusal = None, None
    try:
        role = pages.role_of(typed(request, "role"))
        made = operations.make_key(
            name=typed(request, "name"), role=role, by=access.person_of(request), at=now
        )
    except Refusal as error:
        refusal = error
    page = {"page": pages.build_keys(now=now), "made": made, "refusal": refusal}
    return render(request, "web/people/keys.html", page, status=400 if refusal else 200)


@access.asks_for(Right.MANAGE)
@require_safe
@only_lately_signed_in
def keys_file(request: HttpRequest) -> HttpResponseBase:
    """Give out as CSV which programs have a key, without the keys; it is noted who took it."""
    return files.give(request, "keys", pages.KEYS_FILE, pages.key_rows())


@access.asks_for(Right.MANAGE)
@require_POST
@only_lately_signed_in
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """Let a program in no more."""
    operations.revoke_key(pages.small(key_id), by=access.person_of(request), at=clock.now())
    return redirect("web:keys")


@access.asks_for(Right.MANAGE)
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Show who did what, the latest first."""
    page = log_page.build(log_page.parse(request.GET), now=clock.now())
    return render(request, "web/people/log.html", {"page": page})


@access.asks_for(Right.MANAGE)
@require_safe
def log_file(request: HttpRequest) -> StreamingHttpResponse:
    """Return who did what as a file, line by line; that it was taken is written down."""
    asked, now = log_page.parse(request.GET), clock.now()
    operations.note(by=access.person_of(request), what="log.exported", at=now)
    response = StreamingHttpResponse(log_page.lines(asked), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="coldframe-log-{now:%Y-%m-%d}.csv"'
    return response
