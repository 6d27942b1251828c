"""
Records that are likely one person.

Nobody is compared with everybody: leads share a *block* first (a phone, a mailbox, a company and one of
the names, a whole name and a city), and within a block the names decide. A strong block (a phone, a mailbox)
forgives more in the name than a weak one. Namesakes at two companies are two people. Pairs that agree are joined into groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import polars as pl
from rapidfuzz.distance import OSA, JaroWinkler

from coldframe.reports import filters
from coldframe.reports.findings import DuplicateGroup, Duplicates, Person

#: Jaro-Winkler similarity from which two names are one name with a slip; measured, with the margin it has, in
#: ``tests/reports/test_duplicates_material.py``.
SAME_NAME = 0.88
#: Enough where a phone or a mailbox agrees already.
SAME_NAME_IF_STRONG = 0.75
#: A block of more records says nothing about a person (a switchboard, "info", a first name at a large firm).
LARGEST_BLOCK = 60
#: Namesakes live in one city; more of them than this, and the name is a common one.
FEW = 4
#: Digits that tell one phone from another; country and trunk prefixes come before them.
PHONE_DIGITS = 9
SHORTEST_PHONE = 7
#: A shorter part before the @ (j, anna) is shared by strangers.
SHORTEST_MAILBOX = 5
#: So many digits make the part before the @ somebody's own; without them it is the name again, and namesakes at two
#: companies have the same.
OWN_DIGITS = 2
#: A domain of so many letters may have one slip and still be the same.
LONG_DOMAIN = 6
MOST_GROUPS = 50


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which records to compare, and how much their names must then agree."""

    text: str
    #: Columns that together are the block; a record that lacks one is in no block.
    block: tuple[str, ...]
    largest_block: int = LARGEST_BLOCK
    is_strong: bool = False
    #: Whether it holds where neither record has a name.
    is_enough_alone: bool = False
    #: Whether the domains of the addresses must be nearly the same.
    needs_domain: bool = False
    #: Whether one of the two must have no company: two companies speak for two people.
    needs_no_company: bool = False


RULES = (
    Rule(
        text="same mailbox written differently",
        block=("mailbox", "host"),
        is_strong=True,
        is_enough_alone=True,
    ),
    Rule(text="same phone and similar name", block=("digits",), is_strong=True),
    Rule(
        text="same mailbox at nearly the same domain", block=("mailbox",), needs_domain=True, is_strong=True
    ),
    Rule(text="same unusual mailbox and similar name", block=("handle",)),
    Rule(text="same company and last name, similar first name", block=("company_key", "last")),
    Rule(text="same company and first name, similar last name", block=("company_key", "first")),
    Rule(text="same company, first and last name swapped", block=("company_key", "whole")),
    Rule(text="same name and city", block=("whole", "city_key"), largest_block=FEW, needs_no_company=True),
)


class Side(NamedTuple):
    """What of a record is compared."""

    first: str | None
    last: str | None
    host: str | None
    has_company: bool


SIDES = len(Side._fields)


def find(people: pl.DataFrame) -> Duplicates:
    """
    Return the groups of leads that are likely one person.

    ``people`` has one row per lead, columns of ``frames.PEOPLE``.
    """
    keyed = with_keys(people)
    pairs, skipped = matching_pairs(keyed)
    groups = components(pairs)
    surplus = sum(len(group) - 1 for group in groups)
    rules = Counter(RULES[rule].text for rule in pairs.values())
    shown = sorted(groups, key=lambda group: (-len(group), group))[:MOST_GROUPS]
    return Duplicates(
        group_count=len(groups),
        lead_count=surplus + len(groups),
        surplus_count=surplus,
        rules=tuple(sorted(rules.items(), key=lambda each: (-each[1], each[0]))),
        groups=described(shown, people=people, pairs=pairs),
        skipped_blocks=skipped,
    )


def with_keys(people: pl.DataFrame) -> pl.DataFrame:
    """Return ``lead_id`` and the normalized columns that blocks and comparison read; null where there is none."""
    mailbox, host = pl.col("email").str.split("@").list.first(), pl.col("email").str.split("@").list.last()
    plain = mailbox.str.replace(r"\+.*$", "").str.replace_all(r"[^\p{L}\p{N}]", "")
    digits = pl.col("phone").str.replace_all(r"\D", "")
    company = (
        pl.when(~pl.col("is_personal")).then(pl.format("#{}", "account_id")).otherwise(folded("company"))
    )
    keyed = people.select(
        "lead_id",
        folded("first_name").alias("first"),
        folded("last_name").alias("last"),
        folded("city").alias("city_key"),
        company.alias("company_key"),
        pl.when(plain.str.len_chars() >= SHORTEST_MAILBOX, ~pl.col("is_role_address"))
        .then(plain)
        .alias("mailbox"),
        host.alias("host"),
        (~pl.col("is_personal")).alias("has_company"),
        pl.when(digits.str.len_chars() >= SHORTEST_PHONE)
        .then(digits.str.slice(-PHONE_DIGITS))
        .alias("digits"),
    )
    whole = pl.concat_list("first", "last").list.sort().list.join(" ")
    is_named = pl.all_horizontal(pl.col("first", "last").is_not_null())
    is_own = pl.col("mailbox").str.count_matches(r"\p{N}") >= OWN_DIGITS
    return keyed.with_columns(
        pl.when(is_named).then(whole).alias("whole"), pl.when(is_own).then("mailbox").alias("handle")
    )


def folded(column: str) -> pl.Expr:
    """Return the text in lower case, without accents, spaces and punctuation; null for nothing."""
    bare = pl.col(column).str.normalize("NFKD").str.replace_all(r"[^\p{L}\p{N}]", "").str.to_lowercase()
    return pl.when(bare != "").then(bare)


