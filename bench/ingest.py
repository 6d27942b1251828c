"""
``bench ingest``: how many events a second are durable when they are acknowledged, and how soon a decision follows.

The product's server, with two bare endpoints beside it in the same processes: one inserts each body in a transaction of
its own, one inserts many at a time, neither looks at anything. All are asked in turn, several times, by a client that
costs next to nothing; the medians are compared. Then what was stored is digested, and at last a worker runs while
events come at a pace.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench import http_load
from bench.database import ROOT, step_of, throw_away

#: Endpoint -> connections: batches are larger, and fewer wait at a time.
PATHS = {"/bare": 64, "/bare-grouped": 64, "/v1/track": 64, "/v1/batch": 8}
CALLS_IN_BATCH = 250
SOURCE = "app"
#: Events a second, and for how many seconds, while a worker runs.
PACE, LIVE_SECONDS = 200, 15
READY_WITHIN = 120.0
#: Until everything is decided, at most so many seconds.
DECIDED_WITHIN = 120.0
#: Seconds between two looks.
LOOK = 0.02
#: What a cycle holds is not due, and not decided either: none may be under way any more.
QUIET = 15.0
#: The product with bare endpoints beside it.
BARE = "bench.bare_insert:application"
#: Lies in the data folder once all is sent: how much.
ENDED = "ended"


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench ingest", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each endpoint, each time")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the databases lie")
    asked = parser.parse_args(arguments)
    if asked.folder:
        os.environ["COLDFRAME_BENCH_FOLDER"] = asked.folder
    figures: dict[str, Any] = {"database": asked.database, "load_before": os.getloadavg()[0]}
    figures |= throughput(asked.database, seconds=asked.seconds, rounds=asked.rounds)
    return figures | {"live": live(asked.database)}


def throughput(database: str, *, seconds: float, rounds: int) -> dict[str, Any]:
    """Return the rates of all endpoints, and of digesting what they stored."""
    numbers = itertools.count()
    with throw_away(database) as environment:
        key = step_of("bench.ingest", environment, "set_up", "0")["key"]
        rates: dict[str, list[float]] = {path: [] for path in PATHS}
        waits: dict[str, list[tuple[float, float]]] = {path: [] for path in PATHS}
        acknowledged = 0
        with serving(environment) as port:
            http_load.run(port=port, requests=singles("/v1/track", key, numbers), lines=8, seconds=2)
            step_of("bench.ingest", environment, "forget", "0")
            for _ in range(rounds):
                for path, lines in PATHS.items():
                    load = http_load.run(
                        port=port, requests=requests(path, key, numbers), lines=lines, seconds=seconds
                    )
                    assert set(load.answers) == {200}, load.answers
                    size = CALLS_IN_BATCH if path == "/v1/batch" else 1
                    rates[path].append(load.rate * size)
                    waits[path].append((load.wait(0.5), load.wait(0.99)))
                    acknowledged += load.answers[200] * size if path.startswith("/v1/") else 0
        digested = step_of("bench.ingest", environment, "digest", "0")
    assert digested["events"] == acknowledged, (digested, acknowledged)
    found = {
        path: {
            "a_second": round(median(rates[path])),
            "p50_ms": median(first for first, _ in waits[path]),
            "p99_ms": median(last for _, last in waits[path]),
        }
        for path in PATHS
    }
    single = found["/v1/track"]["a_second"]
    return {
        "endpoints": found,
        "single_to_bare": round(single / found["/bare"]["a_second"], 2),
        "single_to_bare_grouped": round(single / found["/bare-grouped"]["a_second"], 2),
        "acknowledged": acknowledged,
        "digested": digested,
    }


@contextmanager
def serving(environment: dict[str, str], application: str = BARE) -> Iterator[int]:
    """Run the product's server with an application; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.ingest_server", str(port), application], env=environment, cwd=ROOT
    )
    try:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            # A page that nobody waits for any more may still be read from the database.
            server.kill()


