"""Whose it is: every address that names something, by every method, for every role, with one's own and somebody else's."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from coldframe.handoff.models import Handoff, Rep
from coldframe.library import operations as library
from coldframe.nurture import overrides, saved_filters
from coldframe.nurture.models import ListColumns, SavedFilter
from coldframe.team import access, queries
from coldframe.team import operations as team
from coldframe.team.models import ApiKey, User
from coldframe.team.rights import AT_THIS_MACHINE, RIGHTS, Person, Right, Role
from tests import people, world
from tests.web.desk import before_sales
from tests.web.people import owned
from tests.web.people.owned import STEPS, Cast, Step, Whose
from tests.web.people.routes import every_route
from tests.web.people.test_access import METHODS, right_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROUTES = every_route()
BY_NAME = {route.name: route for route in ROUTES}
READS = ("GET", "HEAD")
#: What an answer that opens nothing is answered with.
CLOSED = {400, 401, 403, 404, 405}
#: Tables that are written whatever the answer: who came, who tried, what was looked at.
ALWAYS_WRITTEN = {"django_session", "team_remembered", "team_logentry", "usersessions_usersession"}
WRITE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?')


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    library.ensure_active_playbook(at=world.NOW)
    yield
    owned.clear()


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens within."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def watching(written: list[str]):
    """Note the tables that are written within."""

    def watch(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        found = WRITE.match(sql)
        if found and found[1] not in ALWAYS_WRITTEN and context["cursor"].rowcount:
            written.append(found[1])
        return done

    return connection.execute_wrapper(watch)


def test_everything_that_an_address_names_is_known_to_be_somebodys_or_nobodys():
    known = owned.NOBODYS.keys() | owned.PROOFS.keys()

    named = [(route.name, each) for route in ROUTES for each in route.parameters if route.name not in STEPS]

    assert sorted(set(named) - known) == []
    assert sorted(known - set(named)) == []
    assert sorted(STEPS.keys() - BY_NAME.keys()) == []


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_own_and_of_others_only_what_is_meant_for_it(role: Role):
    browser, cast = people.browser_of(role), owned.cast_of(role)
    person = queries.person_of_user(cast.me)

    wrong = [
        (name, method, whose.value, fault)
        for name, step in STEPS.items()
        for whose in step.thing.sorts
        for method, fault in faults(browser, cast, name, whose, opened(person, name, step, whose))
    ]

    assert wrong == []


def opened(person: Person, name: str, step: Step, whose: Whose) -> set[str]:
    """Return by which methods somebody may open an address, with a thing of whoever it is."""
    return {method for method in METHODS if may(person, name, step, whose, method)}


def may(person: Person, name: str, step: Step, whose: Whose, method: str) -> bool:
    """Return whether somebody may open an address by a method, with a thing of whoever it is."""
    if not person.may(right_of(BY_NAME[name])):
        return False
    if method in READS:
        return step.is_read and step.thing.may_see(person, whose)
    return method == "POST" and step.form is not None and step.thing.may_change(person, whose)


def faults(
    browser: Client, cast: Cast, name: str, whose: Whose, opened: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Ask an address for a thing of somebody by every method; yield by which the answer is wrong, and what is wrong with it."""
    with undone():
        filled = STEPS[name].thing.make(cast, whose)
        # What is in a file is not undone; so what may take it away comes last.
        for method in sorted(METHODS, key="POST".__eq__):
            with undone():
                fault = fault_of(browser, cast, name, whose, method, filled, is_open=method in opened)
            if fault:
                yield method, fault


def fault_of(
    browser: Client,
    cast: Cast,
    name: str,
    whose: Whose,
    method: str,
    filled: dict[str, Any],
    *,
    is_open: bool,
) -> str:
    """Ask an address for a thing that there is; return what is wrong with the answer."""
    written: list[str] = []
    form = STEPS[name].form_of(cast, whose)
    with watching(written):
        answer = ask(browser, method, reverse(name, kwargs=filled), form)
    status = answer.status_code
    if is_open:
        return "" if status < 400 and not leads_in(answer) else f"closed: {status}"
    if status not in CLOSED and not leads_in(answer):
        return f"open: {status}"
    return f"closed, and yet written: {written}" if written else ""


