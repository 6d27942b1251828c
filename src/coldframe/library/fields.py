"""How the value of a merge field becomes words: cleaned of what could do harm, and shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from coldframe.kernel.playbook import merge_fields

Value = merge_fields.Value

LONGEST_VALUE = 500
#: What no value may bring into a message: controls, directions of writing, private characters, line ends.
UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def cleaned(value: object) -> str | int | float | date | None:
    """
    Return a value as messages may show it, or None where there is nothing to show.

    Text loses control and direction characters, runs of white space become one space, and what is longer
    than ``LONGEST_VALUE`` is cut. Nothing of it is ever read as markup.
    """
    if isinstance(value, str):
        return cleaned_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, int | float | date) else None


def cleaned_text(text: str) -> str | None:
    if not text.isprintable():
        text = UNFIT.sub(" ", text)
    text = " ".join(text.split())
    if len(text) > LONGEST_VALUE:
        text = text[: LONGEST_VALUE - 1].rstrip() + "…"
    return text or None


def shown(value: object) -> str:
    """Return a cleaned value in words: ``12 October 2026`` for a day, ``5`` for 5.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def nested(values: Mapping[str, object]) -> dict[str, Any]:
    """Return flat values, ``{"lead.city": "Oslo"}``, as plain dicts in each other, cleaned."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *above, last = name.split(".")
        branch = tree
        for part in above:
            branch = branch.setdefault(part, {})
        branch[last] = cleaned(value)
    return tree
