"""The draft of the next version: everybody's, saved under watch, and never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.kernel.playbook.problems import PlaybookInvalid
from coldframe.library import drafting, operations, queries, starters
from coldframe.library.models import PlaybookDraft, PlaybookVersion
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
TEXT = starters.read("default")
CHANGED = TEXT.replace("per_rep: 10 a week", "per_rep: 8 a week")


@pytest.fixture(autouse=True)
def _active() -> None:
    operations.ensure_active_playbook(at=NOW)


def save(text: str = CHANGED, *, mark: str = "", by: str = "Max Okafor") -> queries.Draft:
    return drafting.save_draft(text=text, mark=mark, base_number=1, by=by, at=LATER)


def test_a_draft_is_begun_and_saved_again_by_whoever_saw_it_as_it_stands() -> None:
    first = save()
    second = save(CHANGED + "# checked\n", mark=first.mark, by="Ada Moreau")

    assert queries.find_draft() == second
    assert (second.begun_by, second.saved_by, second.base_number) == ("Max Okafor", "Ada Moreau", 1)
    assert second.mark != first.mark


def test_the_second_of_two_who_save_is_refused_and_told_what_stands() -> None:
    first = save()
    theirs = save(CHANGED + "# theirs\n", mark=first.mark, by="Ada Moreau")

    with pytest.raises(drafting.DraftChanged, match="Ada Moreau has saved") as refusal:
        save(CHANGED + "# mine\n", mark=first.mark)

    assert refusal.value.current == theirs
    assert queries.find_draft() == theirs


def test_two_who_begin_at_once_are_told_apart() -> None:
    save()

    with pytest.raises(drafting.DraftChanged):
        save(TEXT + "# mine\n")

    assert PlaybookDraft.objects.count() == 1


def test_the_mark_of_a_draft_that_ended_is_no_mark_of_the_next() -> None:
    first = save()
    drafting.discard_draft(mark=first.mark, at=LATER)

    with pytest.raises(drafting.DraftChanged, match="no longer there"):
        save(mark=first.mark)
    again = save(TEXT + "# another\n")

    assert again.mark != first.mark


def test_saving_the_same_text_again_changes_nothing() -> None:
    first = save()

    assert save(mark=first.mark, by="Ada Moreau") == first


def test_lines_are_ended_in_one_way() -> None:
    assert save("\ufeff" + CHANGED.replace("\n", "\r\n")).text == CHANGED


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("a\0b", "the control character 0x00"),
        ("x" * (256 * 1024 + 1), "256 KiB"),
        ("name: a\ufffdb", "a character that stands for bytes that are no UTF-8"),
    ],
)
def test_what_is_no_text_of_a_playbook_is_refused(text: str, got: str) -> None:
    with pytest.raises(drafting.DraftUnfit) as refusal:
        save(text)

    assert refusal.value.got == got
    assert queries.find_draft() is None


def test_a_draft_may_hold_mistakes_but_becomes_no_version_with_them() -> None:
    draft = save(TEXT.replace("half_life: 14 days", "half_life: 14"))

    with pytest.raises(PlaybookInvalid):
        drafting.publish_draft(mark=draft.mark, at=LATER)

    assert queries.find_draft() == draft
    assert PlaybookVersion.objects.count() == 1


def test_a_draft_that_became_a_version_is_ended() -> None:
    version = drafting.publish_draft(mark=save().mark, at=LATER)

    assert (version.number, version.text, version.origin) == (2, CHANGED, "draft of version 1")
    assert queries.find_draft() is None
    assert not queries.has_set_aside()


def test_a_draft_put_aside_can_be_taken_up_again() -> None:
    draft = save()
    drafting.discard_draft(mark=draft.mark, at=LATER)

    assert queries.has_set_aside()
    assert drafting.reopen_draft(by="Ada Moreau", at=LATER).text == CHANGED
    assert queries.find_draft() is not None


def test_where_there_is_no_draft_nothing_can_be_put_aside_or_published() -> None:
    for act in (
        lambda: drafting.discard_draft(mark="", at=LATER),
        lambda: drafting.publish_draft(mark="", at=LATER),
        lambda: drafting.reopen_draft(by="Ada Moreau", at=LATER),
    ):
        with pytest.raises(drafting.NoDraft):
            act()


def test_an_activation_keeps_who_and_why() -> None:
    operations.publish_playbook(text=CHANGED, at=LATER)
    operations.activate_playbook(number=2, at=LATER, by="Ada Moreau", why="Two reps are on leave.")

    newest, oldest = queries.list_versions()
    assert (newest.is_active, newest.activated_by, newest.why) == (
        True,
        "Ada Moreau",
        "Two reps are on leave.",
    )
    assert (oldest.is_active, oldest.activated_by) == (False, None)
