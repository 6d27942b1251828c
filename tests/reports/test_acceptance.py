"""Acceptance by trigger, path, segment and rule, with the rows behind every number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.handoff.models import Handoff, Verdict
from coldframe.library.models import PlaybookVersion
from coldframe.library.queries import opened
from coldframe.nurture import remembering
from coldframe.reports import acceptance
from coldframe.reports.acceptance import Asked, Dimension
from tests import world
from tests.handoff import desk
from tests.nurture import cast
from tests.web.desk.before_sales import put
from tests.world import NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def nothing_remembered():
    remembering.forget()


def told(trigger: str, answer: str | None, *, ago: int = 5, **values: object) -> Handoff:
    """Put somebody before sales so many days ago, with what sales said."""
    number = Handoff.objects.count() + 1
    company = world.account(name=f"Company {number}", domain=f"company{number}.example")
    made = put(
        world.lead(company, first_name=f"No{number}"), trigger=trigger, opened_at=NOW - ago * DAY,
        state="ANSWERED" if answer else "OPEN", **values,
    )  # fmt: skip
    if answer:
        Verdict.objects.create(handoff=made, answer=answer, said_by="Ewa", said_at=NOW - ago * DAY)
    return made


def test_each_figure_is_told_by_trigger_path_and_segment():
    told("trigger:Ready", "ACCEPTED", path="weigh the options", segment="software")
    told("trigger:Ready", "NOT_NOW", path="weigh the options")
    told("trigger:Came back", None, segment="software")

    found = acceptance.load(as_of=NOW)

    assert (found.total.counts["opened"], found.total.counts["answered"], found.total.rate) == (3, 2, 0.5)
    assert [(each.key, each.counts["opened"]) for each in found.by[Dimension.TRIGGER]] == [
        ("trigger:Ready", 2), ("trigger:Came back", 1),
    ]  # fmt: skip
    assert [each.key for each in found.by[Dimension.PATH]] == ["weigh the options", None]
    assert [each.key for each in found.by[Dimension.SEGMENT]] == ["software", None]


def test_each_number_is_as_many_as_its_rows():
    for answer in ("ACCEPTED", "NOT_NOW", "NOT_A_FIT", None):
        told("trigger:Ready", answer, path="learn")
        told("trigger:Came back", answer)
    found = acceptance.load(as_of=NOW)

    for dimension, figures in found.by.items():
        for figure in figures:
            for what, count in figure.counts.items():
                asked = Asked(what=what, by=dimension, key=figure.key)
                assert len(acceptance.find_ids(asked, as_of=NOW)) == count


def test_triggers_that_are_mostly_returned_are_named_and_those_of_few_answers_are_not():
    for _ in range(4):
        told("trigger:Weak", "NOT_A_FIT")
    told("trigger:New", "NOT_NOW")

    found = acceptance.load(as_of=NOW)

    assert [each.key for each in found.returned_triggers] == ["trigger:Weak"]
    assert found.as_json()["mostly_returned_triggers"] == ["trigger:Weak"]


def test_only_the_days_asked_for_count():
    told("trigger:Ready", "ACCEPTED", ago=400)
    told("trigger:Ready", "NOT_NOW", ago=20)

    counted = {days: acceptance.load(as_of=NOW, days=days).total.counts["opened"] for days in (0, 30, 365)}

    assert counted == {0: 2, 30: 1, 365: 1}
    with pytest.raises(acceptance.NoSuchFigure):
        acceptance.load(as_of=NOW, days=-1)


def test_a_handoff_counts_under_every_fit_rule_that_held_when_it_was_opened():
    row = desk.before_sales()
    Verdict.objects.create(handoff_id=row.id, answer="ACCEPTED", said_by="Ewa", said_at=NOW)
    Handoff.objects.filter(pk=row.id).update(state="ANSWERED")
    cast.decide(NOW + DAY, desk.lead_of(row))

    found = acceptance.load(as_of=NOW + DAY)

    rules = {each.name for each in opened(PlaybookVersion.objects.get()).playbook.fit.rules}
    held = {each.key: each.counts["accepted"] for each in found.by[Dimension.RULE]}
    assert held
    assert set(held) < rules
    assert set(held.values()) == {1}


def test_programs_read_numerator_denominator_interval_and_where_the_rows_are():
    told("trigger:Ready", "ACCEPTED")

    figure = acceptance.load(as_of=NOW).as_json()["by"]["trigger"][0]

    assert (figure["numerator"], figure["denominator"], figure["acceptance_rate"]) == (1, 1, 1.0)
    assert [round(bound, 4) for bound in figure["interval"]] == [0.2065, 1.0]
    assert (
        figure["rows"]["accepted"]
        == "/results/handoffs?what=accepted&by=trigger&key=trigger%3AReady&days=365"
    )


def test_a_figure_that_there_is_not_is_refused():
    with pytest.raises(acceptance.NoSuchFigure, match="no such figure"):
        acceptance.find_ids(Asked(what="won"), as_of=NOW)
