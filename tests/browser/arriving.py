"""Going to pages, and waiting for those whose numbers are being counted: they come again by themselves."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

#: The status of a page whose numbers are being counted, and how long that may take on a busy machine, in seconds.
BEING_COUNTED, PATIENCE = 202, 120.0
#: What only such a page holds, and the milliseconds after which it is looked at again.
COUNTING, AGAIN = "#counting", 300


def at(page: Any, url: str) -> Any:
    """Go to an address, again while it says that its numbers are being counted; return its answer."""
    until = time.monotonic() + PATIENCE
    # One that comes again by itself at this very moment takes the answer with it.
    while (answer := page.goto(url)) is None or answer.status == BEING_COUNTED:
        assert time.monotonic() < until, f"{url} was not counted in {PATIENCE} seconds"
        page.wait_for_timeout(AGAIN)
    return answer


def there(page: Any) -> None:
    """Wait for the page that a click leads to."""
    from playwright.sync_api import Error

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        # One that comes again at this very moment takes with it what is asked of it.
        with suppress(Error):
            page.wait_for_load_state()
            if not page.locator(COUNTING).count():
                return
        page.wait_for_timeout(AGAIN)
    raise AssertionError(f"{page.url} was not counted in {PATIENCE} seconds")
