"""
A small IMAP server for tests: one mailbox with folders, on loopback, in a thread; what it is asked is written down.

Knows LOGIN, AUTHENTICATE XOAUTH2, EXAMINE, STATUS, UID SEARCH (``UID n:*`` and ``SINCE``), UID FETCH with a part of the body, LOGOUT.
"""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(kw_only=True)
class Post:
    """What lies in the mailbox, and how the server behaves."""

    user: str = "sales@ours.example"
    password: str = "correct horse"
    #: Opens the mailbox in place of a password.
    token: str = ""
    #: Folder -> number -> (when it came, bytes).
    folders: dict[str, dict[int, tuple[datetime, bytes]]] = field(default_factory=lambda: {"INBOX": {}})
    validity: int = 7
    #: Commands that close the line in place of an answer.
    hangs_up_at: set[str] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    port: int = 0

    def put(self, data: bytes, *, at: datetime, folder: str = "INBOX") -> int:
        """Lay a mail into a folder; return its number."""
        held = self.folders.setdefault(folder, {})
        uid = max(held, default=0) + 1
        held[uid] = (at, data)
        return uid


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    folder = "INBOX"
    timeout = 10

    @property
    def post(self) -> Post:
        return self.server.post  # type: ignore[attr-defined]

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            word = " ".join(rest.split()[: 2 if rest.upper().startswith("UID") else 1]).upper()
            self.post.commands.append(word)
            if word in self.post.hangs_up_at:
                return
            done = getattr(self, "do_" + word.lower().replace(" ", "_"), self.do_unknown)(rest)
            self.say(f"{tag} {done} done")
            if word == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def do_unknown(self, rest: str) -> str:
        return "BAD unknown command"

    def do_capability(self, rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK"

    def do_login(self, rest: str) -> str:
        given = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', rest)[1:]
        user, password = (quoted or plain for quoted, plain in given)
        return (
            "OK"
            if (user, password) == (self.post.user, self.post.password)
            else f"NO wrong password {password}"
        )

    def do_authenticate(self, rest: str) -> str:
        self.say("+ ")
        said = base64.b64decode(self.rfile.readline().strip()).decode()
        if self.post.token and said == f"user={self.post.user}\1auth=Bearer {self.post.token}\1\1":
            return "OK"
        self.say("+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode())
        self.rfile.readline()
        return "NO invalid credentials"

    def do_examine(self, rest: str) -> str:
        name = rest.split(" ", 1)[1].strip('"')
        if name not in self.post.folders:
            return "NO no such folder"
        self.folder = name
        self.say(f"* {len(self.post.folders[name])} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.post.validity}]")
        return "OK [READ-ONLY]"

    def do_status(self, rest: str) -> str:
        self.say(f'* STATUS "{self.folder}" (UIDVALIDITY {self.post.validity})')
        return "OK"

    def do_uid_search(self, rest: str) -> str:
        held = self.post.folders[self.folder]
        found = sorted(held)
        if since := re.search(r"SINCE (\S+)", rest):
            day = datetime.strptime(since.group(1).strip('"()'), "%d-%b-%Y").replace(tzinfo=UTC)
            found = [uid for uid in found if held[uid][0] >= day]
        elif first := re.search(r"UID (\d+):\*", rest):
            later = [uid for uid in found if uid >= int(first.group(1))]
            # As RFC 3501 has it: the star is the last mail, whichever way round.
            found = later or found[-1:]
        self.say("* SEARCH " + " ".join(map(str, found)))
        return "OK"

    def do_uid_fetch(self, rest: str) -> str:
        uid = int(rest.split()[2])
        most = re.search(r"<0\.(\d+)>", rest)
        held = self.post.folders[self.folder].get(uid)
        if held is not None:
            data = held[1][: int(most.group(1))] if most else held[1]
            self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(held[1])} BODY[]<0> {{{len(data)}}}")
            self.wfile.write(data + b")\r\n")
        return "OK"

    def do_logout(self, rest: str) -> str:
        self.say("* BYE")
        return "OK"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving(post: Post) -> Iterator[Post]:
    """Serve a mailbox on a port of loopback as long as the context lasts."""
    with Server(("127.0.0.1", 0), Session) as server:
        server.post = post  # type: ignore[attr-defined]
        post.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield post
        finally:
            server.shutdown()
            thread.join()
