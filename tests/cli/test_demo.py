from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.db.utils import load_backend
from typer.testing import CliRunner

from coldframe import environment
from coldframe.activity import queries as activity
from coldframe.cli import demo
from coldframe.cli.root import app
from coldframe.handoff.models import Verdict
from coldframe.kernel.vocabulary import LeadStatus
from coldframe.leads.models import Account, Consent, Identity, Lead, Opportunity, Suppression
from coldframe.library import queries as library
from coldframe.nurture import ledger
from coldframe.nurture.models import Cycle, Hold, Standing, Touch, Transition
from coldframe.reports import export
from coldframe.storage.writes import reserve_ids
from tests import ready, world
from tests.world import NOW

pytestmark = pytest.mark.django_db


def test_one_seed_is_one_company_with_something_on_every_page(tmp_path: Path) -> None:
    """
    Whatever process makes it, on whichever database, and whatever ids that has given away before.

    On PostgreSQL they stay given when a transaction is undone.
    """
    for model in (Account, Lead):
        reserve_ids(model, 1_000)

    counts = demo.load_demo(at=NOW)

    lived = history()
    with lent(ready.demo(tmp_path / "another")):
        assert history() == lived
    assert as_json(counts) == ready.said_of_demo()
    check_everything_is_there(counts)
    check_every_rule_has_somebody(counts)
    check_the_base_has_lived(counts)
    check_its_own_export_changes_nothing_when_it_comes_back(tmp_path / "leads.csv")