def ask(browser: Client, method: str, path: str, form: Any) -> HttpResponse:
    answer = browser.post(path, form) if method == "POST" else browser.generic(method, path)
    content_of(answer)
    return answer


def leads_in(answer: HttpResponse) -> bool:
    """Return whether an answer leads to the sign-in."""
    return answer.status_code == 302 and answer["Location"].startswith("/sign-in")


def test_who_has_not_signed_in_opens_nothing_of_anybodys():
    cast = owned.cast_of(Role.ADMIN)
    stranger = Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.9")

    wrong = [
        (name, method, fault)
        for name in STEPS
        for method, fault in faults(stranger, cast, name, Whose.OTHERS, opened=())
    ]

    assert wrong == []


# What names somebody in a form, not in the address

#: Whatever a form may name somebody by.
NAMED_BY = (
    "user",
    "user_id",
    "id",
    "pk",
    "owner",
    "rep",
    "name",
    "username",
    "login",
    "email",
    "to",
    "person",
    "key_id",
    "public_id",
)
#: Of the tables that hold what is somebody's: who may change what is another's.
MAY_CHANGE: dict[type, Right | None] = {
    User: Right.MANAGE,
    Authenticator: Right.MANAGE,
    ApiKey: Right.MANAGE,
    UserSession: None,
    SavedFilter: None,
    ListColumns: None,
    Rep: Right.RUN_DESK,
    Handoff: Right.RUN_DESK,
}


@pytest.mark.parametrize("role", Role)
def test_a_form_that_names_somebody_else_changes_nothing_of_theirs(role: Role):
    browser, cast = people.browser_of(role), owned.cast_of(role)
    person = queries.person_of_user(cast.me)
    give_everything(cast)
    before = belongings(person)
    wrong = []

    for route in ROUTES:
        if route.parameters or access.rule_of(route.view) is None:
            continue
        for value in (str(cast.other.pk), cast.other.username, cast.other.email, before_sales.JAN):
            with undone():
                ask(browser, "POST", route.path, forged(value))
                if belongings(person) != before:
                    wrong.append((route.name, value))

    assert wrong == []


def forged(value: str) -> dict[str, str]:
    """Return a form that names somebody else wherever one might."""
    return {
        **dict.fromkeys(NAMED_BY, value),
        "zone": "Europe/Oslo",
        "language": "de",
        "what": "agreed",
        "most": "0",
        "password": "x",
    }


def give_everything(cast: Cast) -> None:
    """Have somebody else own one thing of every sort."""
    other = queries.person_of_user(cast.other)
    owned.handoff(cast, Whose.OTHERS)
    owned.key(cast, Whose.OTHERS)
    owned.sign_in_elsewhere(cast.other)
    saved_filters.keep_filter(
        owner=str(other.id),
        owner_name=other.name,
        name=owned.MARK,
        query="fit=A",
        is_shared=False,
        at=world.NOW,
    )
    saved_filters.choose_columns(owner=str(other.id), columns=["email"])
    Rep.objects.create(name=before_sales.JAN, most=3, email="jan@coldframe.example")


def belongings(person: Person) -> dict[str, list[Any]]:
    """Return what is somebody else's, as far as this person may not change it."""
    mine = {
        User: "pk",
        Authenticator: "user_id",
        UserSession: "user_id",
        SavedFilter: "owner",
        ListColumns: "owner",
        Rep: "name",
    }
    found = {}
    for model, right in MAY_CHANGE.items():
        if right is None or not person.may(right):
            own = {mine[model]: person.rep if model is Rep else str(person.id)} if model in mine else {}
            rows = model._default_manager.exclude(**own) if own else model._default_manager.all()
            found[model.__name__] = list(rows.order_by("pk").values())
    return found


