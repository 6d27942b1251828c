"""A playbook's text looked at whole: the policy by the kernel, the texts of messages here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from coldframe.kernel.playbook import merge_fields, parsing, source, templates
from coldframe.kernel.playbook.model import Playbook, Template
from coldframe.kernel.playbook.parsing import Examination, PlaybookInvalid
from coldframe.kernel.playbook.problems import Problem
from coldframe.kernel.playbook.source import Node
from coldframe.library import checking, fields, rendering
from coldframe.library.rendering import Content, EmptyField, NotRendered

#: A reader of whom all is known, and content of every sort.
SAMPLES: dict[str, fields.Value] = {name: each.sample for name, each in merge_fields.FIELDS.items()}
TEXTS = ("subject", "value", "preheader", "body")


def examine(text: str, *, file: str = "playbook.yaml") -> Examination:
    """Return the playbook, if nothing blocks it, and all mistakes and warnings, those in messages among them."""
    examination = parsing.examine(text, file=file)
    if examination.root is None:
        return examination
    lines = text.split("\n")
    problems = list(text_problems(examination.root, lines, file))
    if examination.playbook is not None and not any(not each.is_warning for each in problems):
        problems += trial_problems(examination.playbook, examination.root, file)
    blocked = any(not problem.is_warning for problem in problems)
    return replace(
        examination,
        playbook=None if blocked else examination.playbook,
        tree=None if blocked else examination.tree,
        problems=parsing.in_order([*examination.problems, *problems]),
    )


@lru_cache(maxsize=8)
def examined(text: str) -> Examination:
    """
    Return ``examine``, kept for the next who asks: one draft is looked at by several pages in a row, then published.

    Problems name the usual file.
    """
    return examine(text)


def parse(text: str, *, file: str = "playbook.yaml") -> Playbook:
    """Return the playbook of a text; raise ``PlaybookInvalid`` with every mistake, those in messages among them."""
    examination = examined(text)
    if examination.playbook is None:
        raise PlaybookInvalid(examine(text, file=file).problems)
    return examination.playbook


def text_problems(root: Node, lines: list[str], file: str) -> Iterator[Problem]:
    """Yield what is wrong in each text of the tree, whether or not the rest of the playbook can be read."""
    for node, sort, is_body in texts_in(root):
        if node.text is None or node.is_refused:
            continue
        for fault in checking.faults_of(node.text, sort=sort, is_body=is_body):
            line, column = source.place_within(node, fault.offset, lines)
            yield Problem(
                file=file, line=line, column=column, code=fault.code, where=node.where, expected=fault.expected,
                got=fault.got, advice=fault.advice, is_warning=fault.code in checking.WARNINGS,
            )  # fmt: skip


def texts_in(root: Node) -> Iterator[tuple[Node, str | None, bool]]:
    """Yield each text with merge fields, the sort of content it is for, and whether it is Markdown."""
    entries = root.entries or {}
    letter = entries.get("letter")
    for name in ("greeting", "signature"):
        node = (letter.entries or {}).get(name) if letter else None
        if node is not None:
            yield node, None, True
    section = entries.get("templates")
    for template in (section.items or []) if section else []:
        sort = sort_in(template)
        variants = (template.entries or {}).get("variants")
        for part in (template, *((variants.items or []) if variants else [])):
            found = part.entries or {}
            yield from ((found[name], sort, name == "body") for name in TEXTS if name in found)


def sort_in(template: Node) -> str:
    """Return the sort of content that a template's ``for`` speaks of."""
    whom = (template.entries or {}).get("for")
    named = (whom.entries or {}) if whom else {}
    if "questions" in named:
        return templates.QUESTION
    return templates.FOLLOW_UP if "follow_ups" in named else templates.ASSET


def trial_problems(playbook: Playbook, root: Node, file: str) -> Iterator[Problem]:
    """Write each template and variant once, to a reader of whom all is known, and say what cannot be written."""
    section = (root.entries or {}).get("templates")
    nodes = (section.items or []) if section else []
    for template, node in zip(playbook.templates, nodes, strict=True):
        for variant in (None, *range(len(template.variants))):
            said = trial(playbook, template, variant)
            if said is not None:
                yield problem_at(node, file, "PB607", "a message that can be written", said.detail)
        yield from option_problems(playbook, template, node, file)


def option_problems(playbook: Playbook, template: Template, node: Node, file: str) -> Iterator[Problem]:
    """Warn of questions without options whose template shows some."""
    texts = rendering.Templates(playbook)
    for field, question in playbook.completeness.questions.items():
        key = f"{templates.QUESTION}:{field}"
        if question.options or templates.find_template(playbook, key) is not template:
            continue
        written = texts.render(Content(content_key=key, values={**SAMPLES, rendering.OPTIONS: None}))
        if isinstance(written, EmptyField) and written.name == rendering.OPTIONS:
            advice = f"The question {field} has none. Ask first: {{% if question.options %}}."
            yield problem_at(node, file, "PB512", "options to choose from", "none", advice)


def problem_at(node: Node, file: str, code: str, expected: str, got: str, advice: str = "") -> Problem:
    return Problem(
        file=file, line=node.line, column=node.column, code=code, where=node.where, expected=expected, got=got,
        advice=advice, is_warning=code in checking.WARNINGS,
    )  # fmt: skip


def trial(playbook: Playbook, template: Template, variant: int | None) -> NotRendered | None:
    """Return why a template could not be written in a variant, or None where it could."""
    writer = rendering.writer_of(templates.wording_of(playbook, template, variant), constants={})
    written = writer.write(SAMPLES)
    # One's own fields have no sample; that they are empty here says nothing.
    if isinstance(written, EmptyField) and merge_fields.is_own(written.name):
        return None
    return written if isinstance(written, NotRendered) else None
