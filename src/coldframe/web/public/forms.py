"""
Hosted forms: shown to anybody, filled in without a login, stored before they are thanked for.

Nothing that is known of a person is ever shown on a form; what is sent in is a claim until it is confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from csp.constants import NONE, SELF
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from coldframe import clock
from coldframe.activity import arrivals, hits, source_counts
from coldframe.activity.forms import catalog, stamps, submitting
from coldframe.activity.forms.definition import Asked, Form
from coldframe.activity.forms.stamps import Stamp
from coldframe.leads import tokens
from coldframe.leads.tokens import Purpose
from coldframe.nurture import questions
from coldframe.web.public import rates
from coldframe.web.public.open_page import POLICY, open_to_all
from coldframe.web.public.wishes import LetFall

#: Bytes of a form that is sent in; what people write is shorter.
MOST_BYTES = 256 * 1024
#: Of the address that opened the page: for whom, and from which campaign.
KEY, CAMPAIGN = "k", "utm_campaign"


@dataclass(frozen=True, kw_only=True)
class Input:
    """A field on the page."""

    asked: Asked
    value: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """A form as it is shown."""

    form: Form
    inputs: tuple[Input, ...]
    stamp: str
    has_ticked: bool = False
    consent_problem: str = ""
    #: What is wrong with the whole of it.
    notice: str = ""
    trap: str = submitting.TRAP
    #: Kept from the address for when it is sent in.
    kept: Mapping[str, str] = field(default_factory=dict)


@open_to_all
def form(request: HttpRequest, name: str) -> HttpResponse:
    """Show a form; on a POST, store what was sent in and say thanks."""
    found = catalog.find(name)
    if found is None:
        response = render(request, "web/public/unknown.html", status=404)
        response._csp_replace = POLICY  # type: ignore[attr-defined]
        return response
    response = send_in(request, found) if request.method == "POST" else show(request, found)
    response._csp_replace = policy_of(found.form)  # type: ignore[attr-defined]
    response.xframe_options_exempt = bool(found.form.origins)
    return response


def show(request: HttpRequest, found: catalog.Found) -> HttpResponse:
    """Return the empty form."""
    at = clock.now()
    inputs = tuple(Input(asked=each) for each in fields_of(request.GET, found, at=at))
    page = FormPage(
        form=found.form, inputs=inputs, stamp=stamps.make(found.name, at=at), kept=kept(request.GET)
    )
    return render(request, "web/public/form.html", {"page": page})


def send_in(request: HttpRequest, found: catalog.Found) -> HttpResponse:
    """Store what was sent in, or show the form again with what is wrong."""
    at = clock.now()
    given = read(request)
    if given is None:
        return again(request, found, {}, at=at, notice=_("That could not be read. Please try once more."))
    stamp = stamps.read(given.get(submitting.STAMP, ""), form=found.name, at=at)
    if stamp is None:
        return again(
            request, found, given, at=at, notice=_("This page was open for too long. Please send it again.")
        )
    extra = [each for each in fields_of(given, found, at=at) if each not in found.form.fields]
    made = submitting.read(found.form, given, stamp=stamp, at=at, extra=extra)
    if made.problems:
        return again(request, found, given, at=at, problems=made.problems)
    keep(request, found, made, stamp, given=given, at=at)
    if found.form.redirect:
        return redirect(found.form.redirect)
    return render(request, "web/public/form_thanks.html", {"form": found.form})


def keep(
    request: HttpRequest,
    found: catalog.Found,
    made: submitting.Submission,
    stamp: Stamp,
    *,
    given: Mapping[str, str],
    at: datetime,
) -> None:
    """Store what was sent in."""
    network = hits.network_hash(request.META.get("REMOTE_ADDR", ""))
    link = tokens.read(given.get(KEY, ""), Purpose.FORM)
    arrival = submitting.as_arrival(
        made,
        form=found.form,
        source_id=found.source_id,
        stamp=stamp,
        at=at,
        network=network,
        suspicions=() if rates.take(network, at=at) else ("too many from one network in a minute",),
        lead=str(link.lead) if link else None,
        campaign=given.get(CAMPAIGN, ""),
    )
    arrivals.accept([arrival], at=at)
    source_counts.note_heard(found.source_id, last_at=found.last_at, at=at)


def read(request: HttpRequest) -> dict[str, str] | None:
    """Return the inputs, the first of each name; None for what no page of ours would send."""
    length = request.headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > MOST_BYTES:
        return None
    request.upload_handlers = [LetFall(request)]
    try:
        posted = request.POST
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return None
    if len(posted) > submitting.MOST_INPUTS or request.FILES:
        return None
    return {name: str(posted.getlist(name)[0]) for name in posted if posted.getlist(name)}


def again(
    request: HttpRequest,
    found: catalog.Found,
    given: Mapping[str, str],
    *,
    at: datetime,
    problems: Mapping[str, str] | None = None,
    notice: str = "",
) -> HttpResponse:
    """Return the form with what was written and what is wrong with it; nothing was stored."""
    wrong = problems or {}
    inputs = tuple(
        Input(
            asked=each,
            value=given.get(each.name, "")[: each.most_letters],
            problem=wrong.get(each.field, ""),
        )
        for each in fields_of(given, found, at=at)
    )
    page = FormPage(
        form=found.form,
        inputs=inputs,
        stamp=stamps.make(found.name, at=at),
        has_ticked=given.get(submitting.CONSENT) == submitting.TICKED,
        consent_problem=wrong.get(submitting.CONSENT, ""),
        notice=notice or _("Please look at what is marked."),
        kept=kept(given),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.BAD_REQUEST
    return render(request, "web/public/form.html", {"page": page}, status=status)


def fields_of(given: Mapping[str, str], found: catalog.Found, *, at: datetime) -> tuple[Asked, ...]:
    """Return the fields to show: the form's own, and for somebody who is known the one that would tell most."""
    link = tokens.read(given.get(KEY, ""), Purpose.FORM)
    if link is None or not found.form.progressive:
        return found.form.fields
    asked = questions.next_for(public_id=link.lead, besides={each.field for each in found.form.fields})
    return (*found.form.fields, asked) if asked else found.form.fields


def kept(given: Mapping[str, str]) -> dict[str, str]:
    """Return what of the address travels with the form."""
    return {name: given[name][:300] for name in (KEY, CAMPAIGN) if given.get(name)}


def policy_of(shown: Form) -> dict[str, list[str]]:
    """Return the policy of a page that may be framed by the form's own sites, and sent to nobody else."""
    target = [SELF, *([shown.redirect] if shown.redirect else [])]
    return {**POLICY, "frame-ancestors": list(shown.origins) or [NONE], "form-action": target}
