"""The reference page says what the program does."""

from __future__ import annotations

from pathlib import Path

from coldframe.kernel.playbook import fields, problems, reference
from coldframe.kernel.playbook.conditions import Op

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "playbook.md"


def test_the_page_is_what_the_program_prints() -> None:
    """Refresh it by: coldframe playbook reference > docs/reference/playbook.md."""
    assert PAGE.read_text(encoding="utf-8") == reference.markdown()


def test_the_page_names_every_field_comparison_and_message() -> None:
    page = reference.markdown()

    lacking = [
        name
        for name in [*fields.FIELDS, *fields.EVENT_FIELDS, *Op, *problems.CODES]
        if f"`{name}`" not in page
    ]
    assert lacking == []


def test_every_key_is_described() -> None:
    rows = [line.split(" | ") for line in reference.markdown().splitlines() if line.startswith("| `")]

    assert [row for row in rows if not row[-1].strip(" |")] == []


def test_links_lead_somewhere() -> None:
    page = reference.markdown()
    anchors = {
        line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("## ")
    }
    targets = {part.partition(")")[0] for part in page.split("](#")[1:]}

    assert targets <= anchors
