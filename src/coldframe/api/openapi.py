"""
The API's document, and the same addresses within Django.

The document's shapes are those that calls are checked by (``activity.envelopes``); ``docs/reference/openapi.json`` is
written from it (``python -m coldframe.config.openapi``), and a test fails while that is stale. A running server answers
these addresses before Django (``gateway``), with the same code.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI, Schema
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel

from coldframe import __version__
from coldframe.activity import wire
from coldframe.activity.envelopes import ANY, ENVELOPES
from coldframe.api import gateway, handoffs, problems, urls
from coldframe.api.events import BATCH_BYTES, CALL_BYTES, JSON, MODELS, ROUTES, Asked

DESCRIPTION = """
Send what people do: from servers with a key that is kept secret, from pages with one that anybody may read.

The calls are those of the Segment specification, so that its clients work with the host alone changed. A call is
stored before it is answered; `messageId` is what it is known by: sent again, it counts once. What a call means
is found out afterwards, within a second. Fields that are not named here are left alone.
"""
SECURITY: list[dict[str, list[str]]] = [{"writeKey": []}, {"bearer": []}, {}]
SCHEMES = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as user, without a password. Pages may give it as `writeKey` in the body instead.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The write key."},
}

#: How the document refers to a problem.
PROBLEM = {"$ref": f"#/components/schemas/{problems.Problem.__name__}"}


class Accepted(Schema):
    """Stored."""

    success: bool


class Refused(Schema):
    """Not taken in, and why."""

    success: bool
    #: The reason in a word.
    code: str
    #: All of it as text.
    message: str
    error: str
    where: str | None
    expected: str | None
    got: str | None
    advice: str | None


RESPONSES: dict[int, Any] = {
    200: Accepted,
    400: Refused,
    401: Refused,
    403: Refused,
    413: Refused,
    429: Refused,
    503: Refused,
}
SUMMARIES = {
    **{word: model.__doc__ for word, model in MODELS.items()},
    wire.POSTHOG: "Many events at once, as PostHog's clients send them.",
}

#: Receivers of what other systems post, by the name of their address: what each takes.
HOOKS = {
    "hook": "JSON that another system posts, proven by its signature and read by the mapping that the source keeps.",
    "provider-events": "What a provider of e-mail tells of messages, in its own words and proven its own way.",
    "provider-mail": "A mail that a provider took in, in its own words and proven its own way.",
}


class Document(NinjaAPI):
    """The API, whose document also names what others post, and how callers are known."""

    @cached_property
    def whole(self) -> OpenAPISchema:
        """The whole document; made once, for that takes half a second and no call changes it."""
        found = super().get_openapi_schema(path_prefix="")
        found["components"].setdefault("securitySchemes", {}).update(SCHEMES)
        found["components"]["schemas"] |= {model.__name__: shape_of(model) for model in MODELS.values()}
        found["components"]["schemas"]["Value"] = referring(ANY)
        for pattern in urls.urlpatterns:
            if getattr(pattern, "name", None) in HOOKS:
                found["paths"] |= hook_of(pattern)
        tell_problems(found["paths"])
        return found

    def get_openapi_schema(self, *arguments: Any, **named: Any) -> OpenAPISchema:
        """Return the whole document, whichever address it was asked for at: its paths begin at the root."""
        return self.whole


def tell_problems(paths: dict[str, Any]) -> None:
    """Let the document say of each problem that it is one, which Ninja takes for any other JSON."""
    responses = [
        response
        for path in paths.values()
        for operation in path.values()
        for response in operation["responses"].values()
    ]
    for response in responses:
        content = response.get("content", {})
        if content.get(JSON, {}).get("schema") == PROBLEM:
            response["content"] = {problems.CONTENT_TYPE: content[JSON]}


class Page(Swagger):
    """The document as a page, whose scripts and styles come from this machine."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """Return the page."""
        asked = {**self.settings, "url": self.get_openapi_url(api, kwargs)}
        return render(request, self.template, {"swagger_settings": json.dumps(asked, indent=1), "api": api})


def hook_of(pattern: Any) -> dict[str, Any]:
    """Return what the document says of an address that other systems post to."""
    path = "/" + re.sub(r"<str:\w+>", "{source}", str(pattern.pattern))
    name = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
    said = {
        "operationId": pattern.name.replace("-", "_"),
        "summary": HOOKS[pattern.name].partition(",")[0],
        "description": HOOKS[pattern.name],
        "tags": ["hooks"],
        "security": [],
        "parameters": [name],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "responses": {"default": {"description": "2xx once it is stored; else it was not taken in."}},
    }
    return {path: {"post": said}}


api = Document(
    title="Coldframe",
    version=__version__,
    description=DESCRIPTION.strip(),
    docs=Page(),
    docs_url="/api/docs",
    openapi_url="/api/openapi.json",
    urls_namespace="programs",
    openapi_extra={"security": SECURITY},
)
problems.register(api, statuses=handoffs.STATUSES)
api.add_router("/v1/handoffs", handoffs.router)


def receive(request: HttpRequest) -> HttpResponse:
    """Answer a call within Django as the server does before it."""
    answer = gateway.receiver().answer(asked_of(request))
    response = HttpResponse(answer.body, status=answer.status.value, content_type="application/json")
    for name, value in answer.headers:
        response[name] = value
    return response


def asked_of(request: HttpRequest) -> Asked:
    """Return what is asked; the body has been read already."""
    return gateway.asked_of({**request.META, "PATH_INFO": request.path_info, "wsgi.input": request})


def shape_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a body."""
    schema = model.model_json_schema()
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
    schema.pop("title", None)
    return dict(referring(schema))


def referring(schema: Any) -> Any:
    """Return a schema in which what has a shape of its own refers to it."""
    if isinstance(schema, dict):
        if "x-shape" in schema:
            return {"$ref": f"#/components/schemas/{schema['x-shape']}"}
        return {name: referring(each) for name, each in schema.items()}
    return [referring(each) for each in schema] if isinstance(schema, list) else schema


def add(path: str, how: str) -> None:
    """Add an address to the API."""
    limit = BATCH_BYTES if how in {wire.BATCH, wire.POSTHOG} else CALL_BYTES
    name = path.strip("/").replace("/", "_") if how != wire.POSTHOG else "posthog_batch"
    short = "" if path.endswith(how) or how not in ENVELOPES else f" As /v1/{how}; used by scripts in pages."
    operation = api.post(
        path,
        operation_id=name,
        summary=(SUMMARIES[how] or "").partition(".")[0],
        description=f"At most {limit // 1024} KiB, packed with gzip or not.{short}",
        response=RESPONSES,
        tags=["events"],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    kind: {"schema": {"$ref": f"#/components/schemas/{MODELS[how].__name__}"}}
                    for kind in ("application/json", "text/plain")
                },
            },
        },
    )
    operation(receive)


for _path, _how in ROUTES.items():
    add(_path, _how)


def document() -> dict[str, Any]:
    """Return the whole document, as it is read from JSON."""
    return dict(json.loads(json.dumps(api.whole)))
