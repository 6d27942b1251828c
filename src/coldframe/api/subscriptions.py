"""
Subscriptions of Amazon SNS: confirmed when they are to a topic that was named for the source.

The notification brings an address to open. It is not opened: the one that is asked for is made here of the topic
and the token, so that a forged notification leads nowhere but to Amazon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from coldframe.activity.providers import TOPIC
from coldframe.api.receivers import NotTaken

TOKEN = re.compile(r"[A-Za-z0-9._-]{1,2048}")
VERSION = "2010-03-31"
#: Seconds to wait for Amazon, which itself waits 15 for the answer.
PATIENCE = 8

#: Opens an address and returns the status of the answer; 0: none.
Fetch = Callable[[str], int]


def fetch(address: str) -> int:
    """Open an address of Amazon's, following nothing that it says."""
    import requests

    try:
        return int(requests.get(address, timeout=PATIENCE, allow_redirects=False).status_code)
    except requests.RequestException:
        return 0


def confirm(message: Mapping[str, Any], *, topics: Collection[str], opening: Fetch) -> None:
    """Confirm the subscription that a notification asks about. Raises ``NotTaken``."""
    topic, token = str(message.get("TopicArn", "")), str(message.get("Token", ""))
    if topic not in topics:
        raise NotTaken(403, "foreign_topic", "This source does not listen to that topic.")
    if TOKEN.fullmatch(token) is None:
        raise NotTaken(400, "unreadable", "The token is missing.")
    if opening(address_of(topic, token)) != 200:
        raise NotTaken(502, "not_confirmed", "Amazon did not take the confirmation.")


def address_of(topic: str, token: str) -> str:
    """
    Return the address by which Amazon confirms a subscription.

    >>> address_of("arn:aws:sns:eu-west-1:123456789012:mail", "abc")[:47]
    'https://sns.eu-west-1.amazonaws.com/?Action=Con'
    """
    query = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token, "Version": VERSION}
    return f"https://{host_of(topic)}/?{urlencode(query)}"


def host_of(topic: str) -> str:
    """
    Return the host by which Amazon is asked about a topic.

    >>> host_of("arn:aws-cn:sns:cn-north-1:123456789012:mail")
    'sns.cn-north-1.amazonaws.com.cn'
    """
    found = TOPIC.fullmatch(topic)
    assert found is not None  # noqa: S101 - The topics of a source were checked when they were given.
    return f"sns.{found.group(1)}.amazonaws.com" + (".cn" if topic.startswith("arn:aws-cn:") else "")
