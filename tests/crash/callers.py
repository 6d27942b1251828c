"""
Callers of the event API, of a provider's address and of a webhook's, in a process of their own.

``python -m tests.crash.callers PORT KEY FILE``. Each sends calls one after the other, and each call again until it is acknowledged, whatever becomes of the
receiver. What was sent, and what was acknowledged, is written down line by line; SIGTERM has every caller end with
the call that it is at.
"""

from __future__ import annotations

import base64
import json
import signal
import socket
import sys
import threading
import time
import uuid
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TextIO

CALLERS = 8
#: Each fourth tells what a provider tells of mails, each fourth posts what a webhook does; the others call the event API.
DOORS = ("c", "p", "c", "w")
PROVIDER, WEBHOOK = "esp", "meetings"
PASSWORD, TOKEN = "esp:correct horse battery", "the-sender-s-own-secret"
EMAIL = "anna@brightpath.example"
STAMP = 1_780_300_000
#: Every so manieth request is a batch of some calls.
BATCH_EVERY, BATCH_CALLS = 4, 5
PAUSE = 0.05


def call(number: str) -> dict[str, object]:
    return {
        "type": "track",
        "messageId": number,
        "anonymousId": f"b-{number[-2:]}",
        "event": "Form Submitted",
    }


def touch_of(number: str) -> uuid.UUID:
    """Return the touch of which a provider tells under a number."""
    return uuid.uuid5(uuid.NAMESPACE_URL, number)


def told(number: str) -> dict[str, object]:
    """Return what a provider tells: a mail was delivered."""
    touch = touch_of(number).hex
    return {"event": "delivered", "email": EMAIL, "timestamp": STAMP, "sg_event_id": number, "touch": touch}


def booked(number: str) -> dict[str, object]:
    """Return what a webhook posts: a meeting was booked."""
    payload = {"uri": number, "email": EMAIL, "created_at": "2026-06-01T08:00:00Z"}
    return {"event": "invitee.created", "payload": payload}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


class Caller(threading.Thread):
    """One caller, with one connection."""

    def __init__(self, name: str, port: int, key: str, log: TextIO, ended: threading.Event) -> None:
        super().__init__(name=name)
        self.port, self.log, self.ended = port, log, ended
        given = {"c": basic(f"{key}:"), "p": basic(PASSWORD), "w": f"Bearer {TOKEN}"}[name[0]]
        self.headers = {"Authorization": given, "Content-Type": "application/json"}
        self.link: HTTPConnection | None = None

    def run(self) -> None:
        count = 0
        while not self.ended.is_set():
            count += 1
            size = BATCH_CALLS if count % BATCH_EVERY == 0 and self.name[0] != "w" else 1
            numbers = [f"{self.name}-{count}-{position:02}" for position in range(size)]
            self.say("sent", numbers)
            while not self.was_acknowledged(numbers):
                self.say("broken", [])
                time.sleep(PAUSE)
            self.say("acknowledged", numbers)

    def was_acknowledged(self, numbers: list[str]) -> bool:
        """Send calls; return whether they were acknowledged."""
        path, body = request(self.name[0], numbers)
        try:
            if self.link is None:
                self.link = HTTPConnection("127.0.0.1", self.port, timeout=20)
                self.link.connect()
                self.link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.link.request("POST", path, json.dumps(body), self.headers)
            answer = self.link.getresponse()
            answer.read()
            return answer.status == 200
        except (HTTPException, OSError):
            if self.link is not None:
                self.link.close()
            self.link = None
            return False

    def say(self, what: str, numbers: list[str]) -> None:
        self.log.write(json.dumps({what: numbers, "at": time.monotonic()}) + "\n")


def request(door: str, numbers: list[str]) -> tuple[str, object]:
    """Return the address and the body by which something is sent."""
    if door == "p":
        return f"/hooks/providers/{PROVIDER}", [told(number) for number in numbers]
    if door == "w":
        return f"/hooks/{WEBHOOK}", booked(numbers[0])
    calls = [call(number) for number in numbers]
    return ("/v1/track", calls[0]) if len(calls) == 1 else ("/v1/batch", {"batch": calls})


def main(port: int, key: str, file: Path) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with file.open("w", buffering=1) as log:
        callers = [
            Caller(f"{DOORS[number % len(DOORS)]}{number}", port, key, log, ended)
            for number in range(CALLERS)
        ]
        for caller in callers:
            caller.start()
        print("READY", flush=True)
        while not ended.wait(1):
            pass
        for caller in callers:
            caller.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
