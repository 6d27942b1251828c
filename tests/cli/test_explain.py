"""What ``coldframe explain`` says of what comes next."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from coldframe.cli import explain
from coldframe.nurture.outlook import Kind, Outlook
from tests import world


def printed(ahead: Outlook) -> list[str]:
    """Return the lines that are printed."""
    stream = StringIO()
    explain.print_outlook(Console(file=stream, width=200), ahead)
    return [line.strip() for line in stream.getvalue().splitlines() if line.strip()]


def test_a_hold_is_told_with_its_numbers_its_end_and_what_would_be_next():
    held = Outlook(
        kind=Kind.HELD, text="Nothing goes out now.", reason="CADENCE", detail="7 to 10 days between contacts.",
        at=world.NOW, title="“A guide”", channel="EMAIL", why="It answers [1].", path="educate", lap=2,
        zone="Europe/Warsaw", zone_from="lead.country",
    )  # fmt: skip

    assert printed(held) == [
        "The next touch",
        "Nothing goes out now.",
        "7 to 10 days between contacts.",
        "Until 1 June 2026, 09:00 UTC, in the working hours of Europe/Warsaw, a guess.",
        "Then “A guide” by e-mail.",
        "It answers [1].",
        "On the path educate, lap 2.",
    ]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("PAUSED", "Until 1 June 2026, 09:00 UTC, in the working hours of Europe/Warsaw."),
        ("EXHAUSTED", "Until 1 June 2026, 09:00 UTC."),
        ("SENDING_STOPPED", "Until 1 June 2026, 09:00 UTC."),
    ],
)
def test_working_hours_are_named_where_the_hold_ends_in_them(reason: str, shown: str) -> None:
    held = Outlook(
        kind=Kind.HELD, text="Nothing goes out.", reason=reason, at=world.NOW, zone="Europe/Warsaw",
        zone_from="lead.time_zone",
    )  # fmt: skip

    assert printed(held)[2] == shown


def test_a_lead_that_nurture_has_nothing_to_do_with_is_told_in_one_line():
    assert printed(Outlook(kind=Kind.NOTHING, text="Nothing goes out: the lead was let go.")) == [
        "The next touch",
        "Nothing goes out: the lead was let go.",
    ]
