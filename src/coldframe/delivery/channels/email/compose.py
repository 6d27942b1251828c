"""
A message as the bytes that go over the wire, by splicing.

What is the same for all messages of a sender is made once (``prepare``); ``message`` puts the rest in its
place. No message object of the standard library is built: building one per mail would be most of the work.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from coldframe.delivery.channels.email import footer, headers
from coldframe.delivery.channels.email.footer import Leaving, Notice

#: Quoted-printable and base64 never hold ``=_``, so no part can hold the line that separates the parts.
BOUNDARY = b"=_coldframe_part"
FRONT = b'Content-Type: multipart/alternative; boundary="' + BOUNDARY + b'"\r\n\r\n--' + BOUNDARY + b"\r\n"
BETWEEN = b"\r\n--" + BOUNDARY + b"\r\n"
BACK = b"\r\n--" + BOUNDARY + b"--\r\n"
#: Around the texts and a file that goes along; no prefix of the line above, nor the other way round.
MIXED = b"=_coldframe_with_file"
MIXED_FRONT = b'Content-Type: multipart/mixed; boundary="' + MIXED + b'"\r\n\r\n--' + MIXED + b"\r\n"
MIXED_BETWEEN = b"\r\n--" + MIXED + b"\r\n"
MIXED_BACK = b"\r\n--" + MIXED + b"--\r\n"
#: A text with a larger share of bytes beyond ASCII is shorter in base64.
BASE64_FROM = 1 / 6
#: Lines that are remembered as they are encoded.
LINES_KEPT = 2_000
#: Where a layout wants the footer; without it the footer stands before ``</body>``, else at the end.
FOOTER_PLACE = "<!-- footer -->"
ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}")
NOT_FEEDBACK = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes, as the recipients see it."""

    address: str
    name: str = ""
    #: Empty: answers go to ``address``.
    reply_to: str = ""
    #: Lines in which the company can be reached by post.
    postal_address: str = ""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes along."""

    #: Of our own making: letters, digits, dots and dashes.
    name: str
    #: With its parameters.
    content_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What one person gets: rendered texts, and what only this message carries."""

    #: Names the message for ever: the touch's public id. In headers and in the Message-ID.
    touch: str
    #: Tells this message from an earlier one of the same touch, withdrawn before it left.
    token: str
    recipient: str
    subject: str
    html: str
    text: str
    recipient_name: str = ""
    leaving: Leaving = field(default_factory=Leaving)
    notice: Notice | None = None
    #: Up to three names that providers count complaints by, such as path, content, kind.
    feedback: tuple[str, ...] = ()
    language: str = "en"
    #: A notice of our own to our own people: it says that no one wrote it (RFC 3834), and no one answers it.
    is_notice: bool = False
    attachment: Attachment | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message, frozen: a retry hands over the same bytes."""

    message_id: str
    sender: str
    recipient: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What all messages of a sender share."""

    sender: Sender
    front: bytes
    domain: str
    feedback_name: str


def prepare(*, sender: Sender) -> Prepared:
    """Return what all messages of a sender share; raises ``UnsafeValue`` when the sender cannot stand in a header."""
    front = headers.mailbox("From", sender.name, sender.address)
    if sender.reply_to and sender.reply_to != sender.address:
        front += headers.mailbox("Reply-To", "", sender.reply_to)
    domain = headers.domain_of(sender.address)
    return Prepared(
        sender=sender, front=front, domain=domain, feedback_name=NOT_FEEDBACK.sub("-", domain)[:60]
    )


def message(prepared: Prepared, mail: Mail, *, at: datetime) -> Message:
    """
    Compose one message with the date ``at``.

    Raises ``UnsafeValue`` when a value must not reach a header or the envelope: a line break in the subject,
    two addresses where one is meant. Nothing is dropped or mended in silence.
    """
    message_id = identity(prepared, mail)
    text, html = with_footer(prepared.sender, mail)
    body = b"".join(
        (
            prepared.front,
            headers.mailbox("To", mail.recipient_name, mail.recipient),
            headers.unstructured("Subject", mail.subject),
            f"Date: {format_datetime(at)}\r\nMessage-ID: {message_id}\r\n".encode(),
            *own_headers(prepared, mail),
            b"MIME-Version: 1.0\r\n",
            *whole(parts(text, html), mail.attachment),
        )
    )
    return Message(message_id=message_id, sender=prepared.sender.address, recipient=mail.recipient, body=body)


