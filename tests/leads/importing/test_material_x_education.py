"""The older part of the X Education leads, held against answers that were computed independently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count, Q

from coldframe.leads.importing.applying import Result
from coldframe.leads.models import CustomField, Identity, Lead, Suppression
from tests import kept, material
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported

pytestmark = [pytest.mark.material, pytest.mark.django_db]


def answers(name: str) -> list[list[Any]]:
    """Return the rows of an independent answer."""
    document = json.loads((material.FOLDER / "expected_open.json").read_text())
    return next(each["rows"] for each in document["answers"] if each["id"] == name)


def leads_file() -> Path:
    return material.folder("x_education") / "open_older_6468_Leads.csv"


@pytest.fixture(scope="class")
def result(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Result]:
    """Import the file, once for the tests that look at what it brings."""
    with kept.around(django_db_blocker):
        yield imported_here(tmp_path_factory.mktemp("once"), keep_rest=True)


def imported_here(folder: Path, **options: Any) -> Result:
    """Import without writing beside the material."""
    link = folder / "leads.csv"
    if not link.exists():
        link.symlink_to(leads_file())
    return imported(link, **options)


def test_all_619_opt_outs_of_the_source_are_suppressed(tmp_path: Path) -> None:
    result = imported_here(tmp_path)
    [[suppressed, mailable]] = answers("XE-08")

    assert Suppression.objects.values("lead").distinct().count() == suppressed == 619
    assert result.outcome.counts["suppressed"] == suppressed
    assert Lead.objects.filter(suppressions=None).count() == mailable
    assert set(Suppression.objects.values_list("email", flat=True)) == {None}


class TestBroughtOnce:
    def test_every_lead_is_there_with_its_outcome(self, result: Result) -> None:
        [[leads, won, rate]] = answers("XE-01")

        assert counts(result) == {"new": leads}
        assert Lead.objects.count() == Identity.objects.count() == leads
        converted = Lead.objects.filter(custom__converted=1).count()
        assert (converted, round(converted / leads, 6)) == (won, rate)

    @pytest.mark.parametrize(
        ("answer", "column"),
        [("XE-03", "custom__lead_origin"), ("XE-04", "source"), ("XE-06", "custom__last_activity")],
    )
    def test_outcomes_by_column(self, result: Result, answer: str, column: str) -> None:
        won = Count("pk", filter=Q(custom__converted=1))
        found = Lead.objects.values_list(column).annotate(n=Count("pk"), won=won)

        assert {(key or "(blank)", leads, won) for key, leads, won in found} == {
            (key, leads, won) for key, leads, won, _ in answers(answer)
        }

    def test_the_contradictions_of_flag_and_activity_are_settled_for_the_person(self, result: Result) -> None:
        expected = {(activity, flag): leads for activity, flag, leads in answers("XE-07")}
        silent = {activity for activity, flag in expected if flag == "No"} - {"Resubscribed to emails"}

        said_no = Lead.objects.filter(suppressions__reason="OPT_OUT")
        for activity in silent:
            contradicting = Lead.objects.filter(custom__last_activity=activity).exclude(pk__in=said_no)
            assert contradicting.count() == expected[activity, "No"]
            assert not contradicting.filter(suppressions=None).exists()

    def test_flags_are_counted_as_in_the_file(self, result: Result) -> None:
        flagged = Count("pk", filter=Q(suppressions__reason="OPT_OUT"), distinct=True)
        by_call = dict(Lead.objects.values_list("custom__do_not_call").annotate(n=flagged))

        expected = {(mail, call): leads for mail, call, leads in answers("XE-09")}
        assert by_call == {False: expected["Yes", "No"], True: expected.get(("Yes", "Yes"), 0)}
        assert Lead.objects.filter(custom__do_not_call=True).count() == expected["No", "Yes"]

    def test_placeholders_are_missing(self, result: Result) -> None:
        total = Lead.objects.count()
        [shares] = answers("XE-11")
        names = ("specialization", "how_did_you_hear_about_x_education", "lead_profile")

        for name, share in zip(names, shares, strict=False):
            assert round(1 - Lead.objects.filter(custom__has_key=name).count() / total, 6) == share, name
        assert round(Lead.objects.filter(city=None).count() / total, 6) == shares[3]

    def test_web_columns_are_numbers_and_blank_where_the_file_is(self, result: Result) -> None:
        [[visits, pages, both]] = answers("XE-16")
        without = Lead.objects.exclude(custom__has_key="totalvisits")

        assert without.count() == visits
        assert Lead.objects.exclude(custom__has_key="page_views_per_visit").count() == pages
        assert without.exclude(custom__has_key="page_views_per_visit").count() == both
        kinds = dict(CustomField.objects.values_list("name", "kind"))
        assert {kinds[name] for name in ("totalvisits", "total_time_spent_on_website", "converted")} == {
            "NUMBER"
        }
        assert kinds["do_not_call"] == "YES_NO"

    def test_the_same_file_again_changes_nothing(self, result: Result, tmp_path: Path) -> None:
        before = files.contents()

        assert counts(imported_here(tmp_path, keep_rest=True)) == {"unchanged": 6468}
        assert files.contents() == before
