"""
``bench cycle``: what a touch costs, and what a pass over the base costs, from database to database.

Every figure comes from processes of their own over throw-away databases, and is counted at the mail server.
``--folder`` says on which disk; what a commit costs there is measured beside.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import bare_smtp, drip
from bench.database import AS_OF, step_of, throw_away
from coldframe.outbox.terms import Terms

COMMITS = 200
#: Long enough for every lead to get its first touch.
LIFE = timedelta(days=4)
TURNS = 100
CHANGED = 0.01
#: Between passes that must come to the same.
MOMENT = timedelta(microseconds=1)
#: Touches handed over before the clock runs, so that what is made once is made; and days between the two.
WARM = 20
LATER = timedelta(days=7)
#: What must be the same after a pass over what changed and after one over everything.
SAME = ("lead_id", "status", "disposition", "reason", "fit_level", "intent_level", "stage", "segment", "path")


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench cycle", description=__doc__)
    parser.add_argument("--touches", default="100,10000", help="due at once, few and many")
    parser.add_argument("--accounts", default="10000,100000", help="in a full pass, few and many")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--folder", help="where the databases lie")
    parser.add_argument(
        "--drip", action="store_true", help="measure django-drip-campaigns as well; asks PyPI"
    )
    asked = parser.parse_args(arguments)
    if asked.folder:
        os.environ["COLDFRAME_BENCH_FOLDER"] = asked.folder
    figures: dict[str, Any] = {"database": asked.database, "commit_ms": commit_ms(asked.folder)}
    figures["touches"] = [touches(int(each), asked.database) for each in asked.touches.split(",")]
    figures["passes"] = [passes(int(each), asked.database) for each in asked.accounts.split(",")]
    if asked.drip:
        figures["drip"] = drip.run()
    return figures | ratios(figures)


def ratios(figures: dict[str, Any]) -> dict[str, Any]:
    """Return what is promised as a ratio."""
    few, many = figures["touches"][0], figures["touches"][-1]
    small, large = figures["passes"][0], figures["passes"][-1]
    return {
        "handed_over_to_bare_limit": round(
            many["hand_over"]["a_second"] / many["bare"]["library_a_second"], 2
        ),
        "cost_of_a_touch_many_to_few": {
            name: round(many[name]["cpu_ms_each"] / few[name]["cpu_ms_each"], 2)
            for name in ("hand_over", "live")
        },
        "pass_large_to_small": round(large["full"]["cpu_seconds"] / small["full"]["cpu_seconds"], 2),
        "changed_to_full": round(large["changed"]["cpu_seconds"] / large["full"]["cpu_seconds"], 3),
    }


def commit_ms(folder: str | None) -> float:
    """Return what a durable commit of SQLite costs on this disk."""
    with tempfile.TemporaryDirectory(dir=folder) as where:
        link = sqlite3.connect(Path(where) / "commits.sqlite3", isolation_level=None)
        link.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (n)")
        began = time.perf_counter()
        for number in range(COMMITS):
            link.execute("INSERT INTO t VALUES (?)", [number])
        link.close()
        return round((time.perf_counter() - began) / COMMITS * 1000, 3)


def touches(count: int, database: str) -> dict[str, Any]:
    """Return how many touches a second are handed over, and lived from decision to record."""
    from tests import smtp_sink

    found: dict[str, Any] = {"due": count}
    with ExitStack() as stack:
        for name in ("hand_over", "live"):
            environment = stack.enter_context(throw_away(database))
            folder = Path(environment["COLDFRAME_HOME"])
            sink = stack.enter_context(smtp_sink.running(folder))
            said = step_of("bench.cycle", environment, name, f"{count},{sink.port}")
            accepted = Counter(row["to"] for row in sink.accepted())
            taken = (len(accepted), accepted.total())
            assert taken == (said["sent"] + said["before"],) * 2, (said, taken)
            found |= {name: said}
        found["bare"] = bare(sink, count=max(count, 2000), size=said["bytes"])
    return found


def bare(sink: Any, *, count: int, size: int) -> dict[str, int]:
    """Return how many prebuilt messages a second clients hand over that do nothing else."""
    messages = [("reader@there.example", as_wire(size))] * count
    before = len(sink.accepted())
    found = {
        "library_a_second": round(bare_smtp.run_library(port=sink.port, messages=messages)),
        "pipelined_a_second": round(bare_smtp.run(port=sink.port, messages=messages)),
    }
    assert len(sink.accepted()) == before + 2 * count
    return found


def as_wire(size: int) -> bytes:
    """Return a message of so many bytes."""
    head = b"Message-ID: <bench@sender.example>\r\nSubject: Hello\r\n\r\n"
    return head + (b"x" * 70 + b"\r\n") * max(1, (size - len(head)) // 72)


def passes(accounts: int, database: str) -> dict[str, Any]:
    """Return what passes over so many accounts cost: all, those that changed, none."""
    with throw_away(database) as environment:
        step_of("bench.cycle", environment, "fill", str(accounts))
        full = step_of("bench.cycle", environment, "full", "0")
        # Who waits for room at sales is called re-engaged from the second look on.
        step_of("bench.cycle", environment, "again", "1")
        changed = step_of("bench.cycle", environment, "changed", str(accounts))
        again = step_of("bench.cycle", environment, "again", "2")
        idle = step_of("bench.cycle", environment, "idle", "0")
    return {
        "accounts": accounts, "leads": full["leads"], "full": full, "changed": changed, "is_same_as_full_pass": changed["sum"] == again["sum"], **idle,
    }  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds by the clock, seconds of this process's processor, and what came of it."""
    began, busy = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - began, time.process_time() - busy, found


