"""
A small mail server for tests and benchmarks, as a process of its own, that never lies about what it took.

``python -m tests.smtp_sink --log FILE`` prints its port in one line and serves until it is killed. Each
accepted message is a line in the log, on disk before 250 is answered::

    {"n": 17, "at": 12.345678, "message_id": "<…>", "to": "anna@brightpath.example", "size": 2048, "hash": "…"}

``n`` counts accepted messages, ``at`` is seconds of the machine's monotonic clock, ``hash`` is SHA-256 of the bytes
between DATA and the final dot with the dots taken back. What it can do wrong on purpose is said by ``--help``;
an answer for some recipients only is written ``PATTERN=CODE TEXT``, the pattern as in ``fnmatch``.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import fnmatch
import hashlib
import json
import os
import random
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


@dataclass(kw_only=True)
class Manners:
    """What the server does, and does wrong."""

    log: str
    pipelining: bool = True
    #: Flush the log to the disk; a killed client does not need it, a pulled plug would.
    sync: bool = False
    #: Seconds before an answer in a phase: connect, mail, rcpt, data, dot.
    delays: dict[str, float] = field(default_factory=dict)
    #: Most random seconds added before the final answer.
    jitter: float = 0.0
    #: (pattern, answer) for MAIL, RCPT, DATA and the final dot, by recipient (by sender for MAIL).
    answers: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    #: Patterns of recipients at whose final dot the line is cut before, or after, the message is taken.
    cut_before: list[str] = field(default_factory=list)
    cut_after: list[str] = field(default_factory=list)
    #: Patterns of recipients whose final dot is never answered; the message is taken.
    mute_after: list[str] = field(default_factory=list)
    #: Patterns of recipients that are refused with 450 the first time.
    greylist: list[str] = field(default_factory=list)
    #: Connections at once, and messages on one; 0: no limit.
    most_connections: int = 0
    most_messages: int = 0
    #: Name and password that are asked for; empty: nobody is asked.
    login: str = ""
    #: Files of the certificate and its key; empty: no TLS.
    certificate: str = ""
    key: str = ""
    #: Answer to a new connection in place of 220.
    greeting: bytes = b""
    seen: set[str] = field(default_factory=set)
    connected: int = 0
    accepted: int = 0


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, manners: Manners, log: int) -> None:
        self.manners, self.log = manners, log
        self.buffer = bytearray()
        self.in_data, self.held = False, False
        self.recipient = self.sender = ""
        self.messages = 0
        self.known = not manners.login

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.manners.connected += 1
        if self.manners.greeting:
            self.say(self.manners.greeting, phase="connect", close=not self.manners.greeting.startswith(b"2"))
        elif 0 < self.manners.most_connections < self.manners.connected:
            self.say(b"421 4.7.0 Too many connections", phase="connect", close=True)
        else:
            self.say(b"220 sink ESMTP", phase="connect")

    def connection_lost(self, error: Exception | None) -> None:
        self.manners.connected -= 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.work()

    def work(self) -> None:
        """Take as many commands and messages from the buffer as are whole, one answer at a time."""
        while not self.held and not self.transport.is_closing():
            if self.in_data:
                if not self.take_message():
                    return
            else:
                end = self.buffer.find(b"\r\n")
                if end < 0:
                    return
                line = bytes(self.buffer[:end])
                del self.buffer[: end + 2]
                self.command(line)

    def take_message(self) -> bool:
        # The dot may be the first line of all: an empty message.
        if self.buffer.startswith(b".\r\n"):
            end, size = 0, 3
        else:
            end, size = self.buffer.find(END), len(END)
        if end < 0:
            return False
        content = bytes(self.buffer[:end]) + (b"\r\n" if end else b"")
        del self.buffer[: end + size]
        self.in_data = False
        self.final_dot(content)
        return True

    def command(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        act = getattr(self, "do_" + verb.decode("ascii", "replace").lower(), None)
        if act is None:
            self.say(b"502 5.5.2 Unknown command")
        else:
            act(rest)

    def do_ehlo(self, rest: bytes) -> None:
        offers = [b"sink", b"SIZE 35882577", b"8BITMIME", b"ENHANCEDSTATUSCODES"]
        offers += [b"PIPELINING"] if self.manners.pipelining else []
        offers += [b"AUTH PLAIN"] if self.manners.login else []
        self.say(b"\r\n".join([b"250-" + each for each in offers] + [b"250 HELP"]))

    def do_auth(self, rest: bytes) -> None:
        given = base64.b64decode(rest.partition(b" ")[2]).decode().split("\0")[1:]
        self.known = ":".join(given) == self.manners.login
        self.say(b"235 2.7.0 Welcome" if self.known else b"535 5.7.8 Wrong name or password")

    def do_helo(self, rest: bytes) -> None:
        self.say(b"250 sink")

    def do_mail(self, rest: bytes) -> None:
        self.sender, self.recipient = address(rest), ""
        if not self.known:
            self.say(b"530 5.7.0 Login first")
        elif 0 < self.manners.most_messages <= self.messages:
            self.say(b"421 4.7.0 Enough for this connection", close=True)
        else:
            self.say(self.answer("mail", self.sender) or b"250 2.1.0 Ok", phase="mail")

    def do_rcpt(self, rest: bytes) -> None:
        recipient = address(rest)
        said = self.answer("rcpt", recipient)
        if said is None and matches(self.manners.greylist, recipient) and recipient not in self.manners.seen:
            self.manners.seen.add(recipient)
            said = b"450 4.2.0 Greylisted, come back later"
        if said is None or said.startswith(b"2"):
            self.recipient = recipient
        self.say(said or b"250 2.1.5 Ok", phase="rcpt")

    def do_data(self, rest: bytes) -> None:
        if not self.recipient:
            self.say(b"503 5.5.1 No valid recipients")
            return
        said = self.answer("data", self.recipient) or b"354 Go ahead"
        self.in_data = said.startswith(b"354")
        self.say(said, phase="data")

    def do_rset(self, rest: bytes) -> None:
        self.recipient = ""
        self.say(b"250 2.0.0 Ok")

    def do_noop(self, rest: bytes) -> None:
        self.say(b"250 2.0.0 Ok")

    def do_quit(self, rest: bytes) -> None:
        self.say(b"221 2.0.0 Bye", close=True)

    def final_dot(self, content: bytes) -> None:
        recipient = self.recipient
        said = self.answer("dot", recipient)
        if matches(self.manners.cut_before, recipient):
            self.transport.abort()
            return
        if said is None or said.startswith(b"2"):
            self.accept(content)
        if matches(self.manners.cut_after, recipient):
            self.transport.abort()
            return
        if matches(self.manners.mute_after, recipient):
            self.held = True
            return
        more = random.random() * self.manners.jitter
        self.say(said or b"250 2.0.0 Ok: queued as %06d" % self.manners.accepted, phase="dot", more=more)

    def accept(self, content: bytes) -> None:
        """Keep the message before anybody is told."""
        self.manners.accepted += 1
        self.messages += 1
        plain = content[1:] if content.startswith(b".") else content
        plain = plain.replace(b"\r\n.", b"\r\n")
        found = MESSAGE_ID.search(plain)
        row = {
            "n": self.manners.accepted,
            "at": round(time.monotonic(), 6),
            "message_id": found.group(1).decode() if found else "",
            "to": self.recipient,
            "size": len(plain),
            "hash": hashlib.sha256(plain).hexdigest(),
        }
        os.write(self.log, json.dumps(row).encode() + b"\n")
        if self.manners.sync:
            os.fdatasync(self.log)

    def answer(self, phase: str, who: str) -> bytes | None:
        for pattern, said in self.manners.answers.get(phase, ()):
            if fnmatch.fnmatchcase(who, pattern):
                return said
        return None

    def say(self, line: bytes, *, phase: str = "", close: bool = False, more: float = 0.0) -> None:
        """Answer, after the phase's delay; nothing else is done on this connection before."""
        wait = self.manners.delays.get(phase, 0.0) + more
        if wait <= 0:
            self.send(line, close)
            return
        self.held = True
        asyncio.get_running_loop().call_later(wait, self.say_late, line, close)

    def say_late(self, line: bytes, close: bool) -> None:
        self.held = False
        if not self.transport.is_closing():
            self.send(line, close)
            self.work()

    def send(self, line: bytes, close: bool) -> None:
        self.transport.write(line + b"\r\n")
        if close:
            self.transport.close()


