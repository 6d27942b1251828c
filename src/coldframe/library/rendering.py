"""
Messages for readers: the words of the playbook, each with the values of its reader.

``compiled`` makes a playbook's templates ready; ``Templates.render_batch`` writes the messages. What a text
and its variant have in common for all readers is made once: Markdown, layout, inline style. Per reader only
values are put in. A text with tags is decided for each reader, and made once for each decision.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from coldframe.kernel.playbook import merge_fields, templates
from coldframe.kernel.playbook.model import Playbook, Template
from coldframe.kernel.playbook.templates import Reader, Wording
from coldframe.kernel.vocabulary import HoldReason
from coldframe.library import compiled as playbooks
from coldframe.library import forms, merge_tags, scanning
from coldframe.library.fields import Value
from coldframe.library.forms import Form, UnsafeLink
from coldframe.library.merge_tags import MOST_OUTPUT, Output, Unmergeable
from coldframe.library.scanning import Fault, Piece

if TYPE_CHECKING:
    from coldframe.library.queries import ActivePlaybook

#: Decisions of one text that are kept ready.
MOST_FORMS = 256
#: Readers know the follow-up's day from the content key.
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
OPTIONS = "question.options"
#: One of the options, by number; made here, and no field that templates may name.
OPTION = "question.options."
LINES = ("subject", "preheader", "body")
#: Where links lead -> where they are to lead instead, one for each.
Leading = Callable[[list[str]], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One message to write: what about, and to whom."""

    #: ``asset:<key>``, ``question:<field>``, ``follow_up:<day>``.
    content_key: str
    #: By merge field, such as ``lead.first_name``; what is left out or None is missing. Those that choose the
    #: variant are read from here too: ``lead.role``, ``account.industry``, ``lead.known_problem``, ``segment``, ``lead.language``.
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message but for its footer, which the channel puts in the place of ``layout.FOOTER_PLACE``."""

    subject: str
    html: str
    text: str
    #: Language code of the words.
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRendered:
    """Why a message could not be written; a hold's reason and words."""

    reason: HoldReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyField(NotRendered):
    """The message would show an empty field."""

    name: str


def empty(name: str) -> EmptyField:
    return EmptyField(
        reason=HoldReason.EMPTY_FIELD,
        detail=f"The message would show an empty field: {name}",
        name=name,
    )


@dataclass(kw_only=True)
class Writer:
    """Writes one content in one variant."""

    #: By merge field: what is the same in every message about this content.
    constants: dict[str, Value]
    outputs: list[Output]
    #: Subject, preheader and body with tokens for outputs, tags still in them.
    sources: tuple[str, ...]
    has_tags: bool
    mark: str
    language: str
    forms: dict[tuple[str, ...], Form] = field(default_factory=dict)

    def write(self, values: Mapping[str, Value], *, lead_by: Leading = list) -> Rendered | NotRendered:
        """Return the message for these values; ``lead_by`` says where its links lead instead."""
        known: Mapping[str, Value] = {**self.constants, **values}
        texts = [output.text(known) for output in self.outputs]
        try:
            form = self.form_for(known)
            gap = None if all(texts) else self.gap(form, texts)
            if gap is not None:
                return empty(gap)
            links = form.addresses(texts)
            rendered = Rendered(
                subject=form.subject.filled(texts),
                html=form.html.filled(texts, lead_by(links)),
                text=form.text.filled(texts),
                language=self.language,
            )
        except Unmergeable as error:
            return not_ready(f"The template cannot be decided: {error}")
        except UnsafeLink as error:
            return not_ready(f"{self.outputs[error.slot].field} is no address of a web page")
        return rendered if is_small(rendered) else not_ready(TOO_LARGE)

    def form_for(self, values: Mapping[str, Value]) -> Form:
        """Return the form of what the tags decide for these values."""
        decided = self.sources
        if self.has_tags:
            decided = tuple(merge_tags.decide(source, values) for source in self.sources)
        form = self.forms.get(decided)
        if form is None:
            if len(self.forms) >= MOST_FORMS:
                self.forms.clear()
            subject, preheader, body = decided
            form = forms.formed(
                subject=subject, preheader=preheader, body=body, mark=self.mark, language=self.language
            )
            self.forms[decided] = form
        return form

    def gap(self, form: Form, texts: Sequence[str]) -> str | None:
        """Return the first field that the message would show and that is empty."""
        return next((self.outputs[slot].field for slot in form.shown() if not texts[slot]), None)


TOO_LARGE = f"The message is larger than {MOST_OUTPUT // 1024} KiB"


def not_ready(detail: str) -> NotRendered:
    return NotRendered(reason=HoldReason.NOT_READY, detail=detail)


def is_small(rendered: Rendered) -> bool:
    """Return whether neither part is larger than a message may be."""
    longest = max(len(rendered.html), len(rendered.text))
    if longest <= MOST_OUTPUT // 4:
        return True
    return max(len(rendered.html.encode()), len(rendered.text.encode())) <= MOST_OUTPUT


