"""A person at the pages of imports: brings a file, says what its columns are, takes it in."""

from __future__ import annotations

import html
import re
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

PEOPLE = (
    "Email,First name,Last name,Company,Seats\n"
    "anna@brightpath.example,Anna,Kowalska,Brightpath,12\n"
    "jonas@nordlicht.example,Jonas,Weber,Nordlicht GmbH,40\n"
)


def text(response) -> str:
    """Return what a person reads on a page."""
    plain = re.sub(r"</?bdi>", "", response.content.decode())
    page = re.sub(r"<script.*?</script>|<option.*?</option>|<[^>]+>", " ", plain, flags=re.DOTALL)
    return " ".join(html.unescape(page).split())


def bring(person: Client, content: str | bytes, *, name: str = "people.csv") -> str:
    """Bring a file; return the address of what becomes of it."""
    raw = content.encode() if isinstance(content, str) else content
    answer = person.post("/import", {"file": SimpleUploadedFile(name, raw)})
    assert answer.status_code == 302, text(answer)
    return answer.headers["Location"]


def choose(person: Client, place: str, **said: str) -> str:
    """Say what the columns are; return the text of what comes next. Names are written with ``_`` for ``-``."""
    form = {re.sub(r"_(\d+)$", r"-\1", name): value for name, value in said.items()}
    return text(person.post(f"{place}/choose", form, follow=True))


def take_in(person: Client, content: str | bytes, *, name: str = "people.csv", **said: str) -> str:
    """Bring a file and take it in; return the address of the import."""
    place = bring(person, content, name=name)
    choose(person, place, **said)
    answer = person.post(f"{place}/start", follow=True)
    return answer.redirect_chain[-1][0]


def folder() -> Path:
    """Return where files wait."""
    return Path(settings.HOME) / "uploads"
