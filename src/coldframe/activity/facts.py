"""What a call says has happened, in the words of events: kind, path, form, asset, topic, campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from coldframe.activity import kinds
from coldframe.activity.calls import CallType
from coldframe.activity.envelopes import Envelope

Json = Mapping[str, Any]

#: Properties in which clients say it, the first that is given.
FORM = ("form", "form_name", "formName", "form_id", "formId")
ASSET = ("asset", "asset_key", "assetKey", "asset_id", "assetId", "content_id", "contentId")
TOPIC = (
    "topic",
    "webinar",
    "webinar_name",
    "webinarName",
    "outcome",
    "link_url",
    "linkUrl",
    "link",
    "href",
    "label",
)
CAMPAIGN = ("campaign", "campaign_name", "utm_campaign", "utmCampaign")
#: Requests that clients track by their own names: what was asked for is a form's name here.
REQUESTS: Mapping[str, str] = {
    word: form
    for form, words in {
        "demo": "demo requested|demo request|requested demo|requested a demo|request demo",
        "trial": "trial requested|trial request|requested trial|requested a trial",
        "pricing": "pricing requested|pricing request|requested pricing|price requested",
        "quote": "quote requested|quote request|requested quote|requested a quote",
        "contact": "contact requested|contact request|requested contact",
    }.items()
    for word in words.split("|")
}


def describe(kind: CallType, envelope: Envelope) -> dict[str, Any]:
    """Return kind, path, form, asset, topic, campaign and evidence of a fact."""
    properties: Json = getattr(envelope, "properties", {})
    page = mapping(envelope.context.get("page"))
    url = first(properties, ("url", "$current_url")) or first(page, ("url",))
    name = str(getattr(envelope, "name", None) or "")
    if kind is CallType.TRACK:
        word = kinds.kind_of(str(getattr(envelope, "event", "")))
    else:
        word = kind.value.lower()
    form = first(properties, FORM)
    asked_for = REQUESTS.get(kinds.plain(str(getattr(envelope, "event", ""))))
    if asked_for:
        word, form = "form_submitted", form or asked_for
    path = first(properties, ("path",)) or first(page, ("path",)) or url
    topic = first(properties, TOPIC)
    if kind is not CallType.TRACK and not path:
        topic = topic or name
    return {
        "kind": word,
        "path": path,
        "form": impersonal(form),
        "asset": impersonal(first(properties, ASSET)),
        "topic": impersonal(topic),
        "campaign": impersonal(campaign_of(properties, envelope.context, url)),
        "evidence": kinds.evidence_of(word),
    }


def campaign_of(properties: Json, context: Json, url: str) -> str:
    """Return the campaign's name: as the context says, as the properties say, as the page's address says."""
    told = first(mapping(context.get("campaign")), ("name",)) or first(properties, CAMPAIGN)
    if told or "utm_campaign" not in url:
        return told
    try:
        return parse_qs(urlsplit(url).query).get("utm_campaign", [""])[0]
    except ValueError:
        return ""


def first(values: Json, names: tuple[str, ...]) -> str:
    """Return the first of the named values that is a text or a number; an empty text for none."""
    if values.keys().isdisjoint(names):
        return ""
    return next(filter(None, (said(values.get(name)) for name in names)), "")


def said(value: object) -> str:
    """Return a text or a number as text; an empty one for anything else."""
    if isinstance(value, str):
        return value if value.strip() else ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def mapping(value: object) -> Json:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def impersonal(text: str) -> str:
    """
    Return a text unless an address stands in it: what many events share holds nothing personal.

    >>> impersonal("Pricing guide"), impersonal("anna@brightpath.example")
    ('Pricing guide', '')
    """
    return "" if "@" in text or "%40" in text else text
