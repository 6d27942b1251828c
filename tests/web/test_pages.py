"""What each page says, and that looking changes nothing."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client

from coldframe.activity.forms import catalog
from coldframe.activity.models import Event, EventShape
from coldframe.handoff import operations as handoffs
from coldframe.leads.models import Lead
from coldframe.library import operations as library
from coldframe.nurture import operations as nurture
from tests import world
from tests.web.desk.before_sales import put
from tests.web.standings import stand

pytestmark = pytest.mark.django_db

#: Everything a text could try to break out with.
POLYGLOT = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//%0D%0A%0d%0a//</stYle/</titLe/</teXtarEa/</scRipt/"
    "--!>\\x3csVg/<sVg/oNloAd=alert()//>"
)


@pytest.fixture(autouse=True)
def pinned_clock(monkeypatch):
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def playbook():
    return library.ensure_active_playbook(at=world.NOW)


def event(lead: Lead, kind: str, *, days: int, **shape: str) -> None:
    found, _ = EventShape.objects.get_or_create(kind=kind, **shape)
    Event.objects.create(
        key=uuid4().bytes, shape=found, lead=lead, account=lead.account, received_at=world.NOW,
        occurred_at=world.NOW - timedelta(days=days),
    )  # fmt: skip


def text(response) -> str:
    """Return what a person reads on a page."""
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(page).split())


def everybody(playbook) -> dict[str, Lead]:
    """Bring the cast in, with what they did, and assess them."""
    brightpath = world.brightpath()
    cast = {
        "anna": world.anna(brightpath),
        "ola": world.lead(
            brightpath, first_name="Ola", last_name="Nowak", email="ola@brightpath.example", source="webinar"
        ),
        "jonas": world.jonas(),
        "tom": world.tom(form="careers"),
    }
    event(cast["anna"], "asset_downloaded", days=20, asset="build-or-buy")
    event(cast["jonas"], "form_submitted", days=0, form="demo")
    nurture.assess_all(as_of=world.NOW)
    return cast


def test_an_empty_start_says_which_command_brings_the_first_leads(visitor):
    page = text(visitor.get("/"))

    assert "There is no lead here yet." in page
    assert "./coldframe import leads sample-leads.csv --basis legitimate_interest" in page
    assert visitor.get("/leads").status_code == 200
    assert "There is no lead here yet." in text(visitor.get("/audit"))


def test_the_list_narrows_by_every_filter_given(visitor):
    brightpath = world.brightpath()
    stand(world.anna(brightpath), "NURTURE", segment="saas-founders")
    stand(world.lead(brightpath, first_name="Ola", source="list"), "NURTURE")
    stand(world.jonas(), "TO_SALES", stage=None)

    def listed(query: str) -> list[str]:
        return re.findall(
            r'class="cf-name" href="[^"]+"><bdi>(\w+)', visitor.get(f"/leads?{query}").content.decode()
        )

    assert listed("group=nurture&sort=name") == ["Anna", "Ola"]
    assert listed("group=nurture&source=webinar") == ["Anna"]
    assert listed("stage=-") == ["Jonas"]
    assert listed("stage=&sort=name") == ["Anna", "Jonas", "Ola"]
    assert listed("q=brightpath&source=list") == ["Ola"]
    assert listed("country=DE") == ["Jonas"]
    assert listed("segment=saas-founders") == ["Anna"]
    assert listed("missing=lead.role") == ["Ola"]
    assert listed("reason=path:educate&intent=HIGH") == []


def test_a_filter_that_means_nothing_is_refused_with_the_nearest_name(visitor):
    response = visitor.get("/leads?sorce=webinar")

    assert response.status_code == 400
    assert 'There is no filter "sorce".' in text(response)
    assert 'Expected: "source"' in text(response)


def test_htmx_gets_the_results_alone_and_an_address_without_empty_filters(visitor):
    stand(world.anna(), "NURTURE")

    response = visitor.get("/leads?q=anna&stage=&source=webinar", HTTP_HX_REQUEST="true")

    assert response["HX-Push-Url"] == "/leads?source=webinar&q=anna"
    assert "HX-Request" in response["Vary"]
    assert "<html" not in response.content.decode()
    assert "Anna Kowalska" in text(response)


def test_the_list_is_paged_and_keeps_its_filters(visitor):
    brightpath = world.brightpath()
    for number in range(30):
        stand(world.lead(brightpath, first_name=f"No{number}", source="fair"), "NURTURE")

    first, second = visitor.get("/leads?source=fair"), visitor.get("/leads?source=fair&page=2")

    assert "1 to 25 of 30" in text(first)
    assert 'href="/leads?source=fair&amp;page=2"' in first.content.decode()
    assert "26 to 30 of 30" in text(second)
    assert "26 to 30 of 30" in text(visitor.get("/leads?source=fair&page=99999"))
    assert "1 to 25 of 30" in text(visitor.get("/leads?source=fair&page=-1"))
    assert "1 to 25 of 30" in text(visitor.get("/leads?source=fair&page=0"))
    assert visitor.get("/leads?page=0").status_code == 200


def test_a_lead_says_why_it_is_here_what_would_move_it_and_when_it_leaves(visitor, playbook):
    cast = everybody(playbook)

    page = text(visitor.get(f"/leads/{cast['anna'].public_id}"))

    assert "Anna Kowalska Head of Marketing · Brightpath In nurture" in page
    assert "Why Anna Kowalska is here" in page
    assert "What would move it" in page
    assert "When it leaves" in page
    for axis in ("Fit", "Intent", "Buyer stage", "Timing", "Completeness"):
        assert axis in page
    assert "Downloaded build-or-buy" in page
    assert "Moved from New to Nurture" in page


def test_a_lead_shows_the_whole_record(visitor, playbook):
    cast = everybody(playbook)

    page = visitor.get(f"/leads/{cast['anna'].public_id}").content.decode()

    labels = re.findall(r"<dt>([^<]+)</dt>", page)
    assert {
        "Source", "Campaign", "Landing page", "Offer", "Status", "Fit", "Intent", "Buyer stage", "Segment",
        "Known problem", "Last meaningful action", "Sales owner", "Nurture path", "Let go because", "Industry",
        "Decision role", "Company size", "Time zone", "Consent",
    } <= {html.unescape(label) for label in labels}  # fmt: skip


def test_a_lead_let_go_says_why(visitor, playbook):
    cast = everybody(playbook)

    page = text(visitor.get(f"/leads/{cast['tom'].public_id}"))

    assert "Tom Reyes VP Sales · Halden Let go" in page
    assert "Let go because Job applicant" in page


def test_a_lead_that_sales_let_go_says_why(visitor, playbook):
    anna = everybody(playbook)["anna"]
    handoffs.not_a_fit(public_id=put(anna).public_id, reason="too small", by="Ewa Lis", at=world.NOW)

    page = text(visitor.get(f"/leads/{anna.public_id}"))

    assert "Status Disqualified" in page
    assert "Let go because Not a fit" in page


def test_a_lead_shows_the_colleagues_at_its_account(visitor, playbook):
    cast = everybody(playbook)

    page = text(visitor.get(f"/leads/{cast['anna'].public_id}"))

    assert "Colleagues at Brightpath ON Ola Nowak" in page


def test_an_unknown_lead_is_a_page_in_the_same_dress(visitor):
    response = visitor.get(f"/leads/{uuid4()}")

    assert response.status_code == 404
    assert "There is no such page" in text(response)
    assert "Back to Today" in text(response)


def test_the_audit_leads_from_each_figure_to_its_leads(visitor, playbook):
    everybody(playbook)

    page = visitor.get("/audit").content.decode()

    addresses = {html.unescape(each) for each in re.findall(r'href="(/leads[^"]+)"', page)}
    assert len(addresses) > 20
    for address in sorted(addresses):
        assert visitor.get(address).status_code == 200, address


#: Tables in which it is written that somebody looked.
NOTED = re.compile("team_(?:logentry|lastvisit)")


@pytest.mark.parametrize(
    "path", ["/", "/leads", "/leads?q=a&sort=fit&group=nurture", "/audit", "/leads/{anna}"]
)
def test_looking_changes_no_row(visitor, playbook, path, django_assert_max_num_queries):
    cast = everybody(playbook)
    before = rows()

    with django_assert_max_num_queries(90) as captured:
        response = visitor.get(path.format(anna=cast["anna"].public_id))

    assert response.status_code == 200
    assert rows() == before
    made = [query["sql"] for query in captured.captured_queries if not NOTED.search(query["sql"])]
    statements = {sql.lstrip("(").split()[0].upper() for sql in made}
    assert statements <= {"SELECT", "WITH", "DECLARE"}, statements


def rows() -> dict[str, int]:
    """Return how many rows each table has but for those in which it is written that somebody looked."""
    models = [model for model in apps.get_models() if not NOTED.search(model._meta.db_table)]
    return {model._meta.label: model.objects.count() for model in models}


@pytest.mark.parametrize(("path", "most"), [("/leads", 16), ("/leads?q=fair&group=nurture", 16), ("/", 56)])
def test_the_number_of_queries_does_not_grow_with_the_leads(
    visitor, playbook, path, most, django_assert_max_num_queries
):
    for number in range(40):
        company = world.account(name=f"Company {number}", domain=f"c{number}.example")
        stand(
            world.lead(company, first_name=f"No{number}", source="fair"),
            "TO_SALES" if number % 2 else "NURTURE",
        )

    with django_assert_max_num_queries(most):
        visitor.get(path)


def test_today_asks_less_once_its_counts_are_known(visitor, playbook, django_assert_max_num_queries):
    stand(world.anna(), "TO_SALES")
    visitor.get("/")

    with django_assert_max_num_queries(43):
        visitor.get("/")


@pytest.mark.parametrize("path", ["/", "/leads", "/leads?q=alert", "/audit", "/leads/{lead}"])
def test_a_polyglot_stays_text_on_every_page(visitor, playbook, path):
    company = world.account(
        name=POLYGLOT[:250], domain="evil.example", industry="software", employees=120, country="PL"
    )
    lead = world.lead(
        company, first_name=POLYGLOT[:120], last_name="\u202eevil", email="e@evil.example", job_title=POLYGLOT[:200],
        source=POLYGLOT[:120], campaign=POLYGLOT[:200], message=POLYGLOT, known_problem=POLYGLOT[:200],
    )  # fmt: skip
    event(lead, "form_submitted", days=0, form="demo")
    event(lead, "page", days=1, path="/" + POLYGLOT[:200])
    nurture.assess_all(as_of=world.NOW)

    page = visitor.get(path.format(lead=lead.public_id)).content.decode()

    assert "oNcliCk=alert()" in page
    assert "<sVg" not in page
    assert "</scRipt" not in page
    assert not re.search(r"<[^>]*\soNcliCk=", page)
    assert all("<bdi" in line for line in page.splitlines() if "\u202e" in line)


@pytest.mark.parametrize("host", ["coldframe.example", "127.0.0.1.evil.example", "10.0.0.1"])
def test_a_request_under_a_foreign_name_is_refused(host):
    response = Client(HTTP_HOST=host).get("/")

    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/leads?q={half}", "/search?q={half}", "/f/demo?utm_campaign={half}"])
def test_a_request_that_names_a_charset_of_half_characters_is_read_as_any_other(visitor, playbook, path):
    catalog.add("demo", "title: Demo\nfields: [{field: lead.email, label: E-mail}]", at=world.NOW)

    page = visitor.get(path.format(half="%2B2AA-"), headers={"Content-Type": "text/plain; charset=utf-7"})

    assert page.status_code == 200
    assert "+2AA-" in page.content.decode()


def test_every_page_carries_the_headers_that_protect_it(visitor):
    headers = visitor.get("/").headers

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path", ["/", "/leads", "/audit"])
def test_a_page_is_only_for_looking(visitor, path):
    assert visitor.post(path).status_code == 405