def worker(port: int, *, days: timedelta) -> Any:
    """Return a worker on a clock that jumps, with a connection to the mail server."""
    from django.conf import settings

    from coldframe.cli.work import JOURNAL, tokens
    from coldframe.outbox.journal import Journal
    from coldframe.work import loop, trades
    from coldframe.work.clocks import VirtualClock
    from tests.crash import setting

    if port:
        setting.build(port)
    return loop.Worker(
        name="bench", clock=VirtualClock(at=setting.BEGIN, end=setting.BEGIN + days), handlers=trades.handlers(),
        gate=trades.gate(), journal=Journal(Path(settings.HOME) / JOURNAL), tokens=tokens(),
    )  # fmt: skip


def hand_over(given: str) -> dict[str, Any]:
    """Hand over touches that are planned: write, mark, send, record."""
    from coldframe.outbox import operations as outbox
    from tests.crash import setting

    count, port = map(int, given.split(","))
    mine = worker(port, days=LIFE)
    setting.add_touches(range(1, count + WARM + 1), at=setting.BEGIN)
    warm = Terms(batch=WARM)

    def work(most: int, terms: Terms) -> None:
        sent = 0
        while sent < most:
            turn = outbox.run_turn(
                handlers=mine.handlers, worker="bench", now=mine.clock.now, gate=mine.gate, journal=mine.journal,
                terms=terms,
            )  # fmt: skip
            assert turn, sent
            sent += turn["SENT"]

    work(WARM, warm)
    seconds, busy, _ = timed(lambda: work(count, Terms()))
    return {
        "sent": count, "before": WARM, "seconds": round(seconds, 2), "a_second": round(count / seconds),
        "cpu_ms_each": round(busy / count * 1000, 2), "bytes": size(),
    }  # fmt: skip


def live(given: str) -> dict[str, Any]:
    """Live through the days in which leads get their first touch: decide, plan, write, hand over, record, decide again."""
    from tests.crash import setting

    count, port = map(int, given.split(","))
    mine = worker(port, days=LIFE)
    arrive(range(1, WARM + 1), at=setting.BEGIN)
    before = mine.run(until=mine.clock.end).counts["SENT"]
    mine.totals = type(mine.totals)()
    mine.clock.at, mine.clock.end = (each + LATER for each in (setting.BEGIN, mine.clock.end))
    arrive(range(WARM + 1, WARM + count + 1), at=mine.clock.at)
    seconds, busy, totals = timed(lambda: mine.run(until=mine.clock.end))
    sent = totals.counts["SENT"]
    return {
        "sent": sent, "before": before, "seconds": round(seconds, 2), "a_second": round(sent / seconds, 1),
        "cpu_ms_each": round(busy / sent * 1000, 2), "turns": totals.turns, "decided": totals.counts["leads"], "bytes": size(), "peak_mib": peak_mib(),
    }  # fmt: skip


