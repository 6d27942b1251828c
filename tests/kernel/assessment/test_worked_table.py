"""The table of ``docs/explanation/assessment.md``, executed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.model import Playbook
from tests.kernel.cast import JONAS, Deed, assessed, did, scene

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/explanation/assessment.md"
DEFAULT = ROOT / "src/coldframe/library/playbooks/default.yaml"
COLUMNS = ("fit", "points", "intent", "stage", "decision", "leaves by")


def worked() -> list[dict[str, str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(header, row, strict=True)) for row in rows]


def deeds(text: str) -> list[Deed]:
    """``page /pricing 14 days ago`` or ``form demo 0 days ago``."""
    if not text:
        return []
    what, which, days, *_ = text.split()
    kind, field = {"page": ("page", "path"), "form": ("form_submitted", "form")}[what]
    return [did(JONAS, kind, days_ago=float(days), **{field: which})]


def shown(row: dict[str, Any]) -> dict[str, str]:
    worst, best = row["fit_level"], row["fit_level_best"]
    return {
        "fit": worst if worst == best else f"{worst} to {best}",
        "points": f"{row['intent_points']:g}",
        "intent": row["intent_level"],
        "stage": row["stage"] or "",
        "decision": row["reason"],
        "leaves by": row["leaves_by"],
    }


@pytest.fixture(scope="module")
def default() -> Playbook:
    return parsing.parse(DEFAULT.read_text(), file=DEFAULT.name)


@pytest.mark.parametrize("line", worked(), ids=lambda line: f"{line['who']} {line['did']}".strip())
def test_the_page_says_what_the_program_does(line: dict[str, str], default: Playbook) -> None:
    company = {
        "industry": line["industry"] or None,
        "employees": int(line["people"]) if line["people"] else None,
    }
    person = {"role": line["role"].upper() or None, "email_kind": "BUSINESS"}

    row = assessed(scene(*deeds(line["did"]), nordlicht=company, jonas=person), by=default)[JONAS]

    assert shown(row) == {column: line[column] for column in COLUMNS}
