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


def taken_back(after: timedelta, *before: Entry) -> list[Entry]:
    """Return the faults of a lead that is let go after ten days, and taken back so long after that."""
    gone = entry(10 * DAY, "status", 1, old="NURTURE", new="DISQUALIFIED")
    back = entry(10 * DAY + after, "status", 1, old="DISQUALIFIED", new="NURTURE")
    log = sorted([gone, back, *before], key=lambda each: each.at)
    return list(oracle.comes_back_for_a_reason(log, {}))


def test_who_was_let_go_and_is_taken_back_by_nothing_is_a_fault() -> None:
    visit, late = entry(38 * DAY, "event", 2, kind="page"), entry(20 * DAY, "event", 2, kind="page")
    machine = entry(38 * DAY, "event", 2, kind="link_clicked", is_machine=True)
    until = BEGIN + 39 * DAY
    said = entry(9 * DAY, "verdict", 1, answer="NOT_NOW", until=until)

    assert len(taken_back(30 * DAY)) == len(taken_back(30 * DAY, late)) == 1
    assert len(taken_back(30 * DAY, machine)) == 1
    assert taken_back(30 * DAY, visit) == taken_back(30 * DAY, said) == []


def test_who_was_let_go_is_taken_back_to_be_looked_at_again_after_a_year() -> None:
    assert taken_back(oracle.AGAIN) == []
