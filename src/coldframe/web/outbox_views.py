"""The pages of the outbox: parse, ask, render; and the one thing a person may decide there."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coldframe import clock
from coldframe.kernel.vocabulary import Refusal
from coldframe.outbox import operations
from coldframe.reports import message_lists
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web import files, framed
from coldframe.web.pages import message as message_page
from coldframe.web.pages import outbox as outbox_page
from coldframe.web.pages import settling
from coldframe.work import trades

ANSWERS = {"yes": True, "no": False}
#: The largest id that a database keeps.
LARGEST = 2**63 - 1


class NoAnswer(Refusal):
    """The form says neither yes nor no."""


@access.asks_for(Right.SEE)
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """Show the messages, what became of them, and whether anything leaves the house."""
    may_export = access.person_of(request).may(Right.EXPORT)
    page = outbox_page.build(outbox_page.parse(request.GET), may_export=may_export, now=clock.now())
    return render(request, "web/outbox.html", {"page": page})


@access.asks_for(Right.EXPORT)
@require_safe
def outbox_file(request: HttpRequest) -> HttpResponseBase:
    """Give the messages out as CSV; it is noted who took them."""
    asked = outbox_page.parse(request.GET)
    lines = message_lists.as_csv(states=asked.states, lane=asked.lane or None, recipient=asked.text)
    return files.stream(request, "messages", lines, filters=list(asked.given()))


@access.asks_for(Right.SEE)
@require_safe
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show one message as its reader sees it, with every try."""
    person = access.person_of(request)
    page = message_page.find(message_id, person=person, now=clock.now()) if message_id <= LARGEST else None
    if page is None:
        raise Http404
    return render(request, "web/message.html", {"page": page})


@access.asks_for(Right.SEE)
@require_safe
def message_html(request: HttpRequest, message_id: int) -> HttpResponse:
    """Return the HTML part of a message, for the frame on its page."""
    person = access.person_of(request)
    html = message_page.find_html(message_id, person=person) if message_id <= LARGEST else None
    if html is None:
        raise Http404
    return framed.framed(html)


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def settle(request: HttpRequest, message_id: int) -> HttpResponse:
    """Settle an uncertain message by a person's word."""
    arrived = ANSWERS.get(request.POST.get("arrived", ""))
    if arrived is None or message_id > LARGEST:
        raise NoAnswer(_("The form does not say whether it arrived."), expected=_("yes or no"))
    person, at = access.person_of(request), clock.now()
    operations.resettle(message_id, delivered=arrived, by=person.name, handlers=trades.handlers(), at=at)
    said = {"arrived": arrived}
    team.note(by=person, what="message.settled", at=at, subject=str(message_id), details=said)
    return redirect("web:message", message_id)


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def settle_many(request: HttpRequest) -> HttpResponse:
    """Settle several uncertain messages by a person's word, once it was said twice."""
    arrived = ANSWERS.get(request.POST.get("arrived", ""))
    chosen = settling.chosen(request.POST.getlist("message"))
    if arrived is None or not chosen:
        raise NoAnswer(_("No message was chosen."), expected=_("one or more, and whether they arrived"))
    if request.POST.get("sure") != "yes":
        page = settling.build(chosen, arrived=arrived, now=clock.now())
        return render(request, "web/outbox_settle.html", {"page": page})
    said = settling.settle(chosen, arrived=arrived, person=access.person_of(request), at=clock.now())
    messages.success(request, said)
    return redirect("web:outbox")
