"""An application that says what it was asked, for the server's front: ``python -m tests.cli.echoing PORT`` serves it."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with what was asked; under ``/parts`` in several parts, under ``/fails`` with an error."""
    path = environ["PATH_INFO"]
    if path == "/fails":
        raise RuntimeError("as asked")
    body = environ["wsgi.input"].read()
    said = {name: each for name, each in environ.items() if isinstance(each, str)}
    found = json.dumps({**said, "body_bytes": len(body), "body_begins": body[:20].decode("latin-1")}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Twice", "a"), ("X-Twice", "b")])
    return parts(found) if path == "/parts" else [found]


def parts(found: bytes) -> Iterator[bytes]:
    """Yield an answer in pieces."""
    for start in range(0, len(found), 100):
        yield found[start : start + 100]


if __name__ == "__main__":
    from coldframe.cli import serve

    multiprocessing.set_start_method("spawn", force=True)
    serve.serve_application("tests.cli.echoing:application", host="127.0.0.1", port=int(sys.argv[1]))
