"""The content map: who waits for what, and what a message would say to a lead."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from coldframe.library import operations as library
from coldframe.library import starters
from coldframe.team.models import LogEntry
from coldframe.web.content import views
from tests import world
from tests.web import nurtured
from tests.web.standings import stand
from tests.web.test_pages import POLYGLOT, rows, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


def activate(*changes: tuple[str, str]) -> None:
    """Make the default playbook active, with some of its text changed."""
    policy = starters.read("default")
    for before, after in changes:
        assert before in policy
        policy = policy.replace(before, after)
    published = library.publish_playbook(text=policy, at=world.NOW)
    library.activate_playbook(number=published.number, at=world.NOW)


#: Everything for internal alignment is for those who decide or champion alone.
FOR_FEW = tuple(
    (f"answers: How do I explain this internally?, url: {url}", f"answers: How do I explain this internally?, roles: [champion, economic_buyer], url: {url}")
    for url in ("https://example.com/decision-checklist", "https://example.com/talk")
)  # fmt: skip


def align(lead, **values):
    """Let a lead ask how to explain it internally."""
    stand(lead, "NURTURE", stage="INTERNAL_ALIGNMENT", **{"segment": "everyone else"} | values)
    return lead


def gaps(visitor: Client) -> list[tuple[str, str]]:
    """Return the label and the address of each gap."""
    page = visitor.get("/content").content.decode()
    part = re.search(r'aria-labelledby="gaps">(.*?)</section>', page, re.DOTALL)
    assert part is not None
    found = re.findall(r'<a class="btn btn-sm text-nowrap" href="([^"]+)">([^<]+)</a>', part[1])
    return [(label, html.unescape(address)) for address, label in found]


def test_a_gap_leads_to_exactly_the_leads_that_wait_for_it(visitor):
    activate(*FOR_FEW)
    company = world.brightpath()
    align(world.anna(company))
    for number, role in enumerate(["USER", "USER", "UNKNOWN", None]):
        align(world.lead(company, first_name=f"No{number}", role=role))
    align(
        world.lead(company, first_name="Elsewhere", role="USER"),
        segment="small companies",
        status="SALES_ACCEPTED",
    )

    found = gaps(visitor)

    assert [label for label, _ in found] == ["4 leads"]
    assert "4 leads." in text(visitor.get(found[0][1]))
    assert "Anna" not in text(visitor.get(found[0][1]))
    assert "4 leads in 1 place of the map wait for something to read." in text(visitor.get("/content"))
    assert "What there is, is not for their role or problem." in text(visitor.get("/content"))


def test_who_has_had_everything_waits_too(visitor):
    activate()
    company = world.brightpath()
    for number, state in enumerate(["EXHAUSTED", "EXHAUSTED", "ACTIVE"]):
        nurtured.enroll(align(world.lead(company, first_name=f"No{number}")), state=state)

    found = gaps(visitor)

    assert [label for label, _ in found] == ["2 leads"]
    assert "2 leads." in text(visitor.get(found[0][1]))


def test_the_gap_with_most_waiting_leads_stands_first(visitor):
    activate(*FOR_FEW)
    company = world.brightpath()
    align(world.lead(company, role="USER"), segment="small companies")
    for _ in range(3):
        align(world.lead(company, role="USER"))

    assert [label for label, _ in gaps(visitor)] == ["3 leads", "1 lead"]


def test_every_number_of_the_map_leads_to_as_many_leads(visitor):
    activate()
    company = world.brightpath()
    for segment in ("everyone else", "small companies", "long forgotten", None):
        align(world.lead(company, first_name="Ola"), segment=segment)
    stand(world.jonas(), "NURTURE", stage=None)

    page = visitor.get("/content").content.decode()

    counted = [
        (int(n), html.unescape(href))
        for href, n in re.findall(r'href="(/leads\?[^"]+)">(\d+) leads?</a>', page)
    ]
    assert sorted(n for n, _ in counted) == [1, 1, 1, 2]
    for number, address in counted:
        assert f"{number} lead{'s' if number > 1 else ''}." in text(visitor.get(address)), address


def test_content_without_a_template_is_called_never_sent(visitor):
    activate(
        ("for: {assets: [guide]}", "for: {assets: [overview]}"),
        ("for: {assets: all}", "for: {assets: [overview]}"),
    )
    align(world.anna())

    assert (
        "A guide to the ways of solving it Educational guide Research What options exist? 0 no template: never sent"
        in text(visitor.get("/content"))
    )


def test_a_preview_shows_what_a_message_says_to_the_lead_that_is_asked_for(visitor):
    activate()
    align(world.anna())
    stand(world.jonas(), "NURTURE", stage="RESEARCH")

    suited = visitor.get("/content/preview/asset:guide")
    asked = visitor.get("/content/preview/asset:guide?lead=anna@brightpath.example")
    frame = visitor.get("/content/html/asset:guide?lead=anna@brightpath.example")

    assert "To Jonas Weber , under the subject Five ways to solve it" in text(suited)
    assert "Hello Anna," in text(asked)
    assert 'src="/content/html/asset:guide?lead=anna%40brightpath.example"' in asked.content.decode()
    assert "Hello Anna," in frame.content.decode()
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_preview_is_noted_once_for_the_lead_whose_data_it_shows(visitor):
    activate()
    lead = align(world.anna())

    for path in ("/content/preview/asset:guide", "/content/html/asset:guide", "/content/preview/asset:guide"):
        assert visitor.get(path, {"lead": "anna@brightpath.example"}).status_code == 200

    noted = LogEntry.objects.filter(what="lead.previewed").values_list("subject", "details")
    assert list(noted) == [(str(lead.public_id), {})]


def test_a_preview_that_would_show_an_empty_field_says_so(visitor):
    activate(('lead.first_name | default: "there"', "lead.first_name"))
    align(world.anna(first_name=None))

    page = visitor.get("/content/preview/asset:guide")

    assert "It would be held, not sent." in text(page)
    assert "<iframe" not in page.content.decode()
    assert visitor.get("/content/html/asset:guide?lead=anna@brightpath.example").status_code == 404


@pytest.mark.parametrize("key", ["guide/html", "guide/preview", "preview/guide", "html/x"])
def test_whatever_an_asset_is_called_each_of_its_addresses_opens_what_it_is_for(visitor, key):
    activate(("key: guide", f"key: {key}"), ("assets: [guide]", f"assets: [{key}]"))
    align(world.anna())
    content_key = f"asset:{key}"

    page, preview, frame = (
        visitor.get(reverse(f"web:{name}", args=[content_key]), {"lead": "anna@brightpath.example"})
        for name in ("asset", "preview", "preview-html")
    )

    assert [each.status_code for each in (page, preview, frame)] == [200, 200, 200]
    assert "/content/preview/" in page.content.decode()
    assert "<iframe" in preview.content.decode()
    assert frame["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "/content/asset:nothing",
        "/content/preview/asset:guide?lead=nobody@x.example",
        "/content/html/asset:guide",
        "/content/x",
    ],
)
def test_what_cannot_be_previewed_is_refused_in_words(visitor, path):
    activate()
    align(world.anna())

    assert visitor.get(path).status_code == 400


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/content", 16),
        ("/content/asset:guide", 38),
        ("/content/question:lead.role", 38),
        ("/content/preview/asset:guide", 16),
    ],
)
def test_looking_at_content_changes_no_row_and_costs_few_queries(
    visitor, path, queries, django_assert_max_num_queries
):
    activate()
    company = world.brightpath()
    for number in range(20):
        align(world.lead(company, first_name=f"No{number}"))
    before = rows()

    with django_assert_max_num_queries(queries):
        assert visitor.get(path).status_code == 200
    assert rows() == before


def test_a_gap_tells_how_good_those_are_who_wait_and_can_be_ordered_by_it(visitor):
    activate(*FOR_FEW)
    company = world.brightpath()
    for number, level in enumerate("CCC"):
        align(world.lead(company, role="USER", first_name=f"No{number}"), fit_level=level)
    align(world.lead(company, role="USER"), segment="small companies", fit_level="A")

    first, best = text(visitor.get("/content")), text(visitor.get("/content?by=good"))

    assert "no template" not in first
    assert first.index("3 leads Add") < first.index("1 good fit 1 lead Add")
    assert best.index("1 good fit 1 lead Add") < best.index("3 leads Add")


def test_a_gap_leads_to_where_an_asset_is_added_for_it_and_only_whoever_may_is_led_there(
    visitor, monkeypatch
):
    activate(*FOR_FEW)
    align(world.lead(world.brightpath(), role="USER"))

    page = html.unescape(visitor.get("/content").content.decode())
    monkeypatch.setattr(views, "may_edit", lambda request: False)
    viewed = visitor.get("/content").content.decode()

    assert (
        'href="/playbook/edit?add=asset&stage=internal_alignment&question=How%20do%20I%20explain%20this%20internally%3F'
        '&segment=everyone%20else"' in page
    )
    assert "/playbook/edit" not in viewed


def test_a_lead_with_two_open_questions_waits_once(visitor):
    activate(
        *FOR_FEW,
        (
            "answers: How do I explain this internally?, roles: [champion, economic_buyer], url: https://example.com/talk",
            "answers: Who has to agree?, roles: [champion], url: https://example.com/talk",
        ),
    )
    align(world.lead(world.brightpath(), role="USER"))

    page = text(visitor.get("/content"))

    assert "1 lead in 2 places of the map waits for something to read." in page


def test_the_list_of_contents_is_narrowed_to_a_place_on_the_map(visitor):
    activate()
    align(world.anna())

    page = visitor.get("/content?stage=research&segment=everyone+else")
    odd = visitor.get("/content?stage=nowhere&question=%00&by=" + "x" * 5000)

    assert "Research · everyone else" in text(page)
    assert "How to compare approaches" not in text(page)
    assert odd.status_code == 200
    assert "There is nothing to send here." in text(odd)


def test_an_empty_base_says_how_leads_come_in(visitor):
    assert "There is no lead here yet." in text(visitor.get("/content"))


def test_a_polyglot_in_a_lead_stays_text_in_previews(visitor):
    activate()
    company = world.account(name=POLYGLOT[:250], domain="evil.example", industry=POLYGLOT[:100])
    align(world.lead(company, first_name=POLYGLOT[:120], email="e@evil.example", known_problem=POLYGLOT[:200]), segment=POLYGLOT[:80])  # fmt: skip

    for path in (
        "/content",
        "/content/preview/asset:guide",
        "/content/html/asset:guide?lead=e@evil.example",
        "/content/preview/asset:guide?lead=" + "%22%3E%3CsVg",
    ):
        page = visitor.get(path).content.decode()

        assert "<sVg" not in page
        assert "</scRipt" not in page
        assert not re.search(r"<[^>]*\soNcliCk=", page)
