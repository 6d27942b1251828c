"""DMARC: what receivers do with messages that are not signed in our name, and what counts as our name (RFC 7489)."""

from __future__ import annotations

from dataclasses import dataclass, field

from coldframe.delivery.channels.email import names
from coldframe.delivery.channels.email.names import Lookup
from coldframe.delivery.findings import Finding, blocks, passed, warns

POLICIES = {"none", "quarantine", "reject"}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A domain's record, as far as alignment needs it; what is wrong with it beside."""

    is_strict_dkim: bool = False
    is_strict_spf: bool = False
    findings: list[Finding] = field(default_factory=list)


def check(lookup: Lookup, domain: str) -> Policy:
    """Say what is wrong with the DMARC record that holds for a domain: its own, else its organization's."""
    for each in dict.fromkeys([domain, names.organization_of(domain)]):
        name = f"_dmarc.{each}"
        records = [text for text in names.texts(lookup, name) if "dmarc1" in text.lower()]
        if records:
            return read(lookup, name, each, records)
    return Policy(
        findings=[
            blocks(
                "DMARC_MISSING",
                f"There is no DMARC record at _dmarc.{domain}.",
                f"Add a TXT record: v=DMARC1; p=none; rua=mailto:dmarc@{domain}",
            )
        ]
    )


def read(lookup: Lookup, name: str, domain: str, records: list[str]) -> Policy:
    if len(records) > 1:
        found = blocks(
            "DMARC_SEVERAL", f"{name} has {len(records)} records; receivers then use none.", "Leave one."
        )
        return Policy(findings=[found])
    tags = names.tags_of(records[0])
    if tags is None or next(iter(tags)) != "v" or tags["v"] != "DMARC1":
        found = blocks("DMARC_SYNTAX", f"The record of {name} cannot be read.", "It must begin v=DMARC1; p=…")
        return Policy(findings=[found])
    findings = flaws(lookup, tags, name, domain)
    return Policy(
        is_strict_dkim=tags.get("adkim", "r").lower() == "s",
        is_strict_spf=tags.get("aspf", "r").lower() == "s",
        findings=findings or [passed("DMARC", f"{name} asks for p={tags['p']}.")],
    )


def flaws(lookup: Lookup, tags: dict[str, str], name: str, domain: str) -> list[Finding]:
    """Say what is wrong with a record that can be read."""
    if "p" not in tags:
        return [
            blocks("DMARC_NO_POLICY", f"{name} names no policy.", "Add p=none, p=quarantine or p=reject.")
        ]
    for tag in ("p", "sp"):
        if tag in tags and tags[tag].lower() not in POLICIES:
            what = f"{name} asks for {tag}={tags[tag]}, which nobody understands."
            return [blocks("DMARC_POLICY", what, "Use none, quarantine or reject.")]
    for tag in ("adkim", "aspf"):
        if tags.get(tag, "r").lower() not in {"r", "s"}:
            return [
                blocks("DMARC_ALIGNMENT", f"{name} holds {tag}={tags[tag]}.", "Use r or s, or remove it.")
            ]
    pct = tags.get("pct", "100")
    if not pct.isdecimal() or int(pct) > 100:
        return [warns("DMARC_PCT", f"{name} holds pct={pct}.", "Remove it.")]
    return report_flaws(lookup, tags.get("rua", ""), name, domain)


def report_flaws(lookup: Lookup, rua: str, name: str, domain: str) -> list[Finding]:
    """Say why no reports would come."""
    if not rua:
        return [warns("DMARC_NO_REPORTS", f"{name} asks for no reports.", f"Add rua=mailto:dmarc@{domain}")]
    for each in rua.split(","):
        address = each.strip().partition("!")[0]
        if not address.lower().startswith("mailto:") or "@" not in address:
            return [warns("DMARC_REPORT_ADDRESS", f"{name} holds rua={each.strip()}.", "Use rua=mailto:…@…")]
        host = address.rpartition("@")[2].lower()
        agreed = f"{domain}._report._dmarc.{host}"
        if not names.is_aligned(host, domain, is_strict=False) and not names.texts(lookup, agreed):
            return [
                warns(
                    "DMARC_REPORTS_UNWANTED",
                    f"Reports go to {host}, which has not agreed to take them.",
                    f"It needs a record at {agreed}, or choose an address of your own domain.",
                )
            ]
    return []
