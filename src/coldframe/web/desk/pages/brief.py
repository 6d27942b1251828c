"""The brief of a handoff: on the screen, and on one sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.assessment.card import Reason
from coldframe.reports import brief
from coldframe.reports.brief import Brief, Opening
from coldframe.team.rights import Person, Right
from coldframe.web import phrases, wording
from coldframe.web.desk import words
from coldframe.web.desk.pages import load, rows, waiting
from coldframe.web.pages import parts


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that is known, with a link where it leads somewhere."""

    label: str
    value: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class ColleagueLine:
    """Somebody else at the account."""

    name: str
    href: str
    about: str
    role: str
    is_active: bool
    active: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that happened, with when."""

    text: str
    note: str
    at: parts.Instant | None


@dataclass(frozen=True, kw_only=True)
class OpeningLine:
    """The question to open with."""

    lead_in: str
    text: str


@dataclass(frozen=True, kw_only=True)
class BriefPage:
    """The brief of one handoff."""

    frame: parts.Frame
    title: str
    row: rows.Row
    #: Whether it waits for an answer; else how it ended.
    waits: bool
    said: parts.Badge
    said_text: str
    said_at: parts.Instant | None
    headline: str
    who: tuple[Fact, ...]
    company: str
    account: tuple[Fact, ...]
    opening: OpeningLine | None
    signals: tuple[Line, ...]
    read: tuple[Line, ...]
    asked: tuple[Line, ...]
    sent: tuple[Line, ...]
    missing: tuple[str, ...]
    colleagues: tuple[ColleagueLine, ...]
    more_colleagues: str
    earlier: tuple[waiting.AnsweredRow, ...]
    last_chances: tuple[str, ...]
    calendar_href: str
    reps: tuple[rows.Choice, ...]
    reassign_href: str


def find(public_id: UUID, *, person: Person, now: datetime) -> BriefPage | None:
    """Return the page of a handoff, or None where there is none. Raises ``NoActivePlaybook``."""
    found = brief.find(public_id, as_of=now)
    return build(found, person=person, now=now) if found else None


def build(found: Brief, *, person: Person, now: datetime) -> BriefPage:
    """Return the brief in words."""
    handoff, record = found.handoff, found.record
    row = rows.build(handoff, now=now, person=person)
    return BriefPage(
        frame=parts.build_frame(section="desk", now=now),
        title=wording.without_marks(row.name),
        row=row,
        waits=handoff.waits,
        said=waiting.ended_badge(handoff),
        said_text=waiting.detail(handoff),
        said_at=parts.maybe_instant(handoff.said_at or handoff.ended_at, now=now),
        headline=headline(found),
        who=who(found, now=now),
        company=record.company or record.domain or "",
        account=account(found),
        opening=opening(found),
        signals=tuple(signal(each, now=now) for each in found.signals),
        read=tuple(map_read(each, now=now) for each in found.read),
        asked=tuple(map_asked(each, now=now) for each in found.asked),
        sent=tuple(
            Line(text=phrases.said(each.title), note="", at=parts.recent(each.at, now=now))
            for each in found.sent
        ),
        missing=tuple(wording.sentence(phrases.said(each)) for each in found.missing),
        colleagues=tuple(colleague(each, now=now) for each in found.colleagues),
        more_colleagues=more_colleagues(found),
        earlier=tuple(waiting.answered_row(each, now=now) for each in found.earlier),
        last_chances=tuple(last_chance(*each) for each in found.last_chances) if handoff.waits else (),
        calendar_href=reverse("web:desk-calendar", args=[handoff.public_id]) if has_date(found) else "",
        reps=reps(found) if handoff.waits and person.may(Right.RUN_DESK) else (),
        reassign_href=reverse("web:desk-reassign", args=[handoff.public_id]),
    )


def last_chance(answer: str, reason: str) -> str:
    """Return what the same answer would come to."""
    said, why = words.SAID[answer], words.reason(reason)
    if why:
        return _("“%(answer)s” (%(reason)s) was said twice: a third time lets the lead go.") % {
            "answer": said,
            "reason": why,
        }
    return _("“%(answer)s” was said twice: a third time lets the lead go.") % {"answer": said}


def headline(found: Brief) -> str:
    """Return the rule that put the lead before sales, with its condition; else where the lead is now."""
    decided = next((each.text for each in found.card.why if each.rule == found.handoff.trigger), "")
    return phrases.said(decided or found.card.headline)


def has_date(found: Brief) -> bool:
    """Return whether there is a day to write into a calendar."""
    return found.handoff.waits or found.handoff.until is not None


def who(found: Brief, *, now: datetime) -> tuple[Fact, ...]:
    """Return how to reach the person, and what may not be done."""
    record = found.record
    role = wording.ROLES[record.role] if record.role and record.role != "UNKNOWN" else ""
    suppressed = wording.plain(record.suppressed_by).lower() if record.suppressed_by else ""
    facts = [
        Fact(label=_("Job title"), value=record.job_title or ""),
        Fact(label=_("Decision role"), value=role),
        Fact(label=_("E-mail address"), value=record.email or "", href=mailto(record.email)),
        Fact(label=_("Phone"), value=record.phone or "", href=tel(record.phone)),
        Fact(label=_("Their time"), value=their_time(found, now=now)),
        Fact(label=_("Known problem"), value=record.known_problem or ""),
        Fact(label=_("Came by"), value=came_by(found)),
        Fact(label=_("Not to be mailed"), value=suppressed),
    ]
    return tuple(each for each in facts if each.value)


def mailto(address: str | None) -> str:
    """Return a link that writes to an address; empty for one that would say more than an address."""
    return f"mailto:{address}" if address and not set(address) & set('?&%#"<> ') else ""


def tel(number: str | None) -> str:
    """Return a link that calls a number; empty where there are no digits."""
    digits = "".join(sign for sign in number or "" if sign.isascii() and (sign.isdigit() or sign == "+"))
    return f"tel:{digits}" if any(sign.isdigit() for sign in digits) else ""


def their_time(found: Brief, *, now: datetime) -> str:
    """Return what time it is where the lead is; empty where nobody knows."""
    try:
        local = now.astimezone(ZoneInfo(found.zone or ""))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    guess = _(" (guessed)") if found.is_zone_guessed else ""
    return f"{local:%H:%M}, {found.zone}{guess}"


def came_by(found: Brief) -> str:
    """Return by what the lead came, and when."""
    record = found.record
    named = " · ".join(filter(None, [record.source, record.campaign, record.offer]))
    return (
        _("%(source)s, on %(day)s") % {"source": named, "day": wording.day(record.entered_at)}
        if named
        else ""
    )


def account(found: Brief) -> tuple[Fact, ...]:
    """Return what is known of the company, and the deals with it."""
    record = found.record
    employees = record.employees
    size = ngettext("%(count)s person", "%(count)s people", employees or 0) % {
        "count": wording.number(employees or 0)
    }
    facts = [
        Fact(label=_("Domain"), value=record.domain or ""),
        Fact(label=_("Industry"), value=record.industry or ""),
        Fact(label=_("Company size"), value=size if employees else ""),
        Fact(
            label=_("Country"),
            value=wording.country(record.account_country) if record.account_country else "",
        ),
        Fact(label=_("Technologies"), value=record.technologies or ""),
        Fact(label=_("Contract renewal"), value=wording.day(record.renewal_on) if record.renewal_on else ""),
        Fact(label=_("Owner"), value=record.sales_owner or ""),
        *(Fact(label=deal_label(each), value=deal_text(each)) for each in found.deals),
    ]
    return tuple(each for each in facts if each.value)


def deal_label(deal: brief.Deal) -> str:
    """Return how a deal stands."""
    return {"OPEN": _("Open deal"), "WON": _("Won deal"), "LOST": _("Lost deal")}.get(deal.state, deal.state)


def deal_text(deal: brief.Deal) -> str:
    """Return a deal in one line."""
    amount = (
        f"{wording.number(deal.amount_cents // 100)} {deal.currency or ''}".strip()
        if deal.amount_cents
        else ""
    )
    when = wording.day(deal.at) if deal.at else ""
    return " · ".join(filter(None, [deal.name, deal.stage, amount, when])) or _("without a name")


def opening(found: Brief) -> OpeningLine | None:
    """Return the question to open with, and where it comes from."""
    if found.opening is None:
        return None
    stage = wording.STAGES.get(found.card.stage.value, "").lower()
    lead_ins = {
        Opening.OWN_WORDS: _("Begin with what they wrote:"),
        Opening.MISSING_FACT: _("Ask what would tell most, and nobody knows yet:"),
        Opening.STAGE: _("Begin with the question people ask themselves at their stage, %(stage)s:")
        % {"stage": stage},
    }
    return OpeningLine(lead_in=lead_ins[found.opening.kind], text=found.opening.text)


def signal(reason: Reason, *, now: datetime) -> Line:
    """Return one thing that speaks for the lead, with its points."""
    text = wording.sentence(phrases.said(reason.text).partition(";")[0])
    points = f"{reason.points:+.0f}" if reason.points is not None else ""
    return Line(text=text, note=points, at=parts.maybe_instant(reason.at, now=now))


def map_read(each: brief.Read, *, now: datetime) -> Line:
    """Return one thing that the lead read."""
    text = f"“{each.about}”" if each.kind == "asset" else wording.action(each.kind, each.about)
    times = ngettext("%(count)s time", "%(count)s times", each.count) % {"count": each.count}
    return Line(text=text, note=times if each.count > 1 else "", at=parts.recent(each.last_at, now=now))


def map_asked(each: brief.Asked, *, now: datetime) -> Line:
    """Return one thing that the lead said, in its own words where there are some."""
    return Line(
        text=wording.action(each.kind, each.about), note=each.words, at=parts.recent(each.at, now=now)
    )


def colleague(each: brief.Colleague, *, now: datetime) -> ColleagueLine:
    """Return somebody else at the account."""
    return ColleagueLine(
        name=wording.person(first_name=each.first_name, last_name=each.last_name, email=each.email),
        href=reverse("web:lead", args=[each.public_id]),
        about=" · ".join(filter(None, [each.job_title, wording.STATUSES.get(each.status or "")])),
        role=wording.ROLES[each.role] if each.role and each.role != "UNKNOWN" else "",
        is_active=each.is_active,
        active=parts.maybe_instant(each.last_meaningful_at, now=now),
    )


def more_colleagues(found: Brief) -> str:
    """Return how many people at the account are not named; empty when none."""
    left = found.colleague_count - len(found.colleagues)
    return ngettext("and %(count)s more", "and %(count)s more", left) % {"count": left} if left > 0 else ""


def reps(found: Brief) -> tuple[rows.Choice, ...]:
    """Return to whom the handoff could be given instead, and who of them is away."""
    return tuple(
        rows.Choice(value=name, label=name, note=load.away(until) if until else "")
        for name, until in found.reps
        if name != found.handoff.owner
    )