def call(number: int, user: str) -> dict[str, Any]:
    """Return a call as clients send it, about 500 bytes."""
    now = datetime.now(tz=UTC).isoformat()  # noqa: TID251 - A client's clock.
    return {
        "type": "track", "messageId": f"message-{number:012}", "userId": user, "event": "Demo Requested",
        "timestamp": now, "sentAt": now, "integrations": {},
        "properties": {"form": "demo", "seats": 12, "product": "Flow", "url": "https://www.ours.example/pricing"},
        "context": {
            "campaign": {"name": "spring", "source": "linkedin", "medium": "paid_social"},
            "library": {"name": "analytics-python", "version": "2.4.0"}, "timezone": "Europe/Berlin", "locale": "de-DE",
        },
    }  # fmt: skip


def requests(path: str, key: str, numbers: Iterator[int]) -> Iterator[bytes]:
    """Return requests for an endpoint, each with calls of its own."""
    return batches(key, numbers) if path == "/v1/batch" else singles(path, key, numbers)


def singles(path: str, key: str, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield one call after the other; only its id differs, so that the client costs little."""
    body = json.dumps(call(0, "user-0"))
    before, _, after = body.partition(f"{0:012}")
    sample = http_load.request(path, body.encode(), key=key)
    head = sample[: -len(body)]
    for each in numbers:
        yield head + f"{before}{each:012}{after}".encode()


def batches(key: str, numbers: Iterator[int]) -> Iterator[bytes]:
    """Yield one batch after the other."""
    body = json.dumps(call(0, "user-0"))
    before, _, after = body.partition(f"{0:012}")
    while True:
        calls = (f"{before}{each:012}{after}" for each in itertools.islice(numbers, CALLS_IN_BATCH))
        yield http_load.request("/v1/batch", f'{{"batch":[{",".join(calls)}]}}'.encode(), key=key)


def live(database: str) -> dict[str, Any]:
    """Return how long it takes from an event to the decision that knows of it, while a worker runs."""
    with throw_away(database) as environment:
        key = step_of("bench.ingest", environment, "set_up", str(PACE * LIVE_SECONDS))["key"]
        started = [
            subprocess.Popen(
                [sys.executable, "-m", *words], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            for words in (["coldframe", "work", "--json"], ["bench.ingest", "watch", "0"])
        ]
        watcher = started[-1]
        try:
            with serving(environment) as port:
                sent = itertools.count()
                paced = (
                    http_load.request(
                        "/v1/track", json.dumps(call(number, f"user-{number}")).encode(), key=key
                    )
                    for number in sent
                )
                step_of("bench.ingest", environment, "warm", "0")
                load = http_load.run(
                    port=port, requests=paced, lines=32, seconds=LIVE_SECONDS, per_second=PACE
                )
                (Path(environment["COLDFRAME_HOME"]) / ENDED).write_text(str(load.answers[200]))
                found = json.loads(watcher.communicate(timeout=DECIDED_WITHIN)[0])
        finally:
            for each in started:
                each.send_signal(signal.SIGTERM)
                each.communicate(timeout=120)
    return {"events_a_second": round(load.rate), "acknowledged_p99_ms": load.wait(0.99), **found}


def set_up(people: str) -> dict[str, Any]:
    """Make a source, the default playbook, and people that it knows."""
    from coldframe import clock
    from coldframe.activity import sources
    from coldframe.delivery import operations as delivery
    from coldframe.leads import recording
    from coldframe.library import operations as library
    from coldframe.nurture import operations as nurture

    at = clock.now()
    made = sources.add(SOURCE, kind=sources.Kind.API, at=at, with_key=True)
    library.ensure_active_playbook(at=at)
    delivery.ensure_local_connection(at=at)
    if int(people):
        accounts = recording.record_accounts(
            [
                recording.NewAccount(source=SOURCE, external_id=f"a-{n}", name=f"Company {n}")
                for n in range(int(people))
            ],
            at=at,
        )
        recording.record_leads(
            [
                recording.NewLead(
                    account_id=account_id,
                    system=SOURCE,
                    external_id=f"user-{number}",
                    email=f"user{number}@company{number}.example",
                )
                for number, account_id in enumerate(accounts)
            ],
            at=at,
        )
        nurture.assess_all(as_of=at)
    return {"key": made.key}


def forget(_: str) -> dict[str, Any]:
    """Forget what warmed the server up."""
    from coldframe.activity.models import Arrival

    return {"forgotten": Arrival.objects.all().delete()[0]}


def digest(_: str) -> dict[str, Any]:
    """Digest all that was stored through the product's endpoints; return how fast."""
    from coldframe import clock
    from coldframe.activity import digesting
    from coldframe.activity.models import Arrival, Event
    from coldframe.work import trades

    Arrival.objects.filter(about__as="bare").delete()
    arrivals, began, computed = Arrival.objects.count(), time.perf_counter(), time.process_time()
    while digesting.run_turn(digesters=trades.digesters(), at=clock.now()):
        pass
    seconds = time.perf_counter() - began
    events = Event.objects.count()
    return {
        "arrivals": arrivals, "events": events, "seconds": round(seconds, 2),
        "events_a_second": round(events / seconds),
        "cpu_microseconds_each": round((time.process_time() - computed) / events * 1e6), "set_aside": Arrival.objects.count(),
    }  # fmt: skip


def warm(_: str) -> dict[str, Any]:
    """Send something of somebody else, and wait until the worker has digested and decided it."""
    from coldframe import clock
    from coldframe.activity import arrivals
    from coldframe.activity.models import Arrival
    from coldframe.activity.sources import find
    from coldframe.leads import due

    body = json.dumps(call(0, "somebody-else") | {"messageId": "warm"}).encode()
    arrivals.accept(
        [arrivals.calls(source_id=find(SOURCE).pk, body=body, about={"as": "track"})], at=clock.now()
    )
    end = time.monotonic() + DECIDED_WITHIN
    while (Arrival.objects.exists() or due.is_any_due(at=clock.now())) and time.monotonic() < end:
        time.sleep(LOOK)
    return {"seconds_left": round(end - time.monotonic(), 1)}


def watch(_: str) -> dict[str, Any]:
    """
    Note when each cycle's decisions are stored, until all that was sent is decided; return how long after each event.

    Looks every few milliseconds, and knows a cycle from the moment that another connection sees it.
    """
    from django.db import connection

    from coldframe import clock
    from coldframe.leads import due
    from coldframe.storage import turns

    seen: dict[int, datetime] = {}
    ended = Path(os.environ["COLDFRAME_HOME"]) / ENDED
    until = time.monotonic() + LIVE_SECONDS + READY_WITHIN + DECIDED_WITHIN
    last, changed_at = 0, time.monotonic()
    while time.monotonic() < until:
        # In turn: SQLite would have who looks between many who write ask again after pauses of its own.
        with turns.taken(), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM nurture_cycle WHERE id > %s", [last])
            found = [row[0] for row in cursor.fetchall()]
        seen |= dict.fromkeys(found, clock.now())
        last = max([last, *found])
        changed_at = time.monotonic() if found else changed_at
        if (
            time.monotonic() - changed_at > QUIET
            and ended.exists()
            and is_digested(int(ended.read_text()))
            and not due.is_any_due(at=clock.now())
        ):
            break
        time.sleep(LOOK)
    return latencies(seen)


def is_digested(count: int) -> bool:
    from coldframe.activity.models import Event

    return Event.objects.count() >= count


def latencies(seen: Mapping[int, datetime]) -> dict[str, Any]:
    """Return how long after its event each lead's decision was stored."""
    from coldframe.activity.models import Event
    from coldframe.nurture.models import Standing

    happened = dict(Event.objects.exclude(lead=None).values_list("lead_id", "occurred_at"))
    decided = Standing.objects.filter(lead_id__in=happened, cycle_id__in=seen).values_list(
        "lead_id", "cycle_id"
    )
    waits = sorted((seen[cycle_id] - happened[lead_id]).total_seconds() for lead_id, cycle_id in decided)
    waits = [each for each in waits if each > 0]
    if not waits:
        return {"events": len(happened), "decided": 0, "cycles": len(seen)}
    return {
        "events": len(happened),
        "decided": len(waits),
        "p50_seconds": round(waits[len(waits) // 2], 3),
        "p99_seconds": round(waits[int(len(waits) * 0.99)], 3),
        "longest_seconds": round(waits[-1], 3),
        "cycles": len(seen),
    }


STEPS = {"set_up": set_up, "forget": forget, "digest": digest, "warm": warm, "watch": watch}

if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps(STEPS[sys.argv[1]](sys.argv[2])))
