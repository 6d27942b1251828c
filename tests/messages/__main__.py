"""Bring the catalogs of the languages up to date with the sources, and compile them."""

from __future__ import annotations

import argparse
import io
import sys
from datetime import UTC, datetime

from babel.messages import mofile, pofile

from tests.messages import gathering

LANGUAGES = ("de",)
#: Of every catalog.
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def main(arguments: list[str]) -> int:
    """Write the catalogs; say what lacks a translation."""
    parser = argparse.ArgumentParser(prog="./coldframe-dev messages", description=__doc__)
    parser.add_argument("--missing", action="store_true", help="print what has no translation yet")
    asked = parser.parse_args(arguments)
    gathered = gathering.gather()
    lacking = 0
    for language in LANGUAGES:
        catalog = gathering.brought_up_to_date(gathering.read(language), gathered)
        text = gathering.written(catalog)
        path = gathering.catalog_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        path.with_suffix(".mo").write_bytes(compiled(text, language))
        without = [message for message in catalog if message.id and not any(strings(message.string))]
        lacking += len(without)
        print(f"{language}: {len(catalog)} messages, {len(without)} without a translation")
        if asked.missing:
            for message in without:
                print(repr(message.id))
    return 1 if lacking else 0


def compiled(text: bytes, language: str) -> bytes:
    """Return a catalog as programs read it."""
    out = io.BytesIO()
    catalog = pofile.read_po(io.BytesIO(text), locale=language)
    # Else the file would say when it was made, and differ each time.
    catalog.creation_date = catalog.revision_date = DAY
    mofile.write_mo(out, catalog)
    return out.getvalue()


def strings(translation: object) -> tuple[str, ...]:
    """Return every form of a translation."""
    return tuple(translation) if isinstance(translation, list | tuple) else (str(translation or ""),)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
