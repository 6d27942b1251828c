"""Writing the next version: checked while it is written, saved under watch, activated after a look at what it does."""

from __future__ import annotations

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from coldframe.leads.models import AccountDue
from coldframe.library import drafting, operations, queries, starters
from coldframe.team.models import LogEntry
from coldframe.team.rights import Role
from tests import people, world
from tests.web.test_pages import text

pytestmark = pytest.mark.django_db

TEXT = starters.read("default")
FASTER = TEXT.replace("points: 20, half_life: 14 days", "points: 20, half_life: 21 days")
WRONG = TEXT.replace("points: 20, half_life: 14 days", "points: 20, half_life: 14")
LINE = next(n for n, line in enumerate(WRONG.splitlines(), start=1) if "half_life: 14," in line)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def max_() -> Client:
    operations.ensure_active_playbook(at=world.NOW)
    return people.browser_of(Role.MARKETER)


def hidden(page, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found is not None
    return html.unescape(found[1])


def area(page) -> str:
    """The text in the editor, as a browser would show it."""
    found = re.search(r'<textarea class="pb-text".*?>\n(.*?)</textarea>', page.content.decode(), re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def save(client: Client, written: str, **changes: str):
    page = client.get("/playbook/edit")
    given = {"mark": hidden(page, "mark"), "base": hidden(page, "base"), "do": "save", **changes}
    # Browsers end the lines of a form as they end lines on the wire.
    return client.post("/playbook/edit", {"text": written.replace("\n", "\r\n"), **given})


def noted() -> list[str]:
    return list(
        LogEntry.objects.filter(what__startswith="playbook.").order_by("id").values_list("what", flat=True)
    )


def test_the_active_version_is_there_to_begin_from(max_: Client) -> None:
    page = max_.get("/playbook/edit")

    assert area(page) == TEXT
    assert "No mistake" in text(page) or "Nothing is wrong" in text(page)
    assert queries.find_draft() is None


def test_what_is_saved_becomes_the_draft_and_decides_nothing(max_: Client) -> None:
    assert save(max_, FASTER)["Location"] == "/playbook/edit"

    draft = queries.find_draft()
    assert draft is not None
    assert (draft.text, draft.saved_by, draft.base_number) == (FASTER, "Max Okafor", 1)
    assert queries.get_active_playbook().text == TEXT
    assert noted() == ["playbook.drafted"]
    assert "last saved by Max Okafor" in text(max_.get("/playbook"))


def test_each_mistake_names_its_place_and_what_was_meant(max_: Client) -> None:
    page = max_.post("/playbook/edit/check", {"text": WRONG.replace("fit:\n", "fitt:\n")})

    said = text(page)
    assert f"Line {LINE}, column" in said
    assert 'Write the unit: "14 days".' in html.unescape(said)
    assert 'Did you mean "fit"?' in said
    assert f'data-line="{LINE}"' in page.content.decode()
    assert queries.find_draft() is None


def test_a_check_without_scripts_gives_the_text_back_and_keeps_nothing(max_: Client) -> None:
    page = max_.post("/playbook/edit", {"text": WRONG, "mark": "", "base": "1", "do": "check"})

    assert area(page) == WRONG
    assert "One mistake: it cannot be activated yet." in text(page)
    assert queries.find_draft() is None


def test_a_draft_with_mistakes_is_kept_and_cannot_be_activated(max_: Client) -> None:
    save(max_, WRONG)

    page = max_.get("/playbook/activate")
    assert "One mistake" in text(page)
    assert 'name="seen"' not in page.content.decode()
    refused = max_.post("/playbook/activate", {"mark": queries.find_draft().mark, "seen": "1"})
    assert refused.status_code == 400
    assert queries.get_active_playbook().number == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (TEXT + "\0", "the control character 0x00"),
        (TEXT + "# " + "x" * 256 * 1024, "at most 256 KiB"),
    ],
    ids=["a NUL", "too large"],
)
def test_what_cannot_be_kept_comes_back_with_the_reason(max_: Client, written: str, said: str) -> None:
    page = save(max_, written)

    assert page.status_code == 400
    assert said in text(page)
    assert area(page).rstrip("\0\ufffd") == written.rstrip("\0")
    assert queries.find_draft() is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("about: &a x\n", "no anchors or aliases in a playbook"),
        ("about: !!python/object/apply:os.system [ls]\n", "no tags in a playbook"),
        ("name: twice\n", "each key once"),
    ],
)
def test_what_makes_one_text_mean_another_is_a_mistake(max_: Client, line: str, said: str) -> None:
    assert said in text(max_.post("/playbook/edit/check", {"text": TEXT + line}))


def test_the_second_of_two_who_save_sees_both_and_loses_nothing(max_: Client) -> None:
    ada = people.browser_of(Role.ADMIN)
    save(max_, FASTER)
    mark = queries.find_draft().mark
    save(ada, FASTER.replace("per_rep: 10 a week", "per_rep: 8 a week"))

    mine = FASTER.replace("holdout: 10%", "holdout: 20%")
    refused = max_.post("/playbook/edit", {"text": mine, "mark": mark, "base": "1", "do": "save"})

    assert refused.status_code == 409
    assert area(refused) == mine
    said = text(refused)
    assert "Ada Moreau has saved the draft since you opened it." in said
    assert "Sales: capacity, for each rep 8 a week → now 10 a week" in said
    assert "Experiment: kept out to measure by 10% → now 20%" in said
    # Having seen theirs, Max may save again from this page.
    again = {"text": mine, "mark": hidden(refused, "mark"), "base": "1", "do": "save"}
    assert max_.post("/playbook/edit", again).status_code == 302
    assert queries.find_draft().text == mine


