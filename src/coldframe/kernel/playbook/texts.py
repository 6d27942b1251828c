"""What is doubtful in the texts of messages, as far as words alone can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from coldframe.kernel.playbook import templates
from coldframe.kernel.playbook.doubts import Doubt, Names, Path, check_references, mistake, warning
from coldframe.kernel.playbook.model import Playbook, Template, TemplateFor, Variant
from coldframe.kernel.playbook.problems import shown
from coldframe.kernel.playbook.scalars import ALL

OF_US = re.compile(r"\b(?:we|we're|we've|we'll|us|our|ours|ourselves)\b", re.IGNORECASE)
OF_YOU = re.compile(r"\b(?:you|you're|you've|you'll|your|yours|yourself|yourselves)\b", re.IGNORECASE)
#: Below so many words about oneself nobody minds.
FEW = 2
HTML_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")
MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
LISTS = ("roles", "industries", "problems", "segments", "languages")


def check_templates(playbook: Playbook, names: Names) -> Iterator[Doubt]:
    for index, template in enumerate(playbook.templates):
        path: Path = ("templates", index)
        yield from check_for((*path, "for"), template.for_, names)
        yield from check_words(path, template)
        for place, variant in enumerate(template.variants):
            yield from check_variant((*path, "variants", place), variant, names)


def check_for(path: Path, whom: TemplateFor, names: Names) -> Iterator[Doubt]:
    sorts = [templates.speaks_of_assets(whom), bool(whom.questions), whom.follow_ups]
    if sum(sorts) != 1:
        got = "none of them" if not any(sorts) else "more than one"
        advice = "Write one of {assets: all}, {kinds: [faq]}, {stages: [research]}, {questions: all}, {follow_ups: yes}."
        yield mistake(path, "PB414", "assets, questions or follow-ups", got, advice)
    if ALL not in whom.assets:
        yield from check_references(path, "assets", whom.assets, names.assets, "an asset of this playbook")
    if ALL not in whom.questions:
        expected = "a question under completeness.questions"
        yield from check_references(path, "questions", whom.questions, names.questions, expected)


def check_variant(path: Path, variant: Variant, names: Names) -> Iterator[Doubt]:
    if not any(getattr(variant, name) for name in LISTS):
        advice = "Say for whom, such as `roles: [champion]`; for everybody else the template itself speaks."
        yield mistake(path, "PB415", f"one of {', '.join(LISTS)}", "none", advice)
    yield from check_references(
        path, "segments", variant.segments, names.segments, "a segment of this playbook"
    )
    if variant.body is not None:
        yield from check_html((*path, "body"), variant.body)


def check_words(path: Path, template: Template) -> Iterator[Doubt]:
    """Warn of a message that is about its sender, and of HTML, which the reader would see as such."""
    text = MARKUP.sub("", f"{template.subject}\n{template.value}\n{template.body}")
    of_us, of_you = len(OF_US.findall(text)), len(OF_YOU.findall(text))
    if of_us > max(of_you, FEW):
        got = f"we, us, our {of_us} times and you, your {of_you} times"
        yield warning((*path, "body"), "PB511", "more of the reader than of the sender", got, SELF_TALK)
    yield from check_html((*path, "body"), template.body)


SELF_TALK = "Say what the reader can do with it, and leave out what you are proud of."


def check_html(path: Path, body: str) -> Iterator[Doubt]:
    found = HTML_TAG.search(body)
    if found:
        advice = "Write **bold**, [a link](https://…), - a list."
        yield warning(
            path, "PB513", "Markdown", f"{shown(found.group())}, which is shown as it stands", advice
        )


def check_served(playbook: Playbook) -> Iterator[Doubt]:
    """Warn of content that no template is for: a message about it would be held."""
    keys = [f"{templates.ASSET}:{asset.key}" for asset in playbook.assets]
    keys += [f"{templates.QUESTION}:{field}" for field in playbook.completeness.questions]
    lacking = [key for key in keys if templates.find_template(playbook, key) is None]
    if lacking:
        named = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
        path: Path = ("templates",) if playbook.templates else ()
        advice = "No message goes out about them. A last template with `for: {assets: all}` serves the rest."
        yield warning(
            path, "PB510", "a template for everything that can be sent", f"none for {named}", advice
        )
