"""
An HTTP transport that calls back after it has connected and before it writes the first byte of a request.

What fails before the call has certainly not arrived; what fails after it may have. Redirects are not followed
by the transport; whoever uses it must not follow them either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Gate:
    """Stands before each request: asks its keeper once, and remembers that it was passed."""

    def __init__(self) -> None:
        self.keeper: Callable[[], None] = lambda: None
        #: Headers that the next request carries beside its own.
        self.headers: dict[str, str] = {}
        self.was_passed = False

    def close(self, keeper: Callable[[], None], *, headers: dict[str, str] | None = None) -> None:
        """Close the gate before the next request; ``keeper`` raises to keep it closed."""
        self.keeper, self.headers, self.was_passed = keeper, headers or {}, False

    def go_through(self) -> None:
        """Ask the keeper, once for each request."""
        if not self.was_passed:
            self.keeper()
            self.was_passed = True


class GatedAdapter(HTTPAdapter):
    """A transport of ``requests`` whose every connection goes through one gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = gated_pools(self.gate)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = gated_pools(self.gate)
        return manager

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        request.headers.update(self.gate.headers)
        return super().send(request, *args, **kwargs)


def fit(session: Session, gate: Gate) -> None:
    """Put the gate before everything that a session sends; let it follow no redirect and read no ``.netrc``."""
    adapter = GatedAdapter(gate)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.max_redirects = 0
    # Without it the library looks for a login in the user's home, and sends that instead of the key.
    session.auth = unchanged


def unchanged(request: PreparedRequest) -> PreparedRequest:
    """Return a request with the login that it has."""
    return request


def gated_pools(gate: Gate) -> dict[str, Any]:
    """Return urllib3's pools, by scheme, with connections that go through the gate."""

    class GatedHTTP(HTTPConnection):
        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.is_closed:
                self.connect()
            gate.go_through()
            super().request(*args, **kwargs)

    class GatedHTTPS(HTTPSConnection):
        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.is_closed:
                self.connect()
            gate.go_through()
            super().request(*args, **kwargs)

    plain = type("GatedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": GatedHTTP})
    secure = type("GatedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": GatedHTTPS})
    return {"http": plain, "https": secure}
