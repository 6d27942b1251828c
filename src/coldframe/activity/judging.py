"""
Judging hits: who stands behind each, as far as is known, and again while evidence comes in.

A hit is judged when it is taken in, with everything else that is known of its mail, and for 24 hours again: by further
hits, and by what the lead did afterwards. Then its judgement stands. ``kernel.engagement`` says how; here the rows are
fetched, and what came out otherwise than before is written down. An account whose evidence changed is due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

import polars as pl
from django.db import connection, transaction

from coldframe.activity.models import Event, Hit
from coldframe.kernel.engagement.judge import judge
from coldframe.kernel.engagement.limits import LIMITS
from coldframe.kernel.engagement.words import FOLLOW_UPS, HITS, FollowUp, Rule
from coldframe.kernel.frames import INSTANT
from coldframe.kernel.vocabulary import Evidence
from coldframe.leads import due
from coldframe.leads.models import ImportBatch
from coldframe.storage import reads

#: Kinds of events that say that somebody was there after a click. A download may be the click itself.
FOLLOW_UP_KINDS: dict[str, FollowUp] = {
    "page": FollowUp.PAGE,
    "page_read": FollowUp.READ,
    "form_submitted": FollowUp.FORM,
    "webinar_registered": FollowUp.FORM,
    "meeting_booked": FollowUp.FORM,
    "answered": FollowUp.FORM,
    "chat": FollowUp.FORM,
    "replied": FollowUp.REPLY,
}
#: How long raw hits are kept.
KEPT_FOR = timedelta(days=396)
#: A page that a machine opened is looked at within so long.
OPENED_WITHIN = timedelta(seconds=30)
#: Rows of one statement, and mails judged at a time.
ROWS_A_STATEMENT = 5_000
MAILS_AT_A_TIME = 5_000

RULES = {rule.value: Hit.RuleCode[rule.value].value for rule in Rule}
EVIDENCE = {each.value: Event.EvidenceCode[each.value].value for each in Evidence}
#: What a judgement rests on, beside the columns of ``HITS``.
ROW: dict[str, pl.DataType | type[pl.DataType]] = {
    **HITS,
    "touch": pl.String,
    "account_id": pl.Int64,
    "path": pl.String,
    "was_evidence": pl.Int64,
    "was_rule": pl.Int64,
}
HIT_SQL = """
    SELECT h.event_id, 0, e.lead_id, CAST(e.account_id AS text), COALESCE(h.link, -e.shape_id), h.link_count, h.at,
           h.is_open, h.method, NULLIF(h.network, ''), h.agent, h.is_known_network, h.is_prefetch, h.is_hidden, h.is_bot,
           h.handed_over_at, CAST(h.touch AS text), e.account_id, s.topic, e.evidence, h.rule
      FROM activity_hit h
      JOIN activity_event e ON e.id = h.event_id
      JOIN activity_eventshape s ON s.id = e.shape_id
     WHERE e.lead_id IS NOT NULL AND h.touch IN ({touches})
