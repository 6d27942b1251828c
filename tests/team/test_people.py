"""Who is let in, under which role, and that an admin is always left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from coldframe.team import invitations, operations, queries
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests.people import PASSWORD, person, somebody
from tests.world import NOW

pytestmark = pytest.mark.django_db


def create(username: str, **changes: object) -> int:
    given = {"name": "", "email": "", "role": Role.VIEWER, "by": AT_THIS_MACHINE, "at": NOW}
    return operations.create(username=username, **{**given, **changes})  # type: ignore[arg-type]


def test_somebody_new_has_the_role_they_were_given_and_no_password():
    user_id = create("anna", name="Anna  Berg", email="anna@ours.example", role=Role.MARKETER)

    line = queries.find_line(user_id)

    assert line is not None
    assert (line.username, line.name, line.email, line.role) == (
        "anna", "Anna Berg", "anna@ours.example", Role.MARKETER,
    )  # fmt: skip
    assert (line.is_active, line.has_password) == (True, False)
    assert LogEntry.objects.get().what == "person.created"


@pytest.mark.parametrize(
    ("username", "email"),
    [("ANNA", ""), ("other", "Anna@Ours.example"), ("anna@ours.example", ""), ("x", "anna")],
)
def test_nobody_signs_in_by_a_name_or_an_address_of_another(username, email):
    create("anna", email="anna@ours.example")

    with pytest.raises((operations.NameTaken, operations.BadPerson)):
        create(username, email=email)

    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["", " ", "a b", "a\0b", "x" * 151, "<script>", "ann\u202ea"])
def test_a_user_name_that_cannot_be_one_is_refused(username):
    with pytest.raises(operations.BadPerson):
        create(username)


@pytest.mark.parametrize("password", ["", "short", "password123", "anna-anna", "1234567890", "x" * 5000])
def test_a_password_that_is_easy_to_guess_is_refused_and_nobody_is_let_in(password):
    with pytest.raises(operations.WeakPassword):
        create("anna-anna", password=password)

    assert not queries.has_people()


def test_the_first_admin_is_made_once():
    given = {"name": "Ada", "email": "", "password": PASSWORD, "by": AT_THIS_MACHINE, "at": NOW}
    operations.set_up(username="ada", **given)

    with pytest.raises(operations.AlreadySetUp):
        operations.set_up(username="eve", **given)

    assert [line.role for line in queries.list_people()] == [Role.ADMIN]
    assert queries.has_usable_admin()


def test_the_last_admin_stays():
    ada, by = somebody(Role.ADMIN), person(Role.ADMIN)

    with pytest.raises(operations.LastAdmin):
        operations.change_role(ada.pk, role=Role.VIEWER, by=by, at=NOW)
    with pytest.raises(operations.LastAdmin):
        operations.deactivate(ada.pk, by=by, at=NOW)

    create("second", role=Role.ADMIN)
    operations.change_role(ada.pk, role=Role.VIEWER, by=by, at=NOW)
    assert queries.find_line(ada.pk).role == Role.VIEWER  # type: ignore[union-attr]


def test_an_admin_who_may_not_sign_in_is_no_other_admin():
    ada, by = somebody(Role.ADMIN), person(Role.ADMIN)
    second = create("second", role=Role.ADMIN)
    operations.deactivate(second, by=by, at=NOW)

    with pytest.raises(operations.LastAdmin):
        operations.deactivate(ada.pk, by=by, at=NOW)


def test_what_was_changed_is_written_down():
    rosa, by = somebody(Role.SALES), person(Role.ADMIN)

    operations.change_role(rosa.pk, role=Role.SALES_LEAD, by=by, at=NOW)
    operations.deactivate(rosa.pk, by=by, at=NOW)
    operations.reactivate(rosa.pk, by=by, at=NOW)

    entries = LogEntry.objects.filter(subject="rosa").exclude(what="person.created").order_by("pk")
    assert [(each.by, each.what, each.details) for each in entries] == [
        ("Ada Moreau", "person.role_changed", {"from": "SALES", "to": "SALES_LEAD"}),
        ("Ada Moreau", "person.deactivated", {}),
        ("Ada Moreau", "person.reactivated", {}),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"zone": "Mars/Olympus"}, {"language": "xx"}, {"name": "x" * 151}, {"name": "a\0b"}, {"email": "no"}],
)
def test_a_profile_that_cannot_be_so_is_refused(changes):
    rosa = somebody(Role.SALES)

    with pytest.raises(operations.BadPerson):
        operations.update_profile(rosa.pk, by=person(), at=NOW, **changes)


def test_a_profile_is_kept():
    rosa = somebody(Role.SALES)

    operations.update_profile(
        rosa.pk, by=person(), at=NOW, name="Rosa A.", rep="R. Ahlberg", zone="Europe/Berlin", language="de"
    )

    line = queries.find_line(rosa.pk)
    assert line is not None
    assert (line.name, line.rep, line.zone, line.language) == ("Rosa A.", "R. Ahlberg", "Europe/Berlin", "de")
    assert queries.list_reps() == [("R. Ahlberg", "Rosa A.")]


def test_a_link_lets_its_owner_choose_a_password_once():
    user_id = create("anna")
    token = invitations.make(user_id, by=AT_THIS_MACHINE, at=NOW)

    invitations.accept(token, password=PASSWORD, at=NOW + timedelta(days=6))

    assert User.objects.get(pk=user_id).check_password(PASSWORD)
    assert invitations.find(token, at=NOW) is None
    with pytest.raises(invitations.LinkSpent):
        invitations.accept(token, password=PASSWORD, at=NOW)


def test_a_link_expires_and_none_is_made_up():
    user_id = create("anna")
    token = invitations.make(user_id, by=AT_THIS_MACHINE, at=NOW)

    assert invitations.find(token, at=NOW + invitations.LASTS + timedelta(seconds=1)) is None
    assert invitations.find(token[:-1], at=NOW) is None
    assert invitations.find("", at=NOW) is None
    operations.deactivate(user_id, by=AT_THIS_MACHINE, at=NOW)
    assert invitations.find(token, at=NOW) is None
