"""The common parts of the playbook as forms; each writes into the text of the draft and touches nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.kernel.playbook import editing
from coldframe.kernel.vocabulary import Refusal
from coldframe.library import drafting, examining, queries
from coldframe.nurture import line
from coldframe.web import faults, wording
from coldframe.web.desk.pages import waiting
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import drafts, fields
from coldframe.web.playbook.pages.editor import Typed


class NoSuchForm(Refusal):
    """No form has that name."""


class FormInvalid(Refusal):
    """What was typed makes the playbook say something that it cannot; ``form`` says what, at each input."""

    def __init__(self, form: fields.Form) -> None:
        super().__init__(_("This was not saved: something in the form cannot stand in a playbook."))
        self.form = form


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An asset or a question, as the way to its form."""

    label: str
    detail: str
    href: str


@dataclass(frozen=True, kw_only=True)
class FormsPage:
    """Every form, over the text of the draft, or of the active version where there is none."""

    frame: parts.Frame
    draft: drafts.Box | None
    active_number: int
    mark: str
    base_number: int
    forms: tuple[fields.Form, ...]
    assets: tuple[Entry, ...]
    questions: tuple[Entry, ...]
    sides: tuple[waiting.Side, ...]
    #: Why no form can be shown, or what was typed was not saved.
    refusal: Refusal | None


def base_of() -> tuple[Typed, queries.ActivePlaybook, queries.Draft | None]:
    """Return the text that forms change, the active version, and the draft. Raises ``NoActivePlaybook``."""
    active, draft = queries.get_active_playbook(), queries.find_draft()
    if draft:
        return Typed(text=draft.text, mark=draft.mark, base_number=draft.base_number), active, draft
    return Typed(text=active.text, mark="", base_number=active.number), active, None


def build(*, now: datetime, refusal: Refusal | None = None, typed: fields.Form | None = None) -> FormsPage:
    """Return the page; ``typed`` stands in for the form of its name, with what somebody has typed."""
    base, active, draft = base_of()
    try:
        tree = editing.plain(base.text)
        forms = tuple(
            typed if typed and typed.key == key else made(tree) for key, made in fields.FORMS.items()
        )
    except editing.NotEditable as error:
        tree, forms, refusal = {}, (), error
    return FormsPage(
        frame=parts.build_frame(section="playbook", now=now),
        draft=drafts.box(draft, active_number=active.number, now=now) if draft else None,
        active_number=active.number,
        mark=base.mark,
        base_number=base.base_number,
        forms=forms,
        assets=tuple(assets(tree)),
        questions=tuple(questions(tree)),
        sides=waiting.sides(line.margin(playbook=active.playbook, at=now), now=now),
        refusal=faults.refusal(refusal),
    )


def assets(tree: Any) -> list[Entry]:
    found = editing.at(tree, ("assets",))
    return [
        Entry(
            label=str(each.get("title") or fields.name_of(each)),
            detail=wording.plain(str(each.get("stage", ""))),
            href=f"{reverse('web:playbook-asset')}?{urlencode({'key': fields.name_of(each)})}",
        )
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, dict) and fields.name_of(each)
    ]


def questions(tree: Any) -> list[Entry]:
    found = editing.at(tree, ("completeness", "questions"))
    return [
        Entry(
            label=str(each.get("ask", "")),
            detail=wording.field(name),
            href=f"{reverse('web:playbook-question')}?{urlencode({'field': name})}",
        )
        for name, each in (found.items() if isinstance(found, dict) else ())
        if isinstance(each, dict)
    ]


def form_named(key: str, text: str, given: Mapping[str, str]) -> fields.Form:
    """Return a form over a text with what somebody has typed. Raises ``NoSuchForm``, ``NotEditable``."""
    if key not in fields.FORMS:
        raise NoSuchForm(_("There is no form of this name."), expected=", ".join(fields.FORMS), got=key[:40])
    return fields.typed(fields.FORMS[key](editing.plain(text)), given)


def save(key: str, given: Mapping[str, str], *, mark: str, by: str, at: datetime) -> queries.Draft:
    """
    Write what somebody has typed into the text of the draft, and keep it.

    Raises ``FormInvalid`` with each new mistake at its input, ``DraftChanged`` where the draft is another than was
    seen, ``NoSuchForm`` and ``NotEditable``; then nothing was kept.
    """
    base, _active, draft = base_of()
    if base.mark != mark:
        raise drafting.DraftChanged(draft)
    form = form_named(key, base.text, given)
    text = fields.written(base.text, list(form.fields))
    new = fields.new_mistakes(examining.examined(base.text).problems, examining.examined(text).problems)
    if new:
        raise FormInvalid(fields.with_errors(form, new))
    return drafting.save_draft(text=text, mark=mark, base_number=base.base_number, by=by, at=at)
