"""A database put back from a backup does not hand over again what the journal knows."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from coldframe.outbox import holding, reconciling
from coldframe.outbox.journal import Journal
from coldframe.outbox.models import OutboxMessage
from tests import world

pytestmark = pytest.mark.django_db

NOW = world.NOW
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.HOME = tmp_path


def key(number: int) -> str:
    return f"touch:{UUID(int=number)}"


def queue(name: str, *, state: str = "QUEUED") -> OutboxMessage:
    return OutboxMessage.objects.create(
        key=name, kind="touch", subject_id=1, state=state, due_at=NOW, late_at=NOW + 72 * HOUR, created_at=NOW
    )


def note(folder: Path, *names: str, at=NOW, taken: bool = True) -> None:
    journal = Journal(folder / "send-journal")
    for name in names:
        pair = [(name, f"<{name}@example.org>")]
        journal.note_handing_off(pair, at=at)
        if not taken:
            journal.note_not_taken(pair, at=at)
    journal.close()


def reconcile(folder: Path, *, hours: int = -1) -> int:
    return reconciling.reconcile(folder, since=NOW + hours * HOUR, at=NOW, by="restore")


def test_what_waits_and_was_handed_over_in_the_lost_time_becomes_uncertain(tmp_path):
    lost, other = queue(key(1)), queue(key(2))
    note(tmp_path, key(1))

    assert reconcile(tmp_path) == 1

    lost.refresh_from_db()
    other.refresh_from_db()
    assert (lost.state, lost.message_id, lost.marked_at) == ("HANDING_OFF", f"<{key(1)}@example.org>", NOW)
    assert lost.lease_until < NOW, "the next look at expired leases calls it uncertain"
    assert other.state == "QUEUED"
    assert [each.cause for each in holding.list_holds()] == ["JOURNAL"]


@pytest.mark.parametrize("planned_again", [key(1), f"{key(1)}:1", f"{key(1)}:3"])
def test_what_is_planned_again_under_its_own_key_or_a_repetition_is_diverted_at_the_claim(
    tmp_path, planned_again
):
    note(tmp_path, f"{key(1)}:1")
    reconcile(tmp_path)

    again, new = queue(planned_again), queue(key(2))

    assert reconciling.divert([again.pk, new.pk], at=NOW) == {again.pk}


@pytest.mark.parametrize("state", ["HANDING_OFF", "SENT", "UNCERTAIN", "FAILED"])
def test_what_the_database_knows_as_begun_is_left_alone(tmp_path, state):
    known = queue(key(1), state=state)
    note(tmp_path, key(1))

    assert reconcile(tmp_path) == 0

    known.refresh_from_db()
    assert known.state == state
    assert not holding.is_held()


def test_what_was_refused_was_not_handed_over(tmp_path):
    note(tmp_path, key(1), taken=False)

    assert reconcile(tmp_path) == 0


def test_without_a_past_a_claim_costs_one_short_statement(django_assert_num_queries):
    waiting = queue(key(1))

    with django_assert_num_queries(1):
        assert reconciling.divert([waiting.pk], at=NOW) == set()


def test_a_database_file_put_back_by_hand_is_noticed_when_a_worker_starts(tmp_path):
    queue(key(1), state="SENT")
    note(tmp_path, key(1), key(2))

    assert reconciling.check(tmp_path, at=NOW) == 1
    assert holding.is_held()
    assert reconciling.check(tmp_path, at=NOW) == 0, "it is known from now on"


def test_a_worker_killed_between_the_journal_and_its_marker_is_no_sign_of_a_restore(tmp_path):
    queue(key(1), state="CLAIMED")
    note(tmp_path, key(1))

    assert reconciling.check(tmp_path, at=NOW) == 0
    assert not holding.is_held()


def test_only_the_end_of_a_long_journal_is_read_at_a_start(tmp_path, monkeypatch):
    monkeypatch.setattr(reconciling, "TAIL_BYTES", 400)
    note(tmp_path, *(key(number) for number in range(20)))
    for number in range(15, 20):
        queue(key(number), state="SENT")

    assert not reconciling.is_behind(tmp_path)


def test_fifty_random_restore_points_repeat_nothing(tmp_path):
    for seed in range(50):
        folder = tmp_path / str(seed)
        folder.mkdir()
        chance = random.Random(seed)
        sent_before, sent_after = live_twice(folder, chance)
        assert not sent_before & sent_after, f"seed {seed}"
        assert sent_before | sent_after == set(range(30)), f"seed {seed}: nobody is lost"


def live_twice(folder: Path, chance: random.Random) -> tuple[set[int], set[int]]:
    """Hand thirty touches over in random order, go back to a random instant, and go on; return who was handed what."""
    OutboxMessage.objects.all().delete()
    reconciling.PastHandover.objects.all().delete()
    order = chance.sample(range(30), 30)
    restore_at, backup = chance.randrange(30), None
    first: set[int] = set()
    for step, number in enumerate(order):
        if step == restore_at:
            backup = list(OutboxMessage.objects.values())
        elif step > restore_at and chance.random() < 0.2:
            break
        repetition = f":{chance.randrange(1, 3)}" if chance.random() < 0.3 else ""
        queue(key(number) + repetition, state="SENT")
        note(folder, key(number) + repetition, at=NOW + step * HOUR)
        first.add(number)
    OutboxMessage.objects.all().delete()
    OutboxMessage.objects.bulk_create(OutboxMessage(**values) for values in backup or [])
    reconcile(folder, hours=restore_at)
    known = {reconciling.base_of(each) for each in OutboxMessage.objects.values_list("key", flat=True)}
    waiting = {queue(key(number)).pk: number for number in range(30) if key(number) not in known}
    diverted = reconciling.divert(list(waiting), at=NOW)
    return first, {number for id_, number in waiting.items() if id_ not in diverted}
