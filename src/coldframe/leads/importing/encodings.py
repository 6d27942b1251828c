"""
Encodings: how the bytes of a text file become characters, decided on the whole file and said aloud.

A byte that is no character becomes a *mark* (a lone surrogate that carries the byte), so that the reader
can refuse its row and name the byte; no replacement character is ever stored.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coldframe.kernel.vocabulary import Refusal

#: Name of the error handler that turns undecodable bytes into marks.
MARK = "coldframe-mark"
_MARK_BASE = 0xDC00
_BLOCK = 1 << 20
#: How much text with other than ASCII characters is weighed to tell encodings apart.
_WEIGHED_BYTES = 1 << 18

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: How people call them.
_LABELS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "utf-32-le": "UTF-32 (little endian)",
    "utf-32-be": "UTF-32 (big endian)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp932": "Shift JIS (Japanese)",
}


class UnknownEncoding(Refusal):
    """The name given for an encoding is none."""


@dataclass(frozen=True)
class Encoding:
    """How to decode a file."""

    #: Name of the codec.
    codec: str
    #: Bytes to leave out at the beginning: the byte order mark.
    skip: int
    #: What was found, for people.
    note: str


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  The codec machinery gives nothing else here.
    bad = error.object[error.start : error.end]
    return "".join(chr(_MARK_BASE + byte) for byte in bad), error.end


codecs.register_error(MARK, _mark)


def marked_byte(character: str) -> int | None:
    """Return the byte that a mark stands for, None for any other character."""
    code = ord(character) - _MARK_BASE
    return code if 0 <= code <= 0xFF else None


def label(codec: str) -> str:
    """Return the name of an encoding as people know it."""
    return _LABELS.get(codec, codec)


def detect(path: Path) -> Encoding:
    """Return the encoding of a text file, judged by all of its bytes."""
    with path.open("rb") as stream:
        head = stream.read(_BLOCK)
    for bom, codec in _BOMS:
        if head.startswith(bom):
            return Encoding(codec, len(bom), f"Encoding: {label(codec)}, by its byte order mark.")
    if wide := _wide(head):
        return Encoding(wide, 0, f"Encoding: {label(wide)}, recognized without a byte order mark.")
    return _detect_narrow(path)


def named(name: str, path: Path) -> Encoding:
    """Return the encoding a person asked for; raises UnknownEncoding."""
    try:
        codec = codecs.lookup(name).name
        b"".decode(codec)
    except (LookupError, ValueError):
        raise UnknownEncoding(
            "There is no such encoding.", where="--encoding", got=name,
            advice="Common ones: utf-8, utf-16, cp1252 (Western European), cp1250 (Central European).",
        ) from None  # fmt: skip
    with path.open("rb") as stream:
        head = stream.read(4)
    for bom, bom_codec in _BOMS:
        if head.startswith(bom) and bom_codec.startswith(codec.removesuffix("-sig")):
            return Encoding(bom_codec, len(bom), f"Encoding: {label(bom_codec)}, as asked.")
    codec = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(codec, codec)
    return Encoding(codec, 0, f"Encoding: {label(codec)}, as asked.")


def _wide(head: bytes) -> str | None:
    """Tell UTF-16 without a byte order mark by where its zero bytes lie."""
    if b"\0" not in head:
        return None
    half = len(head) // 2
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if odd > 8 * even and odd * 20 >= half:
        return "utf-16-le"
    if even > 8 * odd and even * 20 >= half:
        return "utf-16-be"
    return None


def _detect_narrow(path: Path) -> Encoding:
    if _is_utf_8(path):
        return Encoding("utf-8", 0, "Encoding: UTF-8.")
    weighed = _lines_beyond_ascii(path)
    good, bad = _utf_8_sequences(weighed)
    if good > 3 * bad:
        return Encoding("utf-8", 0, "Encoding: UTF-8, with bytes that are not; their rows are refused.")
    codec = best_narrow(weighed)
    return Encoding(codec, 0, f"Encoding: {label(codec)}, judged by its letters, for it is not UTF-8.")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            yield block


def _is_utf_8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_BEYOND_ASCII = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


def _lines_beyond_ascii(path: Path) -> bytes:
    found: list[bytes] = []
    size = 0
    for block in _blocks(path):
        for match in _BEYOND_ASCII.finditer(block):
            line = match.group()[:4096]
            found.append(line)
            size += len(line)
            if size > _WEIGHED_BYTES:
                return b"\n".join(found)
    return b"\n".join(found)


_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|([\x80-\xff])"
)


def _utf_8_sequences(text: bytes) -> tuple[int, int]:
    good = bad = 0
    for match in _SEQUENCE.finditer(text):
        if match.group(1) is None:
            good += 1
        else:
            bad += 1
    return good, bad


_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßðþÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝŸšžŠŽÐÞ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžäöüßőűăâîşţđçëôľĺŕĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽÄÖÜŐŰĂÂÎŞŢĐÇËÔĽĹŔ")
_TYPOGRAPHY = frozenset("‘’“”„–—…€•\u00a0«»°§®©™·")


def best_narrow(text: bytes) -> str:
    """Return the codec, of those without a mark of their own, in which the text has the likeliest letters."""
    scores = {
        "cp1252": _latin_score(text, "cp1252", _WESTERN),
        "cp1250": _latin_score(text, "cp1250", _CENTRAL),
        "cp1251": _cyrillic_score(text),
        "cp932": _japanese_score(text),
    }
    return max(scores, key=lambda codec: scores[codec])  # The first wins a tie: cp1252 is the commonest.


#: Western letters that stand only beside some; elsewhere the byte is a Central European letter.
_PLACED = {
    "õ": re.compile(r"õ[eio]"),
    "ø": re.compile(r"(?<![aeiouy])ø(?![áíéýì])"),
    "û": re.compile(r"û(?![ý])"),
}  # fmt: skip
_BEYOND = re.compile(r"[^\x00-\x7f]")


def _latin_score(text: bytes, codec: str, letters: frozenset[str]) -> float:
    """Score Latin text: known letters beside ASCII ones count, symbols inside words count against."""
    decoded = text.decode(codec, MARK)
    points = [_latin_points(decoded, match.start(), letters) for match in _BEYOND.finditer(decoded)]
    return sum(points) / max(len(points), 1)


def _latin_points(text: str, place: int, letters: frozenset[str]) -> float:
    character, before = text[place], text[place - 1 : place]
    if marked_byte(character) is not None:
        return -3.0
    if character in _TYPOGRAPHY:
        return 0.3
    if character not in letters:
        return -1.0 if before.isalpha() else -0.2
    if letters is _WESTERN and character in _PLACED and not _PLACED[character].match(text, place):
        return 0.4
    if not before.isalpha():
        return 0.8
    if not before.isascii():
        return -0.6
    return -1.0 if character.isupper() and before.islower() else 1.0


_WORD = re.compile(r"[^\W\d_]+")
_RUSSIAN = re.compile(r"[А-Яа-яЁёІіЇїЄєҐґ][а-яёіїєґ]*|[А-ЯЁІЇЄҐ]+")


def _cyrillic_score(text: bytes) -> float:
    """Score Cyrillic text: a word is wholly Cyrillic or not at all, and has its capitals in front."""
    decoded = text.decode("cp1251", MARK)
    beyond = sum(not character.isascii() for character in decoded)
    whole = sum(len(word) for word in _WORD.findall(decoded) if len(word) > 1 and _RUSSIAN.fullmatch(word))
    return (whole * 1.4 - beyond * 0.4) / max(beyond, 1)


def _japanese_score(text: bytes) -> float:
    decoded = text.decode("cp932", MARK)
    beyond = [character for character in decoded if not character.isascii()]
    kana = sum("\u3040" <= character <= "\u30ff" for character in beyond)
    kanji = sum("\u4e00" <= character <= "\u9fff" for character in beyond)
    marks = sum(marked_byte(character) is not None for character in beyond)
    # Western text read as Shift JIS gives half-width kana and marks, hardly any kana of full width.
    return (kana * 2.0 + kanji * 0.5 - marks * 5.0) / max(len(beyond), 1) if kana else -1.0
