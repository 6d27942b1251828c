"""
Kills of the process that receives events, providers' news and webhooks, while callers send and a worker digests.

The receiver is the real server with its threads; it is killed at a random moment, and the next one takes its port. What
was acknowledged must be there afterwards, and everything that is there, once.
"""

from __future__ import annotations

import bisect
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import UUID

from tests import ready
from tests.crash import callers, forks, setting
from tests.crash.forks import Child

SOURCE = "app"
#: Latest kill after the first answer, in seconds.
WINDOW = 0.25
PATIENCE = 120.0
#: The worker that digests is killed at every so manieth kill.
WORKER_EVERY = 7
#: A caller that was broken off notices within so many seconds.
NOTICED = 1.0
#: The naive receiver writes what it answered so many seconds later.
IN_A_WHILE = 0.5
#: Share of the kills that must break a request off.
LEAST_HITS = 0.5


def run(*, kills: int, database: str, seed: int, design: str = "real") -> dict[str, Any]:
    """Kill so many receivers, digest what is left, and return what came of it, ``faults`` first."""
    chosen = random.Random(seed)
    with setting.throw_away(database) as folder:
        key = str(forks.asked("build", build))
        port = free_port()
        began = time.monotonic()
        killed_at, log = [], folder / "calls.jsonl"
        receiver = start_receiver(port, design)
        worker = start_worker(0)
        calling = start_callers(port, key, log)
        for number in range(1, kills + 1):
            wait_for_answer(port)
            if design == "answer-first":
                wait_for_acknowledgement(log)
            forks.pause(chosen.uniform(0, WINDOW))
            killed_at.append(time.monotonic())
            kill_group(receiver)
            if number % WORKER_EVERY == 0:
                worker.kill()
                worker.wait()
                worker = start_worker(number)
            receiver = start_receiver(port, design)
        wait_for_answer(port)
        calling.send_signal(signal.SIGTERM)
        if calling.wait(PATIENCE) != 0:
            raise forks.ChildFailed("the callers did not end well")
        kill_group(receiver)
        worker.kill()
        worker.wait()
        found: Any = forks.asked("judge", lambda: judge(log, killed_at))
    faults = {name: found[name] for name in ("missing", "twice", "invented", "left") if found[name]}
    if design == "real" and found["hit_rate"] < LEAST_HITS:
        faults["too_few_hits"] = round(found["hit_rate"] * 100)
    seconds = round(time.monotonic() - began, 1)
    return {"faults": faults, "design": design, "database": database, "seed": seed, "kills": kills, "seconds": seconds, **found}  # fmt: skip


def build() -> str:
    """Make the tables, somebody, and a source of each kind; return the key of the event API's."""
    from coldframe.activity import providers, sources
    from coldframe.activity.webhooks import mapping
    from tests import world

    ready.make_tables()
    world.anna(world.brightpath())
    providers.add_provider(callers.PROVIDER, provider="sendgrid", at=setting.BEGIN, secret=callers.PASSWORD)
    posted = mapping.parse(mapping.read_preset("calendly"), where=callers.WEBHOOK)
    settings = {"signature": {"scheme": "token"}, "mapping": posted}
    sources.add(
        callers.WEBHOOK, kind=sources.Kind.WEBHOOK, at=setting.BEGIN, settings=settings, secret=callers.TOKEN
    )
    made = sources.add(SOURCE, kind=sources.Kind.API, at=setting.BEGIN, with_key=True)
    return str(made.key)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_receiver(port: int, design: str) -> Child:
    """Start the server, in a process group of its own; it is ready when it answers."""
    return forks.spawn("receiver", lambda ready: receive(port, design, ready))


def receive(port: int, design: str, ready: Any) -> None:
    """Be the server."""
    os.setsid()
    ready()
    from coldframe.cli import serve

    if design == "answer-first":
        answer_first()
    multiprocessing.set_start_method("fork", force=True)
    serve.serve_application("coldframe.config.wsgi:application", host="127.0.0.1", port=port)


def answer_first() -> None:
    """Answer before anything is stored, as naive receivers do: what came is kept in memory and written in a while."""
    from coldframe.api.committing import Committer, Ticket

    def put(self: Committer, arrival: Any) -> None:
        threading.Timer(IN_A_WHILE, lambda: self.queue(Ticket(arrival, self.elapsed()))).start()

    async def put_soon(self: Committer, arrival: Any) -> None:
        put(self, arrival)

    Committer.put = put  # type: ignore[method-assign]
    Committer.put_soon = put_soon  # type: ignore[method-assign]


