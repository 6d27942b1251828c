"""The page of mail that came in: parse, ask, render; and a person's word on one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coldframe import clock
from coldframe.activity import mail_queries, mail_settling
from coldframe.activity.mail_settling import Answer
from coldframe.kernel.vocabulary import Refusal
from coldframe.reports.columns import ID_HEADER, Column
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web import files
from coldframe.web.outbox_views import LARGEST
from coldframe.web.pages import mail as mail_page

FILE = (
    Column("mail_id", "Mail id"),
    Column("mail_class", "What it is"),
    Column("state", "State"),
    Column("lead_public_id", ID_HEADER),
    Column("lead_name", "Name"),
    Column("sender", "From"),
    Column("subject", "Subject"),
    Column("text", "Text"),
    Column("note", "What followed"),
    Column("reasons", "Signs"),
    Column("until", "Away until"),
    Column("successor", "Successor"),
    Column("received_at", "Received at"),
    Column("settled_as", "Settled as"),
    Column("settled_by", "Settled by"),
    Column("settled_at", "Settled at"),
)


class NoAnswer(Refusal):
    """The form does not say what the mail is."""


@access.asks_for(Right.SEE)
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """Show the mail that waits for a person, and what was made of the rest."""
    page = mail_page.build(now=clock.now())
    file = files.href(request, "web:mail-file") if page.waiting or page.latest else ""
    return render(request, "web/mail.html", {"page": page, "file": file})


@access.asks_for(Right.EXPORT)
@require_safe
def mail_file(request: HttpRequest) -> StreamingHttpResponse:
    """Give all mail that came in out as CSV; it is noted who took it."""
    rows = ([getattr(line, each.key) for each in FILE] for line in mail_queries.iterate_all())
    return files.give(request, "mail", FILE, rows)


@access.asks_for(Right.EDIT_LEADS)
@require_POST
def settle(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Settle a mail by a person's word."""
    try:
        answer = Answer(request.POST.get("answer", ""))
    except ValueError as error:
        names = ", ".join(each.value for each in Answer)
        raise NoAnswer(_("The form does not say what the mail is."), expected=names) from error
    person, at = access.person_of(request), clock.now()
    mail_settling.settle(min(mail_id, LARGEST), answer=answer, by=person.name, at=at)
    said = {"answer": answer.value}
    team.note(by=person, what="mail.settled", at=at, subject=str(mail_id), details=said)
    return redirect("web:mail")
