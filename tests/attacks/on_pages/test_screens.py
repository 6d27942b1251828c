"""Screens that several people have open: whoever is second is told, and nothing is done twice, lost or half."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from coldframe.handoff.models import Verdict
from coldframe.library import drafting, operations, queries, starters
from coldframe.library.models import PlaybookActivation, PlaybookDraft
from coldframe.nurture import activating, bulk, overrides, saved_filters
from coldframe.nurture.models import BulkChange, Override, SavedFilter, Standing
from coldframe.team import operations as team
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests import people, world
from tests.web.desk import before_sales
from tests.web.desk.test_links import link
from tests.web.standings import stand

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = starters.read("default")
FASTER = TEXT.replace("points: 20, half_life: 14 days", "points: 20, half_life: 21 days")
SLOWER = TEXT.replace("points: 20, half_life: 14 days", "points: 20, half_life: 7 days")
#: Seconds for which whoever is first waits for somebody who may be held up by them.
WAITS = 1.0


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


def at_once(*presses: Callable[[], Any]) -> list[Any]:
    """Do things in one moment, each with a connection of its own; return what came of each, errors too."""
    together = Barrier(len(presses))

    def press(what: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=20)
            return what()
        except Exception as error:  # noqa: BLE001 - Whatever it was is what came of it.
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(presses)) as threads:
        return list(threads.map(press, presses))


def meeting(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Have two calls of a function meet behind it: each goes on once both are there, or the other one is held up."""
    usual, both = getattr(module, name), Barrier(2)

    def met(*args: Any, **kwargs: Any) -> Any:
        found = usual(*args, **kwargs)
        if connection.vendor == "postgresql":
            with suppress(BrokenBarrierError):
                both.wait(timeout=WAITS)
        return found

    monkeypatch.setattr(module, name, met)


def browser(role: Role = Role.ADMIN) -> Client:
    client = people.browser_of(role)
    client.raise_request_exception = False
    return client


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def versions() -> None:
    """Have three versions, of which the first decides."""
    for text in (TEXT, FASTER, SLOWER):
        operations.publish_playbook(text=text, at=world.NOW)
    operations.activate_playbook(number=1, at=world.NOW)


def test_of_two_who_activate_what_they_looked_at_one_is_told_that_it_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions()
    meeting(monkeypatch, activating, "require_seen")

    said = at_once(
        *(lambda number=number: activating.activate_version(number=number, seen_number=1, by="x", at=world.NOW) for number in (2, 3))
    )  # fmt: skip

    refused = [each for each in said if isinstance(each, activating.PlaybookMoved)]
    taken = [each for each in said if isinstance(each, queries.ActivePlaybook)]
    assert (len(refused), len(taken)) == (1, 1), said
    assert PlaybookActivation.objects.count() == 2
    assert queries.get_active_playbook().number == taken[0].number


def test_a_draft_that_two_activate_becomes_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    operations.ensure_active_playbook(at=world.NOW)
    draft = drafting.save_draft(text=FASTER, mark="", base_number=1, by="Max", at=world.NOW)
    clients = [browser(Role.ADMIN), browser(Role.MARKETER)]
    given = {"mark": draft.mark, "seen": "1", "why": "faster"}

    said = at_once(*(lambda client=client: client.post("/playbook/activate", given) for client in clients))

    assert sorted(each.status_code for each in said) in ([302, 409], [302, 400]), said
    assert queries.get_active_playbook().text == FASTER
    assert PlaybookActivation.objects.count() == 2
    assert LogEntry.objects.filter(what="playbook.activated").count() == 1


def test_a_draft_taken_up_again_while_another_is_begun_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    operations.ensure_active_playbook(at=world.NOW)
    put_aside = drafting.save_draft(text=FASTER, mark="", base_number=1, by="Max", at=world.NOW)
    drafting.discard_draft(mark=put_aside.mark, at=world.NOW)
    meeting(monkeypatch, drafting, "opened")

    said = at_once(
        lambda: drafting.reopen_draft(by="Ada", at=world.NOW),
        lambda: drafting.save_draft(text=SLOWER, mark="", base_number=1, by="Max", at=world.NOW),
    )

    assert sorted(type(each).__name__ for each in said) == ["Draft", "DraftChanged"], said
    assert PlaybookDraft.objects.filter(is_open=True).count() == 1


