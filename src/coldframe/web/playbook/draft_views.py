"""Changing the playbook: its draft as text, checked while it is written, and made the active version."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.kernel.playbook import source
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import drafting, queries
from coldframe.nurture import activating
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.playbook import views
from coldframe.web.playbook.pages import confirm as confirm_page
from coldframe.web.playbook.pages import editor as editor_page
from coldframe.web.playbook.pages import findings as findings_page

#: What is left of a reason that somebody gives.
LONGEST_WHY = 500
#: Pages that the address of the editor leads on to: what the content map asks for.
ADDS = {"asset": "web:playbook-asset", "question": "web:playbook-question"}
CONFLICT, REFUSED = 409, 400


class NoText(Refusal):
    """A file is not there, or holds no text."""


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Show the draft as text; keep what somebody has written, or give it back with the reason why not."""
    if request.method != "POST":
        if request.GET.get("add") in ADDS:
            return redirect(added(request))
        return show(request, editor_page.build(now=clock.now()))
    typed = typed_in(request)
    if request.POST.get("do") == "check":
        return show(request, editor_page.of_typed(typed, now=clock.now()))
    return keep(request, typed)


def added(request: HttpRequest) -> str:
    """Return the address of the form that the editor's address asks for, with what it names."""
    pairs = [(name, value) for name, values in request.GET.lists() for value in values if name != "add"]
    return f"{reverse(ADDS[request.GET['add']])}?{urlencode(pairs)}"


def typed_in(request: HttpRequest) -> editor_page.Typed:
    """Return what somebody has written, and what they had seen."""
    base = request.POST.get("base", "")
    return editor_page.Typed(
        text=request.POST.get("text", "").replace("\r\n", "\n"),
        mark=request.POST.get("mark", "")[:60],
        base_number=int(base) if base.isdecimal() and base.isascii() and len(base) < 8 else 0,
    )


def keep(request: HttpRequest, typed: editor_page.Typed) -> HttpResponse:
    """Save a text as the draft, or show it again with the reason why it was not."""
    person, at = access.person_of(request), clock.now()
    try:
        draft = drafting.save_draft(
            text=typed.text, mark=typed.mark, base_number=typed.base_number, by=person.name, at=at
        )
    except Refusal as refusal:
        status = CONFLICT if isinstance(refusal, drafting.DraftChanged) else REFUSED
        return show(request, editor_page.of_typed(typed, now=at, refusal=refusal), status=status)
    if draft.mark != typed.mark:
        team.note(
            by=person, what="playbook.drafted", at=at, subject=draft.mark, details={"base": draft.base_number}
        )
    messages.success(request, _("The draft is saved."))
    return redirect("web:playbook-edit")


def show(request: HttpRequest, page: editor_page.EditorPage, *, status: int = 200) -> HttpResponse:
    return render(request, "web/playbook/edit.html", {"page": page}, status=status)


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Say what is wrong with a text that is being written; nothing is kept."""
    found = findings_page.look_at(typed_in(request).text)
    return render(request, "web/playbook/_findings.html", {"findings": found})


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file's text as the draft."""
    typed = typed_in(request)
    found = request.FILES.get("file")
    if found is None:
        raise NoText(_("No file came with the form."), expected=_("a playbook"))
    data = found.read(source.MOST_BYTES + 1)
    try:
        # What is cut off was too long to be a playbook anyway; the cut may go through a character.
        text = data.decode("utf-8-sig", errors="replace" if len(data) > source.MOST_BYTES else "strict")
    except UnicodeDecodeError as error:
        got = _("the byte %(byte)s at offset %(offset)d") % {
            "byte": f"{data[error.start]:#04x}",
            "offset": error.start,
        }
        raise NoText(_("The file is no UTF-8 text."), got=got, advice=_("Save it as UTF-8.")) from error
    return keep(request, editor_page.Typed(text=text, mark=typed.mark, base_number=typed.base_number))


