"""Whether receivers will believe that a message is ours: the sender's address, SPF, DKIM, DMARC, and their alignment."""

from __future__ import annotations

from dataclasses import dataclass

from coldframe.delivery.channels.email import dkim, dmarc, headers, names, spf
from coldframe.delivery.channels.email.names import Lookup, LookupFailed, NoSuchName
from coldframe.delivery.findings import Finding, blocks, passed, warns

#: Providers of private mailboxes: whoever writes from one through another server is refused by their DMARC.
FREE_MAIL = {
    "gmail.com", "googlemail.com", "yahoo.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "aol.com",
    "icloud.com", "me.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "mail.ru", "yandex.ru",
    "proton.me", "protonmail.com", "qq.com", "163.com", "zoho.com", "mail.com",
}  # fmt: skip
#: Names that never lead anywhere (RFC 2606, RFC 6761).
RESERVED = {"example", "test", "invalid", "localhost", "local", "internal"}
RESERVED_DOMAINS = {"example.com", "example.net", "example.org"}
NO_REPLY = {"noreply", "no-reply", "donotreply", "do-not-reply"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who writes, and who signs."""

    sender_address: str
    reply_to: str = ""
    dkim_selector: str = ""
    #: Domain of the signature; empty: the sender's.
    dkim_domain: str = ""
    #: SPF record of whoever sends for us.
    spf_include: str = ""


def check(lookup: Lookup, identity: Identity) -> list[Finding]:
    """
    Say all that is right and wrong with a sender.

    Raises nothing for what the DNS says or does not say: a look-up that fails is a finding of its own.
    """
    wrong = address_flaws(identity)
    if any(each.weight == "BLOCKS" for each in wrong):
        return wrong
    domain = headers.domain_of(identity.sender_address)
    try:
        return wrong + (domain_flaws(lookup, domain) or records(lookup, domain, identity))
    except LookupFailed as error:
        return [*wrong, unanswered(str(error))]


def unanswered(what: str) -> Finding:
    return blocks(
        "DNS_FAILED",
        f"A look-up in the DNS got no answer ({what}).",
        "Check the network and the name servers of the domain, then check again.",
    )


def address_flaws(identity: Identity) -> list[Finding]:
    """Say what is wrong with the addresses alone."""
    address = identity.sender_address
    if not address:
        return [
            blocks(
                "SENDER_MISSING", "There is no sender.", "coldframe connections change NAME --from ADDRESS"
            )
        ]
    for code, each in (("SENDER_INVALID", address), ("REPLY_TO_INVALID", identity.reply_to or address)):
        if not headers.ADDRESS.fullmatch(each):
            return [blocks(code, f'"{each}" is not one plain address.', "Write it as name@domain.")]
    local, _, domain = address.lower().rpartition("@")
    if domain in FREE_MAIL:
        what = f"{domain} allows nobody else to send in its name."
        return [blocks("SENDER_FREE_MAIL", what, "Write from a domain of your own.")]
    if domain.rpartition(".")[2] in RESERVED or domain in RESERVED_DOMAINS or "." not in domain:
        return [
            blocks("SENDER_RESERVED", f"{domain} exists on paper alone.", "Write from a domain of your own.")
        ]
    if local.partition("+")[0] in NO_REPLY and not identity.reply_to:
        what = f"Answers to {address} reach nobody, and answers are what nurture is for."
        return [warns("SENDER_NO_REPLY", what, "Write from a person, or set --reply-to.")]
    return []


def domain_flaws(lookup: Lookup, domain: str) -> list[Finding]:
    """Say why nobody could answer, or be told of a bounce."""
    try:
        hosts = lookup(domain, "MX")
    except NoSuchName:
        return [blocks("DOMAIN_MISSING", f"There is no domain {domain}.", "Correct the sender's address.")]
    if any(each.split()[-1] == "." for each in hosts):
        what = f"{domain} says that it takes no mail at all."
        return [
            blocks("DOMAIN_TAKES_NO_MAIL", what, "Remove the empty MX record, or write from another domain.")
        ]
    if not hosts:
        what = f"{domain} has no mail server: answers and bounces are lost."
        return [blocks("DOMAIN_NO_MX", what, "Add an MX record, or write from another domain.")]
    return []


def records(lookup: Lookup, domain: str, identity: Identity) -> list[Finding]:
    """Check what the domain publishes, and whether it fits together."""
    signer = identity.dkim_domain.lower() or domain
    policy = dmarc.check(lookup, domain)
    findings = spf.check(lookup, domain, must_include=identity.spf_include)
    findings += dkim.check(lookup, signer, identity.dkim_selector)
    return [*findings, *policy.findings, alignment(domain, signer, policy)]


def alignment(domain: str, signer: str, policy: dmarc.Policy) -> Finding:
    """Say whether the signature counts as one of the sender's."""
    if names.is_aligned(domain, signer, is_strict=policy.is_strict_dkim):
        return passed("ALIGNMENT", f"The signature of {signer} counts as one of {domain}.")
    if policy.is_strict_dkim and names.is_aligned(domain, signer, is_strict=False):
        return blocks(
            "ALIGNMENT_STRICT",
            f"{domain} asks for signatures of exactly {domain} (adkim=s), and {signer} signs.",
            "Sign with the sender's own domain, or remove adkim=s.",
        )
    return blocks(
        "ALIGNMENT",
        f"{signer} signs, and {domain} writes: DMARC takes that for a forgery.",
        "Let your provider sign with your own domain.",
    )
