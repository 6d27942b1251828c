"""Who asks, and whether the page is open to them; a view that does not say who may is open to nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from coldframe.handoff import zones
from coldframe.team import access
from coldframe.team.rights import Person, Right
from coldframe.web.people import asking

log = logging.getLogger(__name__)


class PersonMiddleware:
    """
    Say who asks, and open what is open to them.

    Who it is, is looked up when somebody wants to know: links in mail are opened without it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = SimpleLazyObject(lambda: asking.who(request))  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Return what is shown instead of the view; None where it is open."""
        rule = access.rule_of(view)
        if rule == access.OPEN or (rule == access.THIS_MACHINE and asking.is_at_this_machine(request)):
            return None
        person = access.person_of(request)
        if rule is None:
            log.error("a view does not say who may open it", extra={"path": request.path_info})
            return render(request, "web/people/closed.html", status=403)
        right = Right.SEE if rule == access.THIS_MACHINE else Right(rule)
        if not person.may(right):
            return sign_in_first(request) if person.is_nobody else closed(request, right)
        speak_as_wanted(person)
        return None


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in and back; a script is told so in a way that it understands."""
    htmx = request.htmx  # type: ignore[attr-defined]
    wanted = current_path(htmx.current_url) if htmx else request.get_full_path()
    back = f"?{urlencode({'next': wanted})}" if wanted != "/" and (htmx or request.method == "GET") else ""
    address = reverse("account_login") + back
    if htmx:
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    if request.method not in {"GET", "HEAD"}:
        return render(request, "web/people/closed.html", {"sign_in": address}, status=401)
    return HttpResponseRedirect(address)


def current_path(url: str | None) -> str:
    """Return the path of the page that a script asks from."""
    parts = urlsplit(url or "/")
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def closed(request: HttpRequest, right: Right) -> HttpResponse:
    """Return the page that says what is missing."""
    return render(request, "web/people/closed.html", {"right": right.value}, status=403)


def speak_as_wanted(person: Person) -> None:
    """Use somebody's language, where they have said which, and their time zone, else the house's, for the rest of the request."""
    if person.language in dict(settings.LANGUAGES):
        translation.activate(person.language)
    timezone.activate(zones.ZoneLater(person.zone))
