"""Ways from a content to the leads behind a number, and to where the playbook is changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.urls import reverse
from django.utils.translation import ngettext

from coldframe.kernel.playbook import templates
from coldframe.web import wording
from coldframe.web.pages import parts


def add_asset(**given: str) -> str:
    """Return where an asset is added, with what is known of it filled in: ``stage``, ``question``, ``segment``."""
    said = {name: value for name, value in given.items() if value}
    return f"{reverse('web:playbook-edit')}?{urlencode({'add': 'asset'} | said, quote_via=quote)}"


def edit(content_key: str) -> str:
    """Return where an asset or a question is changed; empty for what the playbook does not hold, such as a day."""
    sort, key = templates.sort_of(content_key)
    if sort == templates.ASSET:
        return f"{reverse('web:playbook-asset')}?{urlencode({'key': key}, quote_via=quote)}"
    if sort == templates.QUESTION:
        return f"{reverse('web:playbook-question')}?{urlencode({'field': key}, quote_via=quote)}"
    return ""


def leads(count: int, **filters: Any) -> parts.Link:
    """Return so many leads, and the way to them; nowhere, where there is none."""
    label = ngettext("%(count)s lead", "%(count)s leads", count) % {"count": wording.number(count)}
    return parts.Link(label=label, href=parts.leads_url(**filters) if count else "")


def number(count: int, **filters: Any) -> parts.Link:
    """Return a bare number, and the way to the leads behind it; nowhere, where there is none."""
    return parts.Link(label=wording.number(count), href=parts.leads_url(**filters) if count else "")