def as_json(counts: demo.DemoCounts) -> dict[str, Any]:
    """Return counts as the command prints them."""
    return {**asdict(counts), "as_of": counts.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")}


@contextmanager
def lent(home: Path) -> Iterator[None]:
    """Let Django read the embedded database of a data folder, on whichever database the test is."""
    own = connections["default"]
    described = {**own.settings_dict, **environment.sqlite(home / ready.DATABASE)}
    connections["default"] = load_backend(described["ENGINE"]).DatabaseWrapper(described)
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = own


def history() -> list[list[tuple[Any, ...]]]:
    """What became of everybody, without the ids of the rows that say so."""
    rows = [
        Transition.objects.values_list("lead_id", "occurred_at", "from_status", "to_status", "reason"),
        Touch.objects.values_list("lead_id", "content_key", "state", "planned_for", "settled_at"),
        Hold.objects.values_list("lead_id", "held_at", "reason", "until"),
        Verdict.objects.values_list("handoff__lead_id", "said_at", "answer", "reason"),
        Standing.objects.values_list("lead_id", "account_id", "status", "reason", "status_since"),
        Lead.objects.values_list("id", "public_id", "account__public_id"),
    ]
    return [sorted(each, key=repr) for each in rows]


def check_everything_is_there(counts: demo.DemoCounts) -> None:
    assert (counts.seed, counts.as_of) == (demo.SEED, NOW)
    assert counts.accounts == Account.objects.count()
    assert counts.leads == Lead.objects.count() == Identity.objects.count() == Standing.objects.count()
    assert counts.events == activity.count_events()
    assert counts.opportunities == Opportunity.objects.count()
    assert counts.consents == Consent.objects.count()
    assert counts.suppressions == Suppression.objects.count()
    assert sum(counts.by_disposition.values()) == sum(counts.by_status.values()) == counts.leads
    assert 10 <= counts.by_disposition["TO_SALES"] <= 40
    assert counts.by_disposition["NURTURE"] >= 400
    assert counts.by_disposition["LET_GO"] >= 150


def check_every_rule_has_somebody(counts: demo.DemoCounts) -> None:
    playbook = library.get_active_playbook().playbook
    exits = {"unsubscribed", "complained", "address_dead", "left_company", "sunset"}
    wanted = {
        *(f"disqualify:{rule.reason}" for rule in playbook.disqualify),
        *(f"trigger:{trigger.name}" for trigger in playbook.triggers),
        *(f"path:{path.name}" for path in playbook.paths),
        *(f"exit:{reason}" for reason in exits),
        "opportunity:open",
        "opportunity:won",
    }

    assert counts.by_reason.keys() - {"exit:sales_qualified"} == wanted
    verdicts = Counter(Standing.objects.values_list("fit_verdict", flat=True))
    assert verdicts.keys() == {"GOOD", "POOR", "UNDETERMINED"}


def check_the_base_has_lived(counts: demo.DemoCounts) -> None:
    cycles = Cycle.objects.order_by("as_of").values_list("as_of", flat=True)
    moved = Transition.objects.exclude(from_status=LeadStatus.NEW)

    assert (cycles[0], cycles[len(cycles) - 1]) == (NOW - timedelta(days=14), NOW)
    assert moved.filter(to_status=LeadStatus.RE_ENGAGED).exists()
    assert moved.filter(to_status=LeadStatus.SALES_REVIEW).exists()
    assert moved.filter(to_status=LeadStatus.DISQUALIFIED).exists()
    assert Touch.objects.filter(state="SENT").count() >= 200
    assert set(Touch.objects.values_list("channel", flat=True)) == {"EMAIL"}
    held = set(Hold.objects.values_list("reason", flat=True))
    assert held >= {"CADENCE", "NO_CONSENT", "COLLEAGUE", "WAVE", "HOLDOUT", "NO_ADDRESS", "SALES_ACTIVE"}
    said = set(Verdict.objects.values_list("answer", flat=True))
    assert "ACCEPTED" in said
    assert len(said) >= 3
    assert ledger.find_unbalanced() == []


def check_its_own_export_changes_nothing_when_it_comes_back(file: Path) -> None:
    export.export_leads(file=str(file), wanted=[], as_of=NOW, with_moves=False)

    result = CliRunner().invoke(app, ["import", "leads", str(file), "--json"])

    counts = json.loads(result.stdout)["counts"]
    assert counts["unchanged"] == counts["rows"] == Lead.objects.count()


def test_a_database_with_leads_is_left_alone() -> None:
    world.anna()

    with pytest.raises(demo.NotEmpty) as refusal:
        demo.load_demo(at=NOW)

    assert str(refusal.value) == (
        f"{connection.settings_dict['NAME']}: There are leads in this database already.\n"
        "expected a database without leads.\n"
        "Name an empty folder: COLDFRAME_HOME=/tmp/try coldframe demo"
    )
    assert Lead.objects.count() == 1


COUNTS = demo.DemoCounts(
    seed=11, as_of=NOW, accounts=450, leads=1_200, events=28_000, opportunities=66, consents=800, suppressions=90,
    by_disposition={"NURTURE": 700, "LET_GO": 300, "WITH_SALES": 170, "TO_SALES": 30},
    by_status={"NURTURE": 700}, by_reason={"path:wake up": 400},
)  # fmt: skip


def test_the_command_prints_one_json_document(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())
    monkeypatch.setattr(demo, "load_demo", lambda **options: asked.append(options) or COUNTS)

    ran = CliRunner().invoke(app, ["demo", "--json", "--seed", "1"])

    assert ran.exit_code == 0
    assert asked == [{"at": NOW, "seed": 1}]
    assert json.loads(ran.stdout) == {**asdict(COUNTS), "as_of": "2026-06-01T09:00:00Z"}


def test_the_command_says_what_is_there_and_what_to_run_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "load_demo", lambda **_: COUNTS)

    ran = CliRunner().invoke(app, ["demo", "--yes"])

    assert ran.stdout.splitlines() == [
        "The demo company is in: 1,200 leads in 450 accounts, 28,000 events over a year and a half, 66 deals.",
        "     30  to sales now",
        "    170  with sales already",
        "    700  in nurture",
        "    300  let go",
        "Next: coldframe run to look at it, coldframe audit for what it is worth.",
    ]


def test_the_shipped_playbook_still_has_the_list_that_the_demo_fills() -> None:
    demo.use_playbook(at=NOW)

    playbook = library.get_active_playbook().playbook
    assert playbook.lists["served_countries"] == ("PL", "DE", "AT", "CH", "NL", "SE")
