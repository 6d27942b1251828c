"""
Calls whose mail holds what no mail can: halves of characters, NUL, and lines broken in the midst of a header.

JSON can say all of it, and Anymail stumbles over each. What nobody could keep is taken out, and the rest read.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from django.http import HttpRequest

from coldframe.api import splitting

#: Halves of characters, and NUL, which no mail holds and no database keeps.
UNKEPT = re.compile("[\0\ud800-\udfff]")
BREAKS = re.compile(r"\s*[\r\n]+\s*")
#: Names of fields that hold a whole mail, or a part of its body: their lines are their own.
OF_LINES = frozenset(
    {"TextBody", "HtmlBody", "StrippedTextReply", "RawEmail", "Content", "Data", "RawTextBody", "RawHtmlBody",
     "ExtractedMarkdownMessage", "Text-part", "Html-part", "raw", "raw_msg", "message", "email_rfc822", "content"}
)  # fmt: skip
#: Names of fields that hold JSON as a text.
OF_JSON = frozenset({"Message", "mandrill_events", "message-headers"})


def mended(request: HttpRequest) -> HttpRequest:
    """Return a call like another, without what no mail can hold. Raises ``ValueError`` where it is no JSON."""
    if not request.POST:
        return splitting.with_body(request, json.dumps(cleaned(json.loads(request.body))).encode())
    made, fields = copy.copy(request), request.POST.copy()
    for name in OF_JSON & fields.keys():
        fields[name] = cleaned(fields[name], name)
    made.POST = fields  # type: ignore[assignment]
    return made


def cleaned(value: Any, name: str = "") -> Any:
    """Return a value of JSON, which stands in a field of this name, without what no mail can hold."""
    if isinstance(value, dict):
        return {key: cleaned(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [cleaned(each, name) for each in value]
    if not isinstance(value, str):
        return value
    if name in OF_JSON:
        return json.dumps(cleaned(json.loads(value)))
    whole = keepable(value)
    return whole if name in OF_LINES else BREAKS.sub(" ", whole)


def keepable(text: str) -> str:
    """
    Return a text without halves of characters and without NUL.

    >>> keepable("Yes\\ud83d")
    'Yes'
    """
    return UNKEPT.sub("", text)
