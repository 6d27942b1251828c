"""What the sources say to people: from Python by its calls, from templates by way of Django's own reading of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

import coldframe

SOURCES = Path(coldframe.__file__).parent
LOCALE = SOURCES / "web" / "locale"
DOMAIN = "django"
#: Function -> which of its arguments are messages.
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "lazy": None,
    "noop": None,
    "how_many": (2, 3),
    "plural": (1, 2),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "ngettext_noop": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def gather() -> Catalog:
    """Return every message of the sources, sorted, without places: they change with every line above them."""
    catalog = Catalog(project="Coldframe", charset="utf-8", fuzzy=False)
    for message, context in sorted(found(), key=repr):
        catalog.add(message, context=context)
    return catalog


def found() -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Yield each message, or pair of messages, with its context."""
    for path in sorted(SOURCES.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from said_in(path.read_bytes())
    for path in sorted([*SOURCES.rglob("*.html"), *SOURCES.rglob("templates/**/*.txt")]):
        text = path.read_text(encoding="utf-8")
        if "i18n" in text:
            yield from said_in(leveled(templatize(text, origin=str(path))).encode())


def leveled(source: str) -> str:
    """Return a template in Python's form without its indentation, which means nothing there and much in Python."""
    return "\n".join(line.lstrip() for line in source.splitlines())


def said_in(source: bytes) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Yield the messages of one source in Python's form."""
    for _, message, _, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):  # type: ignore[arg-type]
        yield message, context


def read(language: str) -> Catalog:
    """Return the catalog of a language as it is kept; an empty one where there is none."""
    path = catalog_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Coldframe", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language, domain=DOMAIN)


def catalog_of(language: str) -> Path:
    """Return where the catalog of a language is kept."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def brought_up_to_date(kept: Catalog, gathered: Catalog) -> Catalog:
    """Return the messages of the sources with what is kept of their translations."""
    fresh = Catalog(locale=kept.locale, project="Coldframe", charset="utf-8", fuzzy=False)
    for message in gathered:
        if message.id:
            known = kept.get(message.id, context=message.context)
            # A message that has got a plural since is translated anew.
            is_same = known is not None and isinstance(known.id, str) == isinstance(message.id, str)
            fresh.add(message.id, known.string if known and is_same else None, context=message.context)
    return fresh


def written(catalog: Catalog) -> bytes:
    """Return a catalog as its file is written: without dates, so that the same messages make the same file."""
    out = io.BytesIO()
    pofile.write_po(out, catalog, omit_header=True, sort_output=True, width=110)
    plural = f'"Plural-Forms: {catalog.plural_forms}\\n"\n'
    header = f'msgid ""\nmsgstr ""\n"Language: {catalog.locale}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
    return (header + plural + "\n").encode() + out.getvalue()
