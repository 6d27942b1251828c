"""Header and envelope values: what may stand in them, and how it is written (RFC 5322, RFC 2047)."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator

from coldframe.kernel.vocabulary import Refusal

#: A line is folded before it grows longer, where it has a space (RFC 5322 2.1.1).
FOLD_AT = 76
#: Bytes of UTF-8 in one encoded word: with its frame it stays within 75 characters.
WORD_BYTES = 42
#: A plain value holds printable ASCII and single inner spaces, so that folding it loses nothing.
PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LONGEST_PLAIN_WORD = 70
LONGEST_PLAIN_NAME = 60
FORBIDDEN = re.compile("[\r\n\0]")
SURROGATE = re.compile("[\ud800-\udfff]")

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
URL = re.compile(r"(?:https?://|mailto:)[!#-;=?-Z\\^_a-z~%\[\]]{1,900}")


class UnsafeValue(Refusal):
    """A value must not reach a header or an envelope."""


def check_line(value: str, *, where: str) -> str:
    """
    Return the value when it may stand in one header line.

    Raises ``UnsafeValue`` for CR, LF, NUL (they would begin another header) and for half characters.
    """
    if FORBIDDEN.search(value) or SURROGATE.search(value):
        raise UnsafeValue(
            "A line break or an unprintable character stands where one line is expected.",
            where=where,
            got=repr(value[:60]),
            advice="Correct the value; a message with it is not sent.",
        )
    return value


def check_address(value: str, *, where: str) -> str:
    """
    Return the address when it is exactly one, in plain ASCII, with nothing around it.

    Raises ``UnsafeValue`` otherwise: for two addresses, a display name, a comment, a quoted local part.
    """
    if not ADDRESS.fullmatch(value):
        raise UnsafeValue(
            "Expected exactly one address.",
            where=where,
            expected="name@company.example",
            got=repr(value[:80]),
        )
    return value


def check_url(value: str, *, where: str) -> str:
    """Return the address of a page when it may stand between angle brackets; raises ``UnsafeValue`` otherwise."""
    if not URL.fullmatch(value):
        raise UnsafeValue("Expected the address of a page, escaped.", where=where, got=repr(value[:80]))
    return value


def domain_of(address: str) -> str:
    """Return what follows the @, in lower case."""
    return address.rpartition("@")[2].lower()


def unstructured(name: str, value: str) -> bytes:
    """Return the header ``name: value`` with its line ends: as it stands, or in encoded words where it is not plain."""
    check_line(value, where=name)
    if not is_plain(value):
        return header(name, b"\r\n ".join(encoded_words(value)))
    line = f"{name}: {value}"
    return (line if len(line) <= FOLD_AT else folded(line)).encode() + b"\r\n"


def header(name: str, value: bytes) -> bytes:
    """Return a header of an already encoded value, with its line end."""
    return name.encode() + b": " + value + b"\r\n"


def is_plain(value: str) -> bool:
    """Return whether a value reads back the same when written as it stands and folded at spaces."""
    return (
        bool(PLAIN.fullmatch(value))
        and "=?" not in value
        and (len(value) <= LONGEST_PLAIN_WORD or max(map(len, value.split(" "))) <= LONGEST_PLAIN_WORD)
    )


def folded(line: str) -> str:
    """Return a header line broken before spaces; only the line ends are added."""
    lines, current = [], ""
    for word in line.split(" "):
        if current.strip() and len(current) + 1 + len(word) > FOLD_AT and not current.endswith(":"):
            lines.append(current)
            current = f" {word}"
        else:
            current = f"{current} {word}" if current else word
    return "\r\n".join([*lines, current])


def encoded_words(value: str) -> list[bytes]:
    """Return a text as encoded words of at most 75 characters, none of which splits a character."""
    return [b"=?utf-8?b?" + b2a_base64(piece, newline=False) + b"?=" for piece in pieces(value)]


def pieces(value: str) -> Iterator[bytes]:
    data = value.encode()
    start = 0
    while start < len(data):
        end = min(start + WORD_BYTES, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end]
        start = end


def mailbox(header_name: str, name: str, address: str) -> bytes:
    """Return a header of exactly one mailbox: ``From: Anna Lind <anna@ours.example>``, with its line end."""
    check_address(address, where=header_name)
    check_line(name, where=header_name)
    if not name.strip():
        return header(header_name, address.encode())
    shown = phrase(name.strip())
    room = FOLD_AT - len(header_name) - len(address) - len(":  <>")
    return header(header_name, shown + (b" <" if len(shown) <= room else b"\r\n <") + address.encode() + b">")


def phrase(name: str) -> bytes:
    """Return a display name: bare, quoted, or in encoded words."""
    if "=?" in name or len(name) > LONGEST_PLAIN_NAME or not PLAIN.fullmatch(name):
        return b"\r\n ".join(encoded_words(name))
    if PHRASE.fullmatch(name):
        return name.encode()
    return b'"' + name.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
