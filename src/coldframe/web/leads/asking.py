"""What the pages of leads are asked for, read from addresses and forms with bounds on everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import Refusal

LONGEST = 255


class BadDay(Refusal):
    """What should be a day is none."""


def typed(given: Mapping[str, str] | QueryDict, name: str, *, longest: int = LONGEST) -> str:
    """Return a text that somebody typed or chose, without what no text can hold."""
    return (given.get(name) or "").replace("\0", " ").strip()[:longest]


def day(given: Mapping[str, str] | QueryDict, name: str) -> datetime | None:
    """Return a day as its beginning; None where none was given. Raises ``BadDay``."""
    text = typed(given, name, longest=10)
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadDay(
            _("This is no day of the calendar."), expected=_("such as 2027-01-15"), got=text
        ) from error


def back_to_list(given: QueryDict) -> str:
    """Return the address of the list that somebody came from."""
    query = typed(given, "query", longest=4000)
    return reverse("web:leads") + (f"?{query}" if query else "")
