"""A way to the server that fails in between: answers 500 without asking it, or asks it and loses its answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from urllib.parse import urlsplit

#: What happens to one request after the other.
FAULTS = ("error", "lost", "none", "lost", "none")


@contextmanager
def way_to(address: str) -> Iterator[int]:
    """Yield the port of a way to a server on which requests and answers fail in turn."""
    faults, host = cycle(FAULTS), urlsplit(address).netloc
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                fault = next(faults)
            if fault == "error":
                self.answer(500, b"{}")
                return
            link = HTTPConnection(host)
            link.request(
                "POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"}
            )
            answer = link.getresponse()
            said = answer.read()
            link.close()
            if fault == "lost":
                self.close_connection = True
                return
            self.answer(answer.status, said)

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
