"""
What a mail server's answer means, by where in the dialogue it was given.

Before the final dot nothing can have been taken, whatever happens; after it, silence means that nobody knows.
A refusal may be about the message, or about the way there, which then rests or waits for a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where in the dialogue an answer is given, in order."""

    #: Greeting and hello.
    CONNECT = "connect"
    TLS = "tls"
    LOGIN = "login"
    #: MAIL FROM.
    SENDER = "sender"
    #: RCPT TO.
    RECIPIENT = "recipient"
    #: The word DATA.
    DATA = "data"
    #: The message, but for its end.
    BODY = "body"
    #: From here on nobody can take it back.
    FINAL_DOT = "final dot"


class Meaning(StrEnum):
    """What follows from an answer."""

    #: Go on.
    GO = "GO"
    #: The message was taken.
    SENT = "SENT"
    #: The message was refused for now.
    RETRY = "RETRY"
    #: The message was refused for good.
    FAILED = "FAILED"
    #: Nobody knows whether it was taken.
    UNCERTAIN = "UNCERTAIN"
    #: Nobody gets through for now: messages go back unharmed, the connection rests.
    REST = "REST"
    #: The connection itself is refused for good: messages go back, and a person must look.
    STOP = "STOP"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an answer means, and a word for why."""

    meaning: Meaning
    reason: str = ""
    #: The line is of no more use.
    ends_line: bool = False


#: No answer: the line broke, nobody answered in time, or nobody was there.
NO_ANSWER = 0
CLOSING = 421
#: The server wants a login first; nothing will pass without.
LOGIN_WANTED = frozenset({530, 534, 535, 538})
#: At MAIL FROM these speak of this message; any other refusal is of the sender, who is the same for all.
OF_THE_MESSAGE = frozenset({552, 555})

BEFORE_MAIL = frozenset({Phase.CONNECT, Phase.TLS, Phase.LOGIN})
REFUSED_WAY = {
    Phase.CONNECT: "CONNECTION_REFUSED",
    Phase.TLS: "TLS_REFUSED",
    Phase.LOGIN: "LOGIN_REFUSED",
}

ENHANCED = re.compile(r"^\s*5\.(\d{1,3})\.(\d{1,3})\b")
#: Class of an enhanced status code (RFC 3463): address, mailbox, ..., security or policy.
SUBJECTS = {
    "1": "NO_SUCH_ADDRESS",
    "2": "MAILBOX_REFUSES",
    "3": "REFUSED",
    "4": "NO_ROUTE",
    "5": "REFUSED",
    "6": "REFUSED",
    "7": "POLICY",
}
#: Address statuses that speak of the sender's address; many servers say so only where the recipient is named.
OF_THE_SENDER = frozenset({("1", "7"), ("1", "8")})
#: Words by which a refusal without an enhanced code speaks of who writes, and not of who is written to.
ABOUT_THE_SENDER = re.compile(
    r"\b(?:senders?|relay(?:ing)?|spam\w*|block(?:ed|list\w*)|blacklist\w*|dnsbl|rbl|policy|reputation|spf|dkim|dmarc)\b",
    re.IGNORECASE,
)
#: What codes without an enhanced one mostly mean when given for a recipient.
PLAIN = {550: "NO_SUCH_ADDRESS", 551: "NO_SUCH_ADDRESS", 552: "MAILBOX_FULL", 553: "NO_SUCH_ADDRESS"}


def classify(phase: Phase, code: int, text: str = "") -> Judgement:
    """
    Return what the answer ``code text`` in a phase means; ``code`` 0 says that none came.

    >>> classify(Phase.RECIPIENT, 550, "5.1.1 No such user").reason
    'NO_SUCH_ADDRESS'
    >>> classify(Phase.BODY, 0).meaning, classify(Phase.FINAL_DOT, 0).meaning
    (<Meaning.RETRY: 'RETRY'>, <Meaning.UNCERTAIN: 'UNCERTAIN'>)
    """
    if phase in BEFORE_MAIL:
        return of_the_way(phase, code)
    if 500 <= code <= 599:
        return refused(phase, code, text)
    if 400 <= code <= 499:
        return refused_for_now(phase, code)
    return answered(phase, code)


def of_the_way(phase: Phase, code: int) -> Judgement:
    """Return what an answer means before there is any talk of a message."""
    if 200 <= code <= 299:
        return Judgement(Meaning.GO)
    if 500 <= code <= 599:
        return Judgement(Meaning.STOP, REFUSED_WAY[phase], ends_line=True)
    word = "UNREACHABLE" if code == NO_ANSWER else "REFUSED_FOR_NOW"
    return Judgement(Meaning.REST, word if code < 200 or code >= 400 else "NOT_UNDERSTOOD", ends_line=True)


def refused(phase: Phase, code: int, text: str) -> Judgement:
    """Return what a refusal for good means."""
    if code in LOGIN_WANTED and phase is not Phase.FINAL_DOT:
        return Judgement(Meaning.STOP, "LOGIN_REFUSED", ends_line=True)
    if phase is Phase.SENDER and code not in OF_THE_MESSAGE:
        return Judgement(Meaning.STOP, "SENDER_REFUSED", ends_line=True)
    if phase in (Phase.RECIPIENT, Phase.DATA) and is_of_the_sender(text):
        return Judgement(Meaning.STOP, "SENDER_REFUSED", ends_line=True)
    # What follows an early refusal is a body that the server would read as commands.
    return Judgement(Meaning.FAILED, word_for(phase, code, text), ends_line=phase is Phase.BODY)


def is_of_the_sender(text: str) -> bool:
    """Return whether an enhanced code says that the sender's address is refused."""
    found = ENHANCED.match(text)
    return found is not None and found.groups() in OF_THE_SENDER


def word_for(phase: Phase, code: int, text: str) -> str:
    """Return a word for the cause of a refusal."""
    found = ENHANCED.match(text)
    if found and found.groups() == ("2", "2"):
        return "MAILBOX_FULL"
    if is_of_the_sender(text) or (not found and ABOUT_THE_SENDER.search(text)):
        return "POLICY"
    if found:
        return SUBJECTS.get(found.group(1), "REFUSED")
    return PLAIN.get(code, "REFUSED") if phase is Phase.RECIPIENT else "REFUSED"


def refused_for_now(phase: Phase, code: int) -> Judgement:
    """Return what a refusal for now means."""
    if phase is Phase.SENDER and code == CLOSING:
        return Judgement(Meaning.REST, "REFUSED_FOR_NOW", ends_line=True)
    return Judgement(Meaning.RETRY, "REFUSED_FOR_NOW", ends_line=code == CLOSING or phase is Phase.BODY)


def answered(phase: Phase, code: int) -> Judgement:
    """Return what consent, silence or nonsense means."""
    wanted = {Phase.DATA: range(354, 355), Phase.BODY: range(0)}.get(phase, range(200, 300))
    if code in wanted:
        return Judgement(Meaning.SENT if phase is Phase.FINAL_DOT else Meaning.GO)
    if phase is Phase.SENDER and code == NO_ANSWER:
        return Judgement(Meaning.REST, "UNREACHABLE", ends_line=True)
    word = "NO_ANSWER" if code == NO_ANSWER else "NOT_UNDERSTOOD"
    doubt = Meaning.UNCERTAIN if phase is Phase.FINAL_DOT else Meaning.RETRY
    return Judgement(doubt, word, ends_line=True)