def identity(prepared: Prepared, mail: Mail) -> str:
    """Return the Message-ID: touch, token and the sender's domain."""
    for where, value in (("touch", mail.touch), ("token", mail.token)):
        if not TOKEN.fullmatch(value):
            raise headers.UnsafeValue(
                "Expected letters, digits, dots and dashes.", where=where, got=repr(value[:60])
            )
    return f"<{mail.touch}.{mail.token}@{prepared.domain}>"


def own_headers(prepared: Prepared, mail: Mail) -> list[bytes]:
    """Return the headers by which touches, complaints and opt-outs find their way back."""
    if mail.is_notice:
        return [b"Auto-Submitted: auto-generated\r\n"]
    lines = [f"X-Coldframe-Touch: {mail.touch}\r\n".encode()]
    if mail.feedback:
        names = [NOT_FEEDBACK.sub("-", name)[:60] or "-" for name in mail.feedback[:3]]
        lines.append(headers.unstructured("Feedback-ID", ":".join([*names, prepared.feedback_name])))
    return lines + leaving_headers(mail.leaving)


def leaving_headers(leaving: Leaving) -> list[bytes]:
    """Return List-Unsubscribe, and with a page also the one-click of RFC 8058; nothing where there is no way."""
    ways = []
    if leaving.unsubscribe_url:
        ways.append(headers.check_url(leaving.unsubscribe_url, where="List-Unsubscribe"))
    if leaving.unsubscribe_mailto:
        ways.append(headers.check_url(leaving.unsubscribe_mailto, where="List-Unsubscribe"))
    if not ways:
        return []
    lines = [b"List-Unsubscribe: " + ",\r\n ".join(f"<{way}>" for way in ways).encode() + b"\r\n"]
    return [*lines, ONE_CLICK] if leaving.unsubscribe_url else lines


def with_footer(sender: Sender, mail: Mail) -> tuple[str, str]:
    """Return text and HTML with the footer below; a notice of our own has none."""
    if mail.is_notice:
        return mail.text, mail.html
    below = footer.Below(
        postal_address=sender.postal_address,
        leaving=mail.leaving,
        notice=mail.notice,
        wording=footer.wording_of(mail.language),
    )
    text = mail.text.rstrip() + "\n" + footer.as_text(below)
    return text, placed(mail.html, footer.as_html(below))


def placed(html: str, below: str) -> str:
    """Return the HTML with ``below`` in the place that the layout names, else before the end of the body."""
    at = html.rfind(FOOTER_PLACE)
    if at >= 0:
        return html[:at] + below + html[at + len(FOOTER_PLACE) :]
    at = html.rfind("</body>")
    return html[:at] + below + html[at:] if at >= 0 else html + below


def parts(text: str, html: str) -> list[bytes]:
    """Return the text and its HTML as alternatives, the best last; a message without HTML is the text alone."""
    plain = part(b"text/plain", text)
    return [FRONT, plain, BETWEEN, part(b"text/html", html), BACK] if html else [plain]


def whole(texts: list[bytes], attachment: Attachment | None) -> list[bytes]:
    """Return the texts, and below them the file that goes along, if there is one."""
    if attachment is None:
        return texts
    if not TOKEN.fullmatch(attachment.name):
        raise headers.UnsafeValue(
            "Expected letters, digits, dots and dashes.", where="attachment", got=repr(attachment.name[:60])
        )
    name = attachment.name.encode()
    about = (
        b"Content-Type: " + attachment.content_type.encode() + b'; name="' + name + b'"\r\n'
        b'Content-Disposition: attachment; filename="' + name + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    file = about + encodebytes(attachment.data).replace(b"\n", b"\r\n")
    return [MIXED_FRONT, *texts, MIXED_BETWEEN, file, MIXED_BACK]


def part(content_type: bytes, text: str) -> bytes:
    """Return one part with its headers: lines of at most 76 characters, in ASCII, ended by CR LF."""
    if headers.SURROGATE.search(text):
        raise headers.UnsafeValue("Half a character stands in the text.", where=content_type.decode())
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    data = plain.encode()
    if len(data) - len(plain) > BASE64_FROM * len(plain):
        encoding, encoded = b"base64", encodebytes(plain.replace("\n", "\r\n").encode())
    else:
        encoding, encoded = b"quoted-printable", b"".join(map(quoted, data.splitlines(keepends=True)))
    return (
        b"Content-Type: " + content_type + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + encoded.replace(b"\n", b"\r\n")
    )


@lru_cache(maxsize=LINES_KEPT)
def quoted(line: bytes) -> bytes:
    """Return a line with its end in quoted-printable: each stands for itself, and most are the same in all mails."""
    return b2a_qp(line, istext=True)
