"""The pages of the content: parse, ask, render."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from coldframe import clock
from coldframe.team import access, viewing
from coldframe.team.rights import Right
from coldframe.web import files, framed
from coldframe.web.content import asset_page, map_page, preview_page
from coldframe.web.pages import empty as empty_page

#: What says a place on the map.
PLACE = ("stage", "question", "segment")
#: Longest text taken for what a lead is called, and for a choice on the map.
LONGEST_KEY, LONGEST_CHOICE = 320, 300


@access.asks_for(Right.SEE)
@require_safe
def content(request: HttpRequest) -> HttpResponse:
    """Show which buyer questions have an answer for whom, and who waits where there is none."""
    now = clock.now()
    if empty := empty_page.find(section="content", title=_("Content"), now=now):
        return render(request, "web/empty.html", {"page": empty})
    page = map_page.build(asked_of(request), may_edit=may_edit(request), now=now)
    file = files.href(request, "web:content-file") if page.assets else ""
    return render(request, "web/content/map.html", {"page": page, "file": file})


@access.asks_for(Right.EXPORT)
@require_safe
def content_file(request: HttpRequest) -> StreamingHttpResponse:
    """Give what there is to send out as CSV, as the list is narrowed; it is noted who took it."""
    asked = asked_of(request)
    named = [name for name in PLACE if getattr(asked, name)]
    return files.give(request, "content", map_page.FILE, list(map_page.file_rows(asked)), filters=named)


@access.asks_for(Right.SEE)
@require_safe
def asset(request: HttpRequest, content_key: str) -> HttpResponse:
    """Show one content: for whom it is, who had it, what came after it, and who gets it next."""
    page = asset_page.build(content_key, may_edit=may_edit(request), now=clock.now())
    return render(request, "web/content/asset.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def preview(request: HttpRequest, content_key: str) -> HttpResponse:
    """Show what one message says to one lead."""
    now = clock.now()
    page = preview_page.build(content_key, lead_key=asked_lead(request), now=now)
    note(request, page.public_id, at=now)
    return render(request, "web/content/preview.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def preview_html(request: HttpRequest, content_key: str) -> HttpResponse:
    """Return the HTML part of a preview, for the frame on its page."""
    seen = preview_page.preview_for(content_key, asked_lead(request))
    if not seen.html:
        raise Http404
    note(request, preview_page.public_id_of(seen.lead_id), at=clock.now())
    return framed.framed(seen.html)


def asked_of(request: HttpRequest) -> map_page.Asked:
    """Return what the address asks for."""
    return map_page.Asked(order=said(request, "by"), **{name: said(request, name) for name in PLACE})


def note(request: HttpRequest, public_id: str, *, at: datetime) -> None:
    """Write down whose data a preview showed; empty: nobody's."""
    if public_id:
        person = access.person_of(request)
        viewing.note_view(by=person, what="lead.previewed", subject=public_id, at=at)


def may_edit(request: HttpRequest) -> bool:
    """Return whether who asks may change the content."""
    return access.person_of(request).may(Right.EDIT_PLAYBOOK)


def asked_lead(request: HttpRequest) -> str:
    """Return whom the address asks for, whatever a person calls the lead."""
    return request.GET.get("lead", "").replace("\0", " ").strip()[:LONGEST_KEY]


def said(request: HttpRequest, name: str) -> str:
    """Return a choice that the address holds; what is none of the map's chooses nothing."""
    return request.GET.get(name, "").replace("\0", " ").strip()[:LONGEST_CHOICE]
