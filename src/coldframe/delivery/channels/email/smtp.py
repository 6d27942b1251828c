"""
Handing over to a mail server: up to four lines at once, kept from one batch to the next.

One thread serves them all. Lines whose messages wait for the final dot at the same moment share one commit of
their markers; while it is made nothing else happens, and after it the dots go out at once. ``dialogue`` holds
what is said, ``lines`` the sockets, ``classify`` what answers mean.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coldframe.delivery.channels.answers import (
    Answer,
    Beat,
    Mark,
    Message,
    Report,
    Result,
    Trouble,
    clipped,
)
from coldframe.delivery.channels.email.classify import Judgement, Meaning, Phase
from coldframe.delivery.channels.email.dialogue import Finish, Stage
from coldframe.delivery.channels.email.lines import Line, NoLine, open_line

#: Lines at once, unless the settings say ``lines``.
MOST_LINES = 4
#: Messages on one line, unless the settings say ``per_line``; servers mostly allow a hundred.
MOST_MESSAGES = 100
#: Seconds without an answer until it counts as none; RFC 5321 asks for ten minutes after the final dot.
PATIENCE = 300.0
DOT_PATIENCE = 600.0
#: So many final dots in a row without an answer, and the server is left alone for a while: each one is a doubt.
MOST_SILENCES = 3
#: Servers close a line that is idle for longer.
MOST_IDLE = 30.0
#: A server that refused one more line is asked for it again after so many seconds.
REFUSED_FOR = 300.0
#: Seconds to wait for an event before looking at the time again.
POLL = 0.5
#: Lines that are nearly ready are waited for, so that they share a commit: half as long as the last one took,
#: within these bounds in seconds.
GATHER = (0.0005, 0.01)

RESULTS = {
    Meaning.SENT: Result.SENT,
    Meaning.RETRY: Result.RETRY,
    Meaning.FAILED: Result.FAILED,
    Meaning.UNCERTAIN: Result.UNCERTAIN,
    Meaning.REST: Result.RETURNED,
    Meaning.STOP: Result.RETURNED,
}


class Pool:
    """The lines of one worker to one mail server. Not for use by several threads."""

    def __init__(self, settings: Mapping[str, Any], secret: str) -> None:
        self.settings, self.secret = settings, secret
        self.selector = selectors.DefaultSelector()
        self.lines: list[Line] = []
        self.wanted_lines = self.most_lines = int(settings.get("lines", MOST_LINES))
        #: When a line more was refused, or allowed again.
        self.changed_at = time.monotonic()
        self.most_messages = int(settings.get("per_line", MOST_MESSAGES))
        self.dot_patience = float(settings.get("patience", DOT_PATIENCE))
        #: Final dots without an answer since the last one that had one.
        self.silences = 0

    def deliver(
        self, messages: Iterator[Message], *, mark: Mark, report: Report, beat: Beat
    ) -> Trouble | None:
        """Hand messages over; return why no more can be, or None when all taken are settled."""
        self.drop_stale_lines()
        self.allow_more_lines()
        return Delivery(pool=self, messages=messages, mark=mark, report=report, beat=beat).run()

    def open(self) -> Line:
        """Open one more line; raises ``NoLine``."""
        line = open_line(self.settings, self.secret)
        self.lines.append(line)
        self.selector.register(line.sock, selectors.EVENT_READ, line)
        return line

    def drop(self, line: Line, *, politely: bool = False) -> None:
        """Close a line."""
        self.lines.remove(line)
        self.selector.unregister(line.sock)
        line.close(politely=politely)

    def watch(self, line: Line) -> None:
        """Wait for the socket to take more, where something is still to be written."""
        wants_write = bool(line.outgoing)
        if wants_write is not line.wants_write:
            line.wants_write = wants_write
            also = selectors.EVENT_WRITE if wants_write else 0
            self.selector.modify(line.sock, selectors.EVENT_READ | also, line)

    def refuse_more_lines(self) -> None:
        """Do with the lines there are: the server gives no more."""
        self.most_lines, self.changed_at = len(self.lines), time.monotonic()

    def allow_more_lines(self) -> None:
        """Try one line more than the server gave a while ago."""
        if self.most_lines < self.wanted_lines and time.monotonic() - self.changed_at >= REFUSED_FOR:
            self.most_lines, self.changed_at = self.most_lines + 1, time.monotonic()

    def drop_stale_lines(self) -> None:
        """Close lines that the server has closed, or is about to."""
        for line in list(self.lines):
            line.read()
            is_old = time.monotonic() - line.idle_since > MOST_IDLE
            if line.dialogue.stage is not Stage.IDLE or is_old:
                self.drop(line, politely=True)

    def close(self) -> None:
        """Close every line."""
        for line in list(self.lines):
            self.drop(line, politely=True)
        self.selector.close()


@dataclass(kw_only=True)
class Delivery:
    """One batch on its way."""

    pool: Pool
    messages: Iterator[Message]
    mark: Mark
    report: Report
    beat: Beat
    again: deque[Message] = field(default_factory=deque)
    trouble: Trouble | None = None
    failure: Exception | None = None
    is_fed: bool = True
    gather: float = GATHER[0]

    def run(self) -> Trouble | None:
        """Offer messages until there are none, or no way; wait for every final answer."""
        self.offer()
        while busy := self.busy():
            events = self.pool.selector.select(self.patience_of(busy))
            for key, _ in events:
                self.serve(key.data)
            self.end_silent_lines()
            ready = [line for line in self.pool.lines if line.is_ready()]
            if ready and (not events or len(ready) == len(self.busy())):
                self.hand_over(ready)
            self.offer()
            self.tell_alive()
        self.return_rest()
        if self.failure is not None:
            raise self.failure
        return self.trouble

    def busy(self) -> list[Line]:
        return [line for line in self.pool.lines if line.dialogue.stage is not Stage.IDLE]

    def patience_of(self, busy: list[Line]) -> float:
        """Return how long to wait for an event."""
        return self.gather if any(line.is_ready() for line in busy) else POLL

    def offer(self) -> None:
        """Give every idle line a message, and open lines while there are more messages."""
        for line in list(self.pool.lines):
            if line.dialogue.stage is Stage.IDLE:
                if line.dialogue.count >= self.pool.most_messages:
                    self.pool.drop(line, politely=True)
                else:
                    self.give(line)
        while self.may_open() and (message := self.next_message()) is not None:
            self.again.appendleft(message)
            fresh = self.opened()
            if fresh is None or not self.give(fresh):
                return

    def may_open(self) -> bool:
        return self.trouble is None and self.failure is None and len(self.pool.lines) < self.pool.most_lines

    def next_message(self) -> Message | None:
        if self.trouble is not None or self.failure is not None:
            return None
        if self.again:
            return self.again.popleft()
        message = next(self.messages, None) if self.is_fed else None
        self.is_fed = message is not None
        return message

    def opened(self) -> Line | None:
        """Return a new line; what stands in the way is trouble only where there is no other line."""
        try:
            return self.pool.open()
        except NoLine as error:
            if self.pool.lines:
                self.pool.refuse_more_lines()
            else:
                self.note_trouble(error.judgement, f"{error.phase}: {error.text}")
            return None

    def note_trouble(self, judgement: Judgement, text: str) -> None:
        is_final = judgement.meaning is Meaning.STOP
        if self.trouble is None or (is_final and not self.trouble.is_final):
            self.trouble = Trouble(is_final=is_final, reason=judgement.reason, text=clipped(text))

    def give(self, line: Line) -> bool:
        """Offer the next message on an idle line; return whether there was one."""
        while (message := self.next_message()) is not None:
            try:
                data = line.dialogue.begin(message)
            except ValueError as error:
                self.refuse(message, str(error))
                continue
            line.deadline = time.monotonic() + PATIENCE
            line.write(data)
            self.after(line)
            return True
        return False

    def refuse(self, message: Message, why: str) -> None:
        self.report(
            Answer(id=message.id, result=Result.FAILED, phase=Phase.RECIPIENT, text=why, reason="BAD_ADDRESS")
        )

    def serve(self, line: Line) -> None:
        """Read and write what can be, and look what came of it."""
        if line.outgoing:
            line.push()
        line.read()
        self.after(line)

    def after(self, line: Line) -> None:
        finish = line.dialogue.take_finished()
        if finish is not None:
            self.conclude(line, finish)
            line.idle_since, line.was_used = time.monotonic(), True
        if line.dialogue.stage is Stage.OVER:
            self.pool.drop(line)
        else:
            self.pool.watch(line)

    def conclude(self, line: Line, finish: Finish) -> None:
        """Report what came of a message; one that an old line did not even hear goes to a new one."""
        judgement = finish.judgement
        if finish.phase is Phase.SENDER and judgement.meaning is Meaning.REST and line.was_used:
            self.again.append(finish.message)
            return
        if judgement.meaning in (Meaning.REST, Meaning.STOP):
            self.note_trouble(judgement, f"{finish.phase}: {finish.code} {finish.text}")
        if finish.phase is Phase.FINAL_DOT:
            self.count_silence(judgement)
        self.report(
            Answer(
                id=finish.message.id,
                result=RESULTS[judgement.meaning],
                phase=finish.phase.value,
                code=finish.code,
                text=clipped(finish.text),
                reason=judgement.reason,
            )
        )

    def count_silence(self, judgement: Judgement) -> None:
        """Have a server rest that takes messages and does not answer: whoever goes on makes doubt of a whole queue."""
        self.pool.silences = self.pool.silences + 1 if judgement.meaning is Meaning.UNCERTAIN else 0
        if self.pool.silences >= MOST_SILENCES:
            self.note_trouble(
                Judgement(Meaning.REST, "NO_ANSWER"),
                f"{self.pool.silences} messages in a row were handed over and not answered",
            )

    def still_ready(self, ready: list[Line]) -> list[Line]:
        """Return the lines that are still there: what a server says early, or that it has gone, is no doubt yet."""
        for line in ready:
            line.read()
            if not line.is_ready():
                self.after(line)
        return [line for line in ready if line.is_ready()]

    def hand_over(self, ready: list[Line]) -> None:
        """Have the markers of these lines committed, and write the final dot where it may be."""
        ready = self.still_ready(ready)
        if not ready:
            return
        by_id = {line.dialogue.message.id: line for line in ready if line.dialogue.message}
        begun = time.monotonic()
        try:
            allowed = set(self.mark(list(by_id)))
        except Exception as error:  # noqa: BLE001 - raised again when the lines that wait for an answer have it.
            self.fail(error)
            return
        self.gather = min(max((time.monotonic() - begun) / 2, GATHER[0]), GATHER[1])
        self.still_ready(ready)
        for key, line in by_id.items():
            if not line.is_ready():
                continue
            if key in allowed:
                line.deadline = time.monotonic() + self.pool.dot_patience
                line.write(line.dialogue.release())
                self.after(line)
            else:
                # Only a broken line keeps the server from taking the message.
                self.pool.drop(line)

    def fail(self, error: Exception) -> None:
        """Break every line on which nothing irrevocable has happened; the others are waited for."""
        self.failure = self.failure or error
        for line in list(self.pool.lines):
            if line.dialogue.stage is not Stage.DOT:
                self.pool.drop(line)

    def end_silent_lines(self) -> None:
        """Take silence for an answer where it has lasted too long."""
        passed = time.monotonic()
        for line in self.busy():
            if passed > line.deadline:
                line.dialogue.end()
                self.after(line)

    def tell_alive(self) -> None:
        if self.failure is None:
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 - as in ``hand_over``.
                self.fail(error)

    def return_rest(self) -> None:
        """Give back what was taken and is now without a way."""
        reason = self.trouble.reason if self.trouble else ""
        for message in self.again:
            self.report(Answer(id=message.id, result=Result.RETURNED, phase=Phase.CONNECT, reason=reason))
