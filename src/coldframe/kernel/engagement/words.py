"""The closed sets of words of engagement, and the frames in which hits reach the kernel."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from coldframe.kernel.frames import INSTANT


class Agent(StrEnum):
    """What kind of program asked, by its own word."""

    #: A browser or a mail program, or one that does not say.
    PLAIN = "PLAIN"
    #: A scanner, a crawler, a library: no person in front of it.
    SCANNER = "SCANNER"
    #: Shows in a chat or a post what is behind a link.
    PREVIEW = "PREVIEW"
    #: Fetches the pictures of a mail, whether or not anybody looks at it.
    PROXY = "PROXY"


class FollowUp(StrEnum):
    """What a visitor did afterwards."""

    #: A page was looked at; the one that a click leads to is one, too.
    PAGE = "PAGE"
    #: A page was read: scrolled, and in front for ten seconds.
    READ = "READ"
    #: Something was filled in, asked for, downloaded or booked.
    FORM = "FORM"
    #: A mail was answered.
    REPLY = "REPLY"


class Rule(StrEnum):
    """By which rule a hit was judged; the first that matches, in this order."""

    #: It says itself that it is none: the kind of request, the program, the network, the provider's word.
    DECLARED = "DECLARED"
    #: The link that no person can see, or close to a hit on it.
    HIDDEN_LINK = "HIDDEN_LINK"
    #: Several links of one mail at once.
    BURST = "BURST"
    #: Many recipients of one house at once.
    CROWD = "CROWD"
    #: A pixel; shown, and never better than this.
    PIXEL = "PIXEL"
    #: So soon after the hand-over that it may be a scanner.
    EARLY = "EARLY"
    #: Something followed that only people do.
    FOLLOWED = "FOLLOWED"
    #: A click by itself.
    ALONE = "ALONE"


#: One row per hit; ``hit_id`` is unique. Order carries no meaning. Whole mails, see ``judge``.
HITS: dict[str, pl.DataType | type[pl.DataType]] = {
    "hit_id": pl.Int64,
    "mail_id": pl.Int64,
    "lead_id": pl.Int64,  # whose mail
    "domain": pl.String,  # ? of the recipient's address, or anything that tells houses apart
    "link": pl.Int64,  # ? anything that tells the links of one mail apart; null: an open
    "link_count": pl.Int64,  # ? distinct links of the mail
    "at": INSTANT,
    "is_open": pl.Boolean,
    "method": pl.String,  # upper case
    "network": pl.String,  # ? anything that tells networks apart
    "agent": pl.String,  # a word of Agent
    "is_known_network": pl.Boolean,
    "is_prefetch": pl.Boolean,
    "is_hidden": pl.Boolean,
    "is_bot": pl.Boolean,
    "handed_over_at": INSTANT,  # ? null: not known, and no hit is early
}

#: One row per thing that a lead did afterwards.
FOLLOW_UPS: dict[str, pl.DataType | type[pl.DataType]] = {
    "lead_id": pl.Int64,
    "kind": pl.String,  # a word of FollowUp
    "at": INSTANT,
}

#: What is made of each hit; one row per hit, ordered by ``hit_id``.
JUDGEMENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "hit_id": pl.Int64,
    "evidence": pl.String,  # a word of vocabulary.Evidence
    "rule": pl.String,  # a word of Rule
    "reason": pl.String,  # for people: "4 links of the mail within 2 seconds"
}
