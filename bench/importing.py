"""
``bench import``: a CSV of leads into an empty database through the command line, all checks on; then once more.

Measured is the whole command, from its start to its end: reading the file twice (once for what the whole of
a column decides), checking, matching, writing. The second time nothing changes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.database import ROOT, throw_away

HEADER = (
    "Record ID", "First Name", "Last Name", "Email", "Phone Number", "Job Title", "Company Name", "Website URL",
    "Industry", "Number of Employees", "Country/Region", "City", "Original Source", "Contact owner", "Create Date",
    "Unsubscribed from all email", "Lead Status",
)  # fmt: skip
FIRST = ("Anna", "Jonas", "Marta", "Tom", "Ola", "Piotr", "Claire", "Luca", "Inés", "Sven", "Zoë", "Błażej")
LAST = ("Kowalska", "Weber", "Silva", "Reyes", "Nowak", "Dubois", "Rossi", "Jansen", "Łukasiewicz", "O'Brien")
TITLES = (
    "Head of Marketing", "CTO", "RevOps Lead", "VP Sales", "Analyst", "Software Engineer", "Procurement Manager",
    "Managing Director", "Marketing Manager EMEA", "Head of IT", "CFO", "Consultant",
)  # fmt: skip
INDUSTRIES = ("software", "IT services", "manufacturing", "logistics", "consulting", "health care")
SIZES = ("5", "11-50", "120", "300", "1,001-5,000", "")
COUNTRIES = ("Poland", "Germany", "Portugal", "United States", "France", "Netherlands")
CITIES = ("Warsaw", "Berlin", "Porto", "Austin", "Lyon", "Utrecht")
SOURCES = ("webinar", "website", "list", "trade show", "referral")
FREE = ("gmail.com", "outlook.com", "web.de")


def main(arguments: list[str]) -> dict[str, Any]:
    """Return the figures of the first and the second import of the same file."""
    parser = argparse.ArgumentParser(prog="python -m bench import", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args(arguments)
    with throw_away(asked.database) as environment:
        file = Path(environment["COLDFRAME_HOME"]) / "contacts.csv"
        write(file, leads=asked.leads)
        coldframe(environment, "import", "list", "--json")
        return {
            "leads": asked.leads,
            "database": asked.database,
            "file_mib": round(file.stat().st_size / 2**20, 1),
            "first": measured(environment, file),
            "again": measured(environment, file),
        }


def measured(environment: dict[str, str], file: Path) -> dict[str, Any]:
    """Return how fast the file went in, what that took, and what the program said of it."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = coldframe(environment, "import", "leads", str(file), "--basis", "legitimate_interest", "--json")
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    document = json.loads(said)
    rows = document["counts"]["rows"]
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(seconds, 2),
        "leads_per_second": round(rows / seconds),
        # What a machine with nothing else to do would come close to.
        "processor_seconds": round(processor, 2),
        "leads_per_processor_second": round(rows / processor),
        "peak_mib": after.ru_maxrss // 1024,
        "counts": document["counts"],
        "suppressed": document["permission"]["suppressed"],
    }


def coldframe(environment: dict[str, str], *arguments: str) -> str:
    """Run a command in a process of its own; return what it printed."""
    command = [sys.executable, "-m", "coldframe", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def write(file: Path, *, leads: int) -> None:
    """Write a file such as a CRM exports: three people a company, some without one, some opted out, some twice."""
    chance = random.Random(7)
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(HEADER)
        for number in range(leads):
            out.writerow(row(number, chance))


def row(number: int, chance: random.Random) -> list[str]:
    """Return one person."""
    company = number // 3
    first, last = chance.choice(FIRST), chance.choice(LAST)
    is_free = chance.random() < 0.08
    host = chance.choice(FREE) if is_free else f"company{company}.example"
    place = company % len(COUNTRIES)
    return [
        str(10_000_000 + number),
        first,
        last,
        f"person{number}@{host}",
        f"+48 22 {number % 1_000_000:06d}",
        chance.choice(TITLES),
        "" if is_free else f"Company {company} GmbH",
        "" if chance.random() < 0.3 or is_free else f"https://www.company{company}.example/",
        INDUSTRIES[company % len(INDUSTRIES)],
        SIZES[company % len(SIZES)],
        COUNTRIES[place],
        CITIES[place],
        chance.choice(SOURCES),
        f"Rep {company % 12}",
        f"2025-{1 + number % 12:02d}-{1 + number % 28:02d} {number % 24:02d}:15",
        "true" if chance.random() < 0.03 else "false",
        chance.choice(("New", "Open", "Connected", "")),
    ]
