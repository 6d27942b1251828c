"""
``bench pages``: how long every page takes on a large base, and how many queries it asks.

Begins at the pages of the menu and follows their links, as somebody does who works with it: of each address and each
set of filters some are taken, so that a new page is measured as soon as it is in the menu. Beside them what people
type. The product's server answers, with a base that a worker has worked on; one asks after the other, so that the
figures are the pages' and not those of a queue.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from bench import at_work
from bench.database import step_of
from bench.ingest import serving

#: Milliseconds within which 95 of 100 answers come, by the size of the base.
TARGETS = {100_000: 300, 1_000_000: 500}
#: Of each address and set of filters so many are asked.
SAMPLES = 4
#: Links are followed so far from the menu.
DEPTH = 2
#: What people type into a search: a name that many have, an address, what nobody has, what is no word.
TYPED = ("anna", "lead4711@example.com", "kowalski", "company 77", "zzzz", "%_")
#: Names of the fields in which they type.
SEARCHED = ("q", "search")
#: Seconds after which an answer is given up.
PATIENCE = 20.0
LINK = re.compile(r"""(?:href|hx-get)=["']([^"'#]+)""")
FIELD = re.compile(r"<input[^>]*>")
#: No pages: files, and what says that the house stands.
APART = ("/static/", "/health", "/sign", "/accounts/")
#: Files of all that a list holds take as long as they are large.
FILES = (".csv", ".xlsx", "/export")


@dataclass
class Group:
    """The same page with the same filters, and what asking for it took."""

    name: str
    addresses: list[str] = field(default_factory=list)
    #: Milliseconds.
    taken: list[float] = field(default_factory=list)
    bytes: int = 0
    statuses: set[int] = field(default_factory=set)


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures of every page."""
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the base is kept and found again")
    parser.add_argument("--rounds", type=int, default=20, help="how often each address is asked")
    parser.add_argument("--only", default="", help="pages whose address begins so")
    asked = parser.parse_args(arguments)
    folder = asked.folder or Path(os.environ.get("TMPDIR", "/tmp")) / f"coldframe-bench-pages-{asked.leads}"  # noqa: S108 - Kept on purpose.
    environment = at_work.keep(folder, leads=asked.leads)
    with serving(environment, "coldframe.config.served:application") as port:
        groups = [each for each in crawl(port) if each.addresses[0].startswith(asked.only)]
        for _ in range(asked.rounds):
            for group in groups:
                ask_each(port, group)
    counted = step_of("bench.pages", environment, "inside", json.dumps([each.addresses for each in groups]))[
        "found"
    ]
    target = min(
        (limit for leads, limit in TARGETS.items() if asked.leads <= leads), default=max(TARGETS.values())
    )
    pages = [figures(group) | more for group, more in zip(groups, counted, strict=True)]
    return {
        "leads": asked.leads, "target_p95_ms": target,
        "slow": [each["page"] for each in pages if each["p95_ms"] > target],
        "odd": [each["page"] for each in pages if each["statuses"] != [200]],
        "pages": sorted(pages, key=lambda each: -each["p95_ms"]),
    }  # fmt: skip


def figures(group: Group) -> dict[str, Any]:
    """Return what is told of a page."""
    ordered = sorted(group.taken)
    return {
        "page": group.name, "example": group.addresses[0],
        **{f"p{share}_ms": round(ordered[min(len(ordered) * share // 100, len(ordered) - 1)], 1) for share in (50, 95, 99)},
        "kib": group.bytes // 1024, "statuses": sorted(group.statuses),
    }  # fmt: skip


def crawl(port: int) -> list[Group]:
    """Return the pages that are reached from the menu, grouped by address and filters."""
    groups: dict[str, Group] = {}
    names = Names()
    wanted = [(address, 0) for address in names.menu()]
    seen: set[str] = set()
    while wanted:
        address, depth = wanted.pop(0)
        name = names.of(address)
        if address in seen or name is None:
            continue
        seen.add(address)
        group = groups.setdefault(name, Group(name))
        if len(group.addresses) >= SAMPLES:
            continue
        group.addresses.append(address)
        _, status, kind, body = ask(port, address)
        if status == 200 and kind.startswith("text/html") and depth < DEPTH:
            wanted += [(each, depth + 1) for each in links(body, address)]
    return list(groups.values())


class Names:
    """Names addresses as the table of addresses does, with the names of their filters."""

    def __init__(self) -> None:
        from coldframe.cli import start

        start.set_up()

    def menu(self) -> list[str]:
        """Return the addresses of the menu."""
        from django.urls import reverse

        from coldframe.web import menu

        return [reverse(each.route) for each in menu.ENTRIES]

    def of(self, address: str) -> str | None:
        """Return the name of an address with those of its filters; None where it is no page."""
        from django.urls import Resolver404, resolve

        parts = urlsplit(address)
        if parts.netloc or parts.scheme or parts.path.startswith(APART) or parts.path.endswith(FILES):
            return None
        try:
            route = resolve(parts.path).route
        except Resolver404:
            return None
        filters = sorted({key for key, value in parse_qsl(parts.query) if value})
        return f"/{route}" + (f"?{'&'.join(filters)}" if filters else "")


def links(body: str, address: str) -> Iterator[str]:
    """Yield the addresses that a page links to, and those of what people type into its search."""
    for found in dict.fromkeys(LINK.findall(body)):
        yield urljoin(address, html.unescape(found))
    fields = [each for each in FIELD.findall(body) for name in SEARCHED if f'name="{name}"' in each]
    if fields and not urlsplit(address).query:
        name = next(name for name in SEARCHED if f'name="{name}"' in fields[0])
        yield from (
            f"{urlsplit(address).path}?{name}={typed.replace(' ', '+').replace('%', '%25')}"
            for typed in TYPED
        )


def ask_each(port: int, group: Group) -> None:
    """Ask for each address of a group once, and note what it took."""
    for address in group.addresses:
        taken, status, _, body = ask(port, address)
        group.taken.append(taken * 1000)
        group.statuses.add(status)
        group.bytes = max(group.bytes, len(body))


def ask(port: int, address: str) -> tuple[float, int, str, str]:
    """Return the seconds until the answer was whole, its status (0: none came), its type and its text."""
    link = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    began = time.perf_counter()
    try:
        link.request("GET", address)
        answer = link.getresponse()
        body = answer.read()
    except TimeoutError:
        return time.perf_counter() - began, 0, "", ""
    finally:
        link.close()
    taken = time.perf_counter() - began
    return taken, answer.status, answer.headers.get_content_type(), body.decode(errors="replace")


def inside(given: str) -> dict[str, Any]:
    """
    Return for each group of addresses the most queries that one of them asks, and what it costs of the processor.

    Asked inside this process, without a server: what else the machine does shows in the time, hardly in the cost.
    """
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    found = []
    for addresses in json.loads(given):
        counts, costs = [], []
        for address in addresses:
            client.get(address, HTTP_HOST="127.0.0.1")
            began = time.process_time()
            client.get(address, HTTP_HOST="127.0.0.1")
            costs.append((time.process_time() - began) * 1000)
            with CaptureQueriesContext(connection) as asked:
                client.get(address, HTTP_HOST="127.0.0.1")
            counts.append(len(asked))
        found.append({"queries": max(counts), "most_cpu_ms": round(max(costs), 1)})
        print(f"  {addresses[0]}  {found[-1]}", file=sys.stderr, flush=True)
    return {"found": found}


if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps({"inside": inside}[sys.argv[1]](sys.argv[2])))
