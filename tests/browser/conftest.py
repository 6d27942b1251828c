"""
A browser on the demo company, served as ``coldframe run`` serves it.

All of it ends with the folder: while Playwright runs, no other test of the process has a loop of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coldframe.library import starters
from tests import ready, serving
from tests.browser import arriving

CHROMIUM = Path(os.environ.get("COLDFRAME_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: What everybody could be sent about this, is for few now: a gap.
FOR_FEW = ("https://example.com/decision-checklist", "https://example.com/talk")
#: Where the house of strangers is served: two workers begin with it at once.
PORT = 8640 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
UNCERTAIN = "UPDATE outbox_outboxmessage SET state = 'UNCERTAIN', receipt = '' WHERE id = 1"


def with_a_gap(policy: str) -> str:
    """Return a playbook whose content for internal alignment is for those alone who decide or champion."""
    for url in FOR_FEW:
        assert f", url: {url}" in policy
        policy = policy.replace(f", url: {url}", f", roles: [champion, economic_buyer], url: {url}")
    return policy


def run(home: Path, *words: str) -> None:
    done = serving.call(home, *words)
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class House:
    """The demo company in which people work: its address, what stands in its addresses, who has signed in."""

    address: str
    names: dict[str, str]
    sessions: dict[str, str]

    def to(self, path: str) -> str:
        """Return the address of a page, with the names of what is there in place of the braces."""
        return self.address + path.format_map(self.names)


def signed_in(chromium: Any, house: House, role: str) -> Any:
    """Return a browser in which somebody of a role has signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([{"name": "sessionid", "value": house.sessions[role], "url": house.address}])
    return context


@pytest.fixture(scope="package")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the demo company, with a gap in its content and a message in doubt; return its folder."""
    home = ready.demo(tmp_path_factory.mktemp("demo"))
    (home / "gap.yaml").write_text(with_a_gap(starters.read("default")), encoding="utf-8")
    run(home, "playbook", "use", str(home / "gap.yaml"))
    # No mail server breaks off at will; so one of the messages is said to be in doubt.
    with closing(sqlite3.connect(home / "coldframe.sqlite3")) as database, database:
        assert database.execute(UNCERTAIN).rowcount == 1
    return home


@pytest.fixture(scope="package")
def address(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo company in which there is nobody with a name yet; yield its address."""
    home = shutil.copytree(company, tmp_path_factory.mktemp("nobody") / "home")
    with serving.serve(home, "--no-worker", port=PORT) as served:
        yield served.address


@pytest.fixture(scope="package")
def house(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve the demo company in which one person of each role works, with something behind every address."""
    home = shutil.copytree(company, tmp_path_factory.mktemp("house") / "home")
    seen = serving.environment(home) | {"PYTHONPATH": f"{serving.ROOT / 'src'}{os.pathsep}{serving.ROOT}"}
    done = subprocess.run([sys.executable, "-m", "tests.browser.house"], env=seen, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    seeded = json.loads(done.stdout)
    with serving.serve(home, "--no-worker", port=8650) as served:
        yield House(served.address, seeded["names"], seeded["sessions"])


@pytest.fixture(scope="package")
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
    arriving.at(page, address)
    yield page
    context.close()
    assert complaints == []
