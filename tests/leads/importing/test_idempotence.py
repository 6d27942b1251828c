"""Laws of importing: twice is once, a rehearsal is the truth, chunks and order of columns do not matter."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from coldframe.leads.importing import applying
from coldframe.leads.importing.applying import Result
from tests.leads.importing import files
from tests.leads.importing.files import counts, imported, rehearsed, write

pytestmark = pytest.mark.django_db

HEADER = (
    "Record ID",
    "Email",
    "First Name",
    "Company Name",
    "Website URL",
    "Industry",
    "Job Title",
    "Unsubscribed",
)
#: Few values, so that rows meet in ids, addresses, names and domains in every way.
ROW = st.tuples(
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "anna@brightpath.example", "Anna@BrightPath.example", "a.k@nordlicht.example", "zed@gmail.com", "a@b"]),
    st.sampled_from(["", "Anna", "Ola"]),
    st.sampled_from(["", "Brightpath", "Brightpath GmbH", "Nordlicht"]),
    st.sampled_from(["", "brightpath.example", "https://www.nordlicht.example", "halden.example"]),
    st.sampled_from(["", "software", "retail"]),
    st.sampled_from(["", "CTO", "Head of Marketing", "Select"]),
    st.sampled_from(["", "yes", "no"]),
)  # fmt: skip
ROWS = st.lists(ROW.filter(any), min_size=1, max_size=8)
FEW = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=int(os.environ.get("COLDFRAME_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Undo(Exception):
    """Ends a transaction that is not to be kept."""


def in_vain(test):
    """Return a test whose writes are gone after each example."""

    def run(*arguments):
        with suppress(Undo), transaction.atomic(), tempfile.TemporaryDirectory() as folder:
            test(Path(folder), *arguments)
            raise Undo

    return run


@FEW
@given(ROWS)
@example(
    [
        ("2", "anna@brightpath.example", "", "", "", "", "", ""),
        ("1", "", "", "", "", "", "", "yes"),
        ("1", "anna@brightpath.example", "", "", "", "", "", ""),
    ]
)
@example(
    [
        ("1", "anna@brightpath.example", "", "", "", "", "CTO", ""),
        ("2", "anna@brightpath.example", "", "", "", "", "CMO", ""),
    ]
)
@example(
    [
        ("", "anna@brightpath.example", "A", "", "", "", "", ""),
        ("1", "anna@brightpath.example", "B", "", "", "", "", ""),
    ]
)
def test_the_same_file_twice_changes_nothing(rows):
    @in_vain
    def check(folder: Path) -> None:
        path = write(folder, HEADER, *rows)
        first = imported(path, source="crm")
        before = files.contents()

        second = imported(path, source="crm")

        assert files.contents() == before
        assert "new" not in counts(second)
        assert "updated" not in counts(second)
        assert total(first) == total(second) == len(rows)

    check()


def total(result: Result) -> int:
    """Return how many rows are accounted for."""
    return sum(count for name, count in counts(result).items() if name != "conflicting")


@FEW
@given(ROWS, ROWS)
def test_a_rehearsal_counts_what_the_import_then_does(known, rows):
    @in_vain
    def check(folder: Path) -> None:
        imported(write(folder, HEADER, *known, name="known.csv"), source="crm")
        path = write(folder, HEADER, *rows)
        before = files.contents()

        said = rehearsed(path, source="crm")

        assert files.contents() == before
        assert said.outcome.counts == imported(path, source="crm").outcome.counts

    check()


@FEW
@given(ROWS, st.integers(1, 3))
def test_the_size_of_chunks_does_not_matter(rows, size):
    def at(chunk: int) -> object:
        found: list[object] = []

        @in_vain
        def run(folder: Path) -> None:
            usual, applying.CHUNK_ROWS = applying.CHUNK_ROWS, chunk
            try:
                result = imported(write(folder, HEADER, *rows), source="crm")
            finally:
                applying.CHUNK_ROWS = usual
            found.append((described(), result.outcome.counts))

        run()
        return found[0]

    assert at(size) == at(2_000)


def described() -> object:
    """Return what people see, without the numbers the database gives."""
    leads = files.Lead.objects.values_list(
        "email", "first_name", "job_title", "role", "account__name", "account__domain", "account__industry"
    )
    ids = files.Identity.objects.values_list("external_id", "lead__email")
    opted_out = files.Suppression.objects.values_list("email", "lead__email", "reason")
    return [sorted(rows, key=repr) for rows in (leads, ids, opted_out)]


@FEW
@given(ROWS, st.permutations(range(len(HEADER))))
def test_the_order_of_columns_does_not_matter(rows, order):
    @in_vain
    def check(folder: Path) -> None:
        imported(write(folder, HEADER, *rows, name="1.csv"), source="crm")
        header = [HEADER[place] for place in order]
        turned = [[row[place] for place in order] for row in rows]

        again = imported(write(folder, header, *turned), source="crm")

        assert {name for name in counts(again) if name in {"new", "updated"}} == set()

    check()


@FEW
@given(ROWS, ROWS)
def test_no_import_lifts_an_opt_out(first, second):
    @in_vain
    def check(folder: Path) -> None:
        imported(write(folder, HEADER, *first, name="1.csv"), source="crm")
        rows = set(files.Suppression.objects.values_list("lead", "email", "reason"))

        imported(write(folder, HEADER, *second), source="crm")

        assert rows <= set(files.Suppression.objects.values_list("lead", "email", "reason"))

    check()


@FEW
@given(ROWS, ROWS)
def test_an_undone_import_leaves_what_was_known_as_it_was(first, second):
    from coldframe.leads import operations

    @in_vain
    def check(folder: Path) -> None:
        imported(write(folder, HEADER, *first, name="1.csv"), source="crm")
        before = alive()

        result = imported(write(folder, HEADER, *second), source="crm")
        operations.undo_import(result.batch.pk, at=files.NOW)

        assert alive() == before

    check()


def alive() -> object:
    """Return what is known of people, without opt-outs, which stay."""
    columns = [field.attname for field in files.Lead._meta.concrete_fields]
    leads = files.Lead.objects.filter(voided_at=None).order_by("pk").values(*columns)
    companies = (
        files.Account.objects.filter(voided_at=None, leads__in=leads.values("pk")).distinct().order_by("pk")
    )
    return list(leads), list(companies.values("pk", "name", "domain", "industry", "is_personal", "custom"))
