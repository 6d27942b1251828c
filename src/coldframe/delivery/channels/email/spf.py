"""SPF: which servers may write in a domain's name (RFC 7208)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from coldframe.delivery.channels.email import names
from coldframe.delivery.channels.email.names import Lookup, NoSuchName
from coldframe.delivery.findings import Finding, blocks, passed, warns

MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2
MECHANISM = re.compile(
    r"[+?~-]?(?:all|include:(?P<include>\S+)|a(?:[:/]\S+)?|mx(?:[:/]\S+)?|ptr(?::\S+)?|ip4:(?P<ip4>\S+)"
    r"|ip6:(?P<ip6>\S+)|exists:\S+)|redirect=(?P<redirect>\S+)|[a-z][a-z0-9_.-]*=\S*",
    re.IGNORECASE,
)


@dataclass
class Walk:
    """What was met on the way through a record and those it includes."""

    lookup: Lookup
    lookup_count: int = 0
    void_count: int = 0
    included: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def check(lookup: Lookup, domain: str, *, must_include: str = "") -> list[Finding]:
    """
    Say what is wrong with a domain's SPF record.

    ``must_include``: the record of whoever sends for us, such as ``_spf.provider.example``; empty: not known.
    """
    records = [each for each in names.texts(lookup, domain) if each.lower().startswith("v=spf1")]
    if not records:
        return [missing(lookup, domain)]
    if len(records) > 1:
        return [
            blocks(
                "SPF_SEVERAL",
                f"{domain} has {len(records)} SPF records; receivers then use none.",
                "Merge them into one record.",
            )
        ]
    walk = Walk(lookup)
    follow(walk, domain, records[0], above=(domain,))
    walk.findings += ending(records[0], domain) + counted(walk, domain)
    if must_include and must_include.lower() not in walk.included:
        walk.findings.append(
            blocks(
                "SPF_LACKS_SERVER",
                f"The SPF record of {domain} does not include {must_include}, which sends for you.",
                f"Add include:{must_include} to it.",
            )
        )
    return walk.findings or [passed("SPF", f"{domain} has one SPF record, and it can be followed.")]


def missing(lookup: Lookup, domain: str) -> Finding:
    """Return why there is no record: misspelled, or none at all."""
    for each in names.texts(lookup, domain):
        if "spf1" in each.lower() and not each.lower().startswith("v=spf1"):
            return blocks(
                "SPF_MISSPELLED",
                f'{domain} has a record that begins "{each[:20]}" and counts as none.',
                "It must begin exactly v=spf1, without quotation marks or blanks before it.",
            )
    return blocks(
        "SPF_MISSING", f"{domain} has no SPF record.", "Add a TXT record such as v=spf1 include:… -all."
    )


def follow(walk: Walk, domain: str, record: str, *, above: tuple[str, ...]) -> None:
    """Go through a record's terms and those it includes, and note what cannot be followed."""
    terms = record.split()
    if terms[0].lower() != "v=spf1":
        walk.findings.append(
            blocks(
                "SPF_SYNTAX",
                f'The SPF record of {domain} begins "{terms[0][:40]}".',
                "It must begin v=spf1, then a blank.",
            )
        )
        return
    for term in terms[1:]:
        found = MECHANISM.fullmatch(term)
        if not found or not are_networks(found["ip4"], found["ip6"]):
            walk.findings.append(
                blocks(
                    "SPF_SYNTAX",
                    f'The SPF record of {domain} holds "{term[:60]}", which no receiver understands.',
                    "Correct it: one term that cannot be read makes the whole record void.",
                )
            )
            continue
        take(walk, domain, term.lower().lstrip("+?~-"), above=above)


def are_networks(ip4: str | None, ip6: str | None) -> bool:
    try:
        return (ip4 is None or bool(ipaddress.IPv4Network(ip4, strict=False))) and (
            ip6 is None or bool(ipaddress.IPv6Network(ip6, strict=False))
        )
    except ValueError:
        return False


def take(walk: Walk, domain: str, term: str, *, above: tuple[str, ...]) -> None:
    """Take one term: count its look-ups, and go into what it includes."""
    name = re.split(r"[:=/]", term, maxsplit=1)[0]
    if name == "ptr":
        walk.findings.append(
            warns(
                "SPF_PTR",
                f"The SPF record of {domain} uses ptr.",
                "Remove it: it is slow, and many ignore it.",
            )
        )
    if name in {"include", "redirect"}:
        into(walk, re.split(r"[:=]", term, maxsplit=1)[1], above=above)
    elif name in {"a", "mx", "ptr", "exists"}:
        walk.lookup_count += 1
        if name in {"a", "mx"} and is_void(walk.lookup, target_of(term, domain), name):
            walk.void_count += 1


def target_of(term: str, domain: str) -> str:
    given = re.match(r"[a-z]+:([^/]+)", term)
    return given[1] if given else domain


def is_void(lookup: Lookup, name: str, kind: str) -> bool:
    """Return whether a name has no records of a kind; one with a macro in it is not looked up."""
    if "%" in name:
        return False
    try:
        return not lookup(name, kind.upper())
    except NoSuchName:
        return True


def into(walk: Walk, target: str, *, above: tuple[str, ...]) -> None:
    """Follow an include or a redirect."""
    walk.lookup_count += 1
    if "%" in target or walk.lookup_count > MOST_LOOKUPS * 2:
        return
    if target in above:
        walk.findings.append(
            blocks(
                "SPF_LOOP", f"The SPF record of {above[-1]} includes {target} again.", "Remove the include."
            )
        )
        return
    walk.included.append(target)
    records = [each for each in names.texts(walk.lookup, target) if each.lower().startswith("v=spf1")]
    if len(records) != 1:
        walk.void_count += not records
        walk.findings.append(
            blocks(
                "SPF_INCLUDE_BROKEN",
                f"{above[-1]} includes {target}, which has {len(records) or 'no'} SPF record{'s' * (len(records) > 1)}.",
                "Remove or correct the include: as it is, receivers reject the whole record.",
            )
        )
        return
    follow(walk, target, records[0], above=(*above, target))


def ending(record: str, domain: str) -> list[Finding]:
    """Say what is wrong with how the record ends."""
    terms = [each.lower() for each in record.split()]
    if "+all" in terms or "all" in terms:
        return [
            blocks(
                "SPF_ALLOWS_ALL",
                f"{domain} lets every server on earth write in its name.",
                "End it with -all.",
            )
        ]
    if not {"-all", "~all"} & set(terms) and not any(each.startswith("redirect=") for each in terms):
        return [
            warns(
                "SPF_OPEN_END", f"The SPF record of {domain} says no to nobody.", "End it with ~all or -all."
            )
        ]
    return []


def counted(walk: Walk, domain: str) -> list[Finding]:
    """Say where the record asks for more look-ups than receivers make."""
    if walk.lookup_count > MOST_LOOKUPS:
        return [
            blocks(
                "SPF_TOO_MANY_LOOKUPS",
                f"The SPF record of {domain} needs {walk.lookup_count} look-ups; receivers stop at {MOST_LOOKUPS}.",
                "Remove includes of services that no longer send for you.",
            )
        ]
    if walk.void_count > MOST_VOID_LOOKUPS:
        return [
            blocks(
                "SPF_TOO_MANY_VOID",
                f"{walk.void_count} names in the SPF record of {domain} lead nowhere; receivers stop at {MOST_VOID_LOOKUPS}.",
                "Remove the names that no longer exist.",
            )
        ]
    return []