@access.asks_for(Right.SEE)
@require_safe
def text(request: HttpRequest) -> HttpResponse:
    """Return the draft as a file."""
    draft = queries.find_draft()
    if draft is None:
        raise drafting.no_draft()
    return views.as_file(draft.text, name="playbook-draft.yaml")


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Put the draft aside."""
    mark, at = request.POST.get("mark", "")[:60], clock.now()
    drafting.discard_draft(mark=mark, at=at)
    team.note(by=access.person_of(request), what="playbook.set_aside", at=at, subject=mark)
    messages.success(request, _("The draft was put aside. It can be taken up again here."))
    return redirect("web:playbook")


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    """Take up again the draft that was put aside last."""
    person, at = access.person_of(request), clock.now()
    draft = drafting.reopen_draft(by=person.name, at=at)
    team.note(
        by=person, what="playbook.drafted", at=at, subject=draft.mark, details={"base": draft.base_number}
    )
    return redirect("web:playbook-edit")


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Show what the draft would change; make it the active version."""
    if request.method != "POST":
        page = confirm_page.of_draft(looked(request))
        return render(request, "web/playbook/confirm.html", {"page": page})
    person, at, why = access.person_of(request), clock.now(), reason(request)
    try:
        version = activating.activate_draft(
            mark=request.POST.get("mark", "")[:60], seen_number=seen(request), by=person.name, at=at, why=why
        )
    except (activating.PlaybookMoved, drafting.DraftChanged) as refusal:
        page = confirm_page.of_draft(confirm_page.Asked(now=at, refusal=refusal, why=why))
        return render(request, "web/playbook/confirm.html", {"page": page}, status=CONFLICT)
    return activated(request, version, why=why)


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def activate_version(request: HttpRequest, number: int) -> HttpResponse:
    """Show what an earlier version would change; make it the active one again."""
    if request.method != "POST":
        page = confirm_page.of_version(number, looked(request))
        return render(request, "web/playbook/confirm.html", {"page": page})
    person, at, why = access.person_of(request), clock.now(), reason(request)
    try:
        version = activating.activate_version(
            number=number, seen_number=seen(request), by=person.name, at=at, why=why
        )
    except activating.PlaybookMoved as refusal:
        page = confirm_page.of_version(number, confirm_page.Asked(now=at, refusal=refusal, why=why))
        return render(request, "web/playbook/confirm.html", {"page": page}, status=CONFLICT)
    return activated(request, version, why=why)


def looked(request: HttpRequest) -> confirm_page.Asked:
    """Return what somebody who looks asks for; without scripts the effect comes with the page."""
    return confirm_page.Asked(now=clock.now(), with_effect="effect" in request.GET)


def reason(request: HttpRequest) -> str:
    """Return why somebody activates a version."""
    return request.POST.get("why", "").replace("\0", " ").strip()[:LONGEST_WHY]


def seen(request: HttpRequest) -> int:
    """Return the version that was active when somebody looked."""
    number = request.POST.get("seen", "")
    return int(number) if number.isdecimal() and number.isascii() and len(number) < 8 else 0


def activated(request: HttpRequest, version: queries.ActivePlaybook, *, why: str) -> HttpResponse:
    """Write down that a version became the active one, and lead to it."""
    person, details = access.person_of(request), {"why": why}
    team.note(
        by=person, what="playbook.activated", at=clock.now(), subject=str(version.number), details=details
    )
    said = _(
        "Version %(number)d is active. Every lead is looked at by it from now on; nothing was sent by this."
    )
    messages.success(request, said % {"number": version.number})
    return redirect("web:playbook")


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_safe
def effect(request: HttpRequest) -> HttpResponse:
    """Say who would go elsewhere by the draft, or by a version."""
    found = confirm_page.effect_of(request.GET.get("version", "")[:40], now=clock.now())
    return render(request, "web/playbook/_effect.html", {"effect": found})