def arrive(numbers: range, *, at: Any) -> None:
    """Have so many new leads, one an account, due at an instant."""
    from coldframe.leads import due
    from coldframe.leads.models import Lead
    from tests.crash import setting

    setting.add_leads(numbers, at=at, status=None)
    mine = Lead.objects.order_by("-pk").values_list("account_id", flat=True)[: len(numbers)]
    due.mark_due(account_ids=list(mine), at=at)


def size() -> int:
    """Return how many bytes a message of the run has."""
    from coldframe.outbox import queries

    found = queries.find_message(queries.list_messages(state="SENT", limit=1)[0].id)
    assert found is not None
    return len(found.body or b"")


def fill(accounts: str) -> dict[str, Any]:
    """Fill a database with a population whose accounts are all due."""
    from bench import filling, population
    from coldframe.leads import due
    from coldframe.library import operations as library

    facts = population.make(round(int(accounts) / population.ACCOUNTS_PER_LEAD), as_of=AS_OF)
    filling.fill(facts, at=AS_OF, chunk=2_000_000)
    library.ensure_active_playbook(at=AS_OF)
    due.mark_due_where("1 = 1", at=AS_OF)
    return {"leads": facts.leads.height, "accounts": facts.accounts.height}


def warm_up() -> None:
    """Make what is made once a process, by deciding about an account that is due anyway."""
    from coldframe.cli.work import tokens
    from coldframe.nurture import cycle

    cycle.run_due(as_of=AS_OF, token=next(tokens()), limit=1)


def run_all(at: Any) -> Counter[str]:
    """Decide what is due, until nothing is."""
    from coldframe.cli.work import tokens
    from coldframe.nurture import cycle

    counts: Counter[str] = Counter()
    for token in tokens():
        done = cycle.run_due(as_of=at, token=token)
        counts.update(done.counts)
        if not done.accounts:
            return counts
    raise AssertionError("endless")


def full(given: str) -> dict[str, Any]:
    """Decide about everything for the first time."""
    warm_up()
    seconds, busy, counts = timed(lambda: run_all(AS_OF))
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "leads": counts["leads"],
        "peak_mib": peak_mib(),
    }


def changed(accounts: str) -> dict[str, Any]:
    """
    Decide about the accounts of which one in a hundred has changed, a moment later.

    What time alone changes is looked at in the next working hour, so that no more than a moment may lie between the passes.
    """
    from coldframe.leads import due

    at = AS_OF + 2 * MOMENT
    due.mark_due_where("id = 1", at=AS_OF)
    warm_up()
    due.mark_due_where(f"id % {round(1 / CHANGED)} = 0", at=at)
    seconds, busy, counts = timed(lambda: run_all(at))
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "leads": counts["leads"],
        "sum": standing(),
    }


def again(moments_later: str) -> dict[str, Any]:
    """Decide about everything once more, so many moments later."""
    from coldframe.leads import due

    at = AS_OF + int(moments_later) * MOMENT
    due.mark_due_where("1 = 1", at=at)
    seconds, busy, _ = timed(lambda: run_all(at))
    return {"seconds": round(seconds, 2), "cpu_seconds": round(busy, 2), "sum": standing()}


def standing() -> str:
    """Return a sum over where everybody stands."""
    import hashlib

    from coldframe.nurture.models import Standing

    rows = Standing.objects.order_by("lead_id").values_list(*SAME)
    return hashlib.sha256(repr(list(rows.iterator())).encode()).hexdigest()


def idle(given: str) -> dict[str, Any]:
    """Take turns in which nothing is due; return the processor time of each."""
    mine = worker(0, days=LIFE)
    at = AS_OF + timedelta(seconds=3)
    mine.turn(at)
    while mine.turn(at):
        pass
    began = time.process_time()
    for _ in range(TURNS):
        mine.turn(at)
        mine.next_at(after=at)
    return {"idle_turn_cpu_ms": round((time.process_time() - began) / TURNS * 1000, 2)}


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


STEPS = {each.__name__: each for each in (hand_over, live, fill, full, changed, again, idle)}

if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps(STEPS[sys.argv[1]](sys.argv[2])))
