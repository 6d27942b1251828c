"""Every wrong set-up of a sender's domain is found, and called by its name."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from coldframe.delivery.channels.email import names, verify
from coldframe.delivery.channels.email.names import LookupFailed, NoSuchName
from coldframe.delivery.findings import Weight

Records = dict[tuple[str, str], list[str] | type[Exception]]


@cache
def key(bits: int) -> str:
    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


GOOD = key(2048)
ED25519 = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()
#: 512 bits, which no library makes any longer.
TINY = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL5/bxBjv1lhxOQrMpDkw9YUuMiXoYCZVpp3IThyfDU4Rb4KAKkLDPx8Zd+PzqsG3Y4bfz2LoCJhZkDR"
    "TkNaPK8CAwEAAQ=="
)
SELECTOR = "s1._domainkey.ours.se"
HEALTHY: Records = {
    ("ours.se", "MX"): ["10 mx.ours.se."],
    ("ours.se", "TXT"): ["google-site-verification=x", "v=spf1 mx include:_spf.provider.se -all"],
    ("_spf.provider.se", "TXT"): ["v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/32 ~all"],
    (SELECTOR, "TXT"): [f"v=DKIM1; k=rsa; p={GOOD}"],
    ("_dmarc.ours.se", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@ours.se"],
}
ANNA = verify.Identity(sender_address="anna@ours.se", dkim_selector="s1", spf_include="_spf.provider.se")


def codes(records: Records, identity: verify.Identity = ANNA, *, least: Weight = Weight.BLOCKS) -> set[str]:
    wanted = {Weight.BLOCKS} if least is Weight.BLOCKS else {Weight.BLOCKS, Weight.WARNS}
    return {each.code for each in verify.check(fake(records), identity) if each.weight in wanted}


def fake(records: Records) -> names.Lookup:
    """Answer from these records: a name that has any record exists, another does not."""
    known = {name for name, _ in records}

    def lookup(name: str, kind: str) -> list[str]:
        found = records.get((name, kind), [])
        if isinstance(found, type):
            raise found(name)
        if name not in known:
            raise NoSuchName(name)
        return found

    return lookup


def spf(text: str, **more: str) -> Records:
    return {("ours.se", "TXT"): [text]} | {
        (name.replace("_at_", "."), "TXT"): [said] for name, said in more.items()
    }


def dkim(text: str) -> Records:
    return {(SELECTOR, "TXT"): [text]}


def dmarc(*texts: str) -> Records:
    return {("_dmarc.ours.se", "TXT"): list(texts)}


INCLUDE = "include:_spf.provider.se"
CHAIN: Records = {
    (f"n{number}.ours.se", "TXT"): [f"v=spf1 include:n{number + 1}.ours.se ~all"] for number in range(11)
} | {("n11.ours.se", "TXT"): ["v=spf1 ~all"]}
#: What is changed of a healthy set-up, and how it is called.
WRONG: list[tuple[str, Records]] = [
    ("DOMAIN_MISSING", {("ours.se", "MX"): NoSuchName}),
    ("DOMAIN_NO_MX", {("ours.se", "MX"): []}),
    ("DOMAIN_TAKES_NO_MAIL", {("ours.se", "MX"): ["0 ."]}),
    ("DNS_FAILED", {("ours.se", "MX"): LookupFailed}),
    ("DNS_FAILED", {("_dmarc.ours.se", "TXT"): LookupFailed}),
    ("SPF_MISSING", {("ours.se", "TXT"): ["google-site-verification=x"]}),
    ("SPF_MISSING", {("ours.se", "TXT"): []}),
    ("SPF_MISSPELLED", spf(f'"v=spf1 mx {INCLUDE} -all"')),
    ("SPF_MISSPELLED", spf(f"spf1 mx {INCLUDE} -all")),
    ("SPF_SEVERAL", {("ours.se", "TXT"): [f"v=spf1 {INCLUDE} -all", "v=spf1 mx -all"]}),
    ("SPF_SYNTAX", spf(f"v=spf1 mx {INCLUDE} ipv4:198.51.100.1 -all")),
    ("SPF_SYNTAX", spf(f"v=spf1 {INCLUDE} ip4:198.51.100.999 -all")),
    ("SPF_SYNTAX", spf(f"v=spf1;{INCLUDE} -all")),
    ("SPF_SYNTAX", spf(f"v=spf1 {INCLUDE}, -all -al")),
    ("SPF_ALLOWS_ALL", spf(f"v=spf1 {INCLUDE} +all")),
    ("SPF_ALLOWS_ALL", spf(f"v=spf1 {INCLUDE} all")),
    ("SPF_LACKS_SERVER", spf("v=spf1 mx -all")),
    ("SPF_INCLUDE_BROKEN", spf(f"v=spf1 {INCLUDE} include:gone.se -all")),
    ("SPF_LOOP", spf(f"v=spf1 {INCLUDE} include:a.se -all", a_at_se="v=spf1 include:ours.se -all")),
    ("SPF_LOOP", spf(f"v=spf1 {INCLUDE} include:ours.se -all")),
    ("SPF_TOO_MANY_LOOKUPS", spf(f"v=spf1 {INCLUDE} include:n0.ours.se -all") | CHAIN),
    ("SPF_TOO_MANY_VOID", spf(f"v=spf1 {INCLUDE} a:x1.se a:x2.se a:x3.se -all")),
    ("DKIM_MISSING", {(SELECTOR, "TXT"): NoSuchName}),
    ("DKIM_MISSING", {(SELECTOR, "TXT"): []}),
    ("DKIM_LEADS_NOWHERE", {(SELECTOR, "TXT"): [], (SELECTOR, "CNAME"): ["s1.provider.se"]}),
    ("DKIM_SEVERAL", {(SELECTOR, "TXT"): [f"v=DKIM1; p={GOOD}", f"v=DKIM1; p={GOOD}"]}),
    ("DKIM_SYNTAX", dkim("v=DKIM1 p=abc")),
    ("DKIM_SYNTAX", dkim("v=DKIM1; k=rsa")),
    ("DKIM_VERSION", dkim(f"v=DKIM2; p={GOOD}")),
    ("DKIM_REVOKED", dkim("v=DKIM1; p=")),
    ("DKIM_TESTING", dkim(f"v=DKIM1; t=y; p={GOOD}")),
    ("DKIM_NOT_FOR_MAIL", dkim(f"v=DKIM1; s=chat; p={GOOD}")),
    ("DKIM_SHA1", dkim(f"v=DKIM1; h=sha1; p={GOOD}")),
    ("DKIM_KEY_TYPE", dkim(f"v=DKIM1; k=dsa; p={GOOD}")),
    ("DKIM_KEY_BROKEN", dkim(f"v=DKIM1; p={GOOD[:200]}")),
    ("DKIM_KEY_BROKEN", dkim("v=DKIM1; p=%%%")),
    ("DKIM_KEY_BROKEN", dkim("v=DKIM1; k=ed25519; p=AAAA")),
    ("DKIM_KEY_SHORT", dkim(f"v=DKIM1; p={TINY}")),
    ("DMARC_MISSING", {("_dmarc.ours.se", "TXT"): []}),
    ("DMARC_MISSING", {("_dmarc.ours.se", "TXT"): NoSuchName}),
    ("DMARC_SEVERAL", dmarc("v=DMARC1; p=none", "v=DMARC1; p=reject")),
    ("DMARC_SYNTAX", dmarc("p=none; v=DMARC1")),
    ("DMARC_SYNTAX", dmarc("v=DMARC1 p=none")),
    ("DMARC_SYNTAX", dmarc("v=dmarc1; p=none")),
    ("DMARC_NO_POLICY", dmarc("v=DMARC1; rua=mailto:d@ours.se")),
    ("DMARC_POLICY", dmarc("v=DMARC1; p=nothing; rua=mailto:d@ours.se")),
    ("DMARC_POLICY", dmarc("v=DMARC1; p=none; sp=maybe; rua=mailto:d@ours.se")),
    ("DMARC_ALIGNMENT", dmarc("v=DMARC1; p=none; adkim=x; rua=mailto:d@ours.se")),
]  # fmt: skip
#: What is worth mending and stops nothing.
DOUBTFUL: list[tuple[str, Records]] = [
    ("SPF_OPEN_END", spf(f"v=spf1 {INCLUDE} ?all")),
    ("SPF_OPEN_END", spf(f"v=spf1 {INCLUDE}")),
    ("SPF_PTR", spf(f"v=spf1 ptr {INCLUDE} -all")),
    ("DKIM_KEY_WEAK", dkim(f"v=DKIM1; p={key(1024)}")),
    ("DMARC_NO_REPORTS", dmarc("v=DMARC1; p=none")),
    ("DMARC_REPORT_ADDRESS", dmarc("v=DMARC1; p=none; rua=d@ours.se")),
    ("DMARC_REPORTS_UNWANTED", dmarc("v=DMARC1; p=none; rua=mailto:d@elsewhere.se")),
    ("DMARC_PCT", dmarc("v=DMARC1; p=reject; pct=500; rua=mailto:d@ours.se")),
]  # fmt: skip


def test_a_healthy_set_up_passes():
    found = verify.check(fake(HEALTHY), ANNA)

    assert {each.weight for each in found} == {Weight.PASSED}
    assert {each.code for each in found} == {"SPF", "DKIM", "DMARC", "ALIGNMENT"}


@pytest.mark.parametrize(("code", "changed"), WRONG, ids=[f"{n}-{code}" for n, (code, _) in enumerate(WRONG)])
def test_a_wrong_set_up_is_named(code: str, changed: Records):
    assert code in codes(HEALTHY | changed)


def test_there_are_more_than_thirty_wrong_set_ups_and_each_says_what_to_do():
    found = [
        each
        for _, changed in WRONG + DOUBTFUL
        for each in verify.check(fake(HEALTHY | changed), ANNA)
        if each.weight is not Weight.PASSED
    ]

    assert len({each.code for each in found}) >= 30
    assert all(each.what and each.advice for each in found)


@pytest.mark.parametrize(("code", "changed"), DOUBTFUL)
def test_what_is_doubtful_is_said_and_stops_nothing(code: str, changed: Records):
    assert codes(HEALTHY | changed) == set()
    assert code in codes(HEALTHY | changed, least=Weight.WARNS)


@pytest.mark.parametrize(
    ("code", "identity"),
    [
        ("SENDER_MISSING", replace(ANNA, sender_address="")),
        ("SENDER_INVALID", replace(ANNA, sender_address="Anna <anna@ours.se>")),
        ("REPLY_TO_INVALID", replace(ANNA, reply_to="anna")),
        ("SENDER_FREE_MAIL", replace(ANNA, sender_address="ours@gmail.com")),
        ("SENDER_RESERVED", replace(ANNA, sender_address="anna@ours.example")),
        ("SENDER_RESERVED", replace(ANNA, sender_address="anna@localhost")),
        ("DKIM_SELECTOR_UNKNOWN", replace(ANNA, dkim_selector="")),
        ("ALIGNMENT", replace(ANNA, dkim_domain="provider.se")),
        ("SENDER_NO_REPLY", replace(ANNA, sender_address="no-reply@ours.se")),
    ],
)
def test_a_wrong_sender_is_named(code: str, identity: verify.Identity):
    assert code in codes(HEALTHY, identity, least=Weight.WARNS)


def test_strict_alignment_wants_the_very_same_domain():
    records = HEALTHY | {
        ("s1._domainkey.mail.ours.se", "TXT"): [f"v=DKIM1; p={GOOD}"],
        ("mail.ours.se", "A"): ["198.51.100.1"],
    }
    signed_below = replace(ANNA, dkim_domain="mail.ours.se")

    assert codes(records, signed_below) == set()
    strict = dmarc("v=DMARC1; p=none; adkim=s; rua=mailto:d@ours.se")
    assert codes(records | strict, signed_below) == {"ALIGNMENT_STRICT"}


def test_a_domain_below_uses_its_organizations_policy():
    records = HEALTHY | {
        ("mail.ours.se", "MX"): ["10 mx.ours.se."],
        ("mail.ours.se", "TXT"): [f"v=spf1 {INCLUDE} -all"],
        ("s1._domainkey.mail.ours.se", "TXT"): [f"v=DKIM1; p={GOOD}"],
    }

    assert codes(records, replace(ANNA, sender_address="anna@mail.ours.se")) == set()


def test_an_elliptic_key_will_do():
    assert codes(HEALTHY | dkim(f"v=DKIM1; k=ed25519; p={ED25519}")) == set()


def test_two_companies_under_one_public_suffix_are_strangers():
    assert not names.is_aligned("a.co.uk", "b.co.uk", is_strict=False)
    assert names.is_aligned("mail.a.co.uk", "a.co.uk", is_strict=False)
