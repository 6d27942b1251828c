"""``coldframe leads``: doubles are listed, merged and parted."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from coldframe.cli.root import app
from coldframe.leads.models import Lead
from tests import world
from tests.activity.identity.said import identify, say

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["leads", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_double_is_listed_merged_and_parted() -> None:
    company = world.brightpath()
    anna = world.anna(company)
    double = world.anna(company, email="a.kowalska@brightpath.example", first_name="Ana")
    tom = world.tom()
    say(
        [
            identify(1, user_id="u1", email="anna@brightpath.example"),
            identify(2, user_id="u1", email="tom@halden.example"),
        ]
    )

    listed = json.loads(run("duplicates", "--json"))
    assert {each["lead_id"] for each in listed["likely"]["groups"][0]["people"]} == {anna.pk, double.pk}
    assert (listed["said_by_calls"][0]["one_id"], listed["said_by_calls"][0]["other_id"]) == (anna.pk, tom.pk)

    run("merge", "a.kowalska@brightpath.example", "--into", "anna@brightpath.example")
    assert Lead.objects.get(pk=double.pk).merged_into == anna
    assert f"{double.pk} a.kowalska@brightpath.example is {anna.pk}" in " ".join(run("merges").split())

    run("unmerge", "a.kowalska@brightpath.example")
    assert Lead.objects.get(pk=double.pk).voided_at is None
    assert "No lead is merged" in run("merges")
