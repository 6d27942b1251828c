"""
What a person waits for: the because cards of the demo company, its whole export, and a handful of leads assessed.

Cards are explained one by one, each from the database, as a page does it. Figures are in milliseconds, of the processor,
so that a busy machine does not show, and by the clock, which on a quiet machine is what a person waits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import database

#: Leads assessed at a time, and how often each.
GROUPS = (1, 10, 100)
REPEATS = 20
#: Nobody should wait longer for a card.
LONGEST_MS = 200.0


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures for a demo company of its own."""
    parser = argparse.ArgumentParser(prog="python -m bench explain", description=__doc__)
    parser.add_argument(
        "--leads",
        type=int,
        default=200,
        help="so many leads are explained, from all over the base; 0: every one",
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args(arguments)
    with database.throw_away(asked.database) as environment:
        run([sys.executable, "-m", "coldframe", "demo", "--yes", "--json"], environment)
        measured = run([sys.executable, "-m", "bench.explain", str(asked.leads)], environment)
    return {"database": asked.database, **json.loads(measured)}


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, cwd=database.ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def measure(leads: int) -> dict[str, Any]:
    """Measure the database of this environment."""
    from coldframe import clock
    from coldframe.nurture import queries

    now = clock.now()
    lead_ids = spread(leads)
    queries.explain_lead(as_of=now, lead_id=lead_ids[0])
    cards = [card(each, now) for each in lead_ids]
    return {
        "cards": len(cards),
        "card_ms": shares([busy for busy, _ in cards]),
        "card_ms_by_the_clock": shares([waited for _, waited in cards]),
        "cards_above_200_ms": {
            "busy": sum(busy > LONGEST_MS for busy, _ in cards),
            "by_the_clock": sum(waited > LONGEST_MS for _, waited in cards),
        },
        "assess_ms": {str(size): assess_few(size, now) for size in GROUPS},
        "export_seconds": export(now),
    }


def card(lead_id: int, now: Any) -> tuple[float, float]:
    """Return the milliseconds of the processor, and by the clock, that one card takes."""
    from coldframe.nurture import queries

    began = time.perf_counter()
    busy = milliseconds(lambda: queries.explain_lead(as_of=now, lead_id=lead_id))
    return busy, round((time.perf_counter() - began) * 1000, 1)


def shares(figures: list[float]) -> dict[str, float]:
    """Return the middle, the ninetieth part and the greatest of some figures."""
    ordered = sorted(figures)
    return {f"p{share}": ordered[(len(ordered) - 1) * share // 100] for share in (50, 90, 100)}


def spread(leads: int) -> list[int]:
    """Return so many leads, evenly from all over the base; 0: every one."""
    from coldframe.leads.models import Lead

    found = list(Lead.objects.order_by("id").values_list("id", flat=True))
    return found[:: max(1, len(found) // leads)][:leads] if leads else found


def milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return round((time.process_time() - began) * 1000, 1)


def assess_few(size: int, now: Any) -> float:
    """Return what the kernel takes for the accounts of so many leads: the middle of several runs."""
    from coldframe.kernel.assessment import assess
    from coldframe.kernel.assessment.needs import needs
    from coldframe.leads.models import Lead
    from coldframe.library import queries as library
    from coldframe.nurture.facts import load_facts

    playbook = library.get_active_playbook().playbook
    leads = Lead.objects.filter(id__in=spread(size))
    account_ids = sorted(set(leads.values_list("account_id", flat=True)))
    facts = load_facts(needs(playbook), as_of=now, account_ids=account_ids)
    taken = [milliseconds(lambda: assess.assess(facts, playbook=playbook, as_of=now)) for _ in range(REPEATS)]
    return sorted(taken)[REPEATS // 2]


def export(now: Any) -> float:
    from coldframe.reports import export as exporting

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "leads.csv")
        taken = milliseconds(lambda: exporting.export_leads(file=file, wanted=[], as_of=now))
    return round(taken / 1000, 1)


if __name__ == "__main__":
    from coldframe.cli import start

    start.open_database()
    print(json.dumps(measure(int(sys.argv[1]))))
