"""
``bench pages``: how long every page takes on a large base, and how many queries it asks.

Begins at the pages of the menu and follows their links, as somebody does who works with it: of each address and each
set of filters some are taken, so that a new page is measured as soon as it is in the menu. Beside them what people
type. The product's server answers, with a base that a worker has worked on; one asks after the other, so that the
figures are the pages' and not those of a queue. Before each round some leads act and a worker decides, so that what is
remembered of the whole base is of an earlier one, as it is all day.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
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
#: What an answer says whose numbers are being counted; it is asked for again after so many seconds, up to so many.
COUNTING, AGAIN, COUNTED_WITHIN = 202, 1.0, 120.0
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
    #: Milliseconds until an answer was whole, and whether it was the page or that its numbers are being counted.
    taken: list[float] = field(default_factory=list)
    #: Seconds until the page was there, of those that had to be counted first.
    counted: list[float] = field(default_factory=list)
    bytes: int = 0
    statuses: set[int] = field(default_factory=set)


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures of every page."""
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the base is kept and found again")
    parser.add_argument("--rounds", type=int, default=5, help="how often each address is asked")
    parser.add_argument("--only", default="", help="pages whose address begins so")
    parser.add_argument("--depth", type=int, default=DEPTH, help="links are followed so far from the menu")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of each page so many are asked")
    parser.add_argument("--minutes", type=float, default=12.0, help="no further round begins after so many")
    asked = parser.parse_args(arguments)
    folder = asked.folder or Path(os.environ.get("TMPDIR", "/tmp")) / f"coldframe-bench-pages-{asked.leads}"  # noqa: S108 - Kept on purpose.
    environment = at_work.keep(folder, leads=asked.leads)
    began = time.monotonic()
    rounds = 0
    wanted = {"only": asked.only, "depth": asked.depth, "samples": asked.samples}
    links = step_of("bench.pages", environment, "follow", json.dumps(wanted))
    groups = [Group(**each) for each in links["found"]]
    with serving(environment, "coldframe.config.served:application") as port:
        # Of the time, a half is for the server and a half for counting queries and costs.
        while rounds < asked.rounds and (not rounds or time.monotonic() - began < 30 * asked.minutes):
            step_of("bench.at_work", environment, "stir", str(asked.leads))
            for group in groups:
                ask_each(port, group)
            rounds += 1
    costs = step_of("bench.pages", environment, "inside", json.dumps([each.addresses for each in groups]))
    target = min(
        (limit for leads, limit in TARGETS.items() if asked.leads <= leads), default=max(TARGETS.values())
    )
    pages = [figures(group) | more for group, more in zip(groups, costs["found"], strict=True)]
    return {
        "leads": asked.leads, "target_p95_ms": target, "rounds": rounds, "load": os.getloadavg()[0],
        "pages_asked": len(pages),
        "slow": [each["page"] for each in pages if each["p95_ms"] > target],
        "slow_by_processor": [each["page"] for each in pages if each["cpu_p95_ms"] > target],
        "counted_first": {each["page"]: each["counted_s"] for each in pages if each["counted_s"]},
        "most_queries": max((each["queries"] for each in pages), default=0),
        "odd": [each["page"] for each in pages if each["statuses"] not in ([200], [200, 202])],
        "pages": sorted(pages, key=lambda each: -each["cpu_p95_ms"]),
    }  # fmt: skip


def figures(group: Group) -> dict[str, Any]:
    """Return what is told of a page."""
    return {
        "page": group.name, "example": group.addresses[0],
        **quantiles("", group.taken),
        "counted_s": round(max(group.counted, default=0.0), 1),
        "kib": group.bytes // 1024, "statuses": sorted(group.statuses),
    }  # fmt: skip


