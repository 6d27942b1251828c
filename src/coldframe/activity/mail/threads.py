"""
Which of our messages a mail belongs to.

A touch is named by a random id that only its recipient has seen: in the Message-ID, in a header, and with
the lead in the signed links of its text. Whoever holds one was written to, or was given the mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from coldframe.activity.mail.parsing import Mail
from coldframe.leads import tokens

#: ``<touch.token@domain>``, as ``delivery.channels.email.compose`` writes it.
OURS = re.compile(r"<?([0-9a-f]{32})\.[A-Za-z0-9._-]{1,101}@[A-Za-z0-9.-]+>?")
HEADER = re.compile(r"x-coldframe-touch:\s*([0-9a-f]{32})\b", re.IGNORECASE)
#: A token of a signed link, also where quoting broke its line.
TOKEN = re.compile(r"/([a-z2-7](?:[a-z2-7]|=?\s?\n?(?:> ?)*){79,140})", re.IGNORECASE)
TOKEN_LENGTH = 80
MOST_TOKENS = 10


@dataclass(frozen=True, kw_only=True)
class Thread:
    """What a mail belongs to."""

    #: Public ids of touches in hex, most trusted first.
    touches: tuple[str, ...]
    #: Public id of the lead that a signed link was made for, in hex; empty: no link of ours is in it.
    lead: str


def touch_of(message_id: str) -> str:
    """
    Return the touch that one of our Message-IDs names, in hex; empty where it is not ours.

    >>> touch_of("<0123456789abcdef0123456789abcdef.0@ours.example>")
    '0123456789abcdef0123456789abcdef'
    >>> touch_of("<CAF1234@mail.gmail.com>")
    ''
    """
    found = OURS.fullmatch(message_id.strip())
    return found.group(1) if found else ""


def thread_of(mail: Mail) -> Thread:
    """Return what a mail belongs to: by what it answers, by what it returns, by our links in what it quotes."""
    found = [touch_of(each) for each in mail.answers]
    for part in mail.parts:
        if part.depth or part.content_type in {
            "message/delivery-status",
            "text/rfc822-headers",
            "message/feedback-report",
        }:
            found += HEADER.findall(part.text)
            found += [match.group(1) for match in OURS.finditer(part.text)]
    found += HEADER.findall(mail.text)
    links = links_in(f"{mail.text}\n{mail.html}")
    found += [each.touch.hex for each in links if each.touch]
    found += [match.group(1) for match in OURS.finditer(mail.text)]
    leads = [each.lead.hex for each in links]
    return Thread(
        touches=tuple(dict.fromkeys(each.lower() for each in found if each)), lead=leads[0] if leads else ""
    )


def links_in(text: str) -> list[tokens.Link]:
    """Return what our signed links in a text say."""
    found = []
    for match in TOKEN.finditer(text):
        token = re.sub(r"[^a-z2-7]", "", match.group(1).lower())[:TOKEN_LENGTH]
        for purpose in (tokens.Purpose.UNSUBSCRIBE, tokens.Purpose.PREFERENCES):
            link = tokens.read(token, purpose)
            if link is not None:
                found.append(link)
        if len(found) >= MOST_TOKENS:
            break
    return found


def as_uuid(text: str) -> UUID | None:
    """Return an id written in hex; None where it is none."""
    try:
        return UUID(hex=text)
    except ValueError:
        return None
