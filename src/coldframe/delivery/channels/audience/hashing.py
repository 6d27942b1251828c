"""Addresses and numbers as ad platforms want them: normalized, then hashed."""

from __future__ import annotations

import hashlib
import re

NOT_DIGITS = re.compile(r"[^0-9]")
#: Digits of a number with its country, by E.164.
PHONE = re.compile(r"[1-9][0-9]{6,14}")


def email_hash(address: str | None) -> str:
    """
    Return the SHA-256 of an address without blanks and in lower case; an empty text for none.

    >>> email_hash(" Test@Example.com ")
    '973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b'
    """
    cleaned = (address or "").strip().lower()
    return sha256(cleaned) if "@" in cleaned else ""


def phone_hash(number: str | None) -> str:
    """
    Return the SHA-256 of a number by E.164 (``+46701234567``); an empty text where the country is not said.

    >>> phone_hash("0046 (0)70-123 45 67") == phone_hash("+46 70 123 45 67")
    True
    """
    given = (number or "").strip().replace("(0)", "")
    if given.startswith("00"):
        given = f"+{given[2:]}"
    digits = NOT_DIGITS.sub("", given)
    return sha256(f"+{digits}") if given.startswith("+") and PHONE.fullmatch(digits) else ""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
