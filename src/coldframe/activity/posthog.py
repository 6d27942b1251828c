"""
PostHog's events in the words of the Segment specification.

PostHog knows one kind of id: a browser's until somebody is identified, then the person's. Here such an id is
a browser's, and identifying says whose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

#: Events that say who somebody is.
IDENTIFYING = {"$identify", "$set"}
PAGE, SCREEN = "$pageview", "$screen"


def as_segment(item: Json, *, sent_at: object) -> Iterator[tuple[str, Json]]:
    """Yield the calls that an event is: the word, and the call."""
    given = item.get("properties")
    properties = given if isinstance(given, dict) else {}
    event, distinct = item.get("event"), item.get("distinct_id") or properties.get("distinct_id")
    base = {
        "messageId": item.get("uuid"),
        "timestamp": item.get("timestamp"),
        "sentAt": sent_at,
        "anonymousId": distinct,
        "context": {"groupId": company_of(properties)},
    }
    if event in IDENTIFYING:
        yield from identified(item, properties, base, distinct)
    elif event == "$create_alias":
        yield "alias", base | {"userId": distinct, "previousId": properties.get("alias")}
    elif event == "$groupidentify":
        yield (
            "group",
            base | {"groupId": properties.get("$group_key"), "traits": properties.get("$group_set")},
        )
    elif event in {PAGE, SCREEN}:
        word = "page" if event == PAGE else "screen"
        name = properties.get("$title") or properties.get("$screen_name")
        yield word, base | {"name": name, "properties": own(properties, url=properties.get("$current_url"))}
    else:
        yield "track", base | {"event": event, "properties": own(properties)}


def identified(item: Json, properties: Json, base: Json, distinct: object) -> Iterator[tuple[str, Json]]:
    """Yield what an event that identifies says; of the browser that it came from, too."""
    traits: Json = {}
    for name in ("$set_once", "$set"):
        for values in (properties.get(name), item.get(name)):
            traits |= values if isinstance(values, dict) else {}
    yield "identify", base | {"userId": distinct, "traits": traits}
    browser = properties.get("$anon_distinct_id")
    if browser:
        yield (
            "identify",
            base | {"messageId": f"{base['messageId']}/browser", "userId": distinct, "anonymousId": browser},
        )


def company_of(properties: Json) -> object:
    """Return the id of the company that an event belongs to; None for none."""
    groups = properties.get("$groups")
    return groups.get("company") if isinstance(groups, dict) else None


def own(properties: Json, **more: object) -> Json:
    """Return the properties without those that the client adds by itself."""
    kept = {name: value for name, value in properties.items() if not name.startswith("$")}
    return kept | {name: value for name, value in more.items() if value is not None}
