"""Companies that get a mail, the scanners before them, the people in them, and everything these do: by seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from coldframe.kernel.engagement.words import FOLLOW_UPS, HITS
from tests.traffic import figures

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = 86_400.0
HIDDEN = 99


@dataclass(kw_only=True)
class Traffic:
    """What was seen, what people did, and the truth about each hit."""

    #: ``HITS``, with ``truth``: burst, visit (a scanner's only click), declared, human, open; and ``visit_id``.
    hits: list[dict[str, Any]] = field(default_factory=list)
    follow_ups: list[dict[str, Any]] = field(default_factory=list)
    mails: int = 0
    visits: int = 0

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return hits, follow-ups, and ``hit_id``, ``truth``, ``visit_id``, ``lead_id``."""
        numbered = [{"hit_id": number, **hit} for number, hit in enumerate(self.hits)]
        truths = {
            "hit_id": pl.Int64,
            "truth": pl.String,
            "visit_id": pl.Int64,
            "lead_id": pl.Int64,
            "at": HITS["at"],
        }
        rows, truth = ([{name: hit[name] for name in names} for hit in numbered] for names in (HITS, truths))
        return (
            pl.DataFrame(rows, schema=HITS),
            pl.DataFrame(self.follow_ups, schema=FOLLOW_UPS),
            pl.DataFrame(truth, schema=truths),
        )


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail to one reader."""

    number: int
    domain: str
    network: str
    links: int
    sent: float
    has_hidden: bool


@dataclass(kw_only=True)
class Making:
    """One run of the generator."""

    rng: random.Random
    made: Traffic = field(default_factory=Traffic)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def hit(
        self, mail: Mail, at: float, truth: str, *, visit: int = -1, link: int | None = 0, **changed: Any
    ) -> None:
        """Note one hit on a mail."""
        self.made.hits.append(
            {
                "mail_id": mail.number, "lead_id": mail.number, "domain": mail.domain, "link": link, "link_count": mail.links,
                "at": BEGIN + timedelta(seconds=at), "is_open": link is None, "method": "GET", "network": mail.network,
                "agent": "PLAIN", "is_known_network": False, "is_prefetch": False, "is_hidden": link == HIDDEN,
                "is_bot": False, "handed_over_at": BEGIN + timedelta(seconds=mail.sent), "truth": truth, "visit_id": visit,
                **changed,
            }
        )  # fmt: skip

    def did(self, mail: Mail, kind: str, at: float) -> None:
        """Note what the reader of a mail did."""
        self.made.follow_ups.append(
            {"lead_id": mail.number, "kind": kind, "at": BEGIN + timedelta(seconds=at)}
        )

    def company(self, number: int, size: int) -> None:
        """One mail to each of a company's readers, and all that comes of it."""
        rng, links = self.rng, weighted(self.rng, figures.LINKS)
        network, scanners = f"office-{number}", 0
        if self.chance(figures.SCANNED):
            scanners = 1 + self.chance(figures.TWICE)
        has_hidden, start = self.chance(0.8), rng.uniform(0, 4 * 3_600)
        mails = [
            Mail(
                number=self.made.mails + i, domain=f"company-{number}.example", network=network, links=links,
                sent=start + i * rng.uniform(0.05, 0.3), has_hidden=has_hidden,
            )
            for i in range(size)
        ]  # fmt: skip
        self.made.mails += size
        for scanner in range(scanners):
            self.scan(mails, network if self.chance(figures.ON_PREMISE) else f"scanner-{number}-{scanner}")
        for mail in mails:
            self.pictures(mail)
            if self.chance(figures.CLICKED):
                self.person(mail)

    def scan(self, mails: list[Mail], network: str) -> None:
        """One scanner before a company looks into everybody's mail."""
        is_named, is_spread = self.chance(figures.NAMED), self.chance(figures.SPREAD)
        at_once = self.chance(figures.AT_ONCE) and len(mails) >= 5
        together = max(mail.sent for mail in mails) + begins(self.rng)
        for mail in mails:
            at = together + self.rng.uniform(0, 0.9) if at_once else mail.sent + begins(self.rng)
            self.visit(mail, at, network, is_named=is_named, is_spread=is_spread)

    def visit(self, mail: Mail, at: float, network: str, *, is_named: bool, is_spread: bool) -> None:
        """A scanner visits the links of one mail."""
        rng, visit = self.rng, self.made.visits
        self.made.visits += 1
        all_links = list(range(mail.links))
        links = (
            all_links if self.chance(figures.VISITS_ALL) else rng.sample(all_links, max(1, mail.links - 1))
        )
        truth = "burst" if len(links) > 1 else "visit"
        takes = figures.SLOW_BURST_TAKES if self.chance(figures.SLOW_BURSTS) else figures.BURST_TAKES
        changed = {"agent": "SCANNER"} if is_named else {}
        for link in links:
            moment = at + rng.uniform(0, takes if len(links) > 1 else 0)
            source = f"{network}-{rng.randrange(3)}" if is_spread else network
            if self.chance(figures.HEAD_FIRST):
                self.hit(mail, moment, "declared", link=link, network=source, method="HEAD")
            self.hit(mail, moment, truth, visit=visit, link=link, network=source, **changed)
            if self.chance(figures.SCRIPTED):
                self.did(mail, "PAGE", moment + rng.uniform(0.5, 3))
        if mail.has_hidden and self.chance(figures.TRAPPED):
            self.hit(mail, at + rng.uniform(0, takes), "declared", link=HIDDEN, network=network)
        self.hit(mail, max(mail.sent, at - rng.uniform(10, 35)), "open", link=None, network=network)

    def pictures(self, mail: Mail) -> None:
        """Pictures that nobody need have looked at."""
        if self.chance(figures.APPLE):
            self.hit(
                mail,
                mail.sent + self.rng.uniform(1, 6 * 3_600),
                "open",
                link=None,
                network="apple",
                agent="PROXY",
            )
        if self.chance(figures.GMAIL):
            self.hit(
                mail,
                mail.sent + self.rng.uniform(60, DAY),
                "open",
                link=None,
                network="google",
                agent="PROXY",
            )

    def person(self, mail: Mail) -> None:
        """A reader clicks, and so may those to whom the mail is forwarded."""
        at = mail.sent + clicks_after(self.rng)
        self.reading(mail, at)
        if self.chance(figures.PREFETCHED):
            self.hit(mail, at - self.rng.uniform(0.5, 5), "declared", is_prefetch=True)
        if self.chance(figures.PASTED):
            self.hit(mail, at + self.rng.uniform(20, 3_600), "declared", network="chat", agent="PREVIEW")
        if self.chance(figures.FORWARDED):
            for colleague in range(self.rng.randint(1, 5)):
                later = at + 60 + self.rng.lognormvariate(7, 1.5)
                self.reading(
                    mail, later, network=self.rng.choice([mail.network, f"home-{mail.number}-{colleague}"])
                )
        if self.chance(figures.RETURN):
            self.hit(
                mail, at + self.rng.uniform(3_700, 20 * 3_600), "human", link=self.rng.randrange(mail.links)
            )
        if self.chance(figures.REPLY):
            self.did(mail, "REPLY", at + self.rng.uniform(120, 6 * 3_600))

    def reading(self, mail: Mail, at: float, network: str | None = None) -> None:
        """One sitting: a click, and perhaps some more."""
        self.hit(mail, max(at - self.rng.uniform(2, 60), mail.sent), "open", link=None)
        for moment, link in self.clicks(mail, at):
            self.hit(mail, moment, "human", link=link, network=network or mail.network)
            if self.chance(figures.TRACKED):
                self.site(mail, moment)

    def clicks(self, mail: Mail, at: float) -> Iterator[tuple[float, int]]:
        """The links that are clicked in one sitting, and when."""
        rng, first = self.rng, self.rng.randrange(mail.links)
        yield at, first
        others = [link for link in range(mail.links) if link != first]
        luck = rng.random()
        if luck < figures.TABS:
            for link in rng.sample(others, min(len(others), rng.randint(1, 3))):
                at += rng.uniform(*figures.TAB_SECONDS)
                yield at, link
        elif luck < figures.TABS + figures.SEVERAL and others:
            yield at + 3 + rng.lognormvariate(0, 0.8) * figures.READING_MEDIAN, rng.choice(others)
        elif luck < figures.TABS + figures.SEVERAL + figures.TWICE_CLICKED:
            yield at + rng.uniform(0.1, 0.6), first

    def site(self, mail: Mail, at: float) -> None:
        """What the site's script sees after a click."""
        self.did(mail, "PAGE", at + self.rng.uniform(0.5, 4))
        if self.chance(figures.READ):
            self.did(mail, "READ", at + self.rng.uniform(12, 120))
        if self.chance(figures.SECOND_PAGE):
            self.did(mail, "PAGE", at + self.rng.uniform(8, 300))
        if self.chance(figures.FORM):
            self.did(mail, "FORM", at + self.rng.uniform(30, 1_500))


def weighted(rng: random.Random, choices: tuple[tuple[int, float], ...]) -> int:
    return rng.choices([value for value, _ in choices], [share for _, share in choices])[0]


def begins(rng: random.Random) -> float:
    """Return how many seconds after the hand-over a scanner begins."""
    least, most, _ = rng.choices(figures.BURSTS, [share for *_, share in figures.BURSTS])[0]
    return rng.uniform(least, most)


def clicks_after(rng: random.Random) -> float:
    """Return how many seconds after the hand-over a person clicks."""
    if rng.random() < figures.QUICK:
        return figures.QUICK_FROM + rng.lognormvariate(0, figures.QUICK_SPREAD) * figures.QUICK_MEDIAN
    return 30 + rng.lognormvariate(0, figures.SLOW_SPREAD) * figures.SLOW_MEDIAN


def generate(*, seed: int, mails: int) -> Traffic:
    """Return the traffic on about so many mails."""
    making = Making(rng=random.Random(seed))
    number = 0
    while making.made.mails < mails:
        making.company(number, making.rng.choice(figures.SIZES))
        number += 1
    return making.made
