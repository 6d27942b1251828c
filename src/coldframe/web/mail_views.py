"""The page of mail that came in: parse, ask, render; and a person's word on one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from coldframe import clock
from coldframe.activity import mail_settling
from coldframe.activity.mail_settling import Answer
from coldframe.kernel.vocabulary import Refusal
from coldframe.team import access
from coldframe.team import operations as team
from coldframe.team.rights import Right
from coldframe.web.outbox_views import LARGEST
from coldframe.web.pages import mail as mail_page


class NoAnswer(Refusal):
    """The form does not say what the mail is."""


@access.asks_for(Right.SEE)
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """Show the mail that waits for a person, and what was made of the rest."""
    return render(request, "web/mail.html", {"page": mail_page.build(now=clock.now())})


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
