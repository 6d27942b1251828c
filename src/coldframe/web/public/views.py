"""
The public pages: read the link, do what was asked, show it.

GET shows and changes nothing, for scanners and previews open every link of a mail. POST acts at once, and
the same POST again changes nothing more.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from coldframe import clock
from coldframe.leads import persons, tokens
from coldframe.leads.tokens import Purpose
from coldframe.web.public import wishes
from coldframe.web.public.open_page import open_page


@open_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show what leaving means; on a POST of whatever form, end all mail to the person."""
    link, now = tokens.read(token, Purpose.UNSUBSCRIBE), clock.now()
    if link is None:
        return unknown(request)
    is_done = request.method == "POST"
    # The body is not even read: nothing in it could make a no into anything else.
    person = wishes.leave(link, at=now) if is_done else persons.find_reachable(link.lead, at=now)
    return_token = tokens.make(Purpose.RETURN, lead=link.lead, touch=link.touch)
    page = {"person": person, "is_done": is_done, "return_token": return_token}
    return render(request, "web/public/unsubscribe.html", page | {"wording": wishes.WORDING})


@open_page
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Show what coming back means; on a POST, take it as a new consent of the person's own."""
    link, now = tokens.read(token, Purpose.RETURN), clock.now()
    if link is None:
        return unknown(request)
    if request.method == "POST":
        wishes.come_back(link, source="unsubscribe page", at=now)
    person = persons.find_reachable(link.lead, at=now)
    page = {"person": person, "is_done": request.method == "POST", "wording": wishes.WORDING}
    return render(request, "web/public/return.html", page)


@open_page
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a person has asked for; on a POST, change it."""
    link, now = tokens.read(token, Purpose.PREFERENCES), clock.now()
    if link is None:
        return unknown(request)
    said = wishes.read(request) if request.method == "POST" else None
    is_odd = request.method == "POST" and said is None
    done = wishes.carry_out(link, said, at=now) if said else None
    person = persons.find_reachable(link.lead, at=now)
    page = {"person": person, "done": done, "is_odd": is_odd, "months": wishes.MONTHS}
    status = 400 if is_odd else 200
    wording = {"wording": wishes.WORDING, "tracking_wording": wishes.TRACKING_WORDING}
    return render(request, "web/public/preferences.html", page | wording, status=status)


def unknown(request: HttpRequest) -> HttpResponse:
    """Return the page for a link that is not ours, or was damaged beyond repair."""
    return render(request, "web/public/unknown.html", status=404)