def matching_pairs(keyed: pl.DataFrame) -> tuple[dict[tuple[int, int], int], int]:
    """Return each likely pair with the number of the first rule that found it, and the blocks skipped."""
    found: dict[tuple[int, int], int] = {}
    skipped = 0
    for number, rule in enumerate(RULES):
        candidates, too_large = blocked_pairs(keyed, rule)
        skipped += too_large
        for left, right, *sides in candidates.iter_rows():
            one, other = Side(*sides[:SIDES]), Side(*sides[SIDES:])
            if (left, right) not in found and alike(one, other, rule=rule):
                found[left, right] = number
    return found, skipped


def blocked_pairs(keyed: pl.DataFrame, rule: Rule) -> tuple[pl.DataFrame, int]:
    """Return the pairs of a rule's blocks (two ids, then both sides), and how many blocks are too large."""
    block = list(rule.block)
    rows = keyed.drop_nulls(block).with_columns(pl.len().over(block).alias("size"))
    too_large = rows.filter(pl.col("size") > LARGEST_BLOCK).select(block).n_unique()
    rows = rows.filter(pl.col("size").is_between(2, rule.largest_block))
    keys = rows.select("lead_id", *Side._fields, pl.struct(block).alias("block"))
    pairs = keys.join(keys, on="block", suffix="_b").filter(pl.col("lead_id") < pl.col("lead_id_b"))
    sides = [*Side._fields, *(f"{name}_b" for name in Side._fields)]
    return pairs.select("lead_id", "lead_id_b", *sides), too_large


def alike(one: Side, other: Side, *, rule: Rule) -> bool:
    """Return whether two records of a block may be one person's; names as written or swapped."""
    if rule.needs_no_company and one.has_company and other.has_company:
        return False
    if rule.needs_domain and not same_domain(one.host, other.host):
        return False
    straight = (likeness(one.first, other.first), likeness(one.last, other.last))
    if agrees(straight, rule=rule):
        return True
    return agrees((likeness(one.first, other.last), likeness(one.last, other.first)), rule=rule)


@lru_cache(maxsize=200_000)
def same_domain(host: str | None, other: str | None) -> bool:
    """
    Return whether two domains are one under another ending, or with one slip in a long name.

    >>> same_domain("brightpath.example", "brightpaht.example"), same_domain("ember.example", "amber.example")
    (True, False)
    """
    if host is None or other is None:
        return False
    name, another = host.partition(".")[0], other.partition(".")[0]
    return name == another or (
        min(len(name), len(another)) >= LONG_DOMAIN and OSA.distance(name, another) <= 1
    )


def agrees(parts: tuple[float | None, float | None], *, rule: Rule) -> bool:
    """Return whether both parts agree well enough; a missing part is forgiven only where the block is strong."""
    known = [part for part in parts if part is not None]
    if rule.is_strong:
        return min(known) >= SAME_NAME_IF_STRONG if known else rule.is_enough_alone
    return len(known) == len(parts) and max(known) == 1.0 and min(known) >= SAME_NAME


@lru_cache(maxsize=200_000)
def likeness(name: str | None, other: str | None) -> float | None:
    """Return 0 to 1; an initial is as good as the name it begins; ``None`` where one is missing."""
    if name is None or other is None:
        return None
    if name == other:
        return 1.0
    if min(len(name), len(other)) == 1 and name[0] == other[0]:
        return SAME_NAME
    return float(JaroWinkler.similarity(name, other))


def components(pairs: dict[tuple[int, int], int]) -> list[tuple[int, ...]]:
    """Return the groups that the pairs join, each in order of id."""
    parent: dict[int, int] = {}

    def root(lead: int) -> int:
        while parent.setdefault(lead, lead) != lead:
            parent[lead] = lead = parent[parent[lead]]
        return lead

    for left, right in pairs:
        parent[root(right)] = root(left)
    groups: dict[int, list[int]] = {}
    for lead in sorted(parent):
        groups.setdefault(root(lead), []).append(lead)
    return sorted(tuple(group) for group in groups.values())


def described(
    groups: list[tuple[int, ...]], *, people: pl.DataFrame, pairs: dict[tuple[int, int], int]
) -> tuple[DuplicateGroup, ...]:
    """Return the groups with the people in them and the rules that joined them."""
    wanted = {lead for group in groups for lead in group}
    known = {
        row["lead_id"]: person(row)
        for row in people.filter(pl.col("lead_id").is_in(wanted)).iter_rows(named=True)
    }
    rules: dict[int, set[int]] = {}
    for (left, _), rule in pairs.items():
        rules.setdefault(left, set()).add(rule)
    return tuple(
        DuplicateGroup(
            people=tuple(known[lead] for lead in group),
            why=tuple(reasons(group, rules)),
            leads=filters.query(id=list(group)),
        )
        for group in groups
    )


def reasons(group: tuple[int, ...], rules: dict[int, set[int]]) -> Iterator[str]:
    """Yield the texts of the rules that joined a group, strongest first."""
    for number in sorted(set().union(*(rules.get(lead, set()) for lead in group))):
        yield RULES[number].text


def person(row: dict[str, object]) -> Person:
    """Return a lead as a list of duplicates shows it."""
    names = [str(row[part]) for part in ("first_name", "last_name") if row[part]]
    return Person(
        lead_id=int(str(row["lead_id"])),
        public_id=str(UUID(str(row["public_id"]))),
        name=" ".join(names),
        email=str(row["email"] or ""),
        company=str(row["company"] or ""),
    )
