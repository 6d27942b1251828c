"""The handoffs of sales over the API: read, answered, handed over; each by a key that may."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from coldframe.api.gateway import gate
from coldframe.handoff import operations
from coldframe.handoff.models import Verdict
from coldframe.handoff.queries import HandoffRow
from coldframe.nurture.models import Standing
from coldframe.team import operations as team
from coldframe.team.models import LogEntry
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests.handoff import desk
from tests.nurture import cast
from tests.nurture.cast import HOUR
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + HOUR).isoformat())


def key(role: Role = Role.SALES_LEAD) -> dict[str, str]:
    made = team.make_key(name=f"crm {role.value}", role=role, by=AT_THIS_MACHINE, at=NOW)
    return {"host": "127.0.0.1", "authorization": f"Bearer {made.secret}"}


def get(path: str, headers: dict[str, str]) -> Any:
    return Client().get(path, headers=headers)


def post(path: str, body: Any, headers: dict[str, str]) -> Any:
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json", headers=headers)


def verdict_path(row: HandoffRow) -> str:
    return f"/v1/handoffs/{row.public_id}/verdict"


def test_what_was_put_before_sales_is_listed_page_by_page_and_shown() -> None:
    older, newer = desk.before_sales(1, owner="Ewa Lis"), desk.before_sales(2)
    headers = key(Role.VIEWER)

    first = get("/v1/handoffs?limit=1", headers).json()
    second = get(f"/v1/handoffs?limit=1&before={first['next']}", headers).json()
    shown = get(f"/v1/handoffs/{older.public_id}", headers).json()

    assert [each["id"] for each in first["handoffs"]] == [str(newer.public_id)]
    assert ([each["id"] for each in second["handoffs"]], second["next"]) == ([str(older.public_id)], None)
    assert (shown["owner"], shown["owner_from"], shown["state"], shown["verdict"]) == (
        "Ewa Lis", "lead.owner", "OPEN", None,
    )  # fmt: skip
    assert (shown["lead"]["name"], shown["account"]["name"]) == ("Reader1 Nowak", "Company 1")
    assert get("/v1/handoffs?owner=Ewa%20Lis&state=OPEN", headers).json()["handoffs"][0]["id"] == str(
        older.public_id
    )
    assert get(f"/v1/handoffs?lead={newer.lead_public_id}", headers).json()["handoffs"][0]["id"] == str(
        newer.public_id
    )


@pytest.mark.parametrize(
    ("said", "status", "because"),
    [
        ({"answer": "ACCEPTED"}, "SALES_ACCEPTED", None),
        ({"answer": "NOT_NOW", "until": "2026-07-01", "reason": "budget"}, "NURTURE", "budget"),
        ({"answer": "NOT_NOW", "until": "2026-07-01T10:00:00+02:00"}, "NURTURE", None),
        ({"answer": "WRONG_PERSON"}, "NURTURE", None),
        ({"answer": "NEEDS_EDUCATION"}, "NURTURE", None),
        ({"answer": "NOT_A_FIT", "reason": "too small"}, "DISQUALIFIED", "too small"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_each_answer_is_taken_and_the_next_cycle_acts_on_it(
    said: Any, status: str, because: str | None
) -> None:
    row = desk.before_sales()

    answer = post(verdict_path(row), {**said, "by": "Ewa Lis"}, key())

    assert (answer.status_code, answer.json()["state"]) == (200, "ANSWERED")
    verdict = answer.json()["verdict"]
    assert (verdict["answer"], verdict["reason"], verdict["said_by"]) == (said["answer"], because, "Ewa Lis")
    cast.decide(NOW + HOUR)
    assert Standing.objects.get(lead=row.lead_id).status == status


def test_the_same_answer_again_is_one_and_another_is_told_what_stands() -> None:
    row, headers = desk.before_sales(), key()
    said = {"answer": "NOT_NOW", "until": "2026-07-01", "reason": "budget in July"}

    first, second = post(verdict_path(row), said, headers), post(verdict_path(row), said, headers)
    other = post(verdict_path(row), {"answer": "ACCEPTED"}, headers)

    assert first.json() == second.json()
    assert Verdict.objects.count() == 1
    assert (other.status_code, other["content-type"]) == (409, "application/problem+json")
    assert other.json()["code"] == "already_settled"
    assert other.json()["title"].startswith("Sales has answered already: NOT_NOW, by ")
    assert LogEntry.objects.filter(what="handoff.answered", subject=str(row.public_id)).count() == 1


WRONG: dict[str, tuple[Any, int, str]] = {
    "no date": ({"answer": "NOT_NOW"}, 422, "until"),
    "a past date": ({"answer": "NOT_NOW", "until": "2020-01-01"}, 422, "until"),
    "a date beyond all plans": ({"answer": "NOT_NOW", "until": "9999-01-01"}, 422, "until"),
    "an instant before all others": ({"answer": "NOT_NOW", "until": "0001-01-01T00:00:00+14:00"}, 422, "until"),
    "an instant after all others": ({"answer": "NOT_NOW", "until": "9999-12-31T23:59:59-12:00"}, 422, "until"),
    "a date without a zone": ({"answer": "NOT_NOW", "until": "2026-07-01T10:00:00"}, 422, "until"),
    "no reason": ({"answer": "NOT_A_FIT", "reason": " "}, 422, "reason"),
    "a long reason": ({"answer": "NOT_A_FIT", "reason": "x" * 256}, 422, "reason"),
    "NUL": ({"answer": "NOT_A_FIT", "reason": "a\0b"}, 422, "reason"),
    "another word": ({"answer": "MAYBE"}, 422, "answer"),
    "an unknown field": ({"answer": "ACCEPTED", "state": "CLOSED"}, 422, "state"),
    "a field of Django": ({"answer": "ACCEPTED", "_connector": "OR"}, 422, "_connector"),
    "a list": ([], 422, ""),
    "no JSON": ("nonsense", 400, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_acted_on_is_refused_as_a_problem_and_changes_nothing(case: str) -> None:
    body, status, where = WRONG[case]
    row = desk.before_sales()

    raw = body if isinstance(body, str) else json.dumps(body)
    answer = post(verdict_path(row), raw, key())

    assert (answer.status_code, answer["content-type"]) == (status, "application/problem+json")
    assert where in (answer.json().get("where") or "")
    assert Verdict.objects.count() == 0


@pytest.mark.parametrize("path", ["/v1/handoffs?state=NEW", "/v1/handoffs?limit=1000"])
def test_questions_that_are_none_are_refused(path: str) -> None:
    answer = get(path, key())

    assert (answer.status_code, answer.json()["code"]) == (422, "not_understood")


def test_a_parameter_that_would_go_unheard_is_refused() -> None:
    answer = get("/v1/handoffs?password__startswith=a", key())

    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (
        422, "unknown_parameter", "password__startswith",
    )  # fmt: skip


def test_nobody_without_a_key_gets_anything() -> None:
    row = desk.before_sales()
    paths = ["/v1/handoffs", f"/v1/handoffs/{row.public_id}"]
    for headers in ({"host": "127.0.0.1"}, {"host": "127.0.0.1", "authorization": "Bearer cfk_none"}):
        answers = [
            *(get(path, headers) for path in paths),
            post(verdict_path(row), {"answer": "ACCEPTED"}, headers),
        ]
        assert [each.status_code for each in answers] == [401, 401, 401]
        assert all(each["content-type"] == "application/problem+json" for each in answers)
        assert all("Bearer" in each["www-authenticate"] for each in answers)
    assert Verdict.objects.count() == 0


def test_a_key_answers_as_far_as_its_role_goes() -> None:
    row = desk.before_sales(owner="Ewa Lis")
    path, accepted = verdict_path(row), {"answer": "ACCEPTED"}

    assert post(path, accepted, key(Role.VIEWER)).status_code == 403
    sales = key(Role.SALES)
    assert post(path, accepted, sales).json()["code"] == "not_yours"
    assert post(path, {**accepted, "by": "Jan Maj"}, sales).status_code == 403
    assert post(f"/v1/handoffs/{row.public_id}/owner", {"owner": "Jan Maj"}, sales).status_code == 403
    assert post(path, {**accepted, "by": "Ewa Lis"}, sales).status_code == 200


def test_an_unknown_handoff_is_not_found() -> None:
    answer = post(f"/v1/handoffs/{uuid4()}/verdict", {"answer": "ACCEPTED"}, key())

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_handoff")
    assert get("/v1/handoffs/1", key(Role.ADMIN)).status_code == 422


def test_a_handoff_is_handed_over_to_somebody_who_takes_leads() -> None:
    operations.set_reps(reps=["Ewa Lis", "Jan Maj"])
    row, headers = desk.before_sales(owner="Ewa Lis"), key()
    path = f"/v1/handoffs/{row.public_id}/owner"

    stranger, answer = post(path, {"owner": "Nobody"}, headers), post(path, {"owner": "Jan Maj"}, headers)

    assert (stranger.status_code, stranger.json()["expected"]) == (422, "Ewa Lis, Jan Maj")
    assert (answer.status_code, answer.json()["owner"]) == (200, "Jan Maj")
    assert answer.json()["owner_from"].startswith("person:crm SALES_LEAD")


def test_the_server_lets_these_addresses_through_to_django() -> None:
    seen: list[str] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        return []

    gate(application)({"PATH_INFO": "/v1/handoffs/x/verdict"}, lambda *_: None)

    assert seen == ["/v1/handoffs/x/verdict"]