def test_what_was_set_for_another_lead_is_not_lifted_by_way_of_ones_own():
    browser, cast = people.browser_of(Role.MARKETER), owned.cast_of(Role.MARKETER)
    own = owned.lead(cast, Whose.OWN)
    other = world.tom()
    setting = overrides.Setting(is_paused=True)
    number = overrides.set_override(
        lead_id=other.pk, setting=setting, reason="x", by="Noa", at=world.NOW, until=owned.UNTIL
    )

    answer = browser.post(reverse("web:lead-lift", kwargs=own), {"setting": str(number)})

    assert answer.status_code == 400
    assert overrides.Override.objects.get(pk=number).lifted_at is None


# What only its owner is to see


@pytest.mark.parametrize("role", Role)
def test_no_page_shows_what_is_somebody_elses_alone(role: Role):
    browser, cast = people.browser_of(role), owned.cast_of(role)
    give_everything(cast)
    kept = [owned.MARK, *owned.secrets_of(cast.other)]
    shown = []

    for route in ROUTES:
        if not route.parameters:
            said = content_of(browser.get(route.path))
            shown += [(route.name, each) for each in kept if each in said]

    assert shown == []
    assert owned.MARK in content_of(signed_in(cast.other).get("/leads/saved"))
    assert len(kept) > 5


def content_of(answer: Any) -> str:
    """Return what an answer says; a file of it is read to its end and closed, and the connection is not."""
    parts = answer.streaming_content if answer.streaming else [answer.content]
    said = b"".join(parts).decode(errors="replace")
    for close in answer._resource_closers:
        close()
    return said


def signed_in(user: User) -> Client:
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(user)
    return browser


def test_signing_out_everywhere_else_leaves_everybody_else_signed_in():
    browser, cast = people.browser_of(Role.VIEWER), owned.cast_of(Role.VIEWER)
    for user in (cast.me, cast.other):
        owned.sign_in_elsewhere(user)

    browser.post("/account/sessions/end", {"user": str(cast.other.pk)})

    assert UserSession.objects.filter(user=cast.other).exists()
    assert not UserSession.objects.filter(user=cast.me, user_agent=owned.MARK).exists()


# Programs, which say for whom they speak


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("whose", Whose)
@pytest.mark.parametrize("speaks_for", [before_sales.EWA, None])
def test_a_key_answers_for_the_rep_it_speaks_for_and_for_others_only_where_its_role_may(
    role: Role, whose: Whose, speaks_for: str | None
):
    cast = owned.cast_of(role)
    number = owned.handoff(cast, whose)["public_id"]
    secret = team.make_key(name="CRM", role=role, by=AT_THIS_MACHINE, at=world.NOW).secret
    program = Client(headers={"host": "127.0.0.1", "authorization": f"Bearer {secret}"})
    rights = RIGHTS[role]
    is_theirs = whose is Whose.SHARED or (whose is Whose.OWN and speaks_for is not None)

    asked = [
        program.get(f"/v1/handoffs/{number}"),
        program.post(
            f"/v1/handoffs/{number}/owner", {"owner": before_sales.JAN}, content_type="application/json"
        ),
    ]
    Handoff.objects.filter(public_id=number).update(
        owner={Whose.OWN: before_sales.EWA, Whose.OTHERS: before_sales.JAN}.get(whose)
    )
    said = {"answer": "ACCEPTED", **({"by": speaks_for} if speaks_for else {})}
    answered = program.post(f"/v1/handoffs/{number}/verdict", said, content_type="application/json")

    assert [each.status_code for each in asked] == [200, 200 if Right.RUN_DESK in rights else 403]
    may_answer = Right.RUN_DESK in rights or (Right.ANSWER in rights and is_theirs)
    assert answered.status_code == (200 if may_answer else 403)
    assert (Handoff.objects.get().state == "ANSWERED") is may_answer
