"""
Was it a person? Each hit by the first of eight rules that matches, over any number of mails at once.

What a machine cannot help doing gives it away: it says so, it falls for a link nobody sees, it visits several links
within seconds, it visits a house's mails all at once. What remains is a person only where something follows that only
people do. A scanner that behaves like one person who clicks one link stays unsure.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from coldframe.kernel.engagement import following
from coldframe.kernel.engagement.limits import LIMITS, Limits
from coldframe.kernel.engagement.words import HITS, JUDGEMENTS, Agent, Rule
from coldframe.kernel.vocabulary import Evidence

#: Methods that fetch nothing for anybody to look at.
NOTHING_FETCHED = ("HEAD", "OPTIONS")
#: What each rule says of a hit.
EVIDENCE_OF: dict[Rule, Evidence] = {
    Rule.DECLARED: Evidence.MACHINE,
    Rule.HIDDEN_LINK: Evidence.MACHINE,
    Rule.BURST: Evidence.MACHINE,
    Rule.CROWD: Evidence.MACHINE,
    Rule.EARLY: Evidence.UNSURE,
    Rule.FOLLOWED: Evidence.HUMAN,
    Rule.PIXEL: Evidence.UNSURE,
    Rule.ALONE: Evidence.UNSURE,
}
SORTED = ("mail_id", "at", "hit_id")


def judge(hits: pl.DataFrame, follow_ups: pl.DataFrame, *, limits: Limits = LIMITS) -> pl.DataFrame:
    """
    Say of each hit who stands behind it, by which rule, and why.

    Parameters
    ----------
    hits
        ``words.HITS``. All hits of a mail belong together, and so do those of other mails that came from its
        networks within ``limits.crowd_within``; what is left out cannot give a machine away.
    follow_ups
        ``words.FOLLOW_UPS`` of the leads, to ``limits.judged_for`` after their hits. Earlier and later ones say nothing.
    limits
        The figures.

    Returns
    -------
    One row per hit, ordered by ``hit_id``: ``words.JUDGEMENTS``.

    Notes
    -----
    The rules, first to last; of each the first that matches decides:

    1. DECLARED: HEAD or OPTIONS, fetched ahead, a program or a network that is none of a person's, the provider's
       word. Proxies of Apple and of Gmail are among the programs.
    2. HIDDEN_LINK: the hidden link, and any hit of that mail within 30 seconds of it, before or after, unless it is known
       to come from another network, or is a click more than 10 seconds apart from it on a link that was visited along
       with it: the reader may have been quick.
    3. BURST: at least 3 distinct links of a mail within 2 seconds, or both of two; at least 5 within 10 seconds from one
       network, unknown ones being one. All clicks in such a stretch, but for ``_bystanders``.
    4. CROWD: clicks for at least 5 recipients of one domain, from one network, within a second.
    5. PIXEL: an open.
    6. EARLY: a click alone, less than a minute after the hand-over; see ``following`` for what makes it more.
    7. FOLLOWED: a click after which came what only people do; see ``following``.
    8. ALONE: any other click.

    The order of rows plays no part: hits are sorted by mail, time and id before anything is counted.
    """
    if hits.is_empty():
        return pl.DataFrame(schema=JUDGEMENTS)
    frame = hits.select(list(HITS)).sort(SORTED)
    frame = frame.with_columns(_declared().alias("is_declared")).with_row_index("row")
    frame = _with_hidden(frame, limits)
    frame = _with_bursts(frame, limits)
    frame = _with_crowds(frame, limits)
    frame = frame.with_columns(_is_machine().alias("is_machine"))
    frame = following.with_follow_ups(frame, follow_ups, limits)
    return (
        frame.with_columns(_rule(limits).alias("rule"))
        .with_columns(_evidence().alias("evidence"), _reason(limits).alias("reason"))
        .select(pl.col(name).cast(dtype) for name, dtype in JUDGEMENTS.items())
        .sort("hit_id")
    )


def _declared() -> pl.Expr:
    says_so = pl.any_horizontal("is_known_network", "is_prefetch", "is_bot")
    return says_so | pl.col("method").is_in(NOTHING_FETCHED) | (pl.col("agent") != Agent.PLAIN.value)


def _with_hidden(frame: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """
    Add ``is_near_hidden``: on the hidden link of the mail, or close to a hit on it.

    Not from elsewhere; and not a click some while apart from it on a link that was visited along with it: a scanner
    visits each link once.
    """
    hidden = frame.filter("is_hidden").select("mail_id", "network", hidden_at="at")
    if hidden.is_empty():
        return frame.with_columns(pl.lit(False).alias("is_near_hidden"))
    pairs = frame.join(hidden, on="mail_id", suffix="_hidden").with_columns(
        (pl.col("at") - pl.col("hidden_at")).abs().alias("apart")
    )
    is_elsewhere = (pl.col("network") != pl.col("network_hidden")).fill_null(False)
    near = pairs.filter((pl.col("apart") <= limits.around_hidden) & ~is_elsewhere)
    is_along = pl.col("apart") <= limits.slow_burst_within
    visited = near.filter(is_along & ~pl.col("is_open")).select("mail_id", "hidden_at", "link").unique()
    later = near.filter(~is_along.any().over("row") & ~pl.col("is_open"))
    again = later.join(visited, on=["mail_id", "hidden_at", "link"], how="semi")["row"]
    rows = near.filter(~pl.col("row").is_in(again.implode()))["row"]
    return frame.with_columns(pl.col("row").is_in(rows.implode()).alias("is_near_hidden"))


def _with_bursts(frame: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Add ``burst_links``: the most links of the mail that a stretch around the click holds; null: no burst."""
    clicks = frame.filter(~pl.col("is_open") & pl.col("link").is_not_null())
    clicks = clicks.with_columns(pl.col("network").fill_null(""))
    several = clicks.filter(pl.col("link").n_unique().over("mail_id") > 1)
    count = pl.col("links")
    is_quick = (count >= limits.burst_links) | ((pl.col("link_count") == 2) & (count >= 2))
    quick = _in_stretches(several, ["mail_id"], limits.burst_within, is_quick).join(
        _bystanders(several, limits), on="row", how="anti"
    )
    is_slow = count >= limits.slow_burst_links
    slow = _in_stretches(
        several.sort("mail_id", "network", "at", "hit_id"),
        ["mail_id", "network"],
        limits.slow_burst_within,
        is_slow,
    )
    most = pl.max_horizontal("quick_links", "slow_links").alias("burst_links")
    return (
        frame.join(quick.rename({"links": "quick_links"}), on="row", how="left", maintain_order="left")
        .join(slow.rename({"links": "slow_links"}), on="row", how="left", maintain_order="left")
        .with_columns(most)
    )


