"""The audit in a terminal: narrow, plain where it must be, and never steered by what the data says."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from coldframe.leads.models import Lead
from coldframe.reports import audit, terminal
from coldframe.reports.findings import Chart, Figure
from tests.reports import base


def shown(*, width: int = 80, is_plain: bool = False) -> list[str]:
    return [
        line.plain for line in terminal.lines(audit.audit(as_of=base.NOW), width=width, is_plain=is_plain)
    ]


def test_a_chart_has_label_count_share_and_bar():
    figures = (
        Figure(key="a", label="To sales now", count=1_234, of=2_468),
        Figure(key="b", label="Let go", count=1, of=2_468),
        Figure(key="c", label="Nurture", count=0, of=2_468),
    )

    lines = terminal.chart(Chart(key="worth", title="Worth", figures=figures), width=80, is_plain=False)

    assert [line.plain for line in lines] == [
        "",
        "Worth",
        "  To sales now                               1,234      50 % █████████▌",
        "  Let go                                         1 under 1 % ▏",
        "  Nurture                                        0       0 %",
    ]


@pytest.mark.django_db
def test_no_line_is_wider_than_the_terminal():
    base.fill()
    Lead.objects.update(source="情報源" * 20)

    assert max(cell_len(line) for line in shown(width=80)) <= 80
    assert max(cell_len(line) for line in shown(width=100)) <= 100


@pytest.mark.django_db
def test_without_utf_8_the_bars_are_ascii():
    base.fill()

    assert all(line.isascii() for line in shown(is_plain=True))


@pytest.mark.django_db
def test_what_the_data_says_steers_no_terminal():
    base.fill()
    Lead.objects.update(source="\x1b[31mred\x07 [bold]not markup[/bold] \u202egnp")

    text = "\n".join(shown())

    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "  \N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER} [bold]" in text
