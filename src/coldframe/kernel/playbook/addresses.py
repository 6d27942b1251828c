"""Where a message may lead: to a page of the web that every reader reaches, and that is what it seems to be."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache

PARTS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)  # fmt: skip
#: What stands in no address, or would end an attribute, a header or a line.
ODD = re.compile(r"""[\s\x00-\x20\x7f<>"`{}|\\^]""")
PORT = re.compile(r"(?P<host>.*?)(?::(?P<port>[0-9]{1,5}))?")
LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)", re.UNICODE)
#: The last part of a name is no number; browsers take such a name for an address of a machine.
NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)
#: Names that lead nowhere outside one's own machine or network.
PRIVATE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "onion")
LONGEST_HOST = 253
LAST_PORT = 65_535
#: Letters of other scripts that look like Latin ones.
LIKE_LATIN = frozenset("асԁеһіјӏорԛѕԝхуѵүԍьгпвкмнтзανικορτυχγωεϲϳօոսհցզյıɑɡɩʟ")
#: Scripts that are written together.
TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)


def fault_of(address: str) -> str | None:
    """
    Return why no message may lead to an address, in words that follow "got"; None where it may.

    >>> fault_of("https://brightpath.example/guide?part=2") is None
    True
    >>> fault_of("https://brightpath.example@evil.example/")
    'a name before the host, which hides where it leads'
    """
    parts = PARTS.fullmatch(address)
    if parts is None or parts["scheme"].lower() not in {"http", "https"}:
        return "no address that begins http:// or https://"
    if ODD.search(address):
        return "a space or another sign that stands in no address"
    return fault_of_authority(parts["authority"])


@lru_cache(maxsize=4096)
def fault_of_authority(authority: str) -> str | None:
    """Return what is wrong with what stands between the slashes."""
    if "@" in authority or "%" in authority:
        return "a name before the host, which hides where it leads"
    found = PORT.fullmatch(authority)
    if found is None or not found["host"] or int(found["port"] or 1) not in range(1, LAST_PORT + 1):
        return "no host"
    host = found["host"].removesuffix(".").lower()
    if host.startswith("[") or NUMBER.fullmatch(host.rpartition(".")[2]):
        return fault_of_number(host.strip("[]"))
    return fault_of_name(host)


def fault_of_number(host: str) -> str | None:
    """Return what is wrong with the address of a machine."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "a number that hides where it leads"
    if isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped or found.sixtofour or found.teredo):
        return "a number that hides where it leads"
    return None if found.is_global and not found.is_multicast else "an address of a private network"


def fault_of_name(host: str) -> str | None:
    """Return what is wrong with the name of a host."""
    if "." not in host or any(host == each or host.endswith(f".{each}") for each in PRIVATE):
        return "a name of a private network"
    labels = host.split(".")
    if len(host) > LONGEST_HOST or not all(LABEL.fullmatch(each) for each in labels):
        return "no name of a host"
    return "a name that looks like another one" if any(map(is_look_alike, labels)) else None


def is_look_alike(label: str) -> bool:
    """
    Return whether a part of a name may be taken for another: letters of several scripts, or of one that look Latin.

    >>> [is_look_alike(each) for each in ("brightpath", "köln", "пример", "日本語", "раураl", "xn--80ak6aa92e")]
    [False, False, False, False, True, True]
    """
    shown = decoded(label)
    if shown is None or unicodedata.normalize("NFKC", shown) != shown:
        return True
    if shown.isascii():
        return False
    letters = [each for each in shown if each.isalpha()]
    scripts = {unicodedata.name(each, "?").split(" ")[0] for each in letters}
    if len(scripts) > 1 and not any(scripts <= each for each in TOGETHER):
        return True
    strange = [each for each in letters if not each.isascii()]
    return bool(strange) and all(each in LIKE_LATIN for each in strange)


def decoded(label: str) -> str | None:
    """Return a part of a name as people see it; None where it is no proper writing of one."""
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return None
