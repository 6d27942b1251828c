"""
Bodies of requests: unpacked within limits, and read strictly.

Python's own reader takes what other systems would stumble over: keys given twice, NaN, numbers without
bounds, half characters. Here each of them is refused, the same for every database.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from coldframe.kernel.vocabulary import Refusal

#: As deep as objects and lists may lie in each other.
DEEPEST = 32
#: Numbers beyond fit into no column.
LARGEST = 10**18 - 1
MOST_DIGITS = len(str(LARGEST))
#: Escapes that may stand for half a character, or for the one that PostgreSQL refuses.
SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
GZIP_WINDOW = 31

Json = dict[str, Any]


class BadBody(Refusal):
    """A body that cannot be read."""


class TooLarge(BadBody):
    """A body of more bytes than are taken in."""


def unpack(body: bytes, *, encoding: str, limit: int) -> bytes:
    """Return the body as it was before it was packed. Raises ``BadBody`` and ``TooLarge``."""
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "x-gzip"}:
        raise BadBody(
            "Not a way of packing that is understood.",
            where="Content-Encoding",
            expected="gzip",
            got=coding[:40],
        )
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadBody("The body is not packed as it says.", where="body", expected="gzip") from error
    if len(found) > limit:
        raise too_large(limit)
    if not unpacker.eof:
        raise BadBody("The body ends too early.", where="body", expected="the whole of what was packed")
    return found


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a body of more bytes."""
    return TooLarge("The body is too large.", where="body", expected=f"at most {limit // 1024} KiB")


def read(body: bytes) -> Json:
    """Return the object that a body is. Raises ``BadBody``."""
    value = read_any(body)
    if not isinstance(value, dict):
        raise BadBody("The body is no object.", where="body", expected="a JSON object")
    return value


def read_any(body: bytes) -> Json | list[Any]:
    """Return the object or list that a body is. Raises ``BadBody``."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadBody(
            "The body is not UTF-8.", where=f"byte {error.start + 1}", expected="JSON in UTF-8"
        ) from error
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadBody(
            "The body is not JSON.", where=where, expected="a JSON object", got=error.msg
        ) from error
    except RecursionError as error:
        raise too_deep() from error
    if not isinstance(value, dict | list):
        raise BadBody("The body is no object.", where="body", expected="a JSON object or list")
    if text.count("{") + text.count("[") > DEEPEST and is_deeper(value, DEEPEST):
        raise too_deep()
    if SUSPECT.search(text) is not None:
        check_texts(value)
    found: Json | list[Any] = value
    return found


def too_deep() -> BadBody:
    """Return the refusal of a body that is nested too deeply."""
    return BadBody("The body is nested too deeply.", where="body", expected=f"at most {DEEPEST} levels")


def without_repeats(pairs: list[tuple[str, Any]]) -> Json:
    """Return an object; refuse one that names a key twice, for either may be meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadBody("A key is given twice.", where=shown(twice), expected="each key once")
    return found


def fraction(text: str) -> float:
    """Return a number with a fraction or an exponent; refuse one that is out of range."""
    value = float(text)
    if not -LARGEST <= value <= LARGEST:
        raise out_of_range(text)
    return value


def whole(text: str) -> int:
    """Return a whole number; refuse one that is out of range."""
    if len(text) > MOST_DIGITS + 1 or not -LARGEST <= (value := int(text)) <= LARGEST:
        raise out_of_range(text)
    return value


def out_of_range(text: str) -> BadBody:
    """Return the refusal of a number that fits into no column."""
    return BadBody("A number is out of range.", where="body", expected=f"at most {LARGEST:,}", got=text[:40])


def no_number(text: str) -> float:
    """Refuse NaN and Infinity, which are not JSON."""
    raise BadBody("The body is not JSON.", where="body", expected="a number or null", got=text)


DECODER = json.JSONDecoder(
    object_pairs_hook=without_repeats, parse_float=fraction, parse_int=whole, parse_constant=no_number
)


def is_deeper(value: Json | list[Any], levels: int) -> bool:
    """Return whether objects and lists lie in each other more than so many levels."""
    if levels == 0:
        return True
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value
    return any(is_deeper(each, levels - 1) for each in inner if isinstance(each, dict | list))


def check_texts(value: object) -> None:
    """Refuse texts and keys with half a character, or with NUL."""
    if isinstance(value, str):
        if "\x00" in value:
            raise BadBody("A text holds the character NUL.", where=shown(value), expected="no \\u0000")
        if not is_whole(value):
            raise BadBody(
                "A text holds half a character.", where=shown(value), expected="both surrogates or none"
            )
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_texts(name)
            check_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            check_texts(inner)


def is_whole(text: str) -> bool:
    """Return whether a text can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str) -> str:
    """Return a text as it can be written anywhere."""
    return text[:40].encode("ascii", "backslashreplace").decode().replace("\x00", "\\x00")
