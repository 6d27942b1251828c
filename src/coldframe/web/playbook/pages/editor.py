"""The draft as text, with everything that is wrong with it beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coldframe.kernel.playbook import source
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import drafting, queries
from coldframe.web import faults
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import compare, drafts, findings


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody has written, and what they had seen when they began."""

    text: str
    mark: str
    base_number: int


@dataclass(frozen=True, kw_only=True)
class EditorPage:
    """The text, what the checker says of it, and what became of saving it."""

    frame: parts.Frame
    typed: Typed
    draft: drafts.Box | None
    active_number: int
    findings: findings.Findings
    has_set_aside: bool
    most_bytes: int
    #: Why it was not saved.
    refusal: Refusal | None = None
    #: What somebody else has saved, held against what is in the text here.
    theirs: compare.Comparison | None = None


def build(*, now: datetime) -> EditorPage:
    """Return the page of the draft; without one, of the active version. Raises ``NoActivePlaybook``."""
    active, draft = queries.get_active_playbook(), queries.find_draft()
    if draft:
        typed = Typed(text=draft.text, mark=draft.mark, base_number=draft.base_number)
    else:
        typed = Typed(text=active.text, mark="", base_number=active.number)
    return page(typed, active=active, draft=draft, now=now)


def of_typed(typed: Typed, *, now: datetime, refusal: Refusal | None = None) -> EditorPage:
    """
    Return the page with what somebody has written, which was not kept for this reason.

    Where somebody else has saved in between, the page holds both against each other, and whoever saves again
    from it has seen theirs.
    """
    active, draft = queries.get_active_playbook(), queries.find_draft()
    if not isinstance(refusal, drafting.DraftChanged):
        return page(typed, active=active, draft=draft, now=now, refusal=refusal)
    if draft is None:
        seen = Typed(text=typed.text, mark="", base_number=active.number)
        return page(seen, active=active, draft=None, now=now, refusal=refusal)
    seen = Typed(text=typed.text, mark=draft.mark, base_number=draft.base_number)
    mine = compare.side_of_text(typed.text)
    theirs = compare.compared(compare.side_of_draft(draft), mine)
    return page(seen, active=active, draft=draft, now=now, refusal=refusal, theirs=theirs)


def page(
    typed: Typed,
    *,
    active: queries.ActivePlaybook,
    draft: queries.Draft | None,
    now: datetime,
    refusal: Refusal | None = None,
    theirs: compare.Comparison | None = None,
) -> EditorPage:
    return EditorPage(
        frame=parts.build_frame(section="playbook", now=now),
        typed=typed,
        draft=drafts.box(draft, active_number=active.number, now=now) if draft else None,
        active_number=active.number,
        findings=findings.look_at(typed.text),
        has_set_aside=draft is None and queries.has_set_aside(),
        most_bytes=source.MOST_BYTES,
        refusal=faults.refusal(refusal),
        theirs=theirs,
    )
