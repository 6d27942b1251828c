"""Versions of the playbook: published once, never changed, the last activated one counts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from coldframe.kernel.playbook import parsing
from coldframe.library import compiled, examining, operations, queries, starters
from coldframe.library.models import PlaybookActivation, PlaybookVersion
from tests.world import NOW

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def first() -> PlaybookVersion:
    return operations.publish_playbook(text=starters.read("default"), at=NOW, origin="starter default")


def test_a_text_is_published_whole_under_the_next_number(first: PlaybookVersion) -> None:
    second = operations.publish_playbook(text=starters.read("saas"), at=LATER, origin="saas.yaml")

    assert (first.number, first.name, first.origin) == (1, "B2B, long cycle", "starter default")
    assert (second.number, second.origin, second.published_at) == (2, "saas.yaml", LATER)
    assert PlaybookVersion.objects.get(number=2).text == starters.read("saas")


def test_the_same_text_is_published_once(first: PlaybookVersion) -> None:
    again = operations.publish_playbook(text=starters.read("default"), at=LATER, origin="elsewhere.yaml")

    assert again.pk == first.pk
    assert PlaybookVersion.objects.get().origin == "starter default"
    assert PlaybookVersion.objects.get().published_at == NOW


def test_a_text_that_is_no_playbook_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(parsing.PlaybookInvalid) as refusal:
        operations.publish_playbook(text="playbook: 2", at=NOW, origin="mine.yaml")

    assert refusal.value.problems[0].file == "mine.yaml"
    assert not PlaybookVersion.objects.exists()


def test_a_text_that_was_looked_at_is_not_read_again_to_be_published(monkeypatch: pytest.MonkeyPatch) -> None:
    text = starters.read("saas") + "# Ours.\n"
    examining.examined(text)
    monkeypatch.setattr(parsing, "examine", lambda text, file: pytest.fail("read again"))

    assert operations.publish_playbook(text=text, at=NOW, origin="saas.yaml").number == 1


@pytest.mark.parametrize("column", ["text", "name", "number", "origin", "published_at"])
def test_the_database_refuses_to_change_a_version(first: PlaybookVersion, column: str) -> None:
    changes = {"text": "x", "name": "x", "number": 9, "origin": "x", "published_at": LATER}

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PlaybookVersion.objects.filter(pk=first.pk).update(**{column: changes[column]})

    assert PlaybookVersion.objects.get().text == starters.read("default")


def test_the_database_refuses_to_change_an_activation(first: PlaybookVersion) -> None:
    operations.activate_playbook(number=1, at=NOW)

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        PlaybookActivation.objects.update(activated_at=LATER)


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_to_delete_a_version_that_was_active(first: PlaybookVersion) -> None:
    operations.activate_playbook(number=1, at=NOW)

    with pytest.raises(IntegrityError):
        PlaybookVersion.objects.filter(pk=first.pk)._raw_delete("default")

    assert PlaybookVersion.objects.count() == 1


def test_the_version_activated_last_is_the_active_one(first: PlaybookVersion) -> None:
    operations.publish_playbook(text=starters.read("saas"), at=NOW)
    operations.activate_playbook(number=2, at=NOW)
    operations.activate_playbook(number=1, at=LATER)

    active = queries.get_active_playbook()

    assert (active.number, active.version_id, active.text) == (1, first.pk, starters.read("default"))
    assert active.playbook == parsing.parse(starters.read("default"))


def test_activating_the_active_version_changes_nothing(first: PlaybookVersion) -> None:
    operations.activate_playbook(number=1, at=NOW)
    operations.activate_playbook(number=1, at=LATER)

    assert [activation.activated_at for activation in PlaybookActivation.objects.all()] == [NOW]


def test_a_number_that_no_version_has_is_refused(first: PlaybookVersion) -> None:
    with pytest.raises(queries.NoSuchVersion) as refusal:
        operations.activate_playbook(number=7, at=NOW)

    assert str(refusal.value) == (
        "There is no playbook version of this number.\n"
        "expected a number from 1 to 1, got 7.\n"
        "See them all: coldframe playbook list"
    )


def test_before_the_first_activation_nothing_is_active() -> None:
    with pytest.raises(queries.NoActivePlaybook, match="No playbook is active"):
        queries.get_active_playbook()


def test_without_an_active_playbook_the_default_becomes_it() -> None:
    active = operations.ensure_active_playbook(at=NOW)

    assert (active.number, active.text) == (1, starters.read("default"))
    assert PlaybookActivation.objects.get().activated_at == NOW


def test_an_active_playbook_stays_whatever_the_default_is(first: PlaybookVersion) -> None:
    operations.publish_playbook(text=starters.read("saas"), at=NOW)
    operations.activate_playbook(number=2, at=NOW)

    assert operations.ensure_active_playbook(at=LATER).number == 2
    assert PlaybookActivation.objects.count() == 1


def test_versions_are_listed_newest_first(first: PlaybookVersion) -> None:
    second = operations.publish_playbook(text=starters.read("saas"), at=LATER, origin="saas.yaml")
    operations.activate_playbook(number=1, at=LATER)

    assert queries.list_versions() == [
        queries.VersionLine(
            version_id=second.pk, number=2, name=second.name, origin="saas.yaml", published_at=LATER,
            activated_at=None, is_active=False,
        ),
        queries.VersionLine(
            version_id=first.pk, number=1, name="B2B, long cycle", origin="starter default", published_at=NOW,
            activated_at=LATER, is_active=True,
        ),
    ]  # fmt: skip


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "HOME", tmp_path)
    compiled.playbook_of.cache_clear()
    return tmp_path / "cache"


def test_a_parsed_playbook_is_kept_for_the_next_process(empty_cache: Path) -> None:
    text = starters.read("default")
    parsed = compiled.playbook_of(text)
    compiled.playbook_of.cache_clear()

    kept = compiled.playbook_of(text)

    assert len(list(empty_cache.iterdir())) == 1
    assert kept == parsed == parsing.parse(text)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", "\ufffd", '{"playbook": 1}'])
def test_a_damaged_cache_costs_time_alone(empty_cache: Path, damage: str) -> None:
    text = starters.read("default")
    compiled.playbook_of(text)
    next(empty_cache.iterdir()).write_text(damage, encoding="utf-8")
    compiled.playbook_of.cache_clear()

    assert compiled.playbook_of(text) == parsing.parse(text)


def test_a_cache_that_cannot_be_written_costs_time_alone(empty_cache: Path) -> None:
    empty_cache.write_text("a file where the folder should be", encoding="utf-8")

    assert compiled.playbook_of(starters.read("default")).name == "B2B, long cycle"
