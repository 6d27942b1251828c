"""Reading the playbook: in words, its versions, two of them side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.library import queries
from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web.playbook.pages import compare as compare_page
from coldframe.web.playbook.pages import overview as overview_page
from coldframe.web.playbook.pages import versions as versions_page

#: A text that is shown and saved, and never run.
PLAIN = "text/plain; charset=utf-8"


def may_edit(request: HttpRequest) -> bool:
    """Return whether whoever asks may change the playbook."""
    return access.person_of(request).may(Right.EDIT_PLAYBOOK)


@access.asks_for(Right.SEE)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the active playbook in words, with how many leads each rule concerns."""
    page = overview_page.build(number=None, may_edit=may_edit(request), now=clock.now())
    return render(request, "web/playbook/overview.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show any version in words."""
    page = overview_page.build(number=number, may_edit=may_edit(request), now=clock.now())
    return render(request, "web/playbook/overview.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Show every version: who made it the active one, when, and why."""
    page = versions_page.build(may_edit=may_edit(request), now=clock.now())
    return render(request, "web/playbook/versions.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show what two versions, or a version and the draft, say otherwise."""
    asked = {name: request.GET.get(name, "")[:40] for name in ("before", "after")}
    page = compare_page.build(**asked, now=clock.now())
    return render(request, "web/playbook/compare.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def text(request: HttpRequest, number: int) -> HttpResponse:
    """Return a version as its owner wrote it, as a file."""
    return as_file(queries.get_version(number=number).text, name=f"playbook-{number}.yaml")


def as_file(content: str, *, name: str) -> HttpResponse:
    """Return a text as a file to save."""
    return HttpResponse(
        content, content_type=PLAIN, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
