"""
The talk with a mail server about one message after another, without any waiting.

Pure: bytes come in by ``receive``, bytes to write come out, and what is to be done next is a state. Envelope
and DATA go out together where the server allows (PIPELINING); the message goes out in one piece; the final
dot goes out only when ``release`` is called.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from coldframe.delivery.channels.answers import Message
from coldframe.delivery.channels.email.classify import Judgement, Meaning, Phase, classify

DOT = b".\r\n"
#: A lone CR or LF.
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
#: An answer longer than this is no answer.
LONGEST_ANSWER = 65536


class Stage(StrEnum):
    """What the dialogue waits for."""

    #: The next message.
    IDLE = "IDLE"
    #: Answers to envelope and DATA.
    ENVELOPE = "ENVELOPE"
    #: Leave to write the final dot.
    READY = "READY"
    #: The answer to the final dot.
    DOT = "DOT"
    #: The answer to RSET.
    RESET = "RESET"
    #: Nothing any more.
    OVER = "OVER"


@dataclass(frozen=True, slots=True)
class Finish:
    """What came of one message."""

    message: Message
    phase: Phase
    code: int
    text: str
    judgement: Judgement


def stuffed(body: bytes) -> bytes:
    """
    Return a message as it travels: lines end in CRLF, and one that begins with a dot gets another.

    >>> stuffed(b"one\\n.two\\r\\n..\\rend")
    b'one\\r\\n..two\\r\\n...\\r\\nend\\r\\n'
    """
    # Counting is twenty times quicker than a search, and a composed message mostly has no other line ends.
    ends = body.count(b"\r\n")
    is_clean = ends == body.count(b"\n") == body.count(b"\r")
    whole = body if is_clean else BARE.sub(b"\r\n", body)
    if not whole.endswith(b"\r\n"):
        whole += b"\r\n"
    if whole.startswith(b"."):
        whole = b"." + whole
    return whole.replace(b"\r\n.", b"\r\n..") if b"\r\n." in whole else whole


def envelope(message: Message, offers: frozenset[str]) -> list[bytes]:
    """Return MAIL, RCPT and DATA for a message; raises ``ValueError`` for an address with a line break or such."""
    sender, recipient = message.sender or "", message.recipient or ""
    for address in (sender, recipient):
        if any(each in address for each in "\r\n<>\0 "):
            raise ValueError("an address holds a character that no address may hold")
    international = not (sender.isascii() and recipient.isascii())
    if international and "smtputf8" not in offers:
        raise ValueError("the server takes no addresses outside ASCII")
    options = " SMTPUTF8" if international else ""
    if "8bitmime" in offers and not (message.body or b"").isascii():
        options += " BODY=8BITMIME"
    if "size" in offers:
        options += f" SIZE={len(message.body or b'')}"
    lines = (f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>", "DATA")
    return [f"{line}\r\n".encode() for line in lines]


class Dialogue:
    """One line's talk. ``offers``: what the server said in its hello, in lower case."""

    def __init__(self, offers: frozenset[str]) -> None:
        self.offers = offers
        self.is_pipelining = "pipelining" in offers
        self.stage = Stage.IDLE
        self.message: Message | None = None
        self.phases: list[Phase] = []
        self.queue: list[bytes] = []
        self.refusal: tuple[Phase, int, str, Judgement] | None = None
        self.buffer = b""
        self.lines: list[bytes] = []
        #: Bytes of an answer that has not ended yet.
        self.unended = 0
        self.finished: Finish | None = None
        #: Messages taken on this line.
        self.count = 0

    def begin(self, message: Message) -> bytes:
        """Return what to write to offer a message; raises ``ValueError`` where it cannot be offered."""
        commands = envelope(message, self.offers)
        self.message, self.refusal, self.finished = message, None, None
        self.phases = [Phase.SENDER, Phase.RECIPIENT, Phase.DATA]
        self.stage = Stage.ENVELOPE
        if self.is_pipelining:
            self.queue = []
            return b"".join(commands)
        self.queue = commands[1:]
        return commands[0]

    def release(self) -> bytes:
        """Return the final dot."""
        self.stage, self.phases = Stage.DOT, [Phase.FINAL_DOT]
        return DOT

    def receive(self, data: bytes) -> bytes:
        """Take what the server said; return what to write now."""
        self.buffer += data
        out = []
        while self.stage is not Stage.OVER and (answer := self.next_answer()):
            out.append(self.hear(*answer))
        if self.unended + len(self.buffer) > LONGEST_ANSWER:
            self.end()
        return b"".join(out)

    def next_answer(self) -> tuple[int, str] | None:
        """Return the next whole answer, which may have several lines."""
        while (end := self.buffer.find(b"\n")) >= 0:
            line = self.buffer[:end].rstrip(b"\r")
            self.buffer = self.buffer[end + 1 :]
            self.unended += end + 1
            if self.unended <= LONGEST_ANSWER:
                self.lines.append(line[4:])
            if line[3:4] != b"-":
                text = b" ".join(self.lines).decode("utf-8", "replace")
                self.lines, self.unended = [], 0
                return (int(line[:3]) if line[:3].isdigit() else 999), text
        return None

    def hear(self, code: int, text: str) -> bytes:
        """Take one answer."""
        if self.stage is Stage.RESET:
            self.stage = Stage.IDLE if 200 <= code <= 299 else Stage.OVER
            return b""
        if not self.phases:
            # Unasked: an early word about the body, or a farewell.
            self.conclude(Phase.BODY, code, text)
            return b""
        phase = self.phases.pop(0)
        judgement = classify(phase, code, text)
        if phase is Phase.FINAL_DOT:
            return self.conclude(phase, code, text)
        if judgement.meaning is not Meaning.GO and self.refusal is None:
            self.refusal = (phase, code, text, judgement)
        return self.go_on(phase, is_go=judgement.meaning is Meaning.GO)

    def go_on(self, phase: Phase, *, is_go: bool) -> bytes:
        """Return what follows an answer to envelope or DATA."""
        if self.refusal is not None and (self.refusal[3].ends_line or not self.phases or self.queue):
            if phase is Phase.DATA and is_go:
                # It waits for a message that has no recipient; without a marker no dot is written.
                return self.conclude(*self.refusal[:3], ends_line=True)
            return self.conclude(*self.refusal[:3])
        if self.queue:
            return self.queue.pop(0)
        if self.phases:
            return b""
        self.stage = Stage.READY
        return stuffed(self.message.body or b"") if self.message else b""

    def conclude(self, phase: Phase, code: int, text: str, *, ends_line: bool = False) -> bytes:
        """Note what came of the message; return what to write before the next one."""
        judgement = classify(phase, code, text)
        if self.message is not None:
            self.finished = Finish(self.message, phase, code, text, judgement)
        self.message, self.phases, self.queue = None, [], []
        if ends_line or judgement.ends_line or self.finished is None:
            self.stage = Stage.OVER
            return b""
        if phase is Phase.FINAL_DOT:
            self.count += judgement.meaning is Meaning.SENT
            self.stage = Stage.IDLE
            return b""
        self.stage = Stage.RESET
        return b"RSET\r\n"

    def end(self) -> None:
        """Take the end of the line, or silence for too long: no answer to whatever was asked."""
        if self.message is not None:
            waiting = {Stage.DOT: Phase.FINAL_DOT, Stage.READY: Phase.BODY}.get(self.stage)
            phase = waiting or (self.phases[0] if self.phases else Phase.BODY)
            if self.refusal is not None:
                phase, code, text, _ = self.refusal
                self.conclude(phase, code, text)
            else:
                self.conclude(phase, 0, "")
        self.stage = Stage.OVER

    def take_finished(self) -> Finish | None:
        """Return what came of the last message, once."""
        found, self.finished = self.finished, None
        return found
