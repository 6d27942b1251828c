"""
Opt-outs that clients repeat: whether they say anything new.

A trait is a state, and a client sends it along whenever it names somebody, also long after that person came back by a
consent of their own. What is new is a change: the first time that a source says so, and each time that it says so after
it has said otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from coldframe.activity.identity.sayings import SAID_NO, SAID_NO_MORE, Claimed, Wish

Claims = Mapping[tuple[str, str, str], Claimed]


def told(wishes: Sequence[Wish], *, before: Claims, fresh: Claims) -> list[Wish]:
    """
    Return wishes with those opt-outs marked that are repeats, and with those that only a late word shows to be none.

    ``before``: what was kept; ``fresh``: what has changed of it by now.
    """
    found = [
        each
        if each.wording is not None or has_turned(each.node, each.source, before=before, fresh=fresh)
        else replace(each, is_repeat=True)
        for each in wishes
    ]
    named = {(each.node, each.source) for each in wishes if each.wording is None}
    for node, source, name in fresh:
        if (
            name == SAID_NO_MORE
            and (node, source) not in named
            and has_turned(node, source, before=before, fresh=fresh)
        ):
            found.append(Wish(node, source, before[node, source, SAID_NO].said, None))
    return found


def has_turned(node: str, source: str, *, before: Claims, fresh: Claims) -> bool:
    """Say whether by now a source is known to have turned from mail to none, and was not before."""
    no, no_more = (node, source, SAID_NO), (node, source, SAID_NO_MORE)
    old, now = before.get(no), fresh.get(no) or before.get(no)
    if now is None:
        return False
    if old is None:
        return True
    otherwise = fresh.get(no_more) or before.get(no_more)
    if otherwise is None:
        return False
    said_again = old.said < now.said and old.said < otherwise.said
    came_late = no_more in fresh and now.first < otherwise.said < old.said
    return said_again or came_late
