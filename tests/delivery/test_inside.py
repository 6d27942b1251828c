"""Lists and tasks: handed over by the same protocol, into tables of our own, once each."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coldframe.delivery import operations, setup
from coldframe.delivery.channels.answers import Answer, Result
from coldframe.delivery.channels.audience import channel as audience
from coldframe.delivery.channels.audience import hashing, lists
from coldframe.delivery.channels.task import channel as task
from coldframe.delivery.channels.task import tasks
from coldframe.kernel.vocabulary import Refusal

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    """A message as the outbox gives it."""

    id: int
    body: bytes
    key: str = ""
    message_id: str = ""
    sender: str = ""
    recipient: str = ""
    domain: str = ""


def hand_over(lane: str, *bodies: bytes, refused: Collection[int] = (), begin: int = 1) -> list[Answer]:
    answers: list[Answer] = []
    messages = [Given(number, body, message_id=f"<{number}>") for number, body in enumerate(bodies, begin)]
    operations.deliver(
        lane, iter(messages), mark=lambda ids: [each for each in ids if each not in refused],
        report=answers.append, beat=lambda: None, at=AT,
    )  # fmt: skip
    return answers


def put_in(lead_id: int, audience_name: str = "educate", **known: str) -> bytes:
    return audience.compose(
        audience=audience_name,
        lead_id=lead_id,
        email=known.get("email", f"l{lead_id}@x.se"),
        phone=known.get("phone"),
    )


@pytest.fixture
def ads() -> str:
    setup.add(name="ads", kind="AUDIENCE", settings={}, secret="", at=AT)
    return "ads"


@pytest.fixture
def crew() -> str:
    setup.add(name="crew", kind="TASK", settings={}, secret="", at=AT)
    return "crew"


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="") as lines:
        return list(csv.reader(lines))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_who_is_on_a_list_is_exported_as_hashes_alone(ads: str, tmp_path: Path):
    answers = hand_over(ads, put_in(1, email=" Anna@X.se ", phone="0046 (0)70-123 45 67"), put_in(2))

    assert [each.result for each in answers] == [Result.SENT, Result.SENT]
    written = lists.export(folder=tmp_path / "new")
    assert [(each.audience, each.in_count, each.out_count) for each in written] == [("educate", 2, 0)]
    found = rows(tmp_path / "new" / "educate-in.csv")
    assert found[0] == ["Email", "Phone"]
    assert [sha("anna@x.se"), sha("+46701234567")] in found
    assert [sha("l2@x.se"), ""] in found
    assert "anna" not in (tmp_path / "new" / "educate-in.csv").read_text().lower()


def test_whoever_leaves_the_path_leaves_the_list_and_may_come_back(ads: str, tmp_path: Path):
    hand_over(ads, put_in(1), put_in(2), put_in(1, "compare"))

    assert lists.leave(lead_ids=[1], audience="educate", at=AT) == 1
    lists.export(folder=tmp_path)
    assert rows(tmp_path / "educate-in.csv")[1:] == [[sha("l2@x.se"), ""]]
    assert rows(tmp_path / "educate-out.csv")[1:] == [[sha("l1@x.se"), ""]]
    assert rows(tmp_path / "compare-in.csv")[1:] == [[sha("l1@x.se"), ""]]

    hand_over(ads, put_in(1), begin=10)
    lists.export(folder=tmp_path)
    assert len(rows(tmp_path / "educate-in.csv")) == 3
    assert rows(tmp_path / "educate-out.csv")[1:] == []


def test_leaving_every_list_at_once(ads: str):
    hand_over(ads, put_in(1), put_in(1, "compare"), put_in(2))

    assert lists.leave(lead_ids=[1], at=AT) == 2


def test_handing_over_twice_puts_nobody_in_twice(ads: str, tmp_path: Path):
    hand_over(ads, put_in(1))
    hand_over(ads, put_in(1))
    hand_over(ads, put_in(1), begin=5)

    assert lists.export(folder=tmp_path)[0].in_count == 1
    assert audience.was_recorded(["<1>", "<7>"]) == {"<1>"}


def test_a_refused_marker_writes_nothing(ads: str, crew: str, tmp_path: Path):
    answers = hand_over(ads, put_in(1), put_in(2), refused={1})

    assert [each.id for each in answers] == [2]
    assert lists.export(folder=tmp_path)[0].in_count == 1


def test_nobody_is_put_in_whom_no_platform_could_find():
    with pytest.raises(audience.NothingToMatch):
        audience.compose(audience="educate", lead_id=1, email=None, phone="070-123")


@pytest.mark.parametrize("number", ["070 123 45 67", "", None, "+0 12", "+46 12", "no"])
def test_a_number_without_its_country_is_left_out(number: str | None):
    assert hashing.phone_hash(number) == ""


def test_the_name_of_a_list_never_leaves_the_folder(ads: str, tmp_path: Path):
    hand_over(ads, put_in(1, "../../etc/x"))

    lists.export(folder=tmp_path / "a" / "b")

    assert {file.name for file in (tmp_path / "a" / "b").iterdir()} == {
        "------etc-x-in.csv",
        "------etc-x-out.csv",
    }


def test_a_folder_that_cannot_be_written_is_said_plainly(ads: str, tmp_path: Path):
    hand_over(ads, put_in(1))
    (tmp_path / "file").write_text("")

    with pytest.raises(Refusal, match="cannot be written"):
        lists.export(folder=tmp_path / "file")


def errand(lead_id: int, owner: str, days: int) -> bytes:
    return task.compose(
        task.Errand(
            lead_id=lead_id, owner=owner, title=f"Call lead {lead_id}", what="Ask for the date.", why="Renewal is near.",
            due_at=AT + timedelta(days=days),
        )
    )  # fmt: skip


def test_a_task_is_there_for_its_owner_until_it_is_done(crew: str):
    hand_over(crew, errand(1, "Ewa", 5), errand(2, "Jan", 1), errand(3, "Ewa", 2))

    assert [each.lead_id for each in tasks.list_open()] == [2, 3, 1]
    first = tasks.list_open(owner="Ewa")[0]
    assert (first.title, first.what, first.why, first.due_at) == (
        "Call lead 3", "Ask for the date.", "Renewal is near.", AT + timedelta(days=2),
    )  # fmt: skip

    tasks.finish(task_id=first.id, by="Ewa", at=AT)
    assert [each.lead_id for each in tasks.list_open(owner="Ewa")] == [1]
    with pytest.raises(tasks.NoOpenTask):
        tasks.finish(task_id=first.id, by="Ewa", at=AT)


def test_a_task_handed_over_twice_is_one(crew: str):
    hand_over(crew, errand(1, "Ewa", 5))
    hand_over(crew, errand(1, "Ewa", 5))

    assert len(tasks.list_open()) == 1
    assert task.was_recorded(["<1>", "<2>"]) == {"<1>"}
