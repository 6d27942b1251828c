"""An asset, or a question, as a form: a new one, or one that the text has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.kernel.playbook import editing
from coldframe.kernel.playbook.problems import Problem
from coldframe.kernel.vocabulary import BuyerStage, Refusal, StakeholderRole
from coldframe.library import drafting, examining
from coldframe.web import faults, wording
from coldframe.web.pages import parts
from coldframe.web.playbook.pages import drafts, fields, forms
from coldframe.web.playbook.pages.editor import Typed

#: Longer than any value of an asset or a question.
LONGEST = 2000
#: Fields that leads are asked for most; any other is written into the text.
ASKABLE = (
    "lead.known_problem",
    "lead.timeline",
    "lead.role",
    "lead.job_title",
    "lead.department",
    "account.industry",
    "account.employees",
    "account.country",
    "account.annual_revenue",
)


class ItemInvalid(Refusal):
    """What was typed cannot stand in a playbook; ``problems`` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("This was not saved: something in the form cannot stand in a playbook."))
        self.problems = problems


class NoSuchItem(Refusal):
    """The text has nothing of that name."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of the form: a line, lines, a choice of one, or of several."""

    name: str
    label: str
    hint: str = ""
    #: line, lines, one or many.
    sort: str = "line"
    value: str = ""
    options: tuple[Option, ...] = ()
    #: What others have here, to choose from.
    known: tuple[str, ...] = ()
    is_needed: bool = False
    is_fixed: bool = False
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemPage:
    """The form of one asset or question."""

    frame: parts.Frame
    title: str
    about: str
    action: str
    mark: str
    active_number: int
    draft: drafts.Box | None
    #: The name of what is changed; empty: a new one.
    name: str
    inputs: tuple[Input, ...]
    refusal: Refusal | None
    rest: str


@dataclass(frozen=True)
class Given:
    """What somebody has typed, or what the text has, by the keys of the text."""

    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)


def typed(query: QueryDict) -> Given:
    """Return what an address or a form brings; more than anybody means is cut."""
    clean = {
        name: [each.replace("\0", "").strip()[:LONGEST] for each in values[:50]]
        for name, values in query.lists()
    }
    return Given({name: values[-1] for name, values in clean.items() if values}, clean)


def said(item: Mapping[str, Any]) -> Given:
    """Return what an item of the text says."""
    lists = {name: list(map(str, value)) for name, value in item.items() if isinstance(value, list)}
    return Given({name: fields.shown(value) for name, value in item.items()}, lists)


# Assets


def asset_page(*, key: str, given: Given | None, now: datetime, refusal: Refusal | None = None) -> ItemPage:
    """
    Return the form of the asset of a key, or of a new one where there is none.

    ``given``: what was typed, or what the address of a new one names: ``stage``, ``question``, ``segment``. Raises
    ``NoSuchItem``, ``NotEditable``.
    """
    base, active, draft = forms.base_of()
    tree = editing.plain(base.text)
    if given is None:
        given = said(item_of(tree, ("assets",), key)) if key else Given()
    return ItemPage(
        frame=parts.build_frame(section="playbook", now=now),
        title=_("Asset") if key else _("Add an asset"),
        about=_("A piece of content that answers one question of the buyer."),
        action=reverse("web:playbook-asset"),
        mark=base.mark,
        active_number=active.number,
        draft=drafts.box(draft, active_number=active.number, now=now) if draft else None,
        name=key,
        inputs=with_errors(asset_inputs(tree, given, is_known=bool(key)), refusal, asset_where(key, given)),
        refusal=faults.refusal(refusal),
        rest=rest_of(refusal, asset_where(key, given)),
    )


def item_of(tree: Any, place: editing.Path, name: str) -> dict[str, Any]:
    """Return the item of a name in a list of the text; raise ``NoSuchItem``."""
    found = editing.at(tree, place)
    for item in found if isinstance(found, list) else ():
        if fields.name_of(item) == name:
            return dict(item)
    raise NoSuchItem(_("The draft has nothing of this name."), got=name[:80])


