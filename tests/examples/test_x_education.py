"""The example that holds a fit score against real outcomes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from coldframe.kernel.playbook.expressions import leaves
from coldframe.kernel.playbook.parsing import parse
from tests import material

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "x_education"
#: What the playbook may look at: where the lead came from, what the person is, what the website saw.
OPEN_FIELDS = {
    "lead.custom.seconds_on_site",
    "lead.custom.origin",
    "lead.custom.occupation",
    "lead.custom.subject",
    "lead.source",
}


def test_the_playbook_scores_on_fit_and_web_columns_alone() -> None:
    playbook = parse((EXAMPLE / "playbook.yaml").read_text(encoding="utf-8"))

    assert {leaf.field for rule in playbook.fit.rules for leaf in leaves(rule.when)} == OPEN_FIELDS


@pytest.mark.material
@pytest.mark.slow
def test_later_leads_that_bought_score_above_those_that_did_not() -> None:
    file = material.folder("x_education") / "open_older_6468_Leads.csv"

    # As a reader would run it: without the settings of the tests.
    ours = {"DJANGO_SETTINGS_MODULE", "COLDFRAME_HOME", "COLDFRAME_SECRET_KEY", "DATABASE_URL"}
    plain = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run([str(EXAMPLE / "run"), str(file)], env=plain, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["leads"] == 6468
    assert 0.80 <= result["auc_later"] < 0.95