def test_two_who_save_over_one_another_keep_both_texts() -> None:
    operations.ensure_active_playbook(at=world.NOW)
    draft = drafting.save_draft(text=TEXT + "# 1\n", mark="", base_number=1, by="Max", at=world.NOW)
    clients = [browser(Role.ADMIN), browser(Role.MARKETER)]
    texts = [FASTER, SLOWER]

    said = at_once(
        *(
            lambda client=client, text=text: client.post(
                "/playbook/edit", {"text": text, "mark": draft.mark, "base": "1", "do": "save"}
            )
            for client, text in zip(clients, texts, strict=True)
        )
    )

    assert sorted(each.status_code for each in said) == [302, 409]
    lost = texts[[each.status_code for each in said].index(409)]
    refused = next(each for each in said if each.status_code == 409)
    kept = queries.find_draft()
    assert kept is not None
    assert {kept.text, lost} == {FASTER, SLOWER}
    assert html.escape(lost.splitlines()[60]) in refused.content.decode()


@pytest.mark.parametrize(
    "answers", [("ACCEPTED",) * 3, ("ACCEPTED", "NEEDS_EDUCATION", "WRONG_PERSON")], ids=["same", "other"]
)
def test_an_answer_given_from_the_desk_a_link_and_a_program_at_once_stands_once(
    answers: tuple[str, ...],
) -> None:
    user = people.somebody(Role.SALES)
    User.objects.filter(pk=user.pk).update(rep=before_sales.EWA)
    handoff = before_sales.put(world.anna())
    address = link(handoff)
    key = team.make_key(name="crm", role=Role.SALES_LEAD, by=AT_THIS_MACHINE, at=world.NOW)
    ewa, stranger, program = browser(Role.SALES), Client(HTTP_HOST="localhost"), Client(HTTP_HOST="localhost")
    headers = {"authorization": f"Bearer {key.secret}"}

    said = at_once(
        lambda: ewa.post(f"/desk/{handoff.public_id}/answer", {"answer": answers[0]}),
        lambda: stranger.post(address, {"answer": answers[1]}),
        lambda: program.post(
            f"/v1/handoffs/{handoff.public_id}/verdict", {"answer": answers[2]}, content_type="application/json", headers=headers
        ),
    )  # fmt: skip

    verdict = Verdict.objects.get()
    taken = [each.status_code in {200, 302} for each in said]
    assert [answer == verdict.answer for answer in answers] == taken, [each.status_code for each in said]
    assert [each.status_code for each in said if each.status_code not in {200, 302}] in (
        [],
        [400, 409],
        [400, 400],
        [409, 400],
    )
    assert LogEntry.objects.filter(what="handoff.answered").count() == 1


def test_an_answer_said_again_on_the_desk_is_noted_once() -> None:
    handoff = before_sales.put(world.anna())
    ewa = before_sales.at_the_desk(Role.SALES)

    for _ in range(2):
        assert ewa.post(f"/desk/{handoff.public_id}/answer", {"answer": "ACCEPTED"}).status_code == 302

    assert LogEntry.objects.filter(what="handoff.answered").count() == 1


def changed() -> BulkChange:
    """Let two leads go that stood in nurture."""
    operations.ensure_active_playbook(at=world.NOW)
    for lead in (world.anna(), world.jonas()):
        stand(lead, "NURTURE", path="stay relevant")
    asked = {"do": "PAUSE", "do-until": "2026-09-01", "do-why": "a trade fair", "query": "group=nurture"}
    made = browser().post("/leads/change", asked)
    assert made.status_code == 302, made.content.decode()[-2000:]
    return BulkChange.objects.get()


def test_a_change_that_two_take_back_is_taken_back_once() -> None:
    change = changed()
    assert Override.objects.filter(lifted_at=None).count() == 2
    clients = [browser(Role.ADMIN), browser(Role.MARKETER)]

    said = at_once(
        *(lambda client=client: client.post(f"/leads/changes/{change.public_id}/undo") for client in clients)
    )

    assert sorted(each.status_code for each in said) == [302, 400]
    change.refresh_from_db()
    assert (change.state, change.undone_count, change.changed_count) == (BulkChange.State.UNDONE, 2, 2)
    assert Override.objects.filter(lifted_at=None).count() == 0
    assert LogEntry.objects.filter(what="leads.change_undone").count() == 1


