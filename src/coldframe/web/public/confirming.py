"""The page behind the link of a confirmation: GET shows, POST confirms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from coldframe import clock
from coldframe.activity.forms import confirmations
from coldframe.leads import tokens
from coldframe.leads.tokens import Purpose
from coldframe.web.public.open_page import open_page


@open_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was agreed to; on a POST, take it as confirmed by the person's own act."""
    link, now = tokens.read(token, Purpose.CONFIRM), clock.now()
    asked = confirmations.find(public_id=link.touch, lead=link.lead) if link and link.touch else None
    if asked is None:
        return render(request, "web/public/unknown.html", status=404)
    if request.method == "POST":
        confirmations.confirm(public_id=asked.public_id, at=now)
    is_done = request.method == "POST" or asked.is_confirmed
    return render(request, "web/public/confirm.html", {"asked": asked, "is_done": is_done})
