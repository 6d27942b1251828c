"""A mail server that answers what a test says, however odd: for what no well-mannered server does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

#: Given the line, returns what to answer; None: close the line. It may write to the socket itself.
Answering = Callable[[socket.socket], bytes | None]
ORDINARY = {
    b"EHLO": b"250-odd\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"DOT": b"250 2.0.0 Ok\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass
class Odd:
    """A running one; ``taken`` are the messages whose final dot came."""

    answers: Mapping[bytes, Answering]
    greeting: Answering
    listener: socket.socket = field(default_factory=socket.socket)
    taken: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def listen(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line, line.makefile("rb") as heard:
            said = self.greeting(line)
            while said is not None:
                line.sendall(said)
                said = self.reply(line, heard)

    def reply(self, line: socket.socket, heard: IO[bytes]) -> bytes | None:
        command = heard.readline()
        if not command:
            return None
        verb = command[:4].upper()
        said = self.said(verb, line)
        if verb != b"DATA" or said is None or not said.startswith(b"354"):
            return said
        line.sendall(said)
        message = b""
        while not message.endswith(b"\r\n.\r\n"):
            more = heard.readline()
            if not more:
                return None
            message += more
        self.taken.append(message)
        return self.said(b"DOT", line)

    def said(self, verb: bytes, line: socket.socket) -> bytes | None:
        return (
            self.answers[verb](line) if verb in self.answers else ORDINARY.get(verb, b"502 5.5.2 What?\r\n")
        )


@contextmanager
def running(
    *, greeting: Answering = lambda line: b"220 odd ESMTP\r\n", **answers: Answering
) -> Iterator[Odd]:
    """Yield a server; ``answers`` by the first four letters of a command, ``DOT`` for the end of a message."""
    odd = Odd(answers={verb.encode(): answer for verb, answer in answers.items()}, greeting=greeting)
    odd.listener.bind(("127.0.0.1", 0))
    odd.listener.listen(16)
    threading.Thread(target=odd.listen, daemon=True).start()
    try:
        yield odd
    finally:
        odd.listener.close()
