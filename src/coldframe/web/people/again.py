"""Asking once more for the password or the second factor, before what a stolen session must not do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from coldframe.team import access

View = Callable[..., HttpResponseBase]


def only_lately_signed_in(view: View) -> View:
    """
    Have a view ask for the password first, where that was typed long ago.

    A form that was sent in is not sent in again by itself: the page that it stood on comes back, to be looked at.
    """

    @wraps(view)
    def served(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        has_login = access.person_of(request).has_login
        if has_login and reauthentication.is_reauthentication_required(request, app="coldframe"):
            return ask_again(request)
        return view(request, *args, **named)

    return served


def ask_again(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to where somebody proves that it is still them, and back to the page."""
    before = urlsplit(request.headers.get("Referer", "")).path or "/"
    back = before if request.method == "POST" else request.get_full_path()
    ways = get_adapter().get_reauthentication_methods(request.user)
    return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({'next': back})}")
