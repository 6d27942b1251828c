"""What the forms of an import say, as plain values; odd ones say nothing or are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _

from coldframe.kernel.vocabulary import Refusal
from coldframe.leads import uploads
from coldframe.web.imports import words

#: What a form adds around its file.
AROUND = 64 * 1024
#: Longest text that a field of the form may hold.
LONGEST = 200
LONGEST_WORDING = 5_000


class NoFile(Refusal):
    """The form came without a file."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What was said about the columns, by their places, and about the whole file."""

    fields: dict[int, str] = field(default_factory=dict)
    rules: dict[int, str] = field(default_factory=dict)
    orders: dict[int, str] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)


def is_too_large(length: str) -> bool:
    """Say whether a request of this length cannot hold a file that is taken."""
    return length.isascii() and length.isdigit() and int(length[:18]) > uploads.MOST_BYTES + AROUND


def file_of(files: Mapping[str, Any]) -> UploadedFile[Any]:
    """Return the file of a form. Raises NoFile."""
    found = files.get("file")
    if not isinstance(found, UploadedFile) or not found.name:
        raise NoFile(_("No file was chosen."), expected=_("a CSV file or an .xlsx workbook"))
    return found


def looked_at(form: QueryDict) -> dict[str, str]:
    """Return as what a file is to be looked at."""
    kind = form.get("kind", "")
    return {
        "kind": kind if kind in words.KINDS else "",
        **{name: short(form, name) for name in ("encoding", "delimiter", "sheet")},
    }


def chosen(form: QueryDict) -> Chosen:
    """Return what was said about the columns."""
    return Chosen(
        fields=by_place(form, "field"),
        rules={place: rule for place, rule in by_place(form, "rule").items() if rule in words.RULES},
        orders={place: order for place, order in by_place(form, "dates").items() if order in words.ORDERS},
        whole={
            **{name: short(form, name) for name in ("source", "zone", "basis_source")},
            "basis": form.get("basis", "") if form.get("basis", "") in words.BASES else "",
            "basis_wording": short(form, "basis_wording", limit=LONGEST_WORDING),
        },
    )


def by_place(form: QueryDict, name: str) -> dict[int, str]:
    """Return the values of ``name-0``, ``name-1`` and so on, by their numbers."""
    places = range(uploads.MOST_COLUMNS)
    return {place: short(form, f"{name}-{place}") for place in places if f"{name}-{place}" in form}


def short(form: QueryDict, name: str, *, limit: int = LONGEST) -> str:
    """Return a text of a form without control characters."""
    text = "".join(each if each.isprintable() else " " for each in form.get(name, ""))
    return text.strip()[:limit]
