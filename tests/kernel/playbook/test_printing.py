"""What is printed and parsed again is the same playbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from coldframe.kernel.playbook import parsing, printing
from coldframe.kernel.playbook.model import Playbook
from coldframe.library import starters
from tests.kernel.playbook.strategies import playbooks

SHAPE = (Path(__file__).parent / "shape.yaml").read_text(encoding="utf-8")
SHIPPED = [starters.read(name) for name in starters.STARTERS]

#: Shrinking a whole playbook takes minutes; the first one found says enough.
PATIENT = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@PATIENT
@given(playbooks())
def test_a_printed_playbook_parses_to_itself(playbook: Playbook) -> None:
    printed = printing.print_playbook(playbook)

    assert parsing.parse(printed) == playbook
    assert printing.print_playbook(parsing.parse(printed)) == printed


@PATIENT
@given(playbooks())
def test_a_kept_tree_gives_the_playbook_that_its_text_gives(playbook: Playbook) -> None:
    examination = parsing.examine(printing.print_playbook(playbook))

    assert parsing.from_tree(examination.tree) == playbook


@pytest.mark.parametrize("text", [SHAPE, *SHIPPED], ids=["shape", *starters.STARTERS])
def test_shipped_playbooks_survive_printing(text: str) -> None:
    playbook = parsing.parse(text)

    assert parsing.parse(printing.print_playbook(playbook)) == playbook


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_text_in_quotes_is_the_same_text(text: str) -> None:
    if parsing.source.UNFIT.search(text):
        return

    root, problems = parsing.source.read(
        f"a: {printing.quoted(text)}\nb: [{printing.quoted(text)}, x]\n", file="x"
    )

    assert problems == []
    assert root is not None
    assert root.plain() == {"a": text, "b": [text, "x"]}


def test_a_playbook_prints_in_the_shape_people_write() -> None:
    printed = printing.print_playbook(parsing.parse(SHAPE))

    assert printed.startswith('playbook: 1\nname: "Nordic greenhouses, long cycle"\n')
    assert (
        "\n    - {name: Core size, when: {field: account.employees, between: [50, 1000]}, points: 30}\n"
        in printed
    )
    assert '\n    at_most: "3 touches in 8 weeks, then 1 a quarter"\n' in printed
    assert "\n    for: {segments: [grower-owners], all: [{field: fit.level, in: [A, B]}]}\n" in printed
    assert "\n    then: look again in 365 days\n" in printed
    assert "account.renewal_on - 180 days" in printed
    assert printed.endswith("\nexperiment: {holdout: 10% of accounts}\n")


def test_the_structure_names_every_default() -> None:
    structure = printing.structure(parsing.parse(SHAPE))

    assert structure["cadence"] == {
        "at_most": ["1 in 5 days", "5 in 30 days"],
        "per_account": "1 a day",
        "quiet": "outside working hours",
        "floor": "30 days",
    }
    assert structure["fit"]["rules"][6] == {
        "name": "Many visits",
        "when": {"field": "lead.custom.total_visits", "at_least": "5.5"},
        "points": 2.5,
    }
    assert structure["signals"]["pricing_page"]["high_intent_page"] is True