def quantiles(prefix: str, taken: list[float]) -> dict[str, float]:
    """Return the middle, the 95th of a hundred and the longest of some times."""
    ordered = sorted(taken) or [0.0]
    found = {f"p{share}": ordered[min(len(ordered) * share // 100, len(ordered) - 1)] for share in (50, 95)}
    return {f"{prefix}{name}_ms": round(value, 1) for name, value in (found | {"max": ordered[-1]}).items()}


def crawl(look: Callable[[str], tuple[int, str, str]], *, deep: int, samples: int) -> list[Group]:
    """
    Return the pages that are reached from the menu, grouped by address and filters.

    ``look`` returns status, type and text of an address.
    """
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
        if len(group.addresses) >= samples:
            continue
        group.addresses.append(address)
        status, kind, body = look(address)
        if status == 200 and kind.startswith("text/html") and depth < deep:
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
        ask_whole(port, address, group)


def ask_whole(port: int, address: str, group: Group) -> None:
    """Ask until the page is there, as a browser does that is told that it is being counted; note what each answer took."""
    began, tries = time.monotonic(), 0
    while True:
        taken, status, body = ask(port, address)
        group.taken.append(taken * 1000)
        group.statuses.add(status)
        group.bytes = max(group.bytes, len(body))
        if status != COUNTING or time.monotonic() - began > COUNTED_WITHIN:
            break
        tries += 1
        time.sleep(AGAIN)
    if tries:
        group.counted.append(time.monotonic() - began)


def ask(port: int, address: str) -> tuple[float, int, bytes]:
    """Return the seconds until the answer was whole, its status (0: none came), and what it was."""
    link = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    began = time.perf_counter()
    try:
        link.request("GET", address)
        answer = link.getresponse()
        body = answer.read()
    except TimeoutError:
        return time.perf_counter() - began, 0, b""
    finally:
        link.close()
    return time.perf_counter() - began, answer.status, body


def client_of_a_begun_process() -> Any:
    """Return a client inside this process, which has made ahead what one that serves makes ahead."""
    from django.conf import settings
    from django.test import Client

    from coldframe.web import warming

    settings.ALLOWED_HOSTS = ["*"]
    warming.warm()
    return Client(HTTP_HOST="127.0.0.1")


def follow(given: str) -> dict[str, Any]:
    """Return the groups of pages whose address begins so, found inside this process: nobody waits for a server."""
    wanted = json.loads(given)
    client = client_of_a_begun_process()

    def look(address: str) -> tuple[int, str, str]:
        *_, (_, answer) = answers_of(client, address)
        body = getattr(answer, "content", b"").decode(errors="replace")
        return answer.status_code, answer.headers.get("Content-Type", ""), body

    groups = crawl(look, deep=wanted["depth"], samples=wanted["samples"])
    groups = [each for each in groups if each.addresses[0].startswith(wanted["only"])]
    return {"found": [{"name": each.name, "addresses": each.addresses} for each in groups]}


def inside(given: str) -> dict[str, Any]:
    """
    Return for each group of addresses the most queries that one of them asks, and what they cost of the processor.

    Asked inside this process, without a server: what else the machine does shows in the time, hardly in the cost. The
    cost is that of the thread that answers; what is counted behind the reader's back is not waited for. The process has
    made ahead what one that serves makes ahead.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of_a_begun_process()
    found = []
    for addresses in json.loads(given):
        counts, costs = [], []
        for address in addresses:
            for _ in range(2):
                costs += [cost for cost, _ in answers_of(client, address)]
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            counts.append(len(asked))
        found.append({"queries": max(counts), **quantiles("cpu_", costs)})
        print(f"  {addresses[0]}  {found[-1]}", file=sys.stderr, flush=True)
    return {"found": found}


def answers_of(client: Any, address: str) -> Iterator[tuple[float, Any]]:
    """Yield each answer until the page is there, with what it cost in milliseconds of the processor."""
    from coldframe.nurture import remembering

    end = time.monotonic() + COUNTED_WITHIN
    while True:
        began = time.thread_time()
        answer = client.get(address)
        yield (time.thread_time() - began) * 1000, answer
        if answer.status_code != COUNTING or time.monotonic() > end:
            return
        for each in list(remembering.under_way.values()):
            each.wait(COUNTED_WITHIN)


if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps({"follow": follow, "inside": inside}[sys.argv[1]](sys.argv[2])))
