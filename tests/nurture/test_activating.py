"""Another version becomes the active one, and everybody is looked at by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.kernel.playbook.problems import PlaybookInvalid
from coldframe.leads.models import AccountDue
from coldframe.library import drafting, operations, queries, starters
from coldframe.nurture import activating
from tests import world
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
TEXT = starters.read("default")


@pytest.fixture(autouse=True)
def _active() -> None:
    operations.ensure_active_playbook(at=NOW)


def draft(text: str) -> queries.Draft:
    return drafting.save_draft(text=text, mark="", base_number=1, by="Max Okafor", at=NOW)


def test_a_draft_that_is_activated_decides_about_every_account_from_now_on() -> None:
    accounts = {world.brightpath().pk, world.halden().pk}

    version = activating.activate_draft(
        mark=draft(TEXT + "# quieter\n").mark, seen_number=1, by="Max Okafor", at=LATER, why="fewer calls"
    )

    assert (version.number, queries.get_active_playbook().number) == (2, 2)
    assert dict(AccountDue.objects.values_list("account_id", "due_at")) == dict.fromkeys(accounts, LATER)
    assert queries.list_versions()[0].why == "fewer calls"


def test_a_draft_with_mistakes_leaves_everything_as_it_was() -> None:
    world.brightpath()
    begun = draft(TEXT.replace("fit:\n", "fitt:\n"))

    with pytest.raises(PlaybookInvalid):
        activating.activate_draft(mark=begun.mark, seen_number=1, by="Max Okafor", at=LATER)

    assert queries.get_active_playbook().number == 1
    assert queries.find_draft() == begun
    assert not AccountDue.objects.exists()


def test_who_looked_at_another_version_than_the_active_one_has_to_look_again() -> None:
    begun = draft(TEXT + "# quieter\n")
    operations.publish_playbook(text=starters.read("saas"), at=NOW)
    activating.activate_version(number=2, seen_number=1, by="Ada Moreau", at=NOW)

    with pytest.raises(activating.PlaybookMoved, match="Version 2 has become"):
        activating.activate_draft(mark=begun.mark, seen_number=1, by="Max Okafor", at=LATER)

    assert queries.find_draft() == begun


def test_an_earlier_version_can_become_the_active_one_again() -> None:
    activating.activate_draft(mark=draft(TEXT + "# quieter\n").mark, seen_number=1, by="Max Okafor", at=NOW)

    activating.activate_version(number=1, seen_number=2, by="Ada Moreau", at=LATER, why="too quiet")

    assert queries.get_active_playbook().number == 1
    assert [each.number for each in queries.list_versions() if each.is_active] == [1]
