"""
A large base as it looks on a working day: a population, and some days lived with it by a worker.

Leads have names, some act every day, the cycle decides, touches go to the local outbox, some are put before sales, and
sales answers some of those. What pages show is then of every kind. Kept in its folder, for it takes minutes to make.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.database import CHUNK_EVENTS, ROOT, step_of
from coldframe.kernel.vocabulary import Verdict

#: Lies in the folder of a base that is whole: how it was made.
MADE = "at_work.json"
#: So long is lived: everybody is decided about, the first touches have left, and sales has answered.
LIVED = timedelta(days=4)
#: Share of the events that come within the days that are lived, beside those of the population.
LIVELY = 0.01
#: Of so many leads one is put before sales, if it may: capacity grows with the base.
LEADS_PER_PLACE = 500
#: Handoffs that sales answers in a day: each of the answers in turn, so that some of each stay open.
ANSWERED = 40
REPS = ("Ewa Lis", "Jan Maj", "Ines Costa", "Noor Haddad", "Tom Ek")
FIRST = "Anna Ben Clara David Elif Farid Greta Hugo Ines Jonas Karin Luca Mona Nils Olga Piotr Quinn Rosa Sven Tara Uwe Vera Wim Xenia Yusuf Zoe"  # fmt: skip
LAST = "Adler Berg Costa Dahl Ek Fischer Garcia Haddad Ivanov Jansen Kowalski Lindqvist Maj Novak Olsen Petrov Quist Rossi Schmidt Torres Ueda Vogel Weber Xu Yilmaz Zeman"  # fmt: skip


def keep(folder: Path, *, leads: int) -> dict[str, str]:
    """Make the base in a folder unless it is there; return the environment in which processes find it."""
    environment = {
        **os.environ,
        "COLDFRAME_HOME": str(folder),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
    }
    environment.pop("DATABASE_URL", None)
    made = folder / MADE
    if made.exists():
        step_of("bench.at_work", environment, "upgrade", "0")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        found = {name: step_of("bench.at_work", environment, name, str(leads)) for name in ("fill", "live")}
        made.write_text(json.dumps(found))
    return environment


def fill(leads: str) -> dict[str, Any]:
    """Fill the empty database with a population, and assess it as of before the days that are lived."""
    from bench import filling, population
    from coldframe import clock
    from coldframe.cli import demo
    from coldframe.handoff import operations as handoffs
    from coldframe.nurture import operations as nurture

    at = clock.now() - LIVED
    facts = population.make(int(leads), as_of=at)
    filling.fill(facts, at=at, chunk=CHUNK_EVENTS)
    name_people()
    let_write(at=at)
    demo.USUAL_ROOM, demo.ROOM = demo.USUAL_ROOM, room(int(leads))
    demo.use_playbook(at=at)
    handoffs.set_reps(reps=REPS)
    nurture.assess_all(as_of=at, whole=True)
    return {"leads": facts.leads.height, "accounts": facts.accounts.height, "events": facts.events.height, "until": at.isoformat()}  # fmt: skip


def room(leads: int) -> str:
    """Return the line of the playbook that says how much sales takes on."""
    places = max(10, leads // LEADS_PER_PLACE)
    return f"capacity: {{per_rep: {places // len(REPS)} a week, team: {places} a week}}"


def name_people() -> None:
    """Give every lead a name; as many bear the same as in life."""
    import polars as pl
    from django.db import connection

    from coldframe.storage import links

    first, last = FIRST.split(), LAST.split()
    with links.open_link(whole=False) as link:
        for column, names, step in (("first_name", first, 1), ("last_name", last, len(first))):
            link.stage("names", pl.DataFrame({"n": range(len(names)), "said": names}))
            link.run(
                f"UPDATE leads_lead SET {column} = (SELECT said FROM names WHERE n = (leads_lead.id / {step}) % {len(names)})"
            )
    connection.close()


def let_write(*, at: datetime) -> None:
    """Have three in four consent to mail, as of an instant."""
    from django.db import connection

    from coldframe.storage import reads

    with connection.cursor() as cursor:
        cursor.execute(f"""
            INSERT INTO leads_consent (lead_id, purpose, basis, source, given_at, confirmed_at, created_at)
            SELECT id, 'marketing_email', 'CONSENT', 'bench', {reads.instant(at)}, {reads.instant(at)}, {reads.instant(at)}
              FROM leads_lead WHERE id % 4 > 0""")


def live(leads: str) -> dict[str, Any]:
    """Live through the days: leads act, a worker does what is due, sales answers."""
    from bench import filling, population
    from coldframe import clock
    from coldframe.cli import demo
    from coldframe.cli.work import make_worker
    from coldframe.delivery import operations as delivery
    from coldframe.leads import due
    from coldframe.work.clocks import VirtualClock

    now = clock.now()
    virtual = VirtualClock(at=now - LIVED, end=now - LIVED)
    worker = make_worker(name="bench", clock=virtual)
    delivery.change_connection(delivery.ensure_local_connection(at=virtual.at), **demo.SENDER)
    due.mark_due_where("1 = 1", at=virtual.at)
    lively = round(int(leads) * population.EVENTS_PER_LEAD * LIVELY / (LIVED / timedelta(days=1)))
    while virtual.end < now:
        began: float = time.perf_counter()
        if virtual.end + timedelta(days=1) <= now:
            add_lively(lively, since=virtual.at, filling=filling, due=due)
        virtual.end = min(virtual.end + timedelta(days=1), now)
        worker.run(until=virtual.end)
        answer_some(at=virtual.at)
        print(
            f"  lived to {virtual.end:%m-%d}: {time.perf_counter() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return worker.totals.as_json()


def add_lively(count: int, *, since: datetime, filling: Any, due: Any) -> None:
    """Have some leads act within the day, and make their accounts due."""
    from coldframe.storage import reads

    last = reads.fetch_ids("SELECT MAX(id) FROM activity_event")[0]
    filling.add_events(count, since=since)
    due.mark_due_where(
        f"id IN (SELECT account_id FROM activity_event WHERE id > {last})", at=since + timedelta(days=1)
    )


def answer_some(*, at: datetime) -> None:
    """Have sales answer some of what waits, in every way there is."""
    from coldframe.handoff import operations as handoffs
    from coldframe.handoff import queries

    ways: list[dict[str, Any]] = [
        {"answer": Verdict.ACCEPTED},
        {"answer": Verdict.NOT_NOW, "until": at + timedelta(days=60)},
        {"answer": Verdict.WRONG_PERSON},
        {"answer": Verdict.NEEDS_EDUCATION},
        {"answer": Verdict.NOT_A_FIT, "reason": "too small"},
    ]
    for number, each in enumerate(queries.list_open(limit=ANSWERED)):
        handoffs.answer(public_id=each.public_id, by=REPS[0], at=at, **ways[number % len(ways)])


def stir(leads: str) -> dict[str, Any]:
    """Have a few leads act now, and a worker decide about them."""
    from bench import filling
    from coldframe import clock
    from coldframe.leads import due
    from coldframe.nurture import cycle
    from coldframe.storage import reads

    now, count = clock.now(), max(10, int(leads) // 1000)
    last = reads.fetch_ids("SELECT MAX(id) FROM activity_event")[0]
    filling.add_events(count, since=now - timedelta(days=1))
    due.mark_due_where(f"id IN (SELECT account_id FROM activity_event WHERE id > {last})", at=now)
    return dict(cycle.run_due(as_of=now, token=time.time_ns(), limit=count).counts)


def upgrade(_: str) -> dict[str, Any]:
    """Bring a base that was kept to today's tables, as every command does when it opens one."""
    return {}


STEPS = {"fill": fill, "live": live, "stir": stir, "upgrade": upgrade}

if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps(STEPS[sys.argv[1]](sys.argv[2])))
