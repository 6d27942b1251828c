"""Keys of programs, and the log of what was done."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from coldframe.team import operations, queries
from coldframe.team.models import ApiKey, LogEntry
from coldframe.team.queries import LogFilter
from coldframe.team.rights import AT_THIS_MACHINE, Right, Role
from tests.people import person
from tests.world import NOW

pytestmark = pytest.mark.django_db


def made(name: str = "CRM", role: Role = Role.MARKETER) -> operations.MadeKey:
    return operations.make_key(name=name, role=role, by=person(), at=NOW)


def test_a_key_is_its_program_under_its_role_and_is_not_kept():
    key = made()

    caller = operations.person_of_key(key.secret, at=NOW)

    assert caller is not None
    assert (caller.name, caller.role, caller.id) == (f"CRM ({key.secret[:10]}…)", Role.MARKETER, None)
    assert caller.may(Right.EXPORT)
    assert not caller.may(Right.MANAGE)
    row = ApiKey.objects.get()
    assert key.secret not in (row.digest, row.prefix)
    assert len(key.secret) > 40


@pytest.mark.parametrize(
    "change",
    [lambda key: key[:-1], lambda key: key + "x", lambda key: "", str.upper, lambda key: "cfk_\0" * 9],
)
def test_another_key_is_nobody(change):
    assert operations.person_of_key(change(made().secret), at=NOW) is None


def test_a_revoked_key_is_nobody_and_stays_in_the_list():
    key = made()

    operations.revoke_key(key.id, by=person(), at=NOW)
    operations.revoke_key(key.id, by=person(), at=NOW + timedelta(days=1))

    assert operations.person_of_key(key.secret, at=NOW) is None
    assert [line.revoked_at for line in queries.list_keys()] == [NOW]
    with pytest.raises(operations.BadKey):
        operations.revoke_key(key.id + 1, by=person(), at=NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b", "a\u202eb"])
def test_a_key_needs_a_name_that_can_be_read(name):
    with pytest.raises(operations.BadKey):
        made(name)


def test_the_use_of_a_key_is_kept_to_the_hour(django_assert_num_queries):
    key = made()
    operations.person_of_key(key.secret, at=NOW)

    with django_assert_num_queries(1):
        operations.person_of_key(key.secret, at=NOW + timedelta(minutes=59))
    assert queries.list_keys()[0].last_used_at == NOW
    operations.person_of_key(key.secret, at=NOW + timedelta(minutes=61))
    assert queries.list_keys()[0].last_used_at == NOW + timedelta(minutes=61)


def test_keys_are_written_down_without_the_key():
    key = made()
    operations.revoke_key(key.id, by=person(), at=NOW)

    entries = LogEntry.objects.filter(what__startswith="key.").order_by("pk")
    assert [(each.what, each.subject) for each in entries] == [
        ("key.made", key.secret[:10]),
        ("key.revoked", key.secret[:10]),
    ]
    assert key.secret not in str([each.details for each in entries])


def logged() -> None:
    for number in range(5):
        operations.note(
            by=AT_THIS_MACHINE if number % 2 else person(Role.SALES),
            what=("lead.viewed", "lead.overridden", "playbook.activated")[number % 3],
            at=NOW + timedelta(days=number),
            subject=f"subject-{number}",
        )


def test_the_log_is_read_from_its_end_and_goes_on_where_a_page_ended():
    logged()

    first = queries.list_log(LogFilter(), limit=2)
    second = queries.list_log(LogFilter(before=first[-1].id), limit=2)

    assert [line.subject for line in [*first, *second]] == [
        "subject-4",
        "subject-3",
        "subject-2",
        "subject-1",
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (LogFilter(by="Rosa Ahlberg"), ["4", "2", "0"]),
        (LogFilter(what="lead.viewed"), ["3", "0"]),
        (LogFilter(what="lead"), ["4", "3", "1", "0"]),
        (LogFilter(subject="subject-2"), ["2"]),
        (LogFilter(on=date(2026, 6, 3)), ["2"]),
        (LogFilter(what="nothing"), []),
    ],
)
def test_the_log_is_searched(asked, expected):
    logged()

    found = [line.subject for line in queries.list_log(asked, limit=50) if line.what != "person.created"]
    assert found == [f"subject-{number}" for number in expected]


def test_names_and_words_of_the_log_stand_each_once():
    logged()

    assert queries.list_log_names() == ["Rosa Ahlberg", "whoever sits at this machine"]
    assert queries.list_log_words() == [
        "lead.overridden",
        "lead.viewed",
        "person.created",
        "playbook.activated",
    ]


def test_a_long_log_is_read_in_parts(monkeypatch):
    monkeypatch.setattr(queries, "LOG_PART", 2)
    logged()

    assert len(list(queries.iterate_log(LogFilter()))) == LogEntry.objects.count()
