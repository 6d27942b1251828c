"""The list of leads: saved lists, columns, files, and changes of many that are looked at first and can be undone."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest

from coldframe.cli import work
from coldframe.kernel.vocabulary import LeadStatus
from coldframe.leads.models import Suppression
from coldframe.library import operations as library
from coldframe.nurture import bulk, overrides, saved_filters
from coldframe.nurture.models import BulkChange, Override
from coldframe.team import operations as team
from coldframe.team.models import LogEntry
from coldframe.team.rights import AT_THIS_MACHINE, Role
from tests import world
from tests.web.standings import stand

pytestmark = pytest.mark.django_db
LATER = "2026-08-01"


@pytest.fixture
def visitor(client, monkeypatch):
    """Return somebody at this machine, at the instant the tests call now."""
    monkeypatch.setattr("coldframe.clock.now", lambda: world.NOW)
    client.defaults["HTTP_HOST"] = "127.0.0.1"
    library.ensure_active_playbook(at=world.NOW)
    return client


@pytest.fixture
def cast():
    """Return Anna in nurture, Jonas before sales, Tom let go."""
    found = {"anna": world.anna(), "jonas": world.jonas(), "tom": world.tom()}
    stand(found["anna"], "NURTURE", path="educate")
    stand(found["jonas"], "TO_SALES", intent_level="HIGH", intent_points=90.0)
    stand(found["tom"], "LET_GO", fit_level="D")
    return found


def sign_in(client, role: Role) -> None:
    number = team.create(
        username=f"{role.value.lower()}", name="Kim", email="kim@house.example", role=role, by=AT_THIS_MACHINE, at=world.NOW
    )  # fmt: skip
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(pk=number))


def page(response) -> str:
    return response.content.decode()


def test_a_list_is_saved_for_everybody_and_has_an_address_to_share(visitor, cast):
    saved = visitor.post(
        "/leads/save", {"name": "  Hot   ones ", "query": "intent=HIGH&q=jonas", "is_shared": "on"}
    )
    lines = page(visitor.get("/leads/saved"))
    address = lines.split('href="/leads/saved/')[1].split('"')[0]

    assert saved.url == "/leads?intent=HIGH&q=jonas"
    assert "Hot ones" in lines
    assert '<span class="cf-count">1</span>' in lines
    assert visitor.get(f"/leads/saved/{address}").url == "/leads?intent=HIGH&q=jonas"


def test_a_list_saved_for_oneself_is_nobody_elses(visitor, cast):
    visitor.post("/leads/save", {"name": "Mine", "query": "fit=A"})
    address = page(visitor.get("/leads/saved")).split('href="/leads/saved/')[1].split('"')[0]

    sign_in(visitor, Role.VIEWER)

    assert "Mine" not in page(visitor.get("/leads/saved"))
    assert visitor.get(f"/leads/saved/{address}").status_code == 404
    assert visitor.post(f"/leads/saved/{address}/remove").status_code == 400


def test_a_saved_list_goes_when_its_owner_removes_it(visitor, cast):
    visitor.post("/leads/save", {"name": "Mine", "query": "fit=A"})
    address = page(visitor.get("/leads/saved")).split('href="/leads/saved/')[1].split('"')[0]

    visitor.post(f"/leads/saved/{address}/remove")

    assert "Mine" not in page(visitor.get("/leads/saved"))


@pytest.mark.parametrize(("name", "query"), [("", "fit=A"), ("x" * 81, "fit=A"), ("long", "q=" + "x" * 3000)])
def test_a_list_without_a_name_or_too_long_is_refused(visitor, name, query):
    assert visitor.post("/leads/save", {"name": name, "query": query}).status_code == 400
    assert "Saved" not in page(visitor.get("/leads/saved"))


@pytest.mark.parametrize("query", ["gone=1", "fit=A&hold=nonsense", "entered=2026-13", "id=one"])
def test_a_list_whose_filter_means_nothing_is_refused_with_what_is_wrong(visitor, cast, query):
    refused = visitor.post("/leads/save", {"name": "Odd", "query": query})

    assert refused.status_code == 400
    assert query.rpartition("=")[0].rpartition("&")[2] in page(refused) or "No such month." in page(refused)
    assert "Odd" not in page(visitor.get("/leads/saved"))


def test_a_saved_list_whose_filter_means_nothing_any_more_is_listed_without_a_number(visitor, cast, caplog):
    saved_filters.keep_filter(
        owner="", owner_name="", name="Old", query="gone=1", is_shared=False, at=world.NOW
    )

    lines = page(visitor.get("/leads/saved"))

    assert "Old" in lines
    assert '<span class="cf-count"></span>' in lines
    assert not caplog.records


def test_everybody_keeps_their_own_columns(visitor, cast):
    visitor.post("/leads/columns", {"column": ["email", "source", "nonsense"], "query": "sort=name"})
    chosen = page(visitor.get("/leads"))
    visitor.post("/leads/columns", {"usual": "1"})

    assert 'data-label="E-mail address"' in chosen
    assert 'data-label="Fit"' not in chosen
    assert 'data-label="Fit"' in page(visitor.get("/leads"))


def test_a_list_goes_out_with_its_columns_and_no_cell_runs_in_a_spreadsheet(visitor, cast):
    world.anna(cast["anna"].account, first_name="=1+1", email="f@brightpath.example")
    visitor.post("/leads/columns", {"column": ["source", "status"]})

    response = visitor.get("/leads/export.csv?source=webinar&sort=name")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

    assert rows[0][-2:] == ["Coldframe status", "Coldframe source"]
    assert len(rows) == 3
    assert {row[2] for row in rows[1:]} == {"Anna", "'=1+1"}
    assert LogEntry.objects.get().what == "leads.exported"


def test_a_list_goes_out_as_a_workbook(visitor, cast):
    response = visitor.get("/leads/export.xlsx")

    assert b"".join(response.streaming_content)[:2] == b"PK"


def test_only_who_may_takes_lists_out_and_changes_many(visitor, cast):
    sign_in(visitor, Role.VIEWER)

    shown = page(visitor.get("/leads"))

    assert "/leads/export.csv" not in shown
    assert "/leads/change?" not in shown
    assert 'name="id"' not in shown
    for address in ("/leads/export.csv", "/leads/change?fit=A"):
        assert visitor.get(address).status_code == 403
    assert visitor.post("/leads/change", {"do": "RESET", "do-why": "x", "query": ""}).status_code == 403


@pytest.mark.parametrize("text", ["00Q5", "crm-77"])
def test_a_lead_is_found_by_its_id_elsewhere(visitor, cast, text):
    cast["anna"].identities.create(source="salesforce", external_id=text)

    shown = page(visitor.get("/leads", {"q": text}))

    assert "Anna Kowalska" in shown
    assert "Jonas" not in shown


# Changes of many.


def change(visitor, query: str = "", **asked: str):
    given = {f"do-{name}": value for name, value in asked.items() if name != "do"}
    return visitor.post("/leads/change", {"do": asked["do"], "query": query, **given})


def test_a_change_says_first_whom_it_would_change_and_whom_not_and_why(visitor, cast):
    shown = page(visitor.get(f"/leads/change?do=PATH&do-path=stay relevant&do-until={LATER}"))

    assert "3 leads are asked for." in shown
    assert "1 lead would change." in shown
    assert "<b>1</b> let go already" in shown
    assert "<b>1</b> with sales, where nurture keeps silent" in shown
    assert not Override.objects.exists()


def test_leads_are_paused_with_a_reason_until_a_day_and_it_is_noted(visitor, cast):
    made = change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")

    rows = list(Override.objects.order_by("lead_id").values_list("lead_id", "is_paused", "reason", "set_by"))
    assert rows == [(cast[name].pk, True, "fair", AT_THIS_MACHINE.name) for name in ("anna", "jonas")]
    assert "2 leads have been changed." in page(visitor.get(made.url))
    entry = LogEntry.objects.get()
    assert (entry.what, entry.details) == ("leads.changed", {"what": "PAUSE", "leads": 2})


def test_only_the_chosen_are_changed(visitor, cast):
    shown = page(visitor.get(f"/leads/change?chosen=1&id={cast['anna'].pk}&do=LET_GO&do-until={LATER}"))
    change(visitor, f"id={cast['anna'].pk}", do="LET_GO", until=LATER, why="competitor")

    assert "1 lead would change." in shown
    assert Override.objects.get().lead == cast["anna"]
    assert Override.objects.get().status == LeadStatus.DISQUALIFIED


def test_nobody_chosen_changes_nobody(visitor, cast):
    assert visitor.get("/leads/change?chosen=1").url == "/leads"


def test_an_undone_change_lifts_what_it_set_and_nothing_that_somebody_set_since(visitor, cast):
    made = change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")
    mine = overrides.Setting(status=LeadStatus.NURTURE)
    later = world.NOW + timedelta(minutes=5)
    overrides.lift_overrides(lead_id=cast["jonas"].pk, at=later)
    overrides.set_override(
        lead_id=cast["jonas"].pk,
        setting=mine,
        reason="mine",
        by="Kim",
        at=later,
        until=later + timedelta(days=9),
    )

    visitor.post(made.url + "/undo")

    assert "1 setting lifted" in page(visitor.get(made.url))
    assert list(Override.objects.filter(lifted_at=None).values_list("reason", flat=True)) == ["mine"]
    assert visitor.post(made.url + "/undo").status_code == 400


def test_leads_left_to_the_rules_get_back_what_was_set_unless_somebody_set_anew(visitor, cast):
    change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")
    made = change(visitor, "", do="RESET", why="fair is over")
    assert not Override.objects.filter(lifted_at=None).exists()
    anew = overrides.Setting(is_paused=True)
    overrides.set_override(
        lead_id=cast["anna"].pk, setting=anew, reason="anew", by="Kim",
        at=world.NOW + timedelta(minutes=1), until=world.NOW + timedelta(days=9),
    )  # fmt: skip

    visitor.post(made.url + "/undo")

    holds = Override.objects.filter(lifted_at=None).values_list("lead_id", "reason")
    assert sorted(holds) == sorted([(cast["anna"].pk, "anew"), (cast["jonas"].pk, "fair")])


def test_a_no_of_many_is_written_down_and_never_undone(visitor, cast):
    made = change(visitor, "source=webinar", do="SUPPRESS", why="said so at the fair")

    assert Suppression.objects.filter(lead=cast["anna"], reason="OPT_OUT").exists()
    assert "/undo" not in page(visitor.get(made.url))
    refused = visitor.post(made.url + "/undo")
    assert refused.status_code == 400
    assert "A no holds" in page(refused)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"do": "PAUSE", "until": LATER, "why": " "}, "needs a reason"),
        ({"do": "PAUSE", "until": "2026-05-01", "why": "x"}, "for a limited time"),
        ({"do": "PAUSE", "until": "tomorrow", "why": "x"}, "no day of the calendar"),
        ({"do": "PAUSE", "why": "x"}, "for a limited time"),
        ({"do": "PATH", "until": LATER, "why": "x"}, "No path is chosen"),
        ({"do": "PATH", "until": LATER, "why": "x", "path": "nowhere"}, "no such path"),
        ({"do": "RESET", "why": "x"}, "No lead would change"),
        ({"do": "EVERYTHING", "why": "x"}, "Nothing is chosen to be done"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_what_was_typed_stays(visitor, cast, asked, said):
    response = change(visitor, "fit=A", **asked)

    assert response.status_code == 400
    assert said in page(response)
    assert 'value="fit=A"' in page(response)
    assert not BulkChange.objects.exists()


def test_a_change_that_stopped_goes_on_where_it_was(visitor, cast, monkeypatch):
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    monkeypatch.setattr("coldframe.web.leads.bulk_views.SECONDS", -1.0)

    made = change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")
    half_way = Override.objects.count()
    under_way = page(visitor.get(made.url))
    for _ in range(3):
        visitor.post(made.url + "/on")

    assert half_way == 1
    assert "<progress" in under_way
    assert Override.objects.count() == 2
    assert BulkChange.objects.get().state == BulkChange.State.DONE


def test_a_change_goes_on_by_the_worker_after_its_page_was_closed(visitor, cast, monkeypatch):
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    monkeypatch.setattr("coldframe.web.leads.bulk_views.SECONDS", -1.0)
    made = change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")

    work.carry_changes_on(world.NOW)

    assert BulkChange.objects.get().state == BulkChange.State.DONE
    assert Override.objects.count() == 2
    visitor.post(made.url + "/undo")
    assert BulkChange.objects.get().state == BulkChange.State.UNDOING
    work.carry_changes_on(world.NOW)
    assert BulkChange.objects.get().state == BulkChange.State.UNDONE
    assert not Override.objects.filter(lifted_at=None).exists()


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_change_that_dies_in_a_part_is_done_once_and_undone_whole(visitor, cast, monkeypatch, fails_at):
    world.lead(world.porto_cloud(), first_name="Ola")
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    monkeypatch.setattr("coldframe.web.leads.bulk_views.SECONDS", -1.0)
    made = change(visitor, "", do="PAUSE", until=LATER, why="fair")
    set_so_far = Override.objects.count()
    left = iter(range(1, 9))
    mark_due = bulk.mark_due

    def dying(**named):
        mark_due(**named)
        if next(left) == fails_at:
            raise SystemExit("killed")

    monkeypatch.setattr(bulk, "mark_due", dying)
    with pytest.raises(SystemExit):
        work.carry_changes_on(world.NOW)
    assert Override.objects.count() == set_so_far + fails_at - 1
    work.carry_changes_on(world.NOW)

    holds = list(Override.objects.values_list("lead_id", flat=True))
    assert len(holds) == len(set(holds)) == BulkChange.objects.get().changed_count == 3
    visitor.post(made.url + "/undo")
    work.carry_changes_on(world.NOW)
    assert not Override.objects.filter(lifted_at=None).exists()


def test_who_may_not_change_sees_how_far_a_change_is(visitor, cast, monkeypatch):
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    monkeypatch.setattr("coldframe.web.leads.bulk_views.SECONDS", -1.0)
    made = change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")
    sign_in(visitor, Role.VIEWER)

    shown = page(visitor.get(made.url))

    assert "<progress" in shown
    assert f'hx-get="{made.url}"' in shown
    assert "hx-post" not in shown


def test_a_change_whose_list_means_nothing_any_more_is_left_and_holds_nothing_up(visitor, cast, monkeypatch):
    monkeypatch.setattr(bulk, "PART_LEADS", 1)
    monkeypatch.setattr("coldframe.web.leads.bulk_views.SECONDS", -1.0)
    change(visitor, "fit=A", do="PAUSE", until=LATER, why="fair")
    change(visitor, "fit=A", do="PAUSE", until="2026-09-01", why="fair")
    old, new = BulkChange.objects.order_by("id")
    BulkChange.objects.filter(pk=old.pk).update(query="gone=1")

    work.carry_changes_on(world.NOW)

    old.refresh_from_db(), new.refresh_from_db()
    assert (old.state, new.state) == (BulkChange.State.RUNNING, BulkChange.State.DONE)


def test_many_are_changed_with_as_many_queries_as_few(visitor, django_assert_max_num_queries):
    for number in range(60):
        company = world.account(name=f"Company {number}", domain=f"c{number}.example")
        stand(world.lead(company, email=f"a@c{number}.example"), "NURTURE")

    with django_assert_max_num_queries(45):
        change(visitor, "", do="PAUSE", until=LATER, why="fair")
    with django_assert_max_num_queries(14):
        visitor.get("/leads/changes")

    assert Override.objects.count() == 60


def test_an_unknown_change_is_said_so(visitor):
    assert "no such change" in page(visitor.get(f"/leads/changes/{uuid.uuid4()}"))


def test_a_reason_that_is_being_typed_stays_while_the_preview_of_a_change_comes(visitor, cast):
    shown = page(visitor.get("/leads/change?query=&do=PAUSE"))

    assert 'id="do-why" name="do-why" hx-preserve="true"' in shown


@pytest.mark.parametrize(
    ("disposition", "status", "said"),
    [
        ("TO_SALES", "DISQUALIFIED", "Let go Sales, or a person, said so"),
        ("NURTURE", "SALES_REVIEW", "To sales now Before sales"),
        ("LET_GO", "NURTURE", "In nurture Sales, or a person, said so"),
        ("LET_GO", "DISQUALIFIED", "Let go Poor fit"),
    ],
)
def test_a_row_says_by_whom_a_lead_stands_where_the_policy_would_not_put_it(
    visitor, disposition, status, said
):
    stand(world.anna(), disposition, status=status, reason="disqualify:poor_fit")

    assert said in " ".join(re.sub(r"<[^>]+>", " ", page(visitor.get("/leads"))).split())
