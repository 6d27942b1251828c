"""The forms that are served, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from coldframe.activity import sources
from coldframe.activity.forms import definition
from coldframe.activity.forms.definition import Form
from coldframe.activity.models import Source


@dataclass(frozen=True, kw_only=True)
class Found:
    """A form that takes submissions."""

    name: str
    source_id: int
    form: Form
    #: When it was last sent in, as far as it was noted.
    last_at: datetime | None = None


def find(name: str) -> Found | None:
    """Return a form that is served; None where there is none, or it is switched off."""
    source = sources.get(name, kind=Source.Kind.FORMS)
    return found_of(source) if source and source.disabled_at is None else None


def found_of(source: Source) -> Found:
    """Return the form of a source."""
    form = read(json.dumps(source.settings["form"]))
    return Found(name=source.name, source_id=source.pk, form=form, last_at=source.last_at)


@lru_cache(maxsize=200)
def read(text: str) -> Form:
    """Return a form as its source keeps it."""
    return definition.checked(json.loads(text), where="form")


def list_forms() -> list[Source]:
    """Return the sources of all forms, by name."""
    return list(Source.objects.filter(kind=Source.Kind.FORMS).order_by("name"))


def add(name: str, text: str, *, at: datetime) -> Form:
    """Serve a form. Raises ``BadForm``, ``sources.BadName``, ``sources.NameTaken``."""
    value = definition.parse(text, where=name)
    sources.add(name, kind=Source.Kind.FORMS, at=at, settings={"form": value})
    return definition.checked(value, where=name)


def change(name: str, text: str) -> Form:
    """Serve a form in other words; what was sent in before keeps its version. Raises ``BadForm``, ``NoSuchSource``."""
    value: Mapping[str, object] = definition.parse(text, where=name)
    sources.change(name, settings={"form": value})
    return definition.checked(value, where=name)
