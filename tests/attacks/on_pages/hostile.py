"""
A house in which everybody attacks: every text that comes from outside or from a colleague holds a way to break out.

Leads, their companies, what they did, wrote and answered; what sales, marketing and admins typed; names of files, keys,
lists, reps, paths and contents. Written without running a cycle: pages are tested on what they are given.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client

from coldframe.activity import arrivals, digesting
from coldframe.activity.arrivals import NewArrival
from coldframe.activity.models import Arrival, EventShape
from coldframe.handoff import operations as handoffs
from coldframe.handoff.models import Handoff, Verdict
from coldframe.leads.models import Account, Consent, Lead, Opportunity
from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.nurture import overrides, saved_filters, stopping
from coldframe.nurture.models import Enrollment, Hold, Standing, Touch
from coldframe.outbox.models import OutboxMessage
from coldframe.team import operations as team
from coldframe.team.models import User
from coldframe.team.rights import AT_THIS_MACHINE, Role
from coldframe.work import trades
from tests import people, world
from tests.web import nurtured
from tests.web.desk import before_sales
from tests.web.standings import stand

NOW = world.NOW
DAY = timedelta(days=1)
#: Ends whatever a text may stand in, and begins what would run; the marks of direction turn a name around.
BREAKS_OUT = "'\"--></title></style></textarea></script><svg/onload=alert(1)><img src=x onerror=alert(1)>{{7*7}}\u202e\u200b"
#: What a spreadsheet would run.
FORMULA = '=HYPERLINK("http://evil.example","x")'
#: An element that only a text of somebody else could have brought.
BORN = ("svg/onload", "<img src=x", "onerror=alert(1)>")


def text(room: int = 250) -> str:
    """Return what breaks out, as much of it as a column holds."""
    return BREAKS_OUT[:room]


def cut(model: type[Model], **values: Any) -> dict[str, Any]:
    """Return values of a table, each text as long as its column holds."""
    rooms = {column.name: getattr(column, "max_length", None) for column in model._meta.concrete_fields}
    return {
        name: value[: rooms.get(name)] if isinstance(value, str) and rooms.get(name) else value
        for name, value in values.items()
    }


def house() -> dict[str, object]:
    """Fill the house; return what its pages are asked for by."""
    published = library.publish_playbook(text=playbook(), at=NOW)
    library.activate_playbook(number=published.number, at=NOW)
    lead = stranger()
    asked = put_before_sales(lead)
    decide(lead)
    received(lead)
    return {"lead": lead, **asked}


def playbook() -> str:
    """Return the starter with a path, a segment, an asset and a question that break out."""
    quoted = "'" + text(78).replace("'", "''") + "'"
    return (
        starters.read("default")
        .replace("- name: weigh the options", f"- name: {quoted}")
        .replace("- name: everyone else", f"- name: {quoted}")
        .replace("title: A guide to the ways of solving it", f"title: {quoted}")
        .replace("answers: What options exist?", f"answers: {quoted}")
    )


def stranger() -> Lead:
    """Bring in somebody every field of whose is an attack, and a colleague to stand beside."""
    company = world.account(**cut(Account, name=text(), domain="evil.example", industry=text(100), employees=120, country="PL", city=text(80), phone=text(40),
        technologies=text(200), owner=text(120), custom={"note": text()}))  # fmt: skip
    lead = world.lead(company, **cut(Lead, first_name=text(100), last_name=text(100), email="e@evil.example", email_as_given="e@evil.example",
        job_title=text(200), department=text(100), source=text(120), campaign=text(200), landing_page=text(200),
        offer=text(100), form=text(100), message=text(), known_problem=text(200), timeline=text(100), city=text(80),
        phone=text(40), owner=text(120), company_as_given=text(200), custom={"note": text()}))  # fmt: skip
    world.lead(
        company,
        **cut(Lead, first_name=FORMULA, last_name="+cmd", email="f@evil.example", job_title="@SUM(1)"),
    )
    for kind, about in (
        ("page", {"path": "/" + text(200)}),
        ("form_submitted", {"form": text(100)}),
        ("asset_downloaded", {"asset": text(100)}),
        ("answered", {"topic": text(100)}),
        ("call", {"topic": text(100), "campaign": text(100)}),
    ):
        world.event(lead, **cut(EventShape, kind=kind, days_ago=2, **about))
    Opportunity.objects.create(**cut(Opportunity, account=company, lead=lead, source=text(40), external_id="1", name=text(200), state="OPEN", stage=text(60),
        product=text(80), lost_reason=text(100), created_at=NOW))  # fmt: skip
    Consent.objects.create(**cut(Consent, lead=lead, purpose="MARKETING", basis="CONSENT", wording=text(200), source=text(60), given_at=NOW, created_at=NOW))  # fmt: skip
    return lead


def put_before_sales(lead: Lead) -> dict[str, object]:
    """Put the stranger before sales, twice, and answer the first with an attack."""
    stand(
        lead,
        "TO_SALES",
        **cut(Standing, reason="trigger:" + text(100), path=text(78), segment=text(78), leaves_by=text(100)),
    )
    rep = "Rep " + "".join(each for each in text(60) if each.isprintable())
    handoffs.set_reps(reps=[rep, before_sales.EWA])
    first = before_sales.put(lead, **cut(Handoff, owner=rep, state="ANSWERED", ended_at=NOW - 30 * DAY, opened_at=NOW - 31 * DAY, trigger="trigger:" + text(100)))  # fmt: skip
    Verdict.objects.create(
        **cut(
            Verdict,
            handoff=first,
            answer="NOT_A_FIT",
            reason=text(),
            said_by=text(140),
            said_at=NOW - 30 * DAY,
        )
    )
    now: Handoff = before_sales.put(
        lead,
        **cut(Handoff, owner=rep, episode=2, trigger="trigger:" + text(100), path=text(78), segment=text(78)),
    )
    return {"handoff": now, "rep": rep}


def decide(lead: Lead) -> None:
    """Have colleagues type attacks into everything that has a field for a text."""
    stay = nurtured.enroll(
        lead, **cut(Enrollment, path=text(78), state="ENDED", ended_at=NOW, exit_reason=text(100))
    )
    nurtured.hold(lead, "PAUSED", **cut(Hold, detail=text(200), content_key="asset:" + text(120)))
    sent = nurtured.touch(lead, stay, **cut(Touch, content_key="asset:" + text(120), reason=text(200)))
    letter = {"to": "e@evil.example", "subject": text(80), "text": text(), "html": text()}
    nurtured.message(
        sent, "UNCERTAIN", letter=letter, **cut(OutboxMessage, detail=text(200), receipt=text(100))
    )
    by = "".join(each for each in text(140) if each.isprintable())
    overrides.set_override(
        lead_id=lead.pk, setting=overrides.Setting(is_paused=True), reason=text(200), by=by, at=NOW, until=NOW + 9 * DAY
    )  # fmt: skip
    stopping.opt_out(lead_id=lead.pk, said=text(200), by=by, at=NOW)
    saved_filters.keep_filter(owner="", owner_name=by, name=by[:70], query="q=" + "x", is_shared=True, at=NOW)
    team.create(
        username="eve", name=by, email="eve@evil.example", role=Role.VIEWER, by=AT_THIS_MACHINE, at=NOW
    )
    User.objects.filter(username="eve").update(rep=by[:100])
    team.make_key(name=by[:90], role=Role.VIEWER, by=AT_THIS_MACHINE, at=NOW)
    team.note(by=AT_THIS_MACHINE, what="lead.viewed", at=NOW, subject=text(60), details={"x": text()})


def received(lead: Lead) -> None:
    """Have the stranger write a mail that nobody can tell apart."""
    body = (
        f'From: "{"x"}" <{lead.email}>\r\nSubject: Re: {text(80)}\r\nMessage-ID: <1@evil.example>\r\n'
        f"Date: Mon, 01 Jun 2026 08:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHow much? {text()}\r\n"
    ).encode()
    arrivals.accept([NewArrival(kind=Arrival.Kind.MAIL, body=body)], at=NOW)
    digesting.run_turn(digesters=trades.digesters(), at=NOW)


def admin() -> Client:
    """Return a browser in which an admin, who is a rep too, has signed in."""
    browser = people.browser_of(Role.ADMIN)
    User.objects.filter(username="ada").update(rep=before_sales.EWA)
    return browser


def file() -> SimpleUploadedFile:
    """Return a file whose name, columns and cells attack."""
    cells = f'Email,First Name,"{text(60).replace(chr(34), chr(34) * 2)}"\r\nx@evil.example,"{text(60).replace(chr(34), chr(34) * 2)}",1\r\n'
    return SimpleUploadedFile(f"{text(60)}.csv", cells.encode(), content_type="text/csv")
