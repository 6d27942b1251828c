"""Changing the common parts of the playbook by forms; each writes into the text of the draft."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from coldframe import clock
from coldframe.kernel.playbook import editing
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import drafting
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.playbook.pages import forms as forms_page
from coldframe.web.playbook.pages import items

CONFLICT, REFUSED = 409, 400
#: Longer than any name of an asset or field.
LONGEST_NAME = 120


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """Show every form over the text of the draft."""
    return render(request, "web/playbook/forms.html", {"page": forms_page.build(now=clock.now())})


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_POST
def form(request: HttpRequest, key: str) -> HttpResponse:
    """Write what somebody has typed into a form into the draft, or show it again with what is wrong."""
    person, at, mark = access.person_of(request), clock.now(), request.POST.get("mark", "")[:60]
    given = request.POST.dict()
    try:
        draft = forms_page.save(key, given, mark=mark, by=person.name, at=at)
    except forms_page.FormInvalid as refusal:
        page = forms_page.build(now=at, refusal=refusal, typed=refusal.form)
        return render(request, "web/playbook/forms.html", {"page": page}, status=REFUSED)
    except drafting.DraftChanged as refusal:
        typed = forms_page.form_named(key, forms_page.base_of()[0].text, given)
        page = forms_page.build(now=at, refusal=refusal, typed=typed)
        return render(request, "web/playbook/forms.html", {"page": page}, status=CONFLICT)
    return saved(
        request, draft.mark if draft.mark != mark else "", to=f"{reverse('web:playbook-forms')}#{key}"
    )


def saved(request: HttpRequest, mark: str, *, to: str) -> HttpResponse:
    """Write down that the draft was changed, and lead on."""
    if mark:
        team.note(by=access.person_of(request), what="playbook.drafted", at=clock.now(), subject=mark)
        messages.success(request, _("The draft is saved."))
    else:
        messages.info(request, _("Nothing was changed."))
    return redirect(to)


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def asset(request: HttpRequest) -> HttpResponse:
    """Show the form of an asset, new or known; write it into the draft."""
    if request.method == "POST":
        return kept(request, items.save_asset, items.asset_page, "key")
    key = request.GET.get("key", "")[:LONGEST_NAME]
    page = items.asset_page(key=key, given=None if key else items.typed(request.GET), now=clock.now())
    return render(request, "web/playbook/item.html", {"page": page})


@access.asks_for(Right.EDIT_PLAYBOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest) -> HttpResponse:
    """Show the form of a question, new or known; write it into the draft."""
    if request.method == "POST":
        return kept(request, items.save_question, items.question_page, "name")
    name = request.GET.get("field", "")[:LONGEST_NAME]
    page = items.question_page(name=name, given=None, now=clock.now())
    return render(request, "web/playbook/item.html", {"page": page})


def kept(
    request: HttpRequest, save: Callable[..., str], page_of: Callable[..., items.ItemPage], argument: str
) -> HttpResponse:
    """Write an asset or a question into the draft, or show what was typed again with what is wrong."""
    person, at, given = access.person_of(request), clock.now(), items.typed(request.POST)
    mark = request.POST.get("mark", "")[:60]
    which = {argument: request.POST.get("item", "")[:LONGEST_NAME]}
    try:
        save(**which, given=given, mark=mark, by=person.name, at=at)
    except (items.ItemInvalid, items.NoSuchItem, editing.NotEditable, drafting.DraftChanged) as refusal:
        page = page_of(**which, given=given, now=at, refusal=refusal)
        return render(request, "web/playbook/item.html", {"page": page}, status=status_of(refusal))
    now_is = forms_page.base_of()[0].mark
    section = "assets" if argument == "key" else "questions"
    return saved(request, now_is if now_is != mark else "", to=f"{reverse('web:playbook-forms')}#{section}")


def status_of(refusal: Refusal) -> int:
    return CONFLICT if isinstance(refusal, drafting.DraftChanged) else REFUSED
