"""
Reading a mail, whatever it is: best effort, within limits, never an error.

The parser of the standard library does the taking apart; what could make it slow or deep is cut off first
(``limits``), and what could not be read is said in ``Mail.defects``.
"""

from __future__ import annotations

import codecs
import re
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from hashlib import blake2b

from coldframe.activity.mail import limits, markup

#: Text encodings of Python that no mail is written in; two of them take time with the square of the length.
NO_CHARSETS = frozenset(
    {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
#: Charsets that mails name wrongly, and what is meant.
MEANT = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
         "iso-8859-1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "unicode-1-1-utf-7": "utf-7"}  # fmt: skip
#: Controls and signs that turn the direction of writing: they make a line look like another one. And halves of
#: characters, which UTF-7 can say and nothing else can keep.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
#: Parts that a person reads as they stand; a multipart is one where it cannot be taken apart.
PLAIN = frozenset(
    {"text/plain", "multipart/mixed", "multipart/alternative", "multipart/report", "multipart/related"}
)
NESTING = re.compile(rb"boundary\*?[0-9]*\*?\s*=|content-type:\s*message/", re.IGNORECASE)
END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9.\u0080-\uffff-]{0,252})"
)
IDENTITY = re.compile(r"<([^<>\s]{3,250})>")
HIDING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\((?:[^()\\]|\\.)*\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A leaf of a mail: its kind and its text; of what is attached only that it is there."""

    content_type: str
    text: str = ""
    #: 0: of the mail itself; more: of a mail within it.
    depth: int = 0
    is_attached: bool = False
    file_name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A mail as the rules see it: decoded text, cut to limits. ``defects``: what could not be read fully."""

    #: Without angle brackets; empty: it has none.
    message_id: str
    #: Of all its bytes, in hex: the same mail twice is known by it.
    fingerprint: str
    subject: str
    sender: str
    sender_name: str
    #: Who the envelope says it is from; empty: nobody (a bounce); None: not known.
    return_path: str | None
    #: Whom it is to, in any way that a header says.
    recipients: tuple[str, ...]
    #: Ids of the mails it answers, the nearest first.
    answers: tuple[str, ...]
    sent_at: datetime | None
    #: By name in lower case, in the order they stand.
    headers: Mapping[str, tuple[str, ...]]
    #: What a person would read.
    text: str
    #: Whether the text was made from HTML.
    is_from_html: bool
    html: str
    parts: tuple[Part, ...]
    content_type: str
    #: Parameters of the content type that matter: ``report-type``.
    report_type: str
    size: int
    #: The beginning of its bytes, well within limits and in short lines, for rules that take it apart themselves.
    source: bytes = field(default=b"", repr=False)
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of a name; empty where there is none."""
        return self.headers.get(name, ("",))[0]


@dataclass(slots=True)
class Reading:
    """What is noted while a mail is read."""

    defects: list[str] = field(default_factory=list)
    left: int = limits.MOST_TEXT

    def note(self, what: str) -> None:
        """Note a defect once."""
        if what not in self.defects:
            self.defects.append(what)


class Careful(Compat32):
    """The standard library's parser with headers cut to a length it can handle."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, each line and the whole cut."""
        lines = [line.rstrip("\r\n") for line in sourcelines]
        name, _, first = lines[0].partition(":")
        value = "\n".join(line[: limits.LONGEST_HEADER_LINE] for line in [first.lstrip(" \t"), *lines[1:]])
        return name[: limits.LONGEST_HEADER_LINE], value[: limits.MOST_BYTES_OF_A_HEADER]


CAREFUL = Careful()


def read(data: bytes, *, return_path: str | None = None) -> Mail:
    """Return the mail that the bytes are; ``return_path``: of its envelope, where that is known."""
    reading = Reading()
    source = taken(data, reading)
    message = parsed(source, reading)
    headers = headers_of(message, reading)
    parts = tuple(parts_of(message, reading))
    text, html, is_from_html = said(parts, reading)
    sender_name, sender = mailbox_of(headers.get("from", ("",))[0])
    return Mail(
        message_id=first_identity(headers, "message-id"),
        fingerprint=blake2b(data, digest_size=16).hexdigest(),
        subject=headers.get("subject", ("",))[0],
        sender=sender,
        sender_name=sender_name,
        return_path=return_path_of(headers) if return_path is None else return_path,
        recipients=recipients_of(headers),
        answers=answers_of(headers),
        sent_at=instant_of(headers.get("date", ("",))[0]),
        headers=headers,
        text=text,
        is_from_html=is_from_html,
        html=html,
        parts=parts,
        content_type=message.get_content_type(),
        report_type=parameter_of(message, "report-type"),
        size=len(data),
        source=short_lines(source),
        defects=tuple(reading.defects),
    )


def taken(data: bytes, reading: Reading) -> bytes:
    """Return as much of the bytes as is read, in a shape that the parser can take apart."""
    if len(data) > limits.MOST_BYTES:
        reading.note("longer than is read; the rest was left unread")
        data = data[: limits.MOST_BYTES]
    data = data.lstrip(b"\r\n\xef\xbb\xbf")
    if data.startswith(b"From "):
        data = data.partition(b"\n")[2]
    data = with_short_header_block(data, reading)
    if len(NESTING.findall(data)) > limits.MOST_NESTED:
        reading.note("too deeply nested; read as plain text")
        data = flattened(data)
    return data


def short_lines(data: bytes) -> bytes:
    """Return the beginning of the bytes, its lines cut."""
    lines = data[: limits.MOST_BYTES_SCANNED].splitlines()
    return b"\n".join(line[: limits.LONGEST_LINE] for line in lines)


def parsed(data: bytes, reading: Reading) -> Message:
    """Return the parser's message of bytes that were taken."""
    message: Message = BytesParser(Message, policy=CAREFUL).parsebytes(data)
    for part in message.walk():
        if part.defects:
            reading.note("not well formed")
            break
    return message


def with_short_header_block(data: bytes, reading: Reading) -> bytes:
    """Return the bytes with no more headers than are read."""
    found = END_OF_HEADERS.search(data)
    end = found.start() if found else len(data)
    if end <= limits.MOST_HEADER_BYTES:
        return data
    reading.note("more headers than are read")
    block = data[: limits.MOST_HEADER_BYTES]
    return block[: block.rfind(b"\n") + 1 or len(block)] + b"\n" + data[end:].lstrip(b"\r\n")


def flattened(data: bytes) -> bytes:
    """Return the mail with its body as plain text, for one that cannot be taken apart."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept, is_kept = [], True
    for line in head.split(b"\n"):
        if not line[:1].isspace():
            is_kept = not line.lower().startswith((b"content-type", b"content-transfer-encoding"))
        if is_kept:
            kept.append(line)
    return b"\n".join(kept) + b"\nContent-Type: text/plain\n\n" + body[: limits.MOST_TEXT]


def headers_of(message: Message, reading: Reading) -> dict[str, tuple[str, ...]]:
    """Return the headers of a message, decoded."""
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.strip().lower()[:100], []).append(decoded(str(value), reading))
    return {name: tuple(values) for name, values in found.items()}


def decoded(value: str, reading: Reading) -> str:
    """Return a header's text: encoded words read, folded lines joined, unseen signs gone."""
    raw = value.encode("utf-8", "surrogateescape")
    text = as_text(raw, "", reading) if any(byte > 127 for byte in raw) else value
    if "=?" in text:
        try:
            pieces = decode_header(text)
        except (HeaderParseError, Base64Error, ValueError):
            pieces = [(text, None)]
            reading.note("a header could not be decoded")
        text = "".join(
            as_text(piece, charset or "", reading) if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    return clean(" ".join(text.split()))


def clean(text: str) -> str:
    """Return the text without controls and signs that turn the direction of writing."""
    return UNSEEN.sub("", text)


def as_text(data: bytes, charset: str, reading: Reading) -> str:
    """Return bytes as text: as they say, else as UTF-8, else as Western."""
    name = MEANT.get(charset.strip("\"' ").lower(), charset.strip("\"' ").lower())
    if not name and b"\x1b$" in data:
        name = "iso2022_jp"
    if name:
        try:
            if codecs.lookup(name).name not in NO_CHARSETS:
                return data.decode(name)
        except (LookupError, UnicodeError, ValueError):
            reading.note("not in the charset that it names")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        reading.note("of an unknown charset")
        return data.decode("cp1252", errors="replace")


def parts_of(message: Message, reading: Reading) -> Iterator[Part]:
    """Yield the leaves of a mail, outermost first."""
    waiting = [(message, 0)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > limits.MOST_PARTS:
            reading.note("more parts than are read")
            return
        content_type = part.get_content_type()
        if content_type == "message/delivery-status" and part.is_multipart():
            yield Part(content_type=content_type, text=blocks_of(part, reading), depth=depth)
        elif part.is_multipart():
            below = depth + (part.get_content_maintype() == "message")
            if below > depth:
                yield Part(content_type=content_type, depth=depth)
            inner = [each for each in part.get_payload() if isinstance(each, Message)]
            if below > depth and inner:
                yield Part(content_type="text/rfc822-headers", text=block_of(inner[0], reading), depth=below)
            waiting += [(each, below) for each in reversed(inner)]
        else:
            yield leaf(part, content_type, depth, reading)


def leaf(part: Message, content_type: str, depth: int, reading: Reading) -> Part:
    """Return a part that has no parts; what is attached is not opened."""
    disposition = str(part.get("content-disposition", "")).lower()
    is_attached = disposition.lstrip().startswith("attachment")
    readable = content_type.startswith(("text/", "message/", "multipart/"))
    text = "" if not readable or reading.left <= 0 else text_of(part, content_type, reading)
    name = parameter_of(part, "filename", header="content-disposition") or parameter_of(part, "name")
    return Part(
        content_type=content_type, text=text, depth=depth, is_attached=is_attached, file_name=name[:255]
    )


def text_of(part: Message, content_type: str, reading: Reading) -> str:
    """Return the text of a part, as much as may still be read."""
    try:
        data = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError):
        reading.note("a part could not be decoded")
        data = str(part.get_payload()).encode("utf-8", "surrogateescape")
    if not isinstance(data, bytes):
        return ""
    if part.defects:
        reading.note("not well formed")
    most = limits.MOST_HTML if content_type == "text/html" else min(reading.left, limits.MOST_TEXT)
    if len(data) > most:
        reading.note("longer than is read; the rest was left unread")
        data = data[:most]
    text = clean(
        as_text(data, parameter_of(part, "charset"), reading).replace("\r\n", "\n").replace("\r", "\n")
    )
    reading.left -= len(text)
    return text


def blocks_of(part: Message, reading: Reading) -> str:
    """Return the fields of a delivery status, its blocks set apart by an empty line."""
    inner = [each for each in part.get_payload() if isinstance(each, Message)]
    return "\n\n".join(block_of(each, reading) for each in inner[: limits.MOST_RECIPIENTS])


def block_of(message: Message, reading: Reading) -> str:
    """Return headers as text, one on each line."""
    lines = (f"{name}: {decoded(str(value), reading)}" for name, value in message.raw_items())
    text = "\n".join(lines)
    body = message.get_payload()
    # Some reports put their fields where a body belongs.
    return text if text or not isinstance(body, str) else clean(body)[: limits.MOST_HEADER_BYTES]


def said(parts: tuple[Part, ...], reading: Reading) -> tuple[str, str, bool]:
    """Return what a person reads of a mail, its HTML, and whether the text was made from that."""
    own = [each for each in parts if each.depth == 0 and not each.is_attached]
    plain = "\n".join(each.text for each in own if each.content_type in PLAIN and each.text.strip())
    html = next((each.text for each in own if each.content_type == "text/html" and each.text.strip()), "")
    if plain.strip():
        return plain, html, False
    if html:
        return markup.as_text(html)[: limits.MOST_TEXT], html, True
    rest = "\n".join(each.text for each in own if each.content_type.startswith("text/"))
    if not rest.strip() and any(each.depth for each in parts):
        return "", "", False
    return rest, "", False


def parameter_of(message: Message, name: str, *, header: str = "content-type") -> str:
    """Return a parameter of a header; empty where there is none, or where it cannot be read."""
    try:
        found = message.get_param(name, header=header)
    except (ValueError, LookupError, TypeError):
        return ""
    value = found[2] if isinstance(found, tuple) else found
    return clean(str(value or "")).strip()


def mailbox_of(value: str) -> tuple[str, str]:
    """
    Return name and address of the first mailbox of a header; the address in lower case, empty where there is none.

    >>> mailbox_of('"Lind, Anna" <Anna.Lind@Brightpath.example>')
    ('Lind, Anna', 'anna.lind@brightpath.example')
    >>> mailbox_of("MAILER-DAEMON (Mail Delivery System)")
    ('MAILER-DAEMON', '')
    """
    head, bracket, rest = value.rpartition("<")
    if bracket and (found := ADDRESS.search(rest)):
        return head.strip().strip('"').strip(), found.group().rstrip(".").lower()
    bare = HIDING.sub(" ", value)
    found = ADDRESS.search(bare) or ADDRESS.search(value)
    if found:
        return "", found.group().rstrip(".").lower()
    return bare.strip(' <>"'), ""


def addresses_in(text: str) -> list[str]:
    """Return the addresses in a text, in lower case, each once."""
    return list(dict.fromkeys(each.rstrip(".").lower() for each in ADDRESS.findall(text)))


def recipients_of(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    names = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
    found = [address for name in names for value in headers.get(name, ()) for address in addresses_in(value)]
    return tuple(dict.fromkeys(found))[: limits.MOST_RECIPIENTS]


def return_path_of(headers: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return who the envelope says it is from, by the header that a receiving server writes."""
    value = next(iter(headers.get("return-path", ())), None)
    if value is None:
        return None
    return next(iter(addresses_in(value)), "" if value.strip(" <>") == "" else value.strip(" <>").lower())


def first_identity(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    value = headers.get(name, ("",))[0]
    found = IDENTITY.search(value)
    return found.group(1) if found else value.strip(" <>")[:250]


def answers_of(headers: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the ids of the mails that this one answers: In-Reply-To, then References from the newest on."""
    near = [each for value in headers.get("in-reply-to", ()) for each in IDENTITY.findall(value)]
    far = [each for value in headers.get("references", ()) for each in IDENTITY.findall(value)]
    return tuple(dict.fromkeys([*near, *reversed(far)]))[: limits.MOST_REFERENCES]


def instant_of(value: str) -> datetime | None:
    """Return the instant of a Date header in UTC; None where it cannot be read."""
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
