"""
The kernel beside a bare aggregation of the same frames.

The bare one is what nobody could leave out: decayed sums, counts and last actions of the events that count,
and a dozen rules over leads and accounts. Each runs in a process of its own, so that peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from bench import population
from coldframe.kernel.assessment.assess import assess
from coldframe.kernel.frames import Facts
from coldframe.kernel.playbook import parsing

AS_OF = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
DEFAULT = Path(__file__).parents[1] / "src/coldframe/library/playbooks/default.yaml"
FRAMES = ("leads", "accounts", "events", "shapes", "opportunities")


def main(arguments: list[str]) -> dict[str, object]:
    """Measure both in this run and return seconds, peak memory and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench kernel", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=1, help="the fastest of so many runs counts")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        prepared = _apart("prepare", folder, options.leads)
        figures = {name: _fastest(name, folder, options) for name in ("bare", "assess")}
    ratio = float(str(figures["assess"]["seconds"])) / float(str(figures["bare"]["seconds"]))
    return {"leads": options.leads, **prepared, **figures, "times_bare": round(ratio, 2)}


def _fastest(name: str, folder: str, options: argparse.Namespace) -> dict[str, object]:
    runs = [_apart(name, folder, options.leads) for _ in range(options.repeat)]
    return min(runs, key=lambda run: float(str(run["seconds"])))


def _apart(what: str, folder: str, leads: int) -> dict[str, object]:
    """Run one part in a fresh process."""
    command = [sys.executable, "-m", "bench.kernel", what, folder, str(leads)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def prepare(folder: Path, leads: int) -> dict[str, object]:
    """Write the population to files."""
    facts = population.make(leads, as_of=AS_OF)
    for name in FRAMES:
        getattr(facts, name).write_ipc(folder / name)
    return {"events": facts.events.height, "accounts": facts.accounts.height, "shapes": facts.shapes.height}


def measured(folder: Path, work: Callable[[Facts], pl.DataFrame]) -> dict[str, object]:
    """Read the population back and time the work alone."""
    facts = Facts(**{name: pl.read_ipc(folder / name) for name in FRAMES})
    before = peak_mb()
    begun, worked = time.perf_counter(), time.process_time()
    rows = work(facts).height
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - worked
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "peak_mb": peak_mb(),
        "peak_mb_of_frames": before,
        "rows": rows,
    }


def peak_mb() -> int:
    """Return the most memory this process has held."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def bare(facts: Facts) -> pl.DataFrame:
    """Aggregate events by lead and decide a dozen rules, with no more care than a script would take."""
    weights = facts.shapes.lazy().select(
        "shape_id",
        points=pl.when(pl.col("kind") == "page").then(4.0).otherwise(10.0),
        half_life=pl.when(pl.col("kind") == "page").then(14.0).otherwise(60.0),
        counts=~pl.col("kind").is_in(["email_sent", "email_delivered", "email_opened"]),
    )
    age = (pl.lit(AS_OF) - pl.col("occurred_at")).dt.total_microseconds() / population.DAY
    by_lead = (
        facts.events.lazy()
        .filter(pl.col("occurred_at") <= AS_OF)
        .join(weights.filter("counts"), on="shape_id")
        .with_columns(worth=pl.col("points") * 2.0 ** (-age / pl.col("half_life")) * pl.col("p_human"))
        .group_by("lead_id")
        .agg(
            pl.col("worth").sum().alias("intent"),
            pl.len().alias("count"),
            (age <= 14).sum().alias("recent"),
            pl.col("occurred_at").max().alias("last_at"),
        )
    )
    return (
        facts.leads.lazy()
        .join(facts.accounts.lazy(), on="account_id", how="left", suffix="_of_account")
        .join(by_lead, on="lead_id", how="left")
        .select("lead_id", "account_id", "intent", "count", "recent", "last_at", **_dozen())
        .collect(engine="streaming")
    )


def _dozen() -> dict[str, pl.Expr]:
    role, industry, employees = pl.col("role"), pl.col("industry"), pl.col("employees")
    return {
        "core": industry.is_in(["software", "it services", "fintech"]),
        "size": employees.is_between(50, 1000),
        "adjacent": employees.is_between(20, 49),
        "large": employees > 1000,
        "served": pl.col("country_of_account").is_in(["PL", "DE", "AT", "CH", "NL", "SE"]),
        "decides": role.is_in(["ECONOMIC_BUYER", "CHAMPION"]),
        "free": pl.col("email_kind") == "FREE",
        "vendor": pl.col("message").str.to_lowercase().str.contains("guest post", literal=True),
        "applicant": pl.col("form") == "careers",
        "unsubscribed": pl.col("suppressed_by") == "unsubscribe",
        "quiet": pl.col("last_at") <= AS_OF.replace(year=AS_OF.year - 1),
        "hot": pl.col("intent") >= 60,
    }


def assessed() -> Callable[[Facts], pl.DataFrame]:
    """Return what assesses everybody under the default playbook, read beforehand."""
    playbook = parsing.parse(DEFAULT.read_text(), file="default.yaml")
    return lambda facts: assess(facts, playbook=playbook, as_of=AS_OF)


if __name__ == "__main__":
    part, where, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    result = (
        prepare(where, size) if part == "prepare" else measured(where, bare if part == "bare" else assessed())
    )
    print(json.dumps(result))
