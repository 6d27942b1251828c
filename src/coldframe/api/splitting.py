"""
Calls that bring several events, taken apart: one that cannot be read must not cost the others.

Anymail reads a call as a whole. When it stumbles, each event is read from a call of its own, made of the same
parts; what is proven of the whole call holds for each.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.http import HttpRequest


def as_list(body: Any) -> list[Any]:
    """Return the events of a body that is a list of them."""
    return [[each] for each in body] if isinstance(body, list) else [body]


def of_mailtrap(body: Any) -> list[Any]:
    """Return bodies of one event each."""
    return [{**body, "events": [each]} for each in body["events"]]


def of_unisender(body: Any) -> list[Any]:
    """Return bodies of one event each."""
    if "events_by_user" not in body:
        return [body]
    user = body["events_by_user"][0]
    return [{**body, "events_by_user": [{**user, "events": [each]}]} for each in user["events"]]


#: Key of a provider -> what takes its JSON apart.
SPLITTERS: Mapping[str, Callable[[Any], list[Any]]] = {
    "mailjet": as_list,
    "mailtrap": of_mailtrap,
    "mandrill": as_list,
    "sendgrid": as_list,
    "sparkpost": as_list,
    "unisender_go": of_unisender,
}
#: Mandrill's events lie in a field of a form.
FORM_FIELD = {"mandrill": "mandrill_events"}


def split(request: HttpRequest, *, provider: str) -> list[bytes]:
    """Return the bodies of calls with one event each; of a call that cannot be taken apart, its own body."""
    take_apart = SPLITTERS.get(provider)
    if take_apart is None:
        return [request.body]
    name = FORM_FIELD.get(provider)
    try:
        body = request.POST[name] if name else request.body
        parts = [json.dumps(each) for each in take_apart(json.loads(body))]
    except (LookupError, TypeError, ValueError, RecursionError):
        return [request.body]
    return [(urlencode({name: each}) if name else each).encode() for each in parts]


def with_body(request: HttpRequest, body: bytes) -> HttpRequest:
    """Return a call like another, with another body of the same form."""
    made = copy.copy(request)
    for name in ("_parsed_json", "_sns_message"):
        # What Anymail has read of the other is kept at it.
        if hasattr(made, name):
            delattr(made, name)
    made._body = body
    if request.content_type == "application/x-www-form-urlencoded":
        fields = request.POST.copy()
        for name, values in parse_qs(body.decode(), keep_blank_values=True).items():
            fields.setlist(name, values)
        made.POST = fields  # type: ignore[assignment]
    return made
