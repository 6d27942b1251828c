"""Whether the world finds the page by which people leave."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from coldframe.delivery.channels.webhook.destinations import is_public
from coldframe.delivery.findings import Finding, blocks, passed

TIMEOUT = 10.0
#: URL -> status of a GET; raises ``OSError``, ``ssl.SSLError`` among them, and ``HTTPException``.
Fetch = Callable[[str], int]


def check(url: str, *, fetch: Fetch) -> Finding:
    """
    Say whether a page for leaving is there, over https, without a detour.

    ``url``: a page that this installation made. Whoever answers 200 to it, and 404 to one with a wrong letter,
    has this installation's key.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", ""} or (host.replace(".", "").isdecimal() and not is_public(host)):
        return blocks(
            "BASE_URL_LOCAL",
            f"Links in messages lead to {host}, which nobody else can open.",
            "Set COLDFRAME_BASE_URL to where the world finds the public pages, such as https://mail.company.example.",
        )
    if parts.scheme != "https":
        return blocks(
            "BASE_URL_NOT_HTTPS",
            "One-click leaving works over https alone (RFC 8058), and links begin http.",
            "Put a certificate before the public pages, and set COLDFRAME_BASE_URL to https://…",
        )
    try:
        status = fetch(url)
        if status == http.client.OK and fetch(misspelled(url)) != http.client.NOT_FOUND:
            status = http.client.NOT_FOUND
        return read(status, host)
    except ssl.SSLError as error:
        return blocks(
            "UNSUBSCRIBE_CERTIFICATE",
            f"The certificate of {host} is not good: {getattr(error, 'verify_message', '') or error}.",
            "Renew it, or install its whole chain.",
        )
    except (OSError, http.client.HTTPException) as error:
        return blocks(
            "UNSUBSCRIBE_UNREACHABLE",
            f"Nobody answers at {host}: {str(error) or type(error).__name__}.",
            "Start the pages (coldframe run), and let the proxy pass /u/, /p/ and /r/ to them.",
        )


def misspelled(url: str) -> str:
    """Return the address with its last letter changed."""
    return url[:-1] + ("b" if url.endswith("a") else "a")


def read(status: int, host: str) -> Finding:
    """Say what an answer means."""
    if status == http.client.OK:
        return passed("UNSUBSCRIBE", f"The page for leaving answers at https://{host}.")
    if http.client.MULTIPLE_CHOICES <= status < http.client.BAD_REQUEST:
        return blocks(
            "UNSUBSCRIBE_REDIRECTS",
            f"{host} sends whoever wants to leave elsewhere ({status}); one-click leaving follows nobody.",
            "Set COLDFRAME_BASE_URL to the address that answers by itself.",
        )
    if status == http.client.NOT_FOUND:
        return blocks(
            "UNSUBSCRIBE_NOT_OURS",
            f"{host} does not know a link that was made here.",
            "Another installation answers, or one with another COLDFRAME_SECRET_KEY, or the proxy passes not /u/.",
        )
    return blocks(
        "UNSUBSCRIBE_FAILS",
        f"{host} answers {status} to whoever wants to leave.",
        "Look at the log of the pages.",
    )


def get(url: str) -> int:
    """Return the status of a GET; asks no proxy and follows nobody."""
    parts = urlsplit(url)
    line = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=TIMEOUT, context=ssl.create_default_context()
    )
    try:
        line.request("GET", parts.path, headers={"User-Agent": "Coldframe"})
        return line.getresponse().status
    finally:
        line.close()