def asset_inputs(tree: Any, given: Given, *, is_known: bool) -> tuple[Input, ...]:
    texts, lists = given.texts, given.lists
    question = texts.get("answers") or texts.get("question", "")
    stage = texts.get("stage", "").lower()
    segments = lists.get("segments") or lists.get("segment") or []
    return (
        Input(name="title", label=_("Title"), hint=_("as the reader sees it"), value=texts.get("title", ""), is_needed=True),
        Input(name="url", label=_("Address"), hint=_("where it can be read"), value=texts.get("url", ""), is_needed=True),
        Input(name="stage", label=_("Buyer stage"), sort="one", options=stage_options(stage), is_needed=True),
        Input(
            name="answers",
            label=_("Question of the buyer that it answers"),
            value=question,
            known=values_of(tree, "answers"),
            is_needed=True,
        ),
        Input(
            name="kind",
            label=_("Kind"),
            hint=_("such as problem_explainer, case_study, or sales for sales material"),
            value=texts.get("kind", ""),
            known=values_of(tree, "kind"),
            is_needed=True,
        ),
        Input(
            name="roles",
            label=_("Only for these roles"),
            hint=_("none chosen: for everybody"),
            sort="many",
            options=tuple(
                Option(value=role.value.lower(), label=str(wording.ROLES[role.value]), is_chosen=role.value.lower() in lists.get("roles", []))
                for role in StakeholderRole
                if role is not StakeholderRole.UNKNOWN
            ),
        ),
        Input(
            name="segments",
            label=_("Only for these segments"),
            hint=_("none chosen: for every one"),
            sort="many",
            options=tuple(
                Option(value=name, label=name, is_chosen=name in segments)
                for name in fields.names_in(editing.at(tree, ("segments",)))
            ),
        ),
        Input(
            name="problems",
            label=_("Only for these problems"),
            hint=_("with commas between them; empty: for any"),
            value=texts.get("problems", ""),
        ),
        Input(
            name="key",
            label=_("Key"),
            hint=_("never used for another asset; empty: made from the title"),
            value=texts.get("key", ""),
            is_fixed=is_known,
        ),
    )  # fmt: skip


def stage_options(chosen: str) -> tuple[Option, ...]:
    first = Option(value="", label=_("Choose one"), is_chosen=not chosen)
    stages = [
        Option(value=stage.value.lower(), label=str(wording.STAGES[stage.value]), is_chosen=stage.value.lower() == chosen)
        for stage in BuyerStage
    ]  # fmt: skip
    return (first, *stages)


def values_of(tree: Any, key: str) -> tuple[str, ...]:
    """Return what the assets have under a key, each once."""
    found = editing.at(tree, ("assets",))
    values = [item.get(key) for item in (found if isinstance(found, list) else ()) if isinstance(item, dict)]
    return tuple(dict.fromkeys(each for each in values if isinstance(each, str)))


def save_asset(*, key: str, given: Given, mark: str, by: str, at: datetime) -> str:
    """Write an asset into the draft, and return its key. Raises ``ItemInvalid``, ``DraftChanged``, ``NotEditable``."""
    base, _active, draft = forms.base_of()
    if base.mark != mark:
        raise drafting.DraftChanged(draft)
    tree = editing.plain(base.text)
    items = list(editing.at(tree, ("assets",)) or [])
    asset = asset_of(given, key=key, before=item_of(tree, ("assets",), key) if key else {})
    if key:
        index = next(i for i, item in enumerate(items) if fields.name_of(item) == key)
        items[index] = asset
    else:
        stages = [item.get("stage") if isinstance(item, dict) else None for item in items]
        # Behind the last one of its stage, where a person would look for it.
        behind = max(
            (i for i, stage in enumerate(stages) if stage == asset.get("stage")), default=len(items) - 1
        )
        items.insert(behind + 1, asset)
    keep(base, ("assets",), items, by=by, at=at)
    return str(asset.get("key", ""))