def kill_group(child: Child) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def wait_for_answer(port: int) -> None:
    """Wait until the receiver answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        link = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("OPTIONS", "/v1/track")
            if link.getresponse().status == HTTPStatus.NO_CONTENT:
                return
        except (HTTPException, OSError):
            time.sleep(0.02)
        finally:
            link.close()
    raise forks.ChildFailed("nobody answers")


def wait_for_acknowledgement(log: Path) -> None:
    """Wait until something more is acknowledged: what is not acknowledged cannot be missing."""
    end = time.monotonic() + PATIENCE
    seen = log.stat().st_size
    while time.monotonic() < end:
        with log.open() as lines:
            lines.seek(seen)
            if '"acknowledged"' in lines.read():
                return
        time.sleep(0.02)
    raise forks.ChildFailed("nothing is acknowledged")


def start_worker(number: int) -> Child:
    child = forks.spawn(f"worker{number}", work)
    child.wait_ready()
    return child


def work(ready: Any) -> None:
    """Digest whatever arrives, for ever."""
    ready()
    while True:
        if not digest():
            time.sleep(0.02)


def digest() -> bool:
    from coldframe.activity import digesting
    from coldframe.activity.provider_digest import ProviderDigester
    from coldframe.work import trades

    told = ProviderDigester(find_addressees=find_addressees)
    digesters = {**trades.digesters(), "PROVIDER": told}
    return bool(digesting.run_turn(digesters=digesters, at=setting.BEGIN))


def find_addressees(touches: Collection[UUID]) -> dict[UUID, Any]:
    """Return for each touch the one person that there is: no mail was sent, but providers tell of it."""
    from coldframe.activity.addressees import Addressee
    from coldframe.leads.models import Lead

    lead = Lead.objects.get(email=callers.EMAIL)
    found = Addressee(lead_id=lead.pk, account_id=lead.account_id, emails=frozenset({callers.EMAIL}))
    return dict.fromkeys(touches, found)


def start_callers(port: int, key: str, log: Path) -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.callers", str(port), key, str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "READY\n"
    return started


def judge(log: Path, killed_at: Sequence[float]) -> dict[str, Any]:
    """Digest what is left; compare what is recorded with what was sent and what was acknowledged."""
    from coldframe.activity.models import Arrival, Event, Feedback

    while digest():
        pass
    sent, acknowledged, broken_at = read(log)
    keys = {key_of(number): number for number in sent if number[0] != "p"}
    touches = {callers.touch_of(number): number for number in sent if number[0] == "p"}
    recorded = [
        *(keys.get(bytes(key)) for key in Event.objects.values_list("key", flat=True)),
        *(touches.get(touch) for touch in Feedback.objects.values_list("touch", flat=True)),
    ]
    numbers = set(recorded) - {None}
    hits = count_hits(killed_at, broken_at)
    return {
        "missing": len(acknowledged - numbers),
        "twice": len([each for each in recorded if each]) - len(numbers),
        "invented": recorded.count(None),
        "left": Arrival.objects.count(),
        "hit_rate": round(hits / len(killed_at), 3),
        "sent": len(sent),
        "acknowledged": len(acknowledged),
        "acknowledged_by_door": {door: sum(each[0] == door for each in acknowledged) for door in "cpw"},
        "recorded": len(recorded),
        "stored_and_never_acknowledged": len(numbers - acknowledged),
    }


def key_of(number: str) -> bytes:
    """Return the key of the event that a call comes to."""
    from coldframe.activity import operations
    from coldframe.activity.operations import NewEvent

    source, external_id = (callers.WEBHOOK, f"created:{number}") if number[0] == "w" else (SOURCE, number)
    return operations.key_of(
        NewEvent(source=source, external_id=external_id, kind="x", occurred_at=setting.BEGIN)
    )


def read(log: Path) -> tuple[set[str], set[str], list[float]]:
    """Return what was sent, what was acknowledged, and when requests were broken off."""
    sent: set[str] = set()
    acknowledged: set[str] = set()
    broken_at: list[float] = []
    for line in log.read_text().splitlines():
        said = json.loads(line)
        sent.update(said.get("sent", ()))
        acknowledged.update(said.get("acknowledged", ()))
        if "broken" in said:
            broken_at.append(said["at"])
    return sent, acknowledged, broken_at


def count_hits(killed_at: Sequence[float], broken_at: Sequence[float]) -> int:
    """Return how many kills broke a request off: a caller noticed at once."""
    hits = 0
    for instant in killed_at:
        position = bisect.bisect_left(broken_at, instant)
        hits += position < len(broken_at) and broken_at[position] - instant < NOTICED
    return hits
