"""Which template serves a content, and in which words it speaks to a reader."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.kernel.playbook.model import Asset, Playbook, Template, TemplateFor, Variant
from coldframe.kernel.playbook.scalars import ALL

ASSET, QUESTION, FOLLOW_UP = "asset", "question", "follow_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What of a reader chooses the words; None where it is not known."""

    #: As playbooks write it: ``technical_evaluator``.
    role: str | None = None
    industry: str | None = None
    problem: str | None = None
    segment: str | None = None
    language: str | None = None


def sort_of(content_key: str) -> tuple[str, str]:
    """Return sort and rest of a content key: ``asset:faq`` is ``("asset", "faq")``."""
    sort, _, rest = content_key.partition(":")
    return sort, rest


def find_asset(playbook: Playbook, content_key: str) -> Asset | None:
    """Return the asset that a content key names, or None."""
    sort, key = sort_of(content_key)
    return next((asset for asset in playbook.assets if sort == ASSET and asset.key == key), None)


def find_template(playbook: Playbook, content_key: str) -> Template | None:
    """Return the first template that is for the content, or None."""
    asset = find_asset(playbook, content_key)
    return next((each for each in playbook.templates if is_for(each.for_, content_key, asset)), None)


def is_for(whom: TemplateFor, content_key: str, asset: Asset | None) -> bool:
    """Return whether a template's ``for`` takes the content."""
    sort, rest = sort_of(content_key)
    if sort == FOLLOW_UP:
        return whom.follow_ups
    if sort == QUESTION:
        return rest in whom.questions or ALL in whom.questions
    if sort != ASSET or asset is None or not speaks_of_assets(whom):
        return False
    return (
        (not whom.assets or ALL in whom.assets or asset.key in whom.assets)
        and (not whom.kinds or asset.kind in whom.kinds)
        and (not whom.stages or asset.stage in whom.stages)
    )


def speaks_of_assets(whom: TemplateFor) -> bool:
    return bool(whom.assets or whom.kinds or whom.stages)


def find_variant(template: Template, reader: Reader) -> int | None:
    """Return the place of the first variant that holds for the reader, or None for the template's own words."""
    return next((place for place, each in enumerate(template.variants) if holds(each, reader)), None)


def holds(variant: Variant, reader: Reader) -> bool:
    """Return whether all that a variant names holds. What is not known of a reader never does."""
    return (
        (not variant.roles or reader.role in variant.roles)
        and (not variant.segments or reader.segment in variant.segments)
        and (not variant.industries or mentions(reader.industry, variant.industries))
        and (not variant.problems or mentions(reader.problem, variant.problems))
        and (not variant.languages or speaks(reader.language, variant.languages))
    )


def mentions(text: str | None, parts: tuple[str, ...]) -> bool:
    return text is not None and any(part.casefold() in text.casefold() for part in parts)


def speaks(language: str | None, wanted: tuple[str, ...]) -> bool:
    """Return whether a language code is one of those, or a regional form of one."""
    if language is None:
        return False
    code = language.casefold().replace("_", "-")
    return any(code == each.casefold() or code.startswith(f"{each.casefold()}-") for each in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The four texts of a message, merge fields and Markdown in them."""

    subject: str
    value: str
    preheader: str
    body: str
    #: Language code.
    language: str


def wording_of(playbook: Playbook, template: Template, variant: int | None) -> Wording:
    """Return the texts of a template, or of one of its variants, with greeting and signature around the body."""
    language = playbook.letter.language
    words = {name: getattr(template, name) for name in ("subject", "value", "preheader", "body")}
    if variant is not None:
        own = template.variants[variant]
        words |= {name: text for name in words if (text := getattr(own, name)) is not None}
        language = own.languages[0] if own.languages else language
    letter = playbook.letter
    parts = filter(None, (letter.greeting, words["body"], letter.signature))
    return Wording(
        subject=words["subject"],
        value=words["value"],
        preheader=words["preheader"] or words["value"],
        body="\n\n".join(part.strip("\n") for part in parts),
        language=language,
    )
