"""The pages of imports: parse, ask, render; everything that is done is done by ``doing``."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.leads import uploads
from coldframe.leads.uploads import State
from coldframe.reports import deal_lists
from coldframe.team import access
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.imports import choosing_page, deals_page, doing, pages, parsing

CHOOSING = ("web/imports/choose.html", choosing_page.build_choosing)
#: How far a file has come -> what shows it.
STEPS: dict[State, tuple[str, Callable[..., object]]] = {
    State.PREVIEWING: ("web/imports/waiting.html", pages.build_waiting),
    State.IMPORTING: ("web/imports/waiting.html", pages.build_waiting),
    State.PREVIEWED: ("web/imports/preview.html", pages.build_preview),
}
#: The largest number that a database keeps.
LARGEST = 2**63 - 1


# The form is checked for its token once it is known not to be too large to be read at all.
@access.asks_for(Right.IMPORT)
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Show what was taken in, and take a file; one that is too large is refused before it is read."""
    if request.method != "POST":
        return render(request, "web/imports/list.html", {"page": pages.build_list(now=clock.now())})
    if parsing.is_too_large(request.META.get("CONTENT_LENGTH") or "0"):
        raise uploads.UploadTooLarge
    return receive(request)


@csrf_protect
def receive(request: HttpRequest) -> HttpResponse:
    """Take a file, and go on to what its columns are."""
    taken = doing.receive(parsing.file_of(request.FILES), person=access.person_of(request), at=clock.now())
    return redirect("web:upload", taken.token)


@access.asks_for(Right.IMPORT)
@require_safe
def upload(request: HttpRequest, token: str) -> HttpResponse:
    """Show how far a file has come: what its columns are, what would happen, or how far it is in."""
    found = uploads.find(token)
    if request.htmx and not found.is_waiting:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Refresh": "true"})
    if found.state is State.DONE and found.batch:
        return redirect("web:import", found.batch)
    template, build = STEPS.get(found.state, CHOOSING)
    return render(request, template, {"page": build(found, now=clock.now())})


@access.asks_for(Right.IMPORT)
@require_POST
def look(request: HttpRequest, token: str) -> HttpResponse:
    """Look at the file anew, as another kind of file or with other signs between its cells."""
    doing.look_anew(uploads.find(token), parsing.looked_at(request.POST))
    return redirect("web:upload", token)


@access.asks_for(Right.IMPORT)
@require_POST
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Keep what was said about the columns, and find out what would happen."""
    doing.choose(uploads.find(token), parsing.chosen(request.POST), clock=clock.now)
    return redirect("web:upload", token)


@access.asks_for(Right.IMPORT)
@require_POST
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Go back to what the columns are."""
    doing.choose_again(uploads.find(token))
    return redirect("web:upload", token)


@access.asks_for(Right.IMPORT)
@require_POST
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Take the file in."""
    doing.start(uploads.find(token), person=access.person_of(request), clock=clock.now)
    return redirect("web:upload", token)


@access.asks_for(Right.IMPORT)
@require_POST
def remove(request: HttpRequest, token: str) -> HttpResponse:
    """Take a file away that nobody is to take in."""
    doing.remove(uploads.find(token))
    messages.info(request, _("The file is gone."))
    return redirect("web:imports")


@access.asks_for(Right.IMPORT)
@require_safe
def result(request: HttpRequest, number: int) -> HttpResponse:
    """Show what an import did, and what taking it back would do."""
    page = pages.find_result(number, now=clock.now()) if number <= LARGEST else None
    if page is None:
        raise Http404
    return render(request, "web/imports/result.html", {"page": page})


@access.asks_for(Right.IMPORT)
@require_safe
def deals(request: HttpRequest, number: int) -> HttpResponse:
    """Show the deals that an import made or changed."""
    wanted = deals_page.parse(request.GET, number=number)
    page = deals_page.find(wanted, now=clock.now()) if number <= LARGEST else None
    if page is None:
        raise Http404
    file = files.href(request, "web:import-deals-file", number) if page.rows else ""
    return render(request, "web/imports/deals.html", {"page": page, "file": file})


@access.asks_for(Right.EXPORT)
@require_safe
def deals_file(request: HttpRequest, number: int) -> HttpResponseBase:
    """Give the deals that an import made or changed out as CSV; it is noted who took them."""
    asked = deals_page.parse(request.GET, number=min(number, LARGEST)).asked
    return files.stream(request, "deals", deal_lists.as_csv(asked), filters=[f"import={asked}"])


@access.asks_for(Right.IMPORT)
@require_safe
def refused(request: HttpRequest, number: int) -> FileResponse:
    """Return the rows that an import refused, to be mended and brought again."""
    path = doing.error_file(number, person=access.person_of(request), at=clock.now())
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="text/csv")


@access.asks_for(Right.IMPORT)
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Take an import back."""
    said = doing.undo(min(number, LARGEST), person=access.person_of(request), at=clock.now())
    messages.success(request, said)
    return redirect("web:import", number)