class TemplateInvalid(Exception):
    """A text of the playbook is no template; publishing refuses such."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: expected {fault.expected}, got {fault.got}")
        self.fault = fault


def writer_of(wording: Wording, *, constants: dict[str, Value]) -> Writer:
    """Return a writer of these texts; raise ``TemplateInvalid`` where one is no template."""
    texts = [getattr(wording, name) for name in LINES]
    mark = hashlib.sha256("\0".join(texts).encode("utf-8", errors="surrogatepass")).hexdigest()[:16]
    slots: dict[Output, int] = {}
    scans = [scanning.scan(text) for text in texts]
    for each in scans:
        if each.faults:
            raise TemplateInvalid(each.faults[0])
    options = [name for name in constants if name.startswith(OPTION)]

    def word(output: Output) -> str:
        return forms.token(slots.setdefault(output, len(slots)), mark)

    sources = []
    for name, each in zip(LINES, scans, strict=True):
        made = [tokened(piece, word, options, is_body=name == "body") for piece in each.pieces]
        sources.append("".join(made))
    return Writer(
        constants=constants,
        outputs=list(slots),
        sources=tuple(sources),
        has_tags=any(each.has_tags for each in scans),
        mark=mark,
        language=wording.language,
    )


def tokened(piece: Piece, word: Callable[[Output], str], options: list[str], *, is_body: bool) -> str:
    """
    Return a piece with tokens for outputs.

    In a body an address that stands in no link becomes one, and options alone on a line become a list.
    """
    if piece.kind != "output":
        return piece.text
    output = merge_tags.output_of(piece.inner)
    if isinstance(output, Fault):
        raise TemplateInvalid(output)
    if is_body and piece.is_alone and options and output == Output(field=OPTIONS):
        return "\n".join(f"- {word(Output(field=name))}" for name in options)
    made = word(output)
    known = merge_fields.FIELDS.get(output.field)
    return f"[{made}]({made})" if is_body and known and known.is_url and not piece.is_in_link else made


class Templates:
    """The templates of one playbook, ready to write."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.found: dict[str, Template | None] = {}
        self.writers: dict[tuple[str, int | None], Writer | NotRendered] = {}

    def render(self, content: Content, *, lead_by: Leading = list) -> Rendered | NotRendered:
        """
        Return one message, or why it cannot be written.

        ``lead_by`` is given where the links of the HTML lead, and returns where they are to lead instead.
        """
        sort, rest = templates.sort_of(content.content_key)
        # Follow-ups differ in their day alone, which is a value like others.
        key = sort if sort == templates.FOLLOW_UP else content.content_key
        values = {**content.values, "follow_up.on": day_of(rest)} if key == sort else content.values
        template = self.template_for(key)
        if template is None:
            return not_ready(f"No template of the playbook is for {content.content_key}")
        variant = templates.find_variant(template, reader_of(values)) if template.variants else None
        writer = self.writers.get((key, variant)) or self.made(template, key, variant)
        return writer.write(values, lead_by=lead_by) if isinstance(writer, Writer) else writer

    def render_batch(self, contents: Sequence[Content]) -> list[Rendered | NotRendered]:
        """Return a message for each content, or why it cannot be written, in the same order."""
        return [self.render(content) for content in contents]

    def template_for(self, key: str) -> Template | None:
        if key not in self.found:
            self.found[key] = templates.find_template(self.playbook, key)
        return self.found[key]

    def made(self, template: Template, key: str, variant: int | None) -> Writer | NotRendered:
        """Return the writer of a content in a variant, and keep it."""
        wording = templates.wording_of(self.playbook, template, variant)
        made: Writer | NotRendered
        try:
            made = writer_of(wording, constants=constants_of(self.playbook, key))
        except TemplateInvalid as invalid:
            made = not_ready(f'Template "{template.name}": {invalid}')
        self.writers[key, variant] = made
        return made


def compiled(version: ActivePlaybook) -> Templates:
    """Return the templates of a version, ready to write; made once for each text."""
    return templates_of(version.text)


@lru_cache(maxsize=4)
def templates_of(text: str) -> Templates:
    """Return the templates of a published text."""
    return Templates(playbooks.playbook_of(text))


def constants_of(playbook: Playbook, content_key: str) -> dict[str, Value]:
    """Return what is the same in every message about a content, by merge field."""
    asset = templates.find_asset(playbook, content_key)
    if asset is not None:
        return {
            "asset.title": asset.title,
            "asset.kind": asset.kind,
            "asset.answers": asset.answers,
            "asset.url": asset.url,
        }
    sort, name = templates.sort_of(content_key)
    question = playbook.completeness.questions.get(name) if sort == templates.QUESTION else None
    if question is None:
        return {}
    found: dict[str, Value] = {f"{OPTION}{n}": option for n, option in enumerate(question.options, start=1)}
    return {"question.ask": question.ask, OPTIONS: listed(question.options), **found}


def listed(options: Sequence[str]) -> str | None:
    """Return options in a sentence: ``a, b or c``."""
    *most, last = options or (None,)
    return f"{', '.join(most)} or {last}" if most else last


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if DAY.match(text) else None


def reader_of(values: Mapping[str, Value]) -> Reader:
    """Return what of the values chooses the variant."""

    def text(name: str) -> str | None:
        value = values.get(name)
        return str(value) if value else None

    role = text("lead.role")
    return Reader(
        role=role.lower() if role else None,
        industry=text("account.industry"),
        problem=text("lead.known_problem"),
        segment=text("segment"),
        language=text("lead.language"),
    )