def address(rest: bytes) -> str:
    """Return the address of a MAIL or RCPT command."""
    return rest.partition(b"<")[2].partition(b">")[0].decode("utf-8", "replace")


def matches(patterns: list[str], who: str) -> bool:
    return any(fnmatch.fnmatchcase(who, pattern) for pattern in patterns)


async def serve(manners: Manners, port: int) -> None:
    """Serve until killed; prints the port once it listens."""
    log = os.open(manners.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    loop = asyncio.get_running_loop()
    context = None
    if manners.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(manners.certificate, manners.key)
    server = await loop.create_server(lambda: Session(manners, log), "127.0.0.1", port, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def parsed(arguments: list[str]) -> tuple[Manners, int]:
    parser = argparse.ArgumentParser(prog="python -m tests.smtp_sink", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", required=True, help="file of accepted messages; added to")
    parser.add_argument("--sync", action="store_true", help="flush the log to the disk before each 250")
    parser.add_argument("--no-pipelining", action="store_true")
    parser.add_argument("--greeting", default="", help='such as "554 5.3.2 No service"')
    parser.add_argument("--most-connections", type=int, default=0)
    parser.add_argument("--most-messages", type=int, default=0, help="on one connection")
    parser.add_argument(
        "--jitter", type=float, default=0.0, help="most random seconds before the last answer"
    )
    parser.add_argument("--login", default="", metavar="NAME:PASSWORD")
    parser.add_argument("--certificate", default="", help="speak TLS from the start")
    parser.add_argument("--key", default="")
    for phase in ("connect", "mail", "rcpt", "data", "dot"):
        parser.add_argument(f"--delay-{phase}", type=float, default=0.0, metavar="SECONDS")
    for phase in ("mail", "rcpt", "data", "dot"):
        parser.add_argument(f"--{phase}", action="append", default=[], metavar="PATTERN=CODE TEXT")
    for name in ("greylist", "cut-before", "cut-after", "mute-after"):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="PATTERN")
    given = parser.parse_args(arguments)
    return manners_of(given), given.port


def manners_of(given: argparse.Namespace) -> Manners:
    answers = {}
    for phase in ("mail", "rcpt", "data", "dot"):
        pairs = (text.rpartition("=") for text in getattr(given, phase))
        answers[phase] = [(pattern, said.encode()) for pattern, _, said in pairs]
    return Manners(
        log=given.log,
        pipelining=not given.no_pipelining,
        sync=given.sync,
        greeting=given.greeting.encode(),
        most_connections=given.most_connections,
        most_messages=given.most_messages,
        jitter=given.jitter,
        login=given.login,
        certificate=given.certificate,
        key=given.key,
        delays={p: getattr(given, f"delay_{p}") for p in ("connect", "mail", "rcpt", "data", "dot")},
        answers=answers,
        greylist=given.greylist,
        cut_before=given.cut_before,
        cut_after=given.cut_after,
        mute_after=given.mute_after,
    )


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running server, for tests."""

    port: int
    log: Path

    def accepted(self) -> list[dict[str, object]]:
        """Return what it took, in order."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Sink]:
    """Yield a server that runs while the context lasts; its log lies in the folder."""
    log = folder / "sink.jsonl"
    command = [sys.executable, "-m", "tests.smtp_sink", "--log", str(log), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Sink(port=int(process.stdout.readline()), log=log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    try:
        asyncio.run(serve(*parsed(sys.argv[1:])))
    except KeyboardInterrupt:
        sys.exit(130)