def asset_of(given: Given, *, key: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return an asset as the text has it; what the form does not ask for stays."""
    texts, lists = given.texts, given.lists
    problems = [each.strip() for each in texts.get("problems", "").split(",") if each.strip()]
    wanted: dict[str, Any] = {
        "key": key or key_of(given),
        "title": texts.get("title", ""),
        "kind": texts.get("kind", ""),
        "stage": texts.get("stage", ""),
        "answers": texts.get("answers", ""),
        "problems": problems,
        "roles": [each for each in lists.get("roles", []) if each],
        "segments": [each for each in lists.get("segments", []) if each],
        "url": texts.get("url", ""),
    }
    return {name: value for name, value in {**before, **wanted}.items() if value}


def key_of(given: Given) -> str:
    """Return the key of a new asset: as typed, or made from its title."""
    title = unicodedata.normalize("NFKD", given.texts.get("title", "")).encode("ascii", "ignore").decode()
    return given.texts.get("key") or re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]


def asset_where(key: str, given: Given | None) -> str:
    """Return the place of an asset as the checker writes it."""
    return fields.where(("assets", key or (key_of(given) if given else "")))


# Questions


def question_page(
    *, name: str, given: Given | None, now: datetime, refusal: Refusal | None = None
) -> ItemPage:
    """Return the form of the question for a field, or of a new one. Raises ``NoSuchItem``, ``NotEditable``."""
    base, active, draft = forms.base_of()
    tree = editing.plain(base.text)
    asked = editing.at(tree, ("completeness", "questions")) or {}
    if given is None and name and not isinstance(asked.get(name), dict):
        raise NoSuchItem(_("The draft has nothing of this name."), got=name[:80])
    given = given or (said(asked[name]) if name else Given())
    place = f"completeness.questions.{name or given.texts.get('field', '')}"
    return ItemPage(
        frame=parts.build_frame(section="playbook", now=now),
        title=_("Question") if name else _("Add a question"),
        about=_("Leads are asked one question at a time: the one whose answer would change most."),
        action=reverse("web:playbook-question"),
        mark=base.mark,
        active_number=active.number,
        draft=drafts.box(draft, active_number=active.number, now=now) if draft else None,
        name=name,
        inputs=with_errors(question_inputs(given, asked, name), refusal, place),
        refusal=faults.refusal(refusal),
        rest=rest_of(refusal, place),
    )


def question_inputs(given: Given, asked: Mapping[str, Any], name: str) -> tuple[Input, ...]:
    left = [each for each in ASKABLE if each not in asked]
    options = given.lists.get("options", [])
    return (
        Input(
            name="field",
            label=_("Fact that it asks for"),
            hint=_("a field of the lead or its company, such as lead.timeline"),
            value=name or given.texts.get("field", ""),
            known=tuple(left),
            is_needed=True,
            is_fixed=bool(name),
        ),
        Input(name="ask", label=_("Words of the question"), value=given.texts.get("ask", ""), is_needed=True),
        Input(
            name="options",
            label=_("Answers to choose from"),
            hint=_("one in each line; none: the lead writes freely"),
            sort="lines",
            value="\n".join(options) if len(options) > 1 else given.texts.get("options", ""),
        ),
    )


def save_question(*, name: str, given: Given, mark: str, by: str, at: datetime) -> str:
    """Write a question into the draft, and return its field. Raises as ``save_asset``."""
    base, _active, draft = forms.base_of()
    if base.mark != mark:
        raise drafting.DraftChanged(draft)
    place = name or given.texts.get("field", "")
    tree = editing.plain(base.text)
    asked = editing.at(tree, ("completeness", "questions")) or {}
    if not name and place in asked:
        raise NoSuchItem(_("The draft asks for this already."), got=place[:80])
    options = [line.strip() for line in given.texts.get("options", "").splitlines() if line.strip()]
    question = {"ask": given.texts.get("ask", ""), "options": options}
    keep(
        base,
        ("completeness", "questions", place),
        {key: value for key, value in question.items() if value},
        by=by,
        at=at,
    )
    return place


# Both


def keep(base: Typed, path: editing.Path, value: Any, *, by: str, at: datetime) -> None:
    """Put a value into the text of the draft and keep it; raise ``ItemInvalid`` for new mistakes."""
    text = editing.put(base.text, path, value)
    new = fields.new_mistakes(examining.examined(base.text).problems, examining.examined(text).problems)
    if new:
        raise ItemInvalid(new)
    drafting.save_draft(text=text, mark=base.mark, base_number=base.base_number, by=by, at=at)


def with_errors(inputs: tuple[Input, ...], refusal: Refusal | None, place: str) -> tuple[Input, ...]:
    """Return the inputs with each mistake at its own."""
    if not isinstance(refusal, ItemInvalid):
        return inputs
    return tuple(
        Input(**{**vars(each), "error": " ".join(errors(refusal, f"{place}.{each.name}"))}) for each in inputs
    )


def errors(refusal: ItemInvalid, place: str) -> list[str]:
    return [fields.sentence(each) for each in refusal.problems if fields.concerns(each, place)]


def rest_of(refusal: Refusal | None, place: str) -> str:
    """Return the mistakes that are at no input."""
    if not isinstance(refusal, ItemInvalid):
        return ""
    return " ".join(
        fields.sentence(each) for each in refusal.problems if not each.where.startswith(f"{place}.")
    )
