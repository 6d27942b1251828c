"""DKIM: the public key with which receivers check our signature (RFC 6376, RFC 8301)."""

from __future__ import annotations

import base64
import binascii

from coldframe.delivery.channels.email import names
from coldframe.delivery.channels.email.names import Lookup, NoSuchName
from coldframe.delivery.findings import Finding, blocks, passed, warns

SHORTEST_KEY = 1024
GOOD_KEY = 2048


def check(lookup: Lookup, domain: str, selector: str) -> list[Finding]:
    """Say what is wrong with the key that signs as ``domain`` under a selector."""
    if not selector:
        return [
            blocks(
                "DKIM_SELECTOR_UNKNOWN",
                "Nobody has said with which DKIM key your messages are signed.",
                "Give it: coldframe connections change NAME --set dkim_selector=… (your provider shows it).",
            )
        ]
    name = f"{selector}._domainkey.{domain}"
    records = names.texts(lookup, name)
    if not records:
        return [missing(lookup, name)]
    if len(records) > 1:
        return [
            blocks(
                "DKIM_SEVERAL",
                f"{name} has {len(records)} records; receivers take any.",
                "Leave one of them.",
            )
        ]
    tags = names.tags_of(records[0])
    if tags is None or "p" not in tags:
        return [
            blocks("DKIM_SYNTAX", f"The record of {name} cannot be read.", "Copy it anew from your provider.")
        ]
    found = flaws(tags, name) or key_flaws(tags, name)
    return found or [passed("DKIM", f"{name} holds a key that receivers can use.")]


def missing(lookup: Lookup, name: str) -> Finding:
    """Return why there is no key: a name that leads nowhere, or none at all."""
    try:
        targets = lookup(name, "CNAME")
    except NoSuchName:
        targets = []
    if targets:
        return blocks(
            "DKIM_LEADS_NOWHERE",
            f"{name} leads to {targets[0]}, where there is no key.",
            "Compare the name with what your provider shows.",
        )
    return blocks(
        "DKIM_MISSING", f"There is no DKIM key at {name}.", "Add the record that your provider shows."
    )


def flaws(tags: dict[str, str], name: str) -> list[Finding]:
    """Say what in the record keeps receivers from using the key."""
    if tags.get("v", "DKIM1") != "DKIM1":
        return [blocks("DKIM_VERSION", f"{name} begins v={tags['v']}.", "It must be v=DKIM1.")]
    if not tags["p"]:
        return [
            blocks(
                "DKIM_REVOKED", f"The key at {name} was withdrawn (p= is empty).", "Publish the present one."
            )
        ]
    if "y" in tags.get("t", "").split(":"):
        return [
            blocks(
                "DKIM_TESTING",
                f"{name} says that it is a test (t=y); receivers then ignore it.",
                "Remove t=y.",
            )
        ]
    if not {"*", "email"} & set(tags.get("s", "*").split(":")):
        return [
            blocks("DKIM_NOT_FOR_MAIL", f"The key at {name} is not for mail (s={tags['s']}).", "Remove s=.")
        ]
    if "h" in tags and "sha256" not in tags["h"].split(":"):
        return [
            blocks(
                "DKIM_SHA1",
                f"{name} allows {tags['h']} alone, which receivers refuse.",
                "Remove h=, or add sha256.",
            )
        ]
    if tags.get("k", "rsa") not in {"rsa", "ed25519"}:
        return [blocks("DKIM_KEY_TYPE", f"{name} holds a key of the type {tags['k']}.", "Use rsa.")]
    return []


def key_flaws(tags: dict[str, str], name: str) -> list[Finding]:
    """Say what is wrong with the key itself."""
    try:
        data = base64.b64decode("".join(tags["p"].split()), validate=True)
        bits = 0 if tags.get("k") == "ed25519" and len(data) == 32 else size_of(data)
    except (binascii.Error, ValueError):
        return [
            blocks(
                "DKIM_KEY_BROKEN",
                f"The key at {name} is cut off or damaged.",
                "Copy it anew: long keys are written as several strings of one record.",
            )
        ]
    if not bits:
        return []
    if bits < SHORTEST_KEY:
        return [blocks("DKIM_KEY_SHORT", f"The key at {name} has {bits} bits.", "Use one of 2048 bits.")]
    if bits < GOOD_KEY:
        return [warns("DKIM_KEY_WEAK", f"The key at {name} has {bits} bits.", "Change to one of 2048 bits.")]
    return []


def size_of(data: bytes) -> int:
    """Return the bits of an RSA key; raises ``ValueError`` when it is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(data)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("no RSA key")
    return key.key_size
