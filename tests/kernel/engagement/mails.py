"""
Hits on mails of the standing cast, and the rules written once more, one hit at a time.

>>> frame = hits(click(5), click(7, link=1))
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel.engagement.judge import judge
from coldframe.kernel.engagement.words import FOLLOW_UPS, HITS

#: When the mails were handed over: a Monday.
SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA, JONAS = 1, 2
Row = dict[str, Any]


def click(after: float, /, **changed: Any) -> Row:
    """Return a click of Anna's so many seconds after the hand-over of a mail with five links."""
    return {
        "mail_id": changed.get("lead_id", ANNA),
        "lead_id": ANNA,
        "domain": "brightpath.example",
        "link": 0,
        "link_count": 5,
        "at": SENT + timedelta(seconds=after),
        "is_open": False,
        "method": "GET",
        "network": "a1",
        "agent": "PLAIN",
        "is_known_network": False,
        "is_prefetch": False,
        "is_hidden": False,
        "is_bot": False,
        "handed_over_at": SENT,
        **changed,
    }


def opened(after: float, /, **changed: Any) -> Row:
    """Return an open of Anna's."""
    return click(after, link=None, is_open=True, **changed)


def did(kind: str, after: float, *, lead_id: int = ANNA) -> Row:
    """Return what a lead did so many seconds after the hand-over."""
    return {"lead_id": lead_id, "kind": kind, "at": SENT + timedelta(seconds=after)}


def hits(*rows: Row) -> pl.DataFrame:
    """Return the hits, numbered from 0."""
    return pl.DataFrame([{"hit_id": i, **row} for i, row in enumerate(rows)], schema=HITS)


def follow_ups(*rows: Row) -> pl.DataFrame:
    """Return what leads did."""
    return pl.DataFrame(list(rows), schema=FOLLOW_UPS)


def judged(*rows: Row, then: Sequence[Row] = ()) -> list[tuple[str, str]]:
    """Return (evidence, rule) of each hit, in order."""
    found = judge(hits(*rows), follow_ups(*then))
    return list(found.select("evidence", "rule").iter_rows())


def seconds(later: Row, earlier: Row) -> float:
    return (later["at"] - earlier["at"]).total_seconds()


def plainly(rows: Sequence[Row], then: Sequence[Row]) -> list[tuple[str, str]]:
    """Return what ``judged`` should, by the plainest reckoning there is."""
    machines = [machine_rule(row, rows) for row in rows]
    return [
        ("MACHINE", rule) if rule else unmasked(row, rows, machines, then)
        for row, rule in zip(rows, machines, strict=True)
    ]


def machine_rule(row: Row, rows: Sequence[Row]) -> str | None:
    """Return the rule that gives a machine away."""
    if row["method"] in ("HEAD", "OPTIONS") or row["agent"] != "PLAIN":
        return "DECLARED"
    if row["is_known_network"] or row["is_prefetch"] or row["is_bot"]:
        return "DECLARED"
    mine = [each for each in rows if each["mail_id"] == row["mail_id"]]
    if hidden_near(row, mine) and not is_visited_again(row, mine):
        return "HIDDEN_LINK"
    if row["is_open"]:
        return None
    clicks = [each for each in mine if not each["is_open"]]
    for first in clicks:
        for within in (2, 10):
            stretch = [
                each
                for each in clicks
                if 0 <= seconds(each, first) <= within
                and (within == 2 or each["network"] == first["network"])
            ]
            is_in = any(each is row for each in stretch) and is_burst(stretch, within)
            if is_in and not (within == 2 and is_bystander(row, clicks)):
                return "BURST"
    return "CROWD" if in_crowd(row, rows) else None


def hidden_near(row: Row, mine: Sequence[Row], *, within: int = 30) -> list[Row]:
    hidden = [each for each in mine if each["is_hidden"] and is_same_house(each, row)]
    return [each for each in hidden if abs(seconds(each, row)) <= within]


def is_visited_again(row: Row, mine: Sequence[Row]) -> bool:
    if row["is_open"] or hidden_near(row, mine, within=10):
        return False
    return any(
        each["link"] == row["link"] and not each["is_open"] and hit in hidden_near(each, mine, within=10)
        for hit in hidden_near(row, mine)
        for each in mine
    )


def is_bystander(row: Row, clicks: Sequence[Row]) -> bool:
    if row["network"] is None:
        return False
    then = [each for each in clicks if each is not row and abs(seconds(each, row)) <= 2]
    elsewhere = [each for each in then if each["network"] != row["network"]]
    here = [each for each in then if each["network"] == row["network"]]
    return (
        bool(elsewhere)
        and is_burst(elsewhere, 2)
        and row["link"] in {each["link"] for each in elsewhere}
        and {each["link"] for each in here} <= {row["link"]}
    )


def is_same_house(one: Row, other: Row) -> bool:
    return one["network"] is None or other["network"] is None or one["network"] == other["network"]


def is_burst(stretch: Sequence[Row], within: int) -> bool:
    count, links = len({each["link"] for each in stretch}), stretch[0]["link_count"]
    return count >= 5 if within == 10 else count >= 3 or (links == 2 and count == 2)


def in_crowd(row: Row, rows: Sequence[Row]) -> bool:
    if row["network"] is None or row["domain"] is None:
        return False
    house = [
        each
        for each in rows
        if not each["is_open"] and (each["network"], each["domain"]) == (row["network"], row["domain"])
    ]
    for first in house:
        at_once = [each for each in house if 0 <= seconds(each, first) < 1]
        if any(each is row for each in at_once) and len({each["lead_id"] for each in at_once}) >= 5:
            return True
    return False


def unmasked(
    row: Row, rows: Sequence[Row], machines: Sequence[str | None], then: Sequence[Row]
) -> tuple[str, str]:
    """Return what becomes of a hit that nothing gives away as a machine's."""
    if row["is_open"]:
        return "UNSURE", "PIXEL"
    after = [(each["kind"], seconds(each, row)) for each in then if each["lead_id"] == row["lead_id"]]
    strong = any(0 <= gap <= (1_800 if kind == "READ" else 86_400) for kind, gap in after if kind != "PAGE")
    if is_early(row) and not strong:
        return "UNSURE", "EARLY"
    pages = sum(kind == "PAGE" and 0 <= gap <= 1_800 for kind, gap in after)
    clicks = sum(
        not each["is_open"] and each["lead_id"] == row["lead_id"] and 0 <= seconds(each, row) <= 1_800
        for each in rows
    )
    others = [
        abs(seconds(each, row))
        for each, machine in zip(rows, machines, strict=True)
        if not machine and not each["is_open"] and each["mail_id"] == row["mail_id"] and not is_early(each)
    ]
    came_back = any(3_600 <= gap <= 86_400 for gap in others)
    return ("HUMAN", "FOLLOWED") if strong or pages > clicks or came_back else ("UNSURE", "ALONE")


def is_early(row: Row) -> bool:
    return row["handed_over_at"] is not None and (row["at"] - row["handed_over_at"]).total_seconds() < 60