"""
FOLLOW_UP: dict[str, pl.DataType | type[pl.DataType]] = {
    "event_id": pl.Int64,
    "account_id": pl.Int64,
    "lead_id": pl.Int64,
    "kind": pl.String,
    "path": pl.String,
    "at": INSTANT,
    "evidence": pl.Int64,
}


def judge_mails(touches: Collection[UUID], *, at: datetime) -> int:
    """
    Judge all hits on these mails that are not settled, and on mails that were visited along with them.

    Returns how many hits are now another's than before. Within the caller's transaction, if there is one.
    """
    changed = 0
    for some in in_runs(sorted(touches), MAILS_AT_A_TIME):
        changed += judge_some(some, at=at)
    return changed


def judge_some(touches: Collection[UUID], *, at: datetime) -> int:
    """Judge the hits of some mails, see ``judge_mails``."""
    with transaction.atomic():
        affected = {*touches, *visited_along(touches)}
        rows = load_hits(affected | visited_along(affected))
        if rows.is_empty():
            return 0
        followed = load_follow_ups(rows)
        judged = rows.join(made_of(rows, followed), on="hit_id", how="inner")
        texts = {each.hex for each in affected} | {str(each) for each in affected}
        open_still = (pl.col("at") + LIMITS.judged_for >= at) | pl.col("was_rule").is_null()
        judged = judged.filter(pl.col("touch").is_in(texts) & open_still)
        changed = judged.filter(
            pl.col("evidence").ne_missing(pl.col("was_evidence"))
            | pl.col("rule").ne_missing(pl.col("was_rule"))
        )
        write(changed, at=at)
        make_due(changed, at=at)
        unmask_pages(judged, followed, at=at)
        return changed.filter(pl.col("evidence") != pl.col("was_evidence")).height


def visited_along(touches: Collection[UUID]) -> set[UUID]:
    """Return the other mails that were clicked from the same network within a moment of a click on these."""
    reach = LIMITS.crowd_within
    is_lite = connection.vendor == "sqlite"
    apart = (
        str(reach // timedelta(microseconds=1)) if is_lite else f"interval '{reach.total_seconds()} seconds'"
    )
    found: set[UUID] = set()
    for some in in_runs(sorted(touches), ROWS_A_STATEMENT):
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT DISTINCT CAST(o.touch AS text) FROM activity_hit h JOIN activity_hit o
                       ON o.network = h.network AND NOT o.is_open AND o.network <> ''
                      AND o.at BETWEEN h.at - {apart} AND h.at + {apart} AND o.touch <> h.touch
                    WHERE NOT h.is_open AND h.network <> '' AND h.touch IN ({written(some)})"""
            )
            found |= {UUID(text) for (text,) in cursor.fetchall()}
    return found - set(touches)


def written(touches: Collection[UUID]) -> str:
    """Return touches as SQL writes them; digits and hyphens alone."""
    is_lite = connection.vendor == "sqlite"
    return ", ".join(f"'{each.hex if is_lite else each}'" for each in touches) or "NULL"


def load_hits(touches: Collection[UUID]) -> pl.DataFrame:
    """Return all hits of mails as ``ROW``."""
    parts = [
        reads.read_frame(HIT_SQL.format(touches=written(some)), schema=ROW)
        for some in in_runs(sorted(touches), ROWS_A_STATEMENT)
    ]
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=ROW)
    link = pl.when(~pl.col("is_open")).then("link")
    return rows.with_columns(link, pl.col("touch").rank("dense").cast(pl.Int64).alias("mail_id"))


