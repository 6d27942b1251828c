"""Before another version decides: what it says otherwise, what the checker doubts, and who would go elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coldframe.kernel.vocabulary import Refusal
from coldframe.library import queries
from coldframe.library.drafting import no_draft
from coldframe.reports import activation
from coldframe.web import faults, wording
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import compare, drafts, findings

#: So long somebody is kept waiting to see who would move.
SECONDS = 2.0
#: Moves shown.
MOST_MOVES = 12
DISPOSITIONS = {"TO_SALES": "to-sales", "NURTURE": "nurture", "LET_GO": "let-go"}


@dataclass(frozen=True, kw_only=True)
class Move:
    """Leads that would go elsewhere."""

    before: str
    after: str
    leads: parts.Link


@dataclass(frozen=True, kw_only=True)
class Total:
    """How many leads go one way, by each of the two."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class EffectBox:
    """Who would go elsewhere."""

    sentence: str
    #: Of how many that is said.
    extent: str
    totals: tuple[Total, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, kw_only=True)
class ConfirmPage:
    """What is about to be activated."""

    frame: parts.Frame
    title: str
    #: Where the decision goes; where the effect is told.
    action: str
    effect_href: str
    mark: str
    active_number: int
    #: The version it was begun from is no longer the active one.
    draft: drafts.Box | None
    findings: findings.Findings
    comparison: compare.Comparison
    is_same: bool
    effect: EffectBox | None
    refusal: Refusal | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the page was asked for, beside what is about to be activated."""

    now: datetime
    #: Why it was not activated, and the reason that was given for it.
    refusal: Refusal | None = None
    why: str = ""
    #: Whether to say at once who would go elsewhere.
    with_effect: bool = False


def of_draft(asked: Asked) -> ConfirmPage:
    """Return the page of the draft. Raises ``NoDraft``, ``NoActivePlaybook``."""
    active, draft = queries.get_active_playbook(), queries.find_draft()
    if draft is None:
        raise no_draft()
    found = page_of(
        compare.side_of_draft(draft),
        asked,
        active=active,
        title=_("Activate the draft"),
        action=reverse("web:playbook-activate"),
        effect_href=reverse("web:playbook-effect"),
    )
    return replace(
        found, mark=draft.mark, draft=drafts.box(draft, active_number=active.number, now=asked.now)
    )


def of_version(number: int, asked: Asked) -> ConfirmPage:
    """Return the page of a published version. Raises ``NoSuchVersion``, ``NoActivePlaybook``."""
    active, version = queries.get_active_playbook(), queries.get_version(number=number)
    return page_of(
        compare.side_of_version(version),
        asked,
        active=active,
        title=_("Activate version %(number)d again") % {"number": number},
        action=reverse("web:playbook-activate-version", args=[number]),
        effect_href=f"{reverse('web:playbook-effect')}?version={number}",
    )


def page_of(
    side: compare.Side,
    asked: Asked,
    *,
    active: queries.ActivePlaybook,
    title: str,
    action: str,
    effect_href: str,
) -> ConfirmPage:
    """Return the page of a text that is no draft."""
    return ConfirmPage(
        frame=parts.build_frame(section="playbook", now=asked.now),
        title=title,
        action=action,
        effect_href=effect_href,
        mark="",
        draft=None,
        active_number=active.number,
        findings=findings.look_at(side.text),
        comparison=compare.compared(compare.side_of_version(active), side),
        is_same=side.text == active.text,
        effect=effect(side, now=asked.now) if asked.with_effect else None,
        refusal=faults.refusal(asked.refusal),
        why=asked.why,
    )


def effect_of(asked: str, *, now: datetime) -> EffectBox | None:
    """Return who would go elsewhere by a version, or by the draft (empty). Raises ``NothingToCompare``."""
    return effect(compare.side(asked or compare.DRAFT), now=now)


def effect(side: compare.Side, *, now: datetime) -> EffectBox | None:
    """Return who would go elsewhere; None where the text has mistakes."""
    if side.playbook is None:
        return None
    active = queries.get_active_playbook().playbook
    return box_of(activation.effect(of=side.playbook, against=active, as_of=now, seconds=SECONDS))


def box_of(found: activation.Effect) -> EffectBox:
    """Return the effect in words."""
    numbers = {
        "moved": wording.number(found.moved),
        "looked_at": wording.number(found.looked_at),
        "all": wording.number(found.lead_count),
    }
    return EffectBox(
        sentence=effect_sentence(found, numbers),
        extent=""
        if found.is_whole
        else _(
            "That is a sample of %(looked_at)s, spread over all %(all)s leads: as many as two seconds allow."
        )
        % numbers,
        totals=tuple(
            Total(
                label=str(wording.GROUPS[group]),
                before=wording.number(found.before.get(word, 0)),
                after=wording.number(found.after.get(word, 0)),
            )
            for word, group in DISPOSITIONS.items()
        ),
        moves=tuple(move(each) for each in found.moves[:MOST_MOVES]),
    )


def effect_sentence(found: activation.Effect, numbers: dict[str, str]) -> str:
    if not found.lead_count:
        return _("There are no leads yet, so nobody would move.")
    if not found.moved:
        return _("Of %(looked_at)s leads looked at, none would go elsewhere.") % numbers
    return (
        ngettext(
            "Of %(looked_at)s leads looked at, one would go elsewhere.",
            "Of %(looked_at)s leads looked at, %(moved)s would go elsewhere.",
            found.moved,
        )
        % numbers
    )


def move(each: activation.Move) -> Move:
    count = ngettext("%(count)s lead", "%(count)s leads", each.count) % {"count": wording.number(each.count)}
    href = parts.leads_where([("id", str(id_)) for id_ in each.lead_ids])
    if each.count > len(each.lead_ids):
        count = _("%(leads)s, the first %(shown)d") % {"leads": count, "shown": len(each.lead_ids)}
    return Move(before=place(each.before), after=place(each.after), leads=parts.Link(label=count, href=href))


def place(found: tuple[str, str | None]) -> str:
    """Return where a lead goes."""
    disposition, path = found
    return _("path %(path)s") % {"path": path} if path else str(wording.GROUPS[DISPOSITIONS[disposition]])
