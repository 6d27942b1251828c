"""
The page behind the links of a notification: GET shows what will be said, POST says it, and says what stands.

The link is the proof of who asks: nobody need be signed in. Scanners and previews that open it change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from coldframe import clock
from coldframe.handoff import answering as handoffs
from coldframe.handoff import calendar_file, tokens
from coldframe.kernel.vocabulary import Refusal, Verdict
from coldframe.web import wording
from coldframe.web.desk import answering, words
from coldframe.web.desk.pages import rows
from coldframe.web.public.open_page import open_page

#: Answers in the order in which they are offered; the one the link is for comes first.
ORDER = tuple(Verdict)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One answer that can be given by one press."""

    answer: str
    label: str
    follows: str
    #: Days, for "not now"; reasons, for "not a fit"; else none.
    choices: tuple[rows.Choice, ...]


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """A handoff, and what can be said of it."""

    name: str
    about: str
    why: str
    by: str
    #: What stands: an answer, or that the lead waits for none any more; empty while it waits.
    stands: str
    #: Whether it was said just now.
    is_done: bool
    #: Why nothing was recorded.
    refusal: str
    offers: tuple[Offer, ...]
    is_expired: bool
    #: Who has it by now, where that is not who the link was for.
    handed_to: str
    #: The link is for no answer in particular: all of them are shown.
    asks_which: bool
    brief_href: str


@open_page
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what will be said of a lead; on a POST, say it."""
    now = clock.now()
    asked = handoffs.find(token, at=now)
    if asked is None:
        return render(request, "web/public/answer_unknown.html", status=404)
    with timezone.override(asked.zone):
        refusal = say(request.POST, asked, at=now) if request.method == "POST" else ""
        if request.method == "POST":
            asked = handoffs.find(token, at=now) or asked
        page = build(asked, refusal=refusal, is_done=request.method == "POST" and not refusal, now=now)
        return render(request, "web/public/answer.html", {"page": page}, status=400 if refusal else 200)


def say(form: QueryDict, asked: handoffs.Asked, *, at: datetime) -> str:
    """Say what a form says; return why it was refused, or nothing."""
    try:
        said = answering.read(form, zone=asked.zone, now=at)
        handoffs.say(asked, answer=said.answer, reason=said.reason, until=said.until, at=at)
    except Refusal as error:
        return str(error)
    return ""


@open_page
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give the date of a handoff as a calendar file."""
    now = clock.now()
    asked = handoffs.find(token, at=now, purpose=tokens.Purpose.CALENDAR)
    if asked is None or asked.is_expired or request.method == "POST":
        return render(request, "web/public/answer_unknown.html", status=404)
    url = request.build_absolute_uri(reverse("web:brief", args=[asked.handoff.public_id]))
    file = calendar_file.of(asked.handoff, url=url, at=now, zone=asked.zone)
    response = HttpResponse(file, content_type=calendar_file.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{calendar_file.FILE_NAME}"'
    return response


def build(asked: handoffs.Asked, *, refusal: str, is_done: bool, now: datetime) -> AnswerPage:
    """Return what the page of a link shows."""
    row = asked.handoff
    may_be_said = row.waits and not asked.is_expired and not asked.is_anothers
    today = now.astimezone(asked.zone).date()
    first = [asked.answer] if asked.answer else []
    order = [*first, *(each for each in ORDER if each not in first)]
    return AnswerPage(
        name=rows.name_of(row),
        about=" · ".join(filter(None, [row.job_title, row.company or row.domain])),
        why=wording.reason(row.trigger),
        by=asked.by,
        stands="" if row.waits else rows.said(row) or str(words.STATES[row.state]),
        is_done=is_done,
        refusal=refusal,
        offers=tuple(offer(each, today=today) for each in order) if may_be_said else (),
        is_expired=asked.is_expired and row.waits,
        handed_to=(row.owner or "") if asked.is_anothers and row.waits else "",
        asks_which=asked.answer is None,
        brief_href=reverse("web:brief", args=[row.public_id]),
    )


def offer(answer: Verdict, *, today: date) -> Offer:
    """Return one answer with what follows from it."""
    choices: tuple[rows.Choice, ...] = ()
    if answer is Verdict.NOT_NOW:
        choices = tuple(
            rows.day_choice(name, today=today) for name in (*answering.IN_DAYS, answering.QUARTER)
        )
    if answer is Verdict.NOT_A_FIT:
        choices = tuple(rows.Choice(value=code, label=str(label)) for code, label in words.REASONS.items())
    return Offer(
        answer=answer.value,
        label=str(words.ANSWERS[answer]),
        follows=str(words.FOLLOWS[answer]),
        choices=choices,
    )