def load_follow_ups(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the leads did from their first click on to a day after their last, as ``FOLLOW_UP``."""
    clicks = rows.filter(~pl.col("is_open"))
    if clicks.is_empty():
        return pl.DataFrame(schema=FOLLOW_UP)
    instants: list[datetime] = clicks["at"].to_list()
    first, last = min(instants), max(instants)
    kinds = ", ".join(map(reads.text, sorted(FOLLOW_UP_KINDS)))
    undone = reads.text(ImportBatch.State.UNDONE)
    return reads.read_frame(
        f"""SELECT e.id, e.account_id, e.lead_id, s.kind, s.path, e.occurred_at, e.evidence
              FROM activity_event e JOIN activity_eventshape s ON s.id = e.shape_id
             WHERE {reads.among("e.account_id", sorted(set(clicks["account_id"].to_list())))}
               AND e.lead_id IS NOT NULL AND s.kind IN ({kinds})
               AND e.occurred_at BETWEEN {reads.instant(first)} AND {reads.instant(last + LIMITS.judged_for)}
               AND (e.batch_id IS NULL OR e.batch_id NOT IN
                    (SELECT id FROM leads_importbatch WHERE state = {undone}))""",
        schema=FOLLOW_UP,
    )


def made_of(rows: pl.DataFrame, followed: pl.DataFrame) -> pl.DataFrame:
    """Return ``hit_id``, and ``evidence`` and ``rule`` as they are stored."""
    did = followed.filter(pl.col("evidence") == EVIDENCE[Evidence.HUMAN.value]).select(
        "lead_id", pl.col("kind").replace_strict(FOLLOW_UP_KINDS, return_dtype=pl.String), "at"
    )
    found = judge(rows, did.select(list(FOLLOW_UPS)))
    return found.select(
        "hit_id",
        pl.col("evidence").replace_strict(EVIDENCE, return_dtype=pl.Int64),
        pl.col("rule").replace_strict(RULES, return_dtype=pl.Int64),
    )


def write(changed: pl.DataFrame, *, at: datetime) -> None:
    """Store what is made of hits now: one statement for each judgement that there is."""
    for (evidence, rule), some in changed.group_by("evidence", "rule", maintain_order=True):
        for ids in in_runs(sorted(some["hit_id"].to_list()), ROWS_A_STATEMENT):
            Event.objects.filter(pk__in=ids).update(evidence=evidence)
            Hit.objects.filter(pk__in=ids).update(rule=rule, judged_at=at)


def make_due(changed: pl.DataFrame, *, at: datetime) -> None:
    """Have accounts looked at again whose evidence changed; opens decide nothing."""
    other = changed.filter(~pl.col("is_open"), pl.col("evidence") != pl.col("was_evidence"))
    due.mark_due(account_ids=other["account_id"].unique().to_list(), at=at)


def unmask_pages(judged: pl.DataFrame, followed: pl.DataFrame, *, at: datetime) -> None:
    """Take pages for a machine's that were looked at when a machine had just opened the link to them."""
    machines = judged.filter(pl.col("evidence") == EVIDENCE[Evidence.MACHINE.value], ~pl.col("is_open"))
    human = EVIDENCE[Evidence.HUMAN.value]
    pages = followed.filter(pl.col("kind") == "page", pl.col("evidence") == human)
    if machines.is_empty() or pages.is_empty():
        return
    leads_to = machines.select("lead_id", opened_at="at", path=path_of(pl.col("path")))
    opened = pages.join(leads_to, on=["lead_id", "path"]).filter(
        (pl.col("at") >= pl.col("opened_at")) & (pl.col("at") <= pl.col("opened_at") + OPENED_WITHIN)
    )
    ids = opened["event_id"].unique().to_list()
    for some in in_runs(sorted(ids), ROWS_A_STATEMENT):
        Event.objects.filter(pk__in=some).update(evidence=EVIDENCE[Evidence.MACHINE.value])
    due.mark_due(account_ids=opened["account_id"].unique().to_list(), at=at)


def path_of(target: pl.Expr) -> pl.Expr:
    """Return the path of a link's target, as a page's event has it."""
    path = target.str.replace(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*", "")
    return pl.when(path == "").then(pl.lit("/")).otherwise(path)


def judge_recent(*, at: datetime) -> int:
    """
    Judge the clicks of the last 24 hours again after which the lead did something; return how many are now another's.

    A chore of the worker: what a lead does arrives by many ways, and some of it long after it happened.
    """
    return judge_mails(followed_lately(at=at), at=at)


def followed_lately(*, at: datetime) -> set[UUID]:
    """Return the mails with a click of the last 24 hours that nothing has confirmed, and something has followed."""
    unsure = (Hit.RuleCode.EARLY.value, Hit.RuleCode.ALONE.value)
    kinds = ", ".join(map(reads.text, sorted(FOLLOW_UP_KINDS)))
    since = reads.instant(at - LIMITS.judged_for)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT CAST(h.touch AS text) FROM activity_hit h JOIN activity_event e ON e.id = h.event_id
                 WHERE NOT h.is_open AND h.at >= {since} AND h.rule IN {unsure} AND EXISTS (
                   SELECT 1 FROM activity_event f JOIN activity_eventshape s ON s.id = f.shape_id
                    WHERE f.account_id = e.account_id AND f.lead_id = e.lead_id AND f.occurred_at >= h.at
                      AND s.kind IN ({kinds}))"""
        )
        return {UUID(text) for (text,) in cursor.fetchall()}


def prune(*, at: datetime) -> int:
    """Drop raw hits that were taken in more than 13 months ago; their events stay. Returns how many."""
    return Hit.objects.filter(received_at__lt=at - KEPT_FOR).delete()[0]


def in_runs(items: list[UUID] | list[int], size: int) -> Iterator[list]:  # type: ignore[type-arg]
    """Yield the items in runs of ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
