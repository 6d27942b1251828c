"""A browser on the demo company, served as ``coldframe run`` serves it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

CHROMIUM = Path(os.environ.get("COLDFRAME_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: Seconds that the first start may take on a busy machine.
PATIENCE = 240
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo company by the command that everybody starts with; yield its address."""
    home = tmp_path_factory.mktemp("demo")
    own = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "COLDFRAME_SECRET_KEY"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {
        "COLDFRAME_HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "COLDFRAME_NOW": "2026-06-01T09:00:00+00:00",
    }
    command = [sys.executable, "-m", "coldframe", "run", "--demo", "--json", "--port", "8640"]
    served = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    patience = threading.Timer(PATIENCE, served.kill)
    patience.start()
    try:
        yield json.loads("".join(until_brace(served)))["url"]
    finally:
        patience.cancel()
        served.send_signal(signal.SIGTERM)
        served.communicate(timeout=30)


def until_brace(served: subprocess.Popen[str]) -> Iterator[str]:
    """Yield the lines of the one JSON document that the command prints; fail when it ends before."""
    assert served.stdout is not None
    for line in served.stdout:
        yield line
        if line.startswith("}"):
            return
    pytest.fail("coldframe run --json printed no address")


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
