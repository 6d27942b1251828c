"""
The product's application with bare endpoints beside it, which do nothing but insert: what a server can do at most.

``/bare`` inserts each body in a durable transaction of its own; ``/bare-grouped`` inserts many at a time, as the
product does, without looking at any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

# isort: off
from coldframe.config import served  # First: it sets Django up.
from coldframe.activity import arrivals
from coldframe.api import gateway
# isort: on

DATABASE = gateway.Database()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer the bare endpoints; leave all else to the product."""
    path = environ["PATH_INFO"]
    if path not in {"/bare", "/bare-grouped"}:
        return served.application(environ, start_response)
    arrival = arrivals.calls(source_id=1, body=environ["wsgi.input"].read(), about={"as": "bare"})
    if path == "/bare":
        DATABASE.accept([arrival])
    else:
        gateway.receiver().committer.put(arrival)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]


#: The product's own addresses are answered as in the product.
application.answer_soon = served.application.answer_soon  # type: ignore[attr-defined]