def test_a_draft_that_is_gone_does_not_take_what_was_written_with_it(max_: Client) -> None:
    save(max_, FASTER)
    mark = queries.find_draft().mark
    people.browser_of(Role.ADMIN).post("/playbook/draft/discard", {"mark": mark})

    refused = max_.post("/playbook/edit", {"text": WRONG, "mark": mark, "base": "1", "do": "save"})

    assert refused.status_code == 409
    assert area(refused) == WRONG
    assert hidden(refused, "mark") == ""


def test_a_draft_put_aside_is_taken_up_again(max_: Client) -> None:
    save(max_, FASTER)
    max_.post("/playbook/draft/discard", {"mark": queries.find_draft().mark})
    assert "A draft was put aside." in text(max_.get("/playbook"))

    max_.post("/playbook/draft/reopen")

    assert area(max_.get("/playbook/edit")) == FASTER
    assert noted() == ["playbook.drafted", "playbook.set_aside", "playbook.drafted"]


def test_a_file_takes_the_place_of_the_text(max_: Client) -> None:
    file = SimpleUploadedFile("mine.yaml", FASTER.encode())
    max_.post("/playbook/edit/file", {"file": file, "mark": "", "base": "1"})

    assert queries.find_draft().text == FASTER


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"name: caf\xe9\n", "0xe9 at offset 9"), (b"x" * 300_000, "at most 256 KiB"), (None, "No file came")],
    ids=["no UTF-8", "too large", "no file"],
)
def test_a_file_that_is_no_text_is_refused(max_: Client, data: bytes | None, said: str) -> None:
    files = {"file": SimpleUploadedFile("mine.yaml", data)} if data else {}
    page = max_.post("/playbook/edit/file", {**files, "mark": "", "base": "1"})

    assert page.status_code == 400
    assert said in text(page)
    assert queries.find_draft() is None


def test_the_effect_is_told_before_anything_is_activated(max_: Client) -> None:
    world.anna()
    save(max_, TEXT.replace("served_countries: []", "served_countries: [NO]"))

    page = max_.get("/playbook/activate")
    assert "One thing is said otherwise." in text(page)
    assert 'hx-get="/playbook/activate/effect"' in page.content.decode()
    for effect in (max_.get("/playbook/activate/effect"), max_.get("/playbook/activate?effect=1")):
        assert "Of 1 leads looked at, one would go elsewhere." in text(effect)
        assert "→ now Let go 1 lead" in text(effect)


def test_what_is_activated_decides_about_everybody_and_is_written_down(max_: Client) -> None:
    account = world.brightpath()
    save(max_, FASTER)
    page = max_.get("/playbook/activate")

    given = {
        "mark": hidden(page, "mark"),
        "seen": hidden(page, "seen"),
        "why": "Prices are looked at for long.",
    }
    assert max_.post("/playbook/activate", given)["Location"] == "/playbook"

    assert queries.get_active_playbook().text == FASTER
    assert queries.find_draft() is None
    assert AccountDue.objects.get().account_id == account.pk
    assert noted() == ["playbook.drafted", "playbook.activated"]
    assert (LogEntry.objects.last().subject, LogEntry.objects.last().by) == ("2", "Max Okafor")
    assert "Prices are looked at for long." in text(max_.get("/playbook/versions"))


def test_where_another_version_became_active_one_has_to_look_again(max_: Client) -> None:
    save(max_, FASTER)
    page = max_.get("/playbook/activate")
    given = {"mark": hidden(page, "mark"), "seen": hidden(page, "seen"), "why": "faster"}
    operations.publish_playbook(text=starters.read("saas"), at=world.NOW)
    operations.activate_playbook(number=2, at=world.NOW)

    refused = max_.post("/playbook/activate", given)

    assert refused.status_code == 409
    said = text(refused)
    assert "Version 2 has become the active one since you looked." in said
    assert "What it changed is not in the draft" in said
    assert "faster" in refused.content.decode()
    assert max_.post("/playbook/activate", {**given, "seen": "2"}).status_code == 302


def test_an_earlier_version_is_activated_again_after_a_look(max_: Client) -> None:
    operations.publish_playbook(text=FASTER, at=world.NOW)
    operations.activate_playbook(number=2, at=world.NOW)

    page = max_.get("/playbook/versions/1/activate")
    assert "half-life 21 days → now 14 days" in text(page)
    max_.post("/playbook/versions/1/activate", {"seen": hidden(page, "seen")})

    assert queries.get_active_playbook().number == 1


def test_a_draft_that_says_what_is_active_cannot_be_activated(max_: Client) -> None:
    drafting.save_draft(text=TEXT, mark="", base_number=1, by="Max Okafor", at=world.NOW)

    assert "It is the active version already" in text(max_.get("/playbook/activate"))


def test_a_form_from_elsewhere_changes_nothing() -> None:
    operations.ensure_active_playbook(at=world.NOW)
    strict = people.browser_of(Role.MARKETER, check_forms=True)

    for address in ("/playbook/edit", "/playbook/activate", "/playbook/forms/levels", "/playbook/asset"):
        assert strict.post(address, {"text": FASTER}).status_code == 403
    assert queries.find_draft() is None


def test_the_content_map_leads_to_the_form_of_an_asset(max_: Client) -> None:
    asked = "add=asset&stage=RESEARCH&question=What+options+exist%3F&segment=everyone+else"

    page = max_.get(f"/playbook/edit?{asked}", follow=True)

    shown = page.content.decode()
    assert '<option value="research" selected>' in shown
    assert 'name="answers" value="What options exist?"' in shown
    assert re.search(r'value="everyone else" checked', shown)
