"""
Lines to a mail server: opened by the standard library, waiting as long as it takes; used without waiting.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from coldframe.delivery.channels.answers import clipped
from coldframe.delivery.channels.email.classify import Judgement, Meaning, Phase, classify
from coldframe.delivery.channels.email.dialogue import Dialogue, Stage

#: Seconds until greeting, hello, TLS or login count as unanswered.
OPENING_TIMEOUT = 30.0
#: Seconds for all of it, however slowly bytes drip in: the other lines wait meanwhile.
OPENING_PATIENCE = 90.0
READ_BYTES = 65536


class NoLine(Exception):
    """A line could not be opened; the judgement says whether to rest or to call a person."""

    def __init__(self, judgement: Judgement, phase: Phase, text: str) -> None:
        super().__init__(text)
        self.judgement = judgement
        self.phase = phase
        self.text = text


class Opening(smtplib.SMTP):
    """The standard library's client, cut off when opening has taken too long; it waits for each byte anew."""

    timer: threading.Timer | None = None

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        """Connect, and begin to count the time; ``close`` and ``end_count`` end that."""
        self.timer = threading.Timer(OPENING_PATIENCE, self.cut)
        self.timer.daemon = True
        self.timer.start()
        return super().connect(host, port, source_address)

    def cut(self) -> None:
        """End whatever waits on the line, from another thread."""
        if self.sock is not None:
            with suppress(OSError):
                # Past TLS, whose own way of closing waits for the other side.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def end_count(self) -> None:
        """Count the time no more."""
        if self.timer is not None:
            self.timer.cancel()

    def close(self) -> None:
        """Close the line."""
        self.end_count()
        super().close()


class OpeningTLS(Opening, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


@dataclass(kw_only=True)
class Line:
    """A socket, the talk on it, and what is still to be written."""

    sock: socket.socket
    dialogue: Dialogue
    outgoing: bytes = b""
    #: When what it waits for counts as not coming, by the monotonic clock.
    deadline: float = float("inf")
    idle_since: float = field(default_factory=time.monotonic)
    wants_write: bool = False
    #: A message has been settled on it; if it is found closed, that says nothing about the next one.
    was_used: bool = False

    def write(self, data: bytes) -> None:
        """Write what the socket takes now, and keep the rest."""
        self.outgoing += data
        self.push()

    def push(self) -> None:
        try:
            while self.outgoing:
                sent = self.sock.send(self.outgoing)
                self.outgoing = self.outgoing[sent:]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self.outgoing = b""
            self.dialogue.end()

    def read(self) -> None:
        """Take what the server said, and write what follows."""
        try:
            while self.dialogue.stage is not Stage.OVER:
                data = self.sock.recv(READ_BYTES)
                if not data:
                    self.dialogue.end()
                    return
                self.write(self.dialogue.receive(data))
                if len(data) < READ_BYTES and not isinstance(self.sock, ssl.SSLSocket):
                    return
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            self.dialogue.end()

    def is_ready(self) -> bool:
        """Return whether only the final dot is missing."""
        return self.dialogue.stage is Stage.READY and not self.outgoing

    def close(self, *, politely: bool = False) -> None:
        """Close the line; politely, where nothing is under way."""
        if politely and self.dialogue.stage is Stage.IDLE:
            with suppress(OSError):
                self.sock.send(b"QUIT\r\n")
        self.sock.close()


def open_line(settings: Mapping[str, Any], secret: str) -> Line:
    """
    Return a line on which mail can be offered; raises ``NoLine``.

    ``settings``: ``host``, ``port``, ``security`` (tls, starttls, none), ``user``, and where wanted ``ca_file``,
    ``hello``.
    """
    client, phase = None, Phase.CONNECT
    try:
        client = greet(settings)
        phase = Phase.TLS
        secure(client, settings)
        phase = Phase.LOGIN
        if settings.get("user"):
            client.login(str(settings["user"]), secret)
        return as_line(client)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        if client is not None:
            client.close()
        raise no_line(error, phase) from error


def greet(settings: Mapping[str, Any]) -> Opening:
    """Connect, and say hello."""
    hello = str(settings.get("hello") or socket.gethostname())
    host, port = str(settings["host"]), int(settings["port"])
    client: Opening
    if settings.get("security") == "tls":
        client = OpeningTLS(host, port, hello, timeout=OPENING_TIMEOUT, context=context_of(settings))
    else:
        client = Opening(host, port, hello, timeout=OPENING_TIMEOUT)
    client.ehlo_or_helo_if_needed()
    return client


def secure(client: smtplib.SMTP, settings: Mapping[str, Any]) -> None:
    if settings.get("security", "starttls") == "starttls":
        client.starttls(context=context_of(settings))
        client.ehlo_or_helo_if_needed()


def context_of(settings: Mapping[str, Any]) -> ssl.SSLContext:
    """Return what a server's certificate is held against."""
    return ssl.create_default_context(cafile=settings.get("ca_file") or None)


def as_line(client: Opening) -> Line:
    """Take the socket out of the standard library's client."""
    client.end_count()
    sock = client.sock
    if sock is None:
        raise smtplib.SMTPServerDisconnected("the line was closed at once")
    if client.file is not None:
        client.file.close()
    client.sock = client.file = None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return Line(sock=sock, dialogue=Dialogue(frozenset(name.lower() for name in client.esmtp_features)))


def no_line(error: Exception, phase: Phase) -> NoLine:
    """Return what a failure to open a line means."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        judgement = classify(phase, error.smtp_code if error.smtp_code > 0 else 0, text)
        return NoLine(judgement, phase, clipped(f"{error.smtp_code} {text}"))
    stops = {
        ssl.SSLCertVerificationError: "CERTIFICATE",
        smtplib.SMTPNotSupportedError: "TLS_NOT_OFFERED" if phase is Phase.TLS else "LOGIN_NOT_OFFERED",
        UnicodeError: "SETTINGS",
    }
    for kind, word in stops.items():
        if isinstance(error, kind):
            return NoLine(Judgement(Meaning.STOP, word, ends_line=True), phase, clipped(error))
    if phase is Phase.LOGIN and type(error) is smtplib.SMTPException:
        # "No suitable authentication method found."
        return NoLine(Judgement(Meaning.STOP, "LOGIN_NOT_OFFERED", ends_line=True), phase, clipped(error))
    return NoLine(classify(phase, 0), phase, clipped(error) or type(error).__name__)
