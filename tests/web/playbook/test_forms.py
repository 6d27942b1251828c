"""Forms over the common parts: each writes its place in the text of the draft and nothing else."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client

from coldframe.kernel.playbook import parsing
from coldframe.kernel.playbook.differences import differences
from coldframe.library import drafting, operations, queries, starters
from coldframe.team.rights import Role
from tests import people, world
from tests.web.test_pages import text

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TEXT = starters.read("default")
DEFAULT = parsing.parse(TEXT)
INPUT = re.compile(
    r'<input class="form-control form-control-sm[^"]*" id="[^"]*" name="([^"]*)" value="([^"]*)"'
)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def max_() -> Client:
    operations.ensure_active_playbook(at=world.NOW)
    return people.browser_of(Role.MARKETER)


def named(*place: str) -> str:
    return json.dumps(place)


def mark() -> str:
    draft = queries.find_draft()
    return draft.mark if draft else ""


def post(client: Client, form: str, *place: str, value: str):
    return client.post(f"/playbook/forms/{form}", {"mark": mark(), named(*place): value})


def changed_lines() -> list[tuple[str, str]]:
    pairs = zip(TEXT.splitlines(), queries.find_draft().text.splitlines(), strict=True)
    return [(before, after) for before, after in pairs if before != after]


#: Form, place, what is typed; the path of the one difference, and its value.
CHANGES = [
    ("levels", ("fit", "levels", "A"), "85", ("fit", "levels", "A"), "85"),
    ("levels", ("intent", "levels", "high"), "70", ("intent", "levels", "high"), "70"),
    ("signals", ("signals", "pricing_page", "half_life"), "21 days", ("signals", "pricing_page", "half_life"), "21 days"),
    ("signals", ("signals", "reply", "points"), "45", ("signals", "reply", "points"), "45"),
    ("triggers", ("triggers", "Ready", "answer_within"), "2 hours", ("triggers", "Ready", "answer_within"), "2 hours"),
    ("cadence", ("cadence", "floor"), "35 days", ("cadence", "floor"), "35 days"),
    ("cadence", ("paths", "wake up", "cadence", "between"), "21 to 35 days", ("paths", "wake up", "cadence", "between"), "21 to 35 days"),
    ("capacity", ("sales", "capacity", "per_rep"), "8 a week", ("sales", "capacity", "per_rep"), "8 a week"),
    ("experiment", ("experiment", "holdout"), "20% of accounts", ("experiment", "holdout"), "20%"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "place", "typed", "path", "value"), CHANGES)
def test_a_form_makes_exactly_the_change_it_shows(max_: Client, form, place, typed, path, value) -> None:
    assert post(max_, form, *place, value=typed).status_code == 302

    [found] = differences(DEFAULT, parsing.parse(queries.find_draft().text))
    after = f"{found.after:.10g}" if isinstance(found.after, float) else str(found.after)
    assert (found.path, after) == (path, value)
    [(_, line)] = changed_lines()
    assert typed in line


def test_several_ceilings_stand_in_one_input(max_: Client) -> None:
    post(max_, "cadence", "cadence", "at_most", value="1 in 4 days, 5 in 30 days, 20 a year")

    assert "  at_most: [1 in 4 days, 5 in 30 days, 20 a year]\n" in queries.find_draft().text


def test_every_input_shows_what_the_text_says_and_sending_it_all_changes_nothing(max_: Client) -> None:
    shown = max_.get("/playbook/forms").content.decode()
    found = {html.unescape(name): html.unescape(value) for name, value in INPUT.findall(shown)}

    assert found[named("signals", "pricing_page", "points")] == "20"
    assert found[named("cadence", "at_most")] == "1 in 5 days, 5 in 30 days"
    for form in ("levels", "signals", "triggers", "cadence", "capacity", "experiment"):
        max_.post(f"/playbook/forms/{form}", {"mark": mark(), **found})
    draft = queries.find_draft()
    assert draft is None or draft.text == TEXT


@pytest.mark.parametrize(
    ("form", "place", "typed", "said"),
    [
        ("signals", ("signals", "pricing_page", "half_life"), "21", "Write the unit: &quot;21 days&quot;."),
        ("levels", ("fit", "levels", "A"), "high", "Expected a number, got &quot;high&quot;."),
        ("levels", ("fit", "levels", "A"), "10", "levels that descend"),
        ("capacity", ("sales", "capacity", "team"), "many", "a rate such as"),
        ("cadence", ("cadence", "at_most"), "1 in 5 days, often", "a rate such as"),
        ("cadence", ("cadence", "floor"), "1 day", "a floor not below"),
        ("experiment", ("experiment", "holdout"), "<b>half</b>", "&lt;b&gt;half&lt;/b&gt;"),
    ],
)
def test_what_cannot_stand_in_a_playbook_is_told_at_its_input_and_not_saved(
    max_: Client, form, place, typed, said
) -> None:
    page = post(max_, form, *place, value=typed)

    assert page.status_code == 400
    shown = page.content.decode()
    assert said in shown
    assert f'value="{html.escape(typed)}"' in shown
    assert queries.find_draft() is None


def test_mistakes_that_are_there_already_do_not_keep_a_form_from_working(max_: Client) -> None:
    wrong = TEXT.replace("holdout: 10% of accounts", "holdout: some")
    drafting.save_draft(text=wrong, mark="", base_number=1, by="Max Okafor", at=world.NOW)

    assert post(max_, "capacity", "sales", "capacity", "team", value="50 a week").status_code == 302

    assert "team: 50 a week" in queries.find_draft().text


def test_a_text_that_cannot_be_read_sends_people_to_the_text(max_: Client) -> None:
    drafting.save_draft(text="name: [", mark="", base_number=1, by="Max Okafor", at=world.NOW)

    page = max_.get("/playbook/forms")

    assert page.status_code == 200
    assert "Mend it in the text" in text(page)


def test_what_was_typed_over_an_older_draft_comes_back_over_the_new_one(max_: Client) -> None:
    post(max_, "capacity", "sales", "capacity", "team", value="50 a week")
    seen = mark()
    post(people.browser_of(Role.ADMIN), "levels", "fit", "levels", "A", value="85")

    given = {"mark": seen, named("sales", "capacity", "per_rep"): "7 a week"}
    page = max_.post("/playbook/forms/capacity", given)

    assert page.status_code == 409
    shown = page.content.decode()
    assert "Ada Moreau has saved the draft" in text(page)
    assert 'value="7 a week"' in shown
    assert 'value="85"' in shown
    assert max_.post("/playbook/forms/capacity", {**given, "mark": mark()}).status_code == 302


def test_a_form_that_there_is_not_is_refused(max_: Client) -> None:
    assert max_.post("/playbook/forms/everything", {"mark": ""}).status_code == 400


ASSET = {
    "title": "What waiting costs: a sheet",
    "url": "https://example.com/waiting",
    "stage": "research",
    "answers": "What options exist?",
    "kind": "educational_guide",
    "roles": ["champion", "economic_buyer"],
    "segments": ["everyone else"],
    "problems": "lead quality, handover",
}


def test_a_new_asset_joins_those_of_its_stage(max_: Client) -> None:
    assert max_.post("/playbook/asset", {"mark": "", "item": "", **ASSET}).status_code == 302

    [found] = differences(DEFAULT, parsing.parse(queries.find_draft().text))
    asset = found.after
    assert (asset.key, asset.title, asset.segments) == (
        "what-waiting-costs-a-sheet",
        ASSET["title"],
        ("everyone else",),
    )
    assert asset.roles == ("champion", "economic_buyer")
    assert asset.problems == ("lead quality", "handover")
    added = [line for line in queries.find_draft().text.splitlines() if line not in TEXT.splitlines()]
    assert len(added) == 1


def test_an_asset_is_changed_in_its_place(max_: Client) -> None:
    page = max_.get("/playbook/asset?key=trade-offs").content.decode()
    assert "Build, buy or wait: the trade-offs" in page

    known = {"title": "Build or buy", "url": "https://example.com/trade-offs", "stage": "comparison", "answers": "Which approach is better?", "kind": "trade_off_table"}  # fmt: skip
    max_.post("/playbook/asset", {"mark": "", "item": "trade-offs", "key": "trade-offs", **known})

    found = differences(DEFAULT, parsing.parse(queries.find_draft().text))
    assert [(each.path[2], each.after) for each in found] == [("title", "Build or buy"), ("roles", ())]
    assert len(changed_lines()) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "javascript:alert(1)"}, "in-url"),
        ({"title": ""}, "title"),
        ({"key": "guide"}, "a second time"),
        ({"stage": "soon"}, "in-stage"),
    ],
)
def test_an_asset_that_cannot_be_is_refused_with_what_was_typed(max_: Client, change, said: str) -> None:
    page = max_.post("/playbook/asset", {"mark": "", "item": "", **ASSET, **change})

    assert page.status_code == 400
    shown = page.content.decode()
    assert said in shown
    assert "Expected" in shown
    assert 'value="lead quality, handover"' in shown
    assert queries.find_draft() is None


def test_a_question_is_added_and_changed(max_: Client) -> None:
    given = {
        "field": "account.country",
        "ask": "Which country are you in?",
        "options": "Poland\r\nNorway, the north\r\n",
    }
    assert max_.post("/playbook/question", {"mark": "", "item": "", **given}).status_code == 302
    question = parsing.parse(queries.find_draft().text).completeness.questions["account.country"]
    assert (question.ask, question.options) == ("Which country are you in?", ("Poland", "Norway, the north"))

    page = max_.get("/playbook/question?field=account.country").content.decode()
    assert "Poland\nNorway, the north</textarea>" in page
    change = {"mark": mark(), "item": "account.country", "ask": "Where are you?", "options": ""}
    max_.post("/playbook/question", change)

    question = parsing.parse(queries.find_draft().text).completeness.questions["account.country"]
    assert (question.ask, question.options) == ("Where are you?", ())


def test_a_question_for_what_is_no_fact_is_refused(max_: Client) -> None:
    page = max_.post(
        "/playbook/question", {"mark": "", "item": "", "field": "lead.shoe", "ask": "Which size?"}
    )

    assert page.status_code == 400
    assert "a field that holds a fact" in page.content.decode()
    assert max_.get("/playbook/question?field=lead.shoe").status_code == 400
    assert max_.get("/playbook/asset?key=nothing").status_code == 400
