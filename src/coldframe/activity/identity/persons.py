"""What calls said of a person: told to them, and gone when they are erased."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from coldframe.activity.identity import nodes
from coldframe.activity.models import Belonging, Claim, ClaimedValue, Identification, Visitor
from coldframe.leads.erasure import Traces

#: What stands in place of a browser's id of somebody who was erased; no browser has such an id.
ERASED = "erased\n"


def keys_of(traces: Traces) -> set[str]:
    """Return the keys by which calls name a person: addresses, user ids, browsers."""
    browsers = Visitor.objects.filter(lead__in=traces.lead_ids).values_list("anonymous_id", flat=True)
    return {
        *(nodes.address(email) for email in traces.emails),
        *(nodes.user(*identity) for identity in traces.identities),
        *(nodes.anonymous(each) for each in browsers if not each.startswith(nodes.USER)),
    }


def about(traces: Traces) -> dict[str, list[dict[str, Any]]]:
    """Return what calls said of a person, oldest first: plain values by name."""
    keys = keys_of(traces)
    edges = Identification.objects.filter(Q(left__in=keys) | Q(right__in=keys)).order_by("first_at", "id")
    claims = Claim.objects.filter(node__in=keys).order_by("said_at", "id")
    companies = Belonging.objects.filter(node__in=keys).order_by("said_at", "id")
    return {
        "identified_as": [
            {"key": shown(each.left), "and": shown(each.right), "by": each.source, "at": each.first_at}
            for each in edges
        ],
        "claims": [
            {"field": each.field, "value": each.value, "by": each.source, "at": each.said_at}
            for each in claims
        ],
        "companies": [{"company": shown(each.group), "at": each.said_at} for each in companies],
    }


def shown(node: str) -> str:
    """
    Return a key as people read it.

    >>> shown("user\\napp\\nu7")
    'user app u7'
    """
    return node.replace("\n", " ")


def forget(traces: Traces) -> None:
    """Drop what calls said of a person; that somebody did something stays, without whose browser it was."""
    keys = keys_of(traces)
    Identification.objects.filter(Q(left__in=keys) | Q(right__in=keys)).delete()
    Claim.objects.filter(node__in=keys).delete()
    Belonging.objects.filter(node__in=keys).delete()
    ClaimedValue.objects.filter(entity="lead", object_id__in=traces.lead_ids).delete()
    users = {nodes.visitor_key(node) for node in keys if nodes.is_user(node)}
    for visitor in Visitor.objects.filter(Q(lead__in=traces.lead_ids) | Q(anonymous_id__in=users)):
        visitor.anonymous_id, visitor.lead = f"{ERASED}{visitor.pk}", None
        visitor.identified_at, visitor.identified_by = None, None
        visitor.save()
