"""
What was sent in by a form: checked against what the form asks, and looked at for signs of a machine.

A machine is answered like a person, so that it learns nothing; what it sent is set aside and no mail follows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coldframe.activity.arrivals import NewArrival
from coldframe.activity.forms.definition import Asked, Form, Kind
from coldframe.activity.forms.stamps import Stamp
from coldframe.activity.models import Arrival
from coldframe.kernel.vocabulary import EmailKind
from coldframe.leads.importing import addresses
from coldframe.leads.importing.values import BadValue

#: Names of inputs that are not fields: the signed stamp, the box of the consent, and one that nobody sees.
STAMP, CONSENT, TRAP = "stamp", "consent", "website_2"
#: Nobody reads and fills in a form faster.
QUICKEST = timedelta(seconds=2)
#: Inputs that a form of ours can send.
MOST_INPUTS = 60
TICKED = "yes"
#: Signs that turn the direction of writing: they come along with what is copied, and make a line look like another one.
TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
#: Controls and halves of characters; lines and tabs are none.
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What came of a form that was sent in."""

    #: By field; only those that were answered.
    values: Mapping[str, str] = field(default_factory=dict)
    has_consented: bool = False
    #: By field: what is wrong, in words for whoever filled it in; ``consent`` for the box.
    problems: Mapping[str, str] = field(default_factory=dict)
    #: Why it is taken for a machine's; empty: it is not.
    suspicions: tuple[str, ...] = ()


def read(
    form: Form, given: Mapping[str, str], *, stamp: Stamp, at: datetime, extra: Sequence[Asked] = ()
) -> Submission:
    """Return what was sent in; ``extra``: fields that stood on the page beside the form's own."""
    values, problems = {}, {}
    for each in (*form.fields, *extra):
        value = TURNING.sub("", given.get(each.name, "")).strip()
        if each.kind is not Kind.LONG_TEXT:
            value = " ".join(value.split())
        if problem := problem_of(each, value):
            problems[each.field] = problem
        elif value:
            values[each.field] = value
    ticked = form.consent is not None and given.get(CONSENT) == TICKED
    if form.consent is not None and form.consent.required and not ticked:
        problems[CONSENT] = "Please tick this box, or leave the form."
    return Submission(
        values=values,
        has_consented=ticked,
        problems=problems,
        suspicions=tuple(suspicions(given, stamp=stamp, email=values.get("lead.email"), at=at)),
    )


def problem_of(asked: Asked, value: str) -> str:
    """Return what is wrong with an answer; empty: nothing."""
    if not value:
        return "Please fill this in." if asked.required or asked.field == "lead.email" else ""
    if len(value) > asked.most_letters:
        return f"Please say it in at most {asked.most_letters} characters."
    if UNREADABLE.search(value):
        return "There are characters in this that cannot be read."
    if asked.kind is Kind.CHOICE and value not in asked.choices:
        return "Please choose one of these."
    if asked.field == "lead.email":
        try:
            addresses.parse(value)
        except BadValue as error:
            return f"Please look at this once more: {error.what}."
    return ""


def suspicions(given: Mapping[str, str], *, stamp: Stamp, email: str | None, at: datetime) -> list[str]:
    """Return the signs that no person filled the form in."""
    found = []
    if given.get(TRAP):
        found.append("a field that nobody sees was filled in")
    if at - stamp.shown_at < QUICKEST:
        found.append("it was filled in faster than anybody reads")
    if email and addresses.parse(email).kind is EmailKind.DISPOSABLE:
        found.append("the address is one that is thrown away")
    return found


def as_arrival(
    submission: Submission,
    *,
    form: Form,
    source_id: int,
    stamp: Stamp,
    at: datetime,
    network: str,
    suspicions: Sequence[str] = (),
    lead: str | None = None,
    campaign: str = "",
) -> NewArrival:
    """
    Return what is kept of it until it is digested.

    ``network``: a keyed hash of where it came from; ``lead``: public id of whom the page was opened for.
    """
    body: dict[str, Any] = {
        "nonce": stamp.nonce,
        "values": dict(submission.values),
        "consent": form.consent.wording if form.consent and submission.has_consented else None,
        "version": form.version,
        "network": network,
        "lead": lead,
        "campaign": campaign[:200],
        "suspicions": [*submission.suspicions, *suspicions],
    }
    return NewArrival(
        kind=Arrival.Kind.FORM, source_id=source_id, body=json.dumps(body, ensure_ascii=False).encode()
    )
