"""Two people at once: one of them is first, and the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client

from coldframe.handoff.models import Verdict
from coldframe.team.models import User
from coldframe.team.rights import Role
from tests import people, world
from tests.web.desk import before_sales

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]
FOUR = 4


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


def at_once(clients: list[Client], path: str, forms: list[dict[str, str]]) -> list[int]:
    """Send a form from several browsers in one moment; return the statuses."""
    together = Barrier(len(clients))

    def press(client: Client, given: dict[str, str]) -> int:
        try:
            together.wait(timeout=20)
            return client.post(path, given).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(press, clients, forms))


def test_of_several_answers_to_one_handoff_one_stands() -> None:
    handoff = before_sales.put(world.anna())
    clients = [before_sales.at_the_desk(Role.SALES) for _number in range(FOUR)]
    answers = ["ACCEPTED", "NEEDS_EDUCATION", "WRONG_PERSON", "NEEDS_EDUCATION"]

    statuses = at_once(clients, f"/desk/{handoff.public_id}/answer", [{"answer": each} for each in answers])

    assert Verdict.objects.count() == 1
    assert statuses.count(302) >= 1
    assert set(statuses) <= {302, 400}


def test_of_several_first_admins_there_is_one() -> None:
    clients = [Client(HTTP_HOST="localhost", raise_request_exception=False) for _number in range(FOUR)]
    forms = [
        {"username": f"admin{number}", "name": "", "email": "", "password": people.PASSWORD, "again": people.PASSWORD}
        for number in range(FOUR)
    ]  # fmt: skip

    statuses = at_once(clients, "/setup", forms)

    assert User.objects.count() == 1
    assert set(statuses) <= {302, 400}