def _in_stretches(clicks: pl.DataFrame, by: list[str], length: timedelta, is_burst: pl.Expr) -> pl.DataFrame:
    """
    Return ``row`` and ``links`` of each click that lies in a stretch of clicks that is a burst.

    Stretches are of clicks with the same ``by``, begin at clicks and reach as far as ``length``, both ends included.
    """
    empty = pl.DataFrame(schema={"row": clicks.schema["row"], "links": pl.UInt32})
    if clicks.is_empty():
        return empty
    stretches = (
        clicks.rolling("at", period=length, offset=timedelta(0), closed="both", group_by=by)
        .agg(pl.col("link").n_unique().cast(pl.UInt32).alias("links"), pl.col("link_count").max())
        .filter(is_burst)
        .group_by(*by, "at")
        .agg(pl.col("links").max())
        .sort(*by, "at")
    )
    if stretches.is_empty():
        return empty
    return (
        clicks.select("row", *by, "at")
        .join_asof(stretches, on="at", by=by, strategy="backward", tolerance=length, check_sortedness=False)
        .filter(pl.col("links").is_not_null())
        .select("row", "links")
    )


def _bystanders(clicks: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """
    Return ``row`` of each click that is none of a burst's, though it happened at the same time.

    It came from a network from which no other link was clicked then, on a link that was also clicked from elsewhere then;
    and what came from elsewhere is a burst without it. So it was somebody else: a scanner visits each link once.
    """
    known = clicks.filter(pl.col("network") != "").select("row", "mail_id", "network", "link", "at")
    others = clicks.select("mail_id", "network", "link", "link_count", "at", other="row")
    pairs = known.join(others, on="mail_id", suffix="_other").filter(
        (pl.col("row") != pl.col("other"))
        & ((pl.col("at") - pl.col("at_other")).abs() <= limits.burst_within)
    )
    is_elsewhere, is_other_link = (pl.col(name) != pl.col(f"{name}_other") for name in ("network", "link"))
    links = pl.col("link_other").filter(is_elsewhere).n_unique()
    is_burst = (links >= limits.burst_links) | ((pl.col("link_count").max() == 2) & (links >= 2))
    went_on = (~is_elsewhere & is_other_link).any()
    was_visited = (is_elsewhere & ~is_other_link).any()
    found = pairs.group_by("row").agg((is_burst & was_visited & ~went_on).alias("is_bystander"))
    return found.filter("is_bystander").select("row")


def _with_crowds(frame: pl.DataFrame, limits: Limits) -> pl.DataFrame:
    """Add ``crowd``: for how many recipients of the domain there were clicks from the network at once; null: no crowd."""
    known = ~pl.col("is_open") & pl.col("network").is_not_null() & pl.col("domain").is_not_null()
    house = ["network", "domain"]
    clicks = frame.filter(known).filter(pl.col("lead_id").n_unique().over(house) >= limits.crowd)
    none = frame.with_columns(pl.lit(None, dtype=pl.UInt32).alias("crowd"))
    if clicks.is_empty():
        return none
    clicks = clicks.sort(*house, "at", "hit_id")
    stretches = (
        clicks.rolling("at", period=limits.crowd_within, offset=timedelta(0), closed="left", group_by=house)
        .agg(pl.col("lead_id").n_unique().cast(pl.UInt32).alias("crowd"))
        .filter(pl.col("crowd") >= limits.crowd)
        .group_by(*house, "at")
        .agg(pl.col("crowd").max())
        .with_columns(pl.col("at").alias("began_at"))
        .sort(*house, "at")
    )
    if stretches.is_empty():
        return none
    found = clicks.select("row", *house, "at").join_asof(
        stretches, on="at", by=house, strategy="backward", check_sortedness=False
    )
    found = found.filter(pl.col("at") - pl.col("began_at") < limits.crowd_within).select("row", "crowd")
    return frame.join(found, on="row", how="left", maintain_order="left")


def _is_machine() -> pl.Expr:
    gives_away = pl.col("burst_links").is_not_null() | pl.col("crowd").is_not_null()
    return pl.col("is_declared") | pl.col("is_near_hidden") | gives_away


def _rule(limits: Limits) -> pl.Expr:
    is_early = (pl.col("at") - pl.col("handed_over_at") < limits.early).fill_null(False)
    rules = {
        Rule.DECLARED: pl.col("is_declared"),
        Rule.HIDDEN_LINK: pl.col("is_near_hidden"),
        Rule.BURST: pl.col("burst_links").is_not_null(),
        Rule.CROWD: pl.col("crowd").is_not_null(),
        Rule.PIXEL: pl.col("is_open"),
        Rule.EARLY: is_early & pl.col("early_follow_up").is_null(),
        Rule.FOLLOWED: pl.col("follow_up").is_not_null(),
    }
    return pl.coalesce(
        *(pl.when(holds).then(pl.lit(rule.value)) for rule, holds in rules.items()), pl.lit(Rule.ALONE.value)
    )


def _evidence() -> pl.Expr:
    return pl.col("rule").replace_strict({rule.value: each.value for rule, each in EVIDENCE_OF.items()})


def _reason(limits: Limits) -> pl.Expr:
    """Why, for people."""
    links = pl.format("{} links of the mail within {} seconds", pl.col("burst_links"), _seconds(limits))
    crowd = pl.format("clicks for {} people of the house within a second", pl.col("crowd"))
    says = pl.coalesce(
        pl.when("is_bot").then(pl.lit("the provider says that it was a machine")),
        pl.when(pl.col("method").is_in(NOTHING_FETCHED)).then(pl.lit("only asked whether the link works")),
        pl.when("is_prefetch").then(pl.lit("fetched ahead, for nobody yet")),
        pl.when("is_known_network").then(pl.lit("from the network of a known scanner")),
        pl.when(pl.col("agent") == Agent.PROXY.value).then(pl.lit("fetched by a mail provider's proxy")),
        pl.when(pl.col("agent") == Agent.PREVIEW.value).then(pl.lit("fetched to show a preview of the link")),
        pl.lit("the program says that it is no browser"),
    )
    reasons = {
        Rule.DECLARED: says,
        Rule.HIDDEN_LINK: pl.lit("the hidden link of the mail was opened then"),
        Rule.BURST: links,
        Rule.CROWD: crowd,
        Rule.EARLY: pl.lit(
            "less than a minute after the mail was handed over, and nothing that only people do followed"
        ),
        Rule.FOLLOWED: pl.coalesce("early_follow_up", "follow_up"),
        Rule.PIXEL: pl.lit("an open says nothing of a person"),
        Rule.ALONE: pl.lit("nothing followed that only people do"),
    }
    return pl.coalesce(pl.when(pl.col("rule") == rule.value).then(text) for rule, text in reasons.items())


def _seconds(limits: Limits) -> pl.Expr:
    quick, slow = limits.burst_within.total_seconds(), limits.slow_burst_within.total_seconds()
    return (
        pl.when(pl.col("quick_links").is_not_null()).then(pl.lit(f"{quick:g}")).otherwise(pl.lit(f"{slow:g}"))
    )
