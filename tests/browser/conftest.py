"""A browser on the demo company, served as ``coldframe run`` serves it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import serving

CHROMIUM = Path(os.environ.get("COLDFRAME_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo company by the command that everybody starts with; yield its address."""
    with serving.serve(tmp_path_factory.mktemp("demo"), "--demo") as served:
        yield served.address


@pytest.fixture(scope="session")
def chromium():
    """Yield a browser, or skip where there is none."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, address):
    """Yield a page at the first address; the test fails when a script fails or is forbidden on it."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(address)
    yield page
    context.close()
    assert complaints == []