def test_a_change_that_two_pages_go_on_with_changes_each_lead_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    change = changed()
    BulkChange.objects.update(state=BulkChange.State.RUNNING, position=0, changed_count=0)
    Override.objects.all().delete()
    clients = [browser(Role.ADMIN), browser(Role.MARKETER)]

    said = at_once(
        *(lambda client=client: client.post(f"/leads/changes/{change.public_id}/on") for client in clients)
    )

    assert [each.status_code for each in said] == [302, 302]
    change.refresh_from_db()
    assert (change.state, change.changed_count) == (BulkChange.State.DONE, 2)
    assert Override.objects.values("lead").distinct().count() == Override.objects.count() == 2


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Have somebody else do something in the moment before a change of many holds its leads."""
    usual, done = bulk.hold, []

    def hold(lead_ids: Any) -> None:
        if not done:
            done.append(at_once(what))
        usual(lead_ids)

    monkeypatch.setattr(bulk, "hold", hold)


@pytest.mark.postgresql
def test_who_is_let_go_while_many_are_paused_is_not_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    operations.ensure_active_playbook(at=world.NOW)
    anna, jonas = world.anna(), world.jonas()
    for lead in (anna, jonas):
        stand(lead, "NURTURE", path="stay relevant")
    meanwhile(monkeypatch, lambda: Standing.objects.filter(lead=jonas).update(status="DISQUALIFIED"))
    asked = {"do": "PAUSE", "do-until": "2026-09-01", "do-why": "a trade fair", "query": "group=nurture"}

    assert browser().post("/leads/change", asked).status_code == 302

    change = BulkChange.objects.get()
    assert list(Override.objects.values_list("lead", flat=True)) == [anna.pk]
    assert (change.state, change.changed_count, change.lead_count) == (BulkChange.State.DONE, 1, 2)


@pytest.mark.postgresql
def test_what_somebody_sets_while_a_reset_is_taken_back_is_what_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operations.ensure_active_playbook(at=world.NOW)
    lead = world.anna()
    stand(lead, "NURTURE", path="stay relevant")
    until = world.NOW + timedelta(days=30)
    overrides.set_override(
        lead_id=lead.pk, setting=overrides.Setting(is_paused=True), reason="away", by="Max", at=world.NOW - timedelta(days=1), until=until
    )  # fmt: skip
    admin = browser()
    assert (
        admin.post("/leads/change", {"do": "RESET", "do-why": "begin anew", "query": "q="}).status_code == 302
    )
    change = BulkChange.objects.get()
    assert change.changed_count == 1
    meanwhile(
        monkeypatch,
        lambda: overrides.set_override(
            lead_id=lead.pk, setting=overrides.Setting(path="stay relevant"), reason="new", by="Eve", at=world.NOW, until=until
        ),
    )  # fmt: skip

    assert admin.post(f"/leads/changes/{change.public_id}/undo").status_code == 302

    assert list(Override.objects.filter(lifted_at=None).values_list("reason", flat=True)) == ["new"]


def test_a_list_removed_while_it_is_open_is_said_to_be_gone() -> None:
    operations.ensure_active_playbook(at=world.NOW)
    world.anna()
    ada = browser()
    user = User.objects.get(username="ada")
    kept = saved_filters.keep_filter(
        owner=str(user.pk), owner_name="Ada", name="Hot", query="intent=HIGH", is_shared=True, at=world.NOW
    )
    max_ = browser(Role.MARKETER)
    assert "Hot" in max_.get("/leads/saved").content.decode()

    said = at_once(*(lambda: ada.post(f"/leads/saved/{kept}/remove") for _ in range(2)))

    assert sorted(each.status_code for each in said) == [302, 400]
    assert max_.get(f"/leads/saved/{kept}").status_code == 404
    assert max_.get("/leads?intent=HIGH").status_code == 200
    assert SavedFilter.objects.count() == 0


def test_a_list_saved_twice_at_once_under_one_name_is_one() -> None:
    operations.ensure_active_playbook(at=world.NOW)
    ada = [browser(), browser()]

    said = at_once(
        *(
            lambda client=client, n=n: client.post("/leads/save", {"name": "Hot", "query": f"q={n}"})
            for n, client in enumerate(ada)
        )
    )

    assert [each.status_code for each in said] == [302, 302]
    assert SavedFilter.objects.count() == 1


def test_of_two_who_let_the_same_person_in_one_is_told_that_the_name_is_taken() -> None:
    clients = [browser(), browser()]
    given = {"username": "tom", "name": "Tom", "email": "tom@ours.example", "role": "SALES"}

    said = at_once(*(lambda client=client: client.post("/settings/people", given) for client in clients))

    assert sorted(each.status_code for each in said) == [200, 400], [each.status_code for each in said]
    assert User.objects.filter(username="tom").count() == 1
