"""Maven's pipeline, which names companies and no persons, held against independent answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from coldframe.leads.importing.applying import Result
from coldframe.leads.models import Account, Opportunity
from tests import kept, material
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported

pytestmark = [pytest.mark.material, pytest.mark.django_db]


def answers(name: str) -> list[list[Any]]:
    """Return the rows of an independent answer."""
    document = json.loads((material.FOLDER / "expected_open.json").read_text())
    return next(each["rows"] for each in document["answers"] if each["id"] == name)


def taken_in(folder: Path, name: str, kind: str, **options: Any) -> Result:
    """Import a file of the material without writing beside it."""
    link = folder / name
    if not link.exists():
        link.symlink_to(material.folder("maven_crm") / name)
    return imported(link, kind, **options)


@pytest.fixture(scope="class")
def deals(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Result]]:
    """Import accounts and deals, once for the tests that look at what they bring."""
    folder = tmp_path_factory.mktemp("once")
    with kept.around(django_db_blocker):
        assert counts(taken_in(folder, "accounts.csv", "accounts", keep_rest=True)) == {"new": 85}
        yield [taken_in(folder, "sales_pipeline.csv", "opportunities")]


def test_without_the_accounts_file_the_companies_are_made_by_name(tmp_path: Path) -> None:
    result = taken_in(tmp_path, "sales_pipeline.csv", "opportunities")

    assert (counts(result), result.outcome.counts["accounts_new"]) == ({"new": 8800}, 85)
    assert counts(taken_in(tmp_path, "accounts.csv", "accounts"))["updated"] == 85
    assert Account.objects.count() == 85


class TestBroughtOnce:
    def test_every_deal_is_there_by_stage(self, deals: list[Result]) -> None:
        stages = Counter(Opportunity.objects.values_list("stage", flat=True))

        assert dict(stages) == dict(answers("MV-01"))
        assert counts(deals[0]) == {"new": 8800}
        assert deals[0].outcome.counts["accounts_new"] == 0
        assert Account.objects.count() == 85

    def test_won_deals_and_their_worth(self, deals: list[Result]) -> None:
        states = Counter(Opportunity.objects.values_list("state", flat=True))
        cents = list(Opportunity.objects.filter(state="WON").values_list("amount_cents", flat=True))
        closed = states["WON"] + states["LOST"]

        found = [
            states["WON"],
            closed,
            round(states["WON"] / closed, 6),
            sum(cents) / 100,
            round(mean(cents) / 100, 4),
        ]
        assert [*found, median(cents) / 100] == answers("MV-02")[0]

    def test_deals_without_a_company_are_there_and_open(self, deals: list[Result]) -> None:
        [[_, _, _, without, closed_without]] = answers("MV-04")
        lonely = Opportunity.objects.filter(account=None)

        assert lonely.count() == without == 1425 == deals[0].outcome.counts["without_account"]
        assert lonely.exclude(state="OPEN").count() == closed_without

    def test_revenue_by_quarter(self, deals: list[Result]) -> None:
        won: dict[str, list[int]] = {}
        for closed_at, cents in Opportunity.objects.filter(state="WON").values_list(
            "closed_at", "amount_cents"
        ):
            won.setdefault(f"{closed_at.year}Q{(closed_at.month + 2) // 3}", []).append(cents)

        assert [[quarter, len(each), sum(each) / 100] for quarter, each in sorted(won.items())] == answers(
            "MV-10"
        )

    def test_won_revenue_by_account(self, deals: list[Result]) -> None:
        won: dict[str, list[int]] = {}
        for name, cents in Opportunity.objects.filter(state="WON").values_list(
            "account__name", "amount_cents"
        ):
            won.setdefault(name, []).append(cents)
        best = sorted(won.items(), key=lambda each: -sum(each[1]))[:5]

        assert [[name, len(each), sum(each) / 100] for name, each in best] == answers("MV-12")

    def test_subsidiaries_have_their_parents(self, deals: list[Result]) -> None:
        [[daughters, parents, unknown]] = answers("MV-13")
        found = Account.objects.exclude(parent=None)

        assert found.count() == daughters
        assert found.values("parent").distinct().count() == parents
        assert unknown == 0

    def test_us_dates_give_the_same_deals(self, deals: list[Result], tmp_path: Path) -> None:
        result = taken_in(tmp_path, "quirk_us_dates__sales_pipeline.csv", "opportunities")

        assert counts(result) == {"unchanged": 8800}

    def test_the_same_files_again_change_nothing(self, deals: list[Result], tmp_path: Path) -> None:
        before = files.contents()

        assert counts(taken_in(tmp_path, "accounts.csv", "accounts", keep_rest=True)) == {"unchanged": 85}
        assert counts(taken_in(tmp_path, "sales_pipeline.csv", "opportunities")) == {"unchanged": 8800}
        assert files.contents() == before
