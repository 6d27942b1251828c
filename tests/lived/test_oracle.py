"""The oracle's rules of a whole house see what they must, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.lived import oracle
from tests.lived.people import BEGIN, DAY, HOUR, HOUSE, Entry

MINUTE = timedelta(minutes=1)


def entry(after: timedelta, what: str, lead_id: int = HOUSE, **about: object) -> Entry:
    return Entry(at=BEGIN + after, what=what, lead_id=lead_id, account_id=lead_id, about=about)


def broken(*log: Entry) -> list[tuple[str, int]]:
    return [(fault.rule, fault.lead_id) for fault in oracle.of_everybody(log)]


@pytest.mark.parametrize(
    ("begins", "ends"), [("hold", "lift"), ("clock_wrong", "clock_right"), ("braked", "resumed")]
)
def test_a_mail_while_something_holds_sending_is_a_fault_and_one_after_it_is_none(
    begins: str, ends: str
) -> None:
    held, lifted = entry(HOUR, begins), entry(3 * HOUR, ends)

    assert broken(held, entry(2 * HOUR, "mail", 1), lifted) == [("nothing_while_held", 1)]
    assert broken(entry(0 * HOUR, "mail", 1), held, lifted, entry(4 * HOUR, "mail", 1)) == []


def test_one_mail_more_within_a_minute_than_the_mailbox_takes_is_a_fault() -> None:
    most = [entry(number * MINUTE / 10, "mail", number + 1) for number in range(oracle.PER_MINUTE + 1)]
    spread = [entry(number * MINUTE, "mail", number + 1) for number in range(oracle.PER_MINUTE + 1)]

    assert broken(*most) == [("never_too_fast", oracle.PER_MINUTE + 1)]
    assert broken(*spread) == []


def test_two_mails_to_one_domain_within_a_minute_are_a_fault() -> None:
    first = entry(0 * MINUTE, "mail", 1)

    assert ("never_too_fast", 1) in broken(first, entry(MINUTE / 2, "mail", 1))
    assert broken(first, entry(MINUTE, "mail", 1)) == []


def test_one_mail_more_within_a_day_than_the_mailbox_takes_is_a_fault() -> None:
    mails = [entry(number * HOUR / 2, "mail", number + 1) for number in range(oracle.PER_DAY + 1)]
    slow = [entry(number * DAY / 2, "mail", number + 1) for number in range(oracle.PER_DAY + 1)]

    assert broken(*mails) == [("never_too_fast", oracle.PER_DAY + 1)]
    assert broken(*slow) == []


def test_a_mail_after_two_complaints_within_a_day_is_a_fault_until_a_person_has_looked() -> None:
    complaints = [entry(each * HOUR, "complained", each) for each in (1, 2)]
    mail = entry(5 * HOUR, "mail", 3)

    assert broken(*complaints, mail) == [("stops_by_itself", 3)]
    assert broken(complaints[0], mail) == []
    assert broken(*complaints, entry(4 * HOUR, "resumed"), mail) == []
    assert broken(complaints[0], entry(2 * DAY, "complained", 2), entry(3 * DAY, "mail", 3)) == []
