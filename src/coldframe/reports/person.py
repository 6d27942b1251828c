"""A person's own copy of all that is held of them: one document for programs, one page for people."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.template import Context, Engine

from coldframe.kernel.vocabulary import Refusal
from coldframe.nurture import persons, queries
from coldframe.reports.page import TEMPLATES

#: How deep a page nests; deeper is told as text.
DEEPEST = 6


class CannotWrite(Refusal):
    """The copy cannot be written."""


def build(lead_id: int, *, as_of: datetime) -> dict[str, Any]:
    """Return everything held of a person at an instant, with what the playbook makes of it and why."""
    cards = {
        str(explained.record.public_id): asdict(explained.card)
        for each in persons.ids_of(lead_id)
        if (explained := queries.explain_lead(lead_id=each, as_of=as_of))
    }
    return {"as_of": as_of, **persons.about(lead_id), "what_we_make_of_it": cards}


def write(document: Mapping[str, Any], *, file: Path) -> tuple[Path, Path]:
    """
    Write ``file`` as JSON and as a page beside it; return both paths. For nobody's eyes but the owner's.

    The ending of ``file`` does not matter. Raises ``CannotWrite``.
    """
    data, page = file.with_suffix(".json"), file.with_suffix(".html")
    try:
        write_privately(data, json.dumps(document, indent=2, ensure_ascii=False, default=plain) + "\n")
        write_privately(page, render(document))
    except OSError as error:
        raise CannotWrite(
            "The copy cannot be written.",
            where=str(file),
            got=error.strerror or str(error),
            advice="Name another place.",
        ) from error
    return data, page


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner reads."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def render(document: Mapping[str, Any]) -> str:
    """Return the page as HTML that stands alone; every text of the data is escaped."""
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True)
    sections = [
        {"title": worded(name), "value": shaped(value)} for name, value in document.items() if name != "as_of"
    ]
    context = {"day": worded_value(document["as_of"]), "sections": sections}
    return str(engine.get_template("person.html").render(Context(context)))


def shaped(value: Any, *, depth: int = 0) -> dict[str, Any]:
    """Return a value as the template walks it: ``pairs`` of names and values, ``rows``, or ``text``."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        pairs = [
            (worded(str(name)), shaped(each, depth=depth + 1))
            for name, each in value.items()
            if each not in (None, "", [], {}, ())
        ]
        return {"pairs": pairs} if pairs else {"text": "Nothing."}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        return {"rows": [shaped(each, depth=depth + 1) for each in value]} if value else {"text": "Nothing."}
    return {"text": worded_value(value)}


def worded(name: str) -> str:
    """Return a name of the document as people read it."""
    return name.replace("_", " ").capitalize() if name.replace("_", "").isalpha() else name


def worded_value(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def plain(value: Any) -> Any:
    """Return what JSON has no word for as text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
