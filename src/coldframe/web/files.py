"""Lists that go out as files: for whoever may take them, and it is noted who did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse

from coldframe import clock
from coldframe.reports import listed
from coldframe.reports.columns import Column
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right


def href(request: HttpRequest, route: str, *args: Any) -> str:
    """Return where a list is taken as a file, with what narrows it; empty for whoever may not."""
    query = request.GET.urlencode()
    may = access.person_of(request).may(Right.EXPORT)
    return reverse(route, args=args) + (f"?{query}" if query else "") if may else ""


def give(
    request: HttpRequest,
    what: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    *,
    filters: Sequence[str] = (),
) -> StreamingHttpResponse:
    """Return a list as CSV under the name of what it lists, and note who took it."""
    return stream(request, what, listed.as_csv(columns, rows), filters=filters)


def stream(
    request: HttpRequest, what: str, lines: Iterable[str], *, filters: Sequence[str] = ()
) -> StreamingHttpResponse:
    """The same for a list whose lines are made already, or as they are asked for."""
    person, now = access.person_of(request), clock.now()
    team.note(by=person, what=f"{what}.exported", at=now, details={"filters": sorted(filters)})
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{what}-{now:%Y-%m-%d}.csv"'
    return response
