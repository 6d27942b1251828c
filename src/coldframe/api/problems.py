"""What the JSON API answers instead of what was asked: problem details (RFC 9457), for whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from coldframe.api.events import code_of
from coldframe.kernel.vocabulary import Refusal

CONTENT_TYPE = "application/problem+json"
#: Fields of a body that are named; more would be a page of its own.
MOST_NAMED = 10


class Problem(Schema):
    """Why something was not done."""

    #: What kind of problem it is, for programs.
    code: str
    title: str
    status: int
    #: All of it as text, for people.
    detail: str
    where: str | None = None
    expected: str | None = None
    got: str | None = None
    advice: str | None = None


def register(api: NinjaAPI, *, statuses: Mapping[type[Refusal], HTTPStatus]) -> None:
    """Have an API answer with problem details; ``statuses`` names those of refusals, all others are 400."""

    @api.exception_handler(Refusal)
    def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
        status = statuses.get(type(refusal), HTTPStatus.BAD_REQUEST)
        parts = refusal.as_json()
        return answer(
            status, code=code_of(refusal), title=str(parts.pop("error")), detail=str(refusal), **parts
        )

    @api.exception_handler(AuthenticationError)
    def without_key(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        found = answer(
            HTTPStatus.UNAUTHORIZED,
            code="no_key",
            title="No key is given that is known.",
            detail="Send Authorization: Bearer with a key of this installation.",
            where="Authorization",
            expected="Bearer cfk_…",
        )
        found["WWW-Authenticate"] = 'Bearer realm="Coldframe"'
        return found

    @api.exception_handler(HttpError)
    def answered(request: HttpRequest, error: HttpError) -> HttpResponse:
        status = HTTPStatus(error.status_code)
        return answer(status, code=status.name.lower(), title=status.phrase, detail=str(error))

    @api.exception_handler(ValidationError)
    def not_in_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
        named = [f"{place_of(each)}: {each['msg']}" for each in error.errors[:MOST_NAMED]]
        return answer(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            code="not_understood",
            title="The call is not in its shape.",
            detail="; ".join(named),
            where=place_of(error.errors[0]) if error.errors else None,
            expected=error.errors[0]["msg"] if error.errors else None,
        )


def place_of(error: Mapping[str, Any]) -> str:
    """Return the place of a value that is wrong: ``until``, without where pydantic looked for it."""
    return ".".join(str(each) for each in error["loc"] if each not in {"body", "query", "path", "said"})[:200]


def answer(status: HTTPStatus, **parts: str | None) -> HttpResponse:
    """Return a problem as a response."""
    known = {name: part for name, part in parts.items() if part is not None}
    document = {"status": status.value, **known}
    return HttpResponse(
        json.dumps(document, ensure_ascii=False), status=status.value, content_type=CONTENT_TYPE
    )
