"""Links in notifications: each answers one handoff for one person, by a POST, for a while, and opens nothing else."""

from __future__ import annotations

import random
import string
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from coldframe.handoff import answering, operations, tokens
from coldframe.handoff.models import Notification
from coldframe.handoff.tokens import Purpose
from coldframe.kernel.vocabulary import Notice, Verdict
from coldframe.team.models import LogEntry
from tests.handoff import desk
from tests.nurture.cast import DAY, HOUR
from tests.world import NOW

HANDOFF = uuid4()


def token(**changes: Any) -> str:
    usual: dict[str, Any] = {
        "handoff": HANDOFF, "notification_id": 7, "expires_at": NOW + DAY, "answer": Verdict.NOT_NOW,
    }  # fmt: skip
    return tokens.make(Purpose.ANSWER, **{**usual, **changes})


@pytest.mark.parametrize("answer", [None, *Verdict])
def test_a_token_says_what_it_was_made_for(answer: Verdict | None) -> None:
    found = tokens.read(token(answer=answer), Purpose.ANSWER)

    assert found == tokens.Link(
        handoff=HANDOFF, notification_id=7, answer=answer, expires_at=NOW + DAY + HOUR
    )


def test_mail_clients_do_no_harm_and_forgers_get_nothing() -> None:
    made = token()

    assert tokens.read(made.upper() + "?utm_source=mail", Purpose.ANSWER) is not None
    assert tokens.read(made, Purpose.CALENDAR) is None
    chosen = random.Random(1)
    for _ in range(2_000):
        place, sign = chosen.randrange(80), chosen.choice(string.ascii_lowercase[:26] + "234567")
        if made[place] != sign:
            assert tokens.read(made[:place] + sign + made[place + 1 :], Purpose.ANSWER) is None
    for other in ("", "a" * 80, "\0" * 80, made * 2, "é" * 80, "%" * 10_000):
        assert tokens.read(other, Purpose.ANSWER) is None


def test_a_key_that_was_replaced_still_opens(settings: Any) -> None:
    made = token()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"

    assert tokens.read(made, Purpose.ANSWER) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert tokens.read(made, Purpose.ANSWER) is None


@pytest.mark.django_db
class TestAnswering:
    def link(self, **changes: Any) -> tuple[Any, str]:
        row = desk.before_sales(owner="Ewa")
        told = Notification.objects.create(
            handoff_id=row.id, what=Notice.OPENED, to="Ewa", address="ewa@ours.example", made_at=NOW
        )
        return row, token(**{"handoff": row.public_id, "notification_id": told.pk, **changes})

    def test_looking_changes_nothing_and_saying_so_answers_as_whoever_was_told(self) -> None:
        row, link = self.link(answer=Verdict.ACCEPTED)

        asked = answering.find(link, at=NOW)
        assert asked is not None
        assert desk.again(row).state == "OPEN"
        assert (asked.by, asked.answer, asked.handoff.id, asked.is_expired) == (
            "Ewa",
            "ACCEPTED",
            row.id,
            False,
        )

        said = answering.say(asked, answer=Verdict.ACCEPTED, at=NOW)

        assert (said.handoff.said_by, said.handoff.answer, said.is_repeat) == ("Ewa", "ACCEPTED", False)
        assert answering.say(asked, answer=Verdict.ACCEPTED, at=NOW).is_repeat
        assert list(LogEntry.objects.values_list("what", "by", "subject")) == [
            ("handoff.answered", "Ewa", str(row.public_id))
        ]
        with pytest.raises(operations.AlreadySettled, match="ACCEPTED, by Ewa"):
            answering.say(asked, answer=Verdict.WRONG_PERSON, at=NOW)

    def test_an_old_link_says_where_it_stands_and_answers_no_more(self) -> None:
        row, link = self.link(expires_at=NOW + HOUR)
        later = NOW + timedelta(hours=3)

        asked = answering.find(link, at=later)

        assert asked is not None
        assert asked.is_expired
        with pytest.raises(answering.LinkExpired):
            answering.say(asked, answer=Verdict.ACCEPTED, at=later)
        assert desk.again(row).state == "OPEN"

    def test_a_link_of_another_handoff_or_notification_opens_nothing(self) -> None:
        row, _ = self.link()

        assert answering.find(token(handoff=row.public_id, notification_id=2**60), at=NOW) is None
        assert answering.find(token(handoff=uuid4()), at=NOW) is None
        assert answering.find("nonsense", at=NOW) is None
