"""The menu: in groups, each page with a key of its own, and every key in the docs."""

from __future__ import annotations

from pathlib import Path

from coldframe.web import menu

KEYBOARD = Path(__file__).parents[2] / "docs/reference/keyboard.md"


def test_every_page_stands_in_a_group_and_no_two_have_the_same_key():
    keys = [each.key for each in menu.ENTRIES if each.key]

    assert {each.group for each in menu.ENTRIES} <= set(menu.GROUPS)
    assert len(keys) == len(set(keys))


def test_every_key_of_a_page_is_in_the_docs():
    text = KEYBOARD.read_text(encoding="utf-8")

    for each in menu.ENTRIES:
        if each.key:
            assert f"| `{each.key}` | {each.label} |" in text
