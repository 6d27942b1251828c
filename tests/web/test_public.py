"""Pages for people without a login: a link in hand, nothing to sign in to, and nobody else's eyes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from coldframe import environment
from coldframe.leads import operations, tokens
from coldframe.leads.frames import load_leads_frame
from coldframe.leads.models import Consent, Lead, LiftedSuppression, Pause, Suppression
from coldframe.leads.tokens import Purpose
from tests import world
from tests.web import nurtured
from tests.world import NOW

DAY = timedelta(days=1)
TOUCH = uuid4()
PAGES = {Purpose.UNSUBSCRIBE: "/u/", Purpose.PREFERENCES: "/p/", Purpose.RETURN: "/r/"}
ONE_CLICK: dict[str, Any] = {"data": {"List-Unsubscribe": "One-Click"}}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLDFRAME_NOW", NOW.isoformat())


@pytest.fixture
def client() -> Client:
    """A browser, or a mail provider, that checks what a real one would be checked for."""
    return Client(enforce_csrf_checks=True)


def path(purpose: Purpose, lead: Lead, **other: Any) -> str:
    return PAGES[purpose] + tokens.make(purpose, lead=lead.public_id, **{"touch": TOUCH, **other})


def everything() -> dict[str, list[Any]]:
    """Return every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


def is_suppressed(lead: Lead) -> bool:
    return load_leads_frame(columns=["suppressed_by"], account_ids=[lead.account_id])["suppressed_by"][0] is not None  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", PAGES)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(client: Client, purpose: Purpose, method: str) -> None:
    anna = world.anna()
    before = everything()

    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "Barracuda Sentinel"}):
        answer = getattr(client, method)(path(purpose, anna), headers=headers)
        assert answer.status_code == (204 if method == "options" else 200)

    assert everything() == before
    assert not answer.cookies


@pytest.mark.django_db
def test_one_click_ends_the_mail_at_once_and_as_often_as_it_is_pressed(client: Client) -> None:
    anna = world.anna()

    answers = [client.post(path(Purpose.UNSUBSCRIBE, anna), **ONE_CLICK) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert is_suppressed(anna)
    rows = Suppression.objects.order_by("id").values_list(
        "lead", "email", "reason", "suppressed_at", "source"
    )
    source = f"link in message {TOUCH}"
    assert list(rows) == [
        (anna.pk, None, "UNSUBSCRIBE", NOW, source),
        (None, "anna@brightpath.example", "UNSUBSCRIBE", NOW, source),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"List-Unsubscribe": "One-Click"}},  # multipart/form-data
        {"data": "", "content_type": "text/plain"},
        {"data": b"\xff\xfe" * 5_000_000, "content_type": "application/octet-stream"},
        {"data": "a=1&" * 5000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"no boundary", "content_type": "multipart/form-data"},
        {"data": {"redirect": "https://evil.example", "next": "//evil.example"}},
    ],
)
def test_whatever_a_post_carries_ends_the_mail_without_a_redirect(
    client: Client, body: dict[str, Any]
) -> None:
    anna = world.anna()

    answer = client.post(path(Purpose.UNSUBSCRIBE, anna), **body)

    assert (answer.status_code, is_suppressed(anna)) == (200, True)
    assert "evil" not in answer.content.decode()


@pytest.mark.django_db
def test_the_address_that_the_message_went_to_is_ended_too(client: Client) -> None:
    anna = world.anna()
    touch = nurtured.touch(anna, nurtured.enroll(anna))
    nurtured.message(touch, key=f"touch:{touch.public_id.hex}:31", recipient="Anna@brightpath.example")
    Lead.objects.filter(pk=anna.pk).update(email="anna.new@other.example")
    token = tokens.make(Purpose.UNSUBSCRIBE, lead=anna.public_id, touch=touch.public_id)

    client.post(f"/u/{token}", **ONE_CLICK)

    ended = set(Suppression.objects.filter(email__isnull=False).values_list("email", flat=True))
    assert ended == {"anna.new@other.example", "anna@brightpath.example"}


@pytest.mark.django_db
def test_a_link_still_works_years_later_under_a_new_address_and_a_new_key(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    anna = world.anna()
    link = path(Purpose.UNSUBSCRIBE, anna)
    Lead.objects.filter(pk=anna.pk).update(email="anna@nordlicht.example")
    settings.SECRET_KEY_FALLBACKS = ["an older one", settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    monkeypatch.setenv("COLDFRAME_NOW", (NOW + 800 * DAY).isoformat())

    assert client.post(link, **ONE_CLICK).status_code == 200

    assert is_suppressed(anna)


@pytest.mark.django_db
def test_a_link_of_a_key_that_was_thrown_away_opens_nothing(client: Client, settings: Any) -> None:
    anna = world.anna()
    link = path(Purpose.UNSUBSCRIBE, anna)
    settings.SECRET_KEY = "a new one"

    assert client.post(link, **ONE_CLICK).status_code == 404
    assert not is_suppressed(anna)


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_who_was_erased_is_told_that_it_is_done(
    client: Client, purpose: Purpose, method: str
) -> None:
    answer = getattr(client, method)(PAGES[purpose] + tokens.make(purpose, lead=uuid4()), {"do": "stop"})

    assert answer.status_code == 200
    assert "Done" in answer.content.decode()
    assert not Suppression.objects.exists()


DAMAGE = {
    "upper case": str.upper,
    "a bracket": lambda token: token + "%3E",
    "a dot": lambda token: token + ".",
    "an equals sign": lambda token: token + "=",
    "a broken line": lambda token: token[:40] + "%3D%0D%0A" + token[40:],
    "decoded twice": lambda token: token[:40] + "%253D%250A" + token[40:] + "%2520",
    "something appended": lambda token: token + "&utm_source=mail",
    "a query": lambda token: token + "?utm_source=mail&fbclid=1",
    "an invisible sign": lambda token: "%E2%80%8B" + token + "%E2%80%8B",
    "a slash": lambda token: token + "/",
}


@pytest.mark.django_db
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_link_that_a_mail_client_damaged_still_works(client: Client, damage: str) -> None:
    anna = world.anna()
    token = tokens.make(Purpose.UNSUBSCRIBE, lead=anna.public_id, touch=TOUCH)

    answer = client.post("/u/" + DAMAGE[damage](token), **ONE_CLICK)

    assert (answer.status_code, is_suppressed(anna)) == (200, True)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ["/u/", "/p/", "/r/"])
def test_a_link_that_is_not_ours_is_told_so_kindly_and_leads_nowhere(
    client: Client, page: str, method: str
) -> None:
    anna = world.anna()
    of_another_purpose = tokens.make(
        Purpose.PREFERENCES if page == "/u/" else Purpose.UNSUBSCRIBE, lead=anna.public_id
    )
    token = tokens.make(Purpose.UNSUBSCRIBE, lead=anna.public_id)
    before = everything()

    for wrong in (
        of_another_purpose,
        token[:-1],
        token[:30],
        "",
        "a" * 80,
        "x" * 5000,
        "é",
        "%00",
        "../admin",
    ):
        answer = getattr(client, method)(page + wrong)
        assert answer.status_code == 404, wrong
        assert "answer that mail" in answer.content.decode()
        assert "href" not in answer.content.decode().split("<body>")[1]
    assert everything() == before


@given(st.integers(0, 79), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_other_letter_makes_a_token_nobodys(place: int, letter: str) -> None:
    lead = uuid4()
    token = tokens.make(Purpose.UNSUBSCRIBE, lead=lead, touch=TOUCH)
    other = token[:place] + letter + token[place + 1 :]

    assert tokens.read(other, Purpose.UNSUBSCRIBE) == ((lead, TOUCH) if other == token else None)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert tokens.read(text, Purpose.UNSUBSCRIBE) is None


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", PAGES)
def test_a_page_shows_no_more_than_a_masked_address(client: Client, purpose: Purpose) -> None:
    anna = world.anna(phone="+48 555 0100", known_problem="churn", city="Poznań")
    operations.unsubscribe(lead_id=anna.pk, source="t", at=NOW)
    world.event(anna, path="/pricing")

    for method in ("get", "post"):
        text = getattr(client, method)(path(purpose, anna), {"do": "start"}).content.decode()
        assert "a•••@b•••.example" in text
        for secret in (
            "anna@",
            "brightpath",
            "Kowalska",
            "555",
            "churn",
            "Pozna",
            "pricing",
            "PL",
            str(anna.public_id),
        ):
            assert secret not in text, secret


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "head", "options", "put"])
@pytest.mark.parametrize("token", ["good", "bad"])
def test_a_page_asks_nothing_of_others_and_tells_them_nothing(
    client: Client, method: str, token: str
) -> None:
    anna = world.anna()
    at = path(Purpose.UNSUBSCRIBE, anna) if token == "good" else "/u/bad"

    answer = getattr(client, method)(at)

    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert "Location" not in answer
    text = answer.content.decode()
    assert "<script" not in text
    assert "style=" not in text
    assert all(urlsplit(link).netloc == "" for link in re.findall(r'(?:src|href|action)="([^"]*)"', text))
    if method == "put":
        assert (answer.status_code, is_suppressed(anna)) == (405, False)


@pytest.mark.django_db
def test_undo_is_a_new_consent_of_the_persons_own(client: Client) -> None:
    anna = world.anna()
    page = client.post(path(Purpose.UNSUBSCRIBE, anna), **ONE_CLICK).content.decode()
    undo = re.search(r'action="(/r/[^"]+)"', page)
    assert undo is not None

    looked = client.get(undo[1])
    assert is_suppressed(anna)
    answers = [client.post(undo[1]) for _ in range(2)]

    assert [looked.status_code, *(each.status_code for each in answers)] == [200, 200, 200]
    assert not is_suppressed(anna)
    consent = Consent.objects.get(withdrawn_at=None)
    assert (consent.basis, consent.confirmed_at, consent.source) == ("CONSENT", NOW, "unsubscribe page")
    assert str(TOUCH) in (consent.proof or "")
    assert consent.wording is not None
    assert consent.wording in looked.content.decode()
    assert LiftedSuppression.objects.count() == 2


@pytest.mark.django_db
def test_the_link_to_leave_does_not_lead_to_the_preferences(client: Client) -> None:
    anna = world.anna()
    link = path(Purpose.UNSUBSCRIBE, anna)

    for answer in (client.get(link), client.post(link, **ONE_CLICK), client.get(link)):
        assert "/p/" not in answer.content.decode()


@pytest.mark.django_db
def test_preferences_pause_and_end_the_pause(client: Client) -> None:
    anna = world.anna()
    link = path(Purpose.PREFERENCES, anna)

    paused = client.post(link, {"do": "pause", "months": "3"}).content.decode()
    assert "1 September 2026" in paused
    assert Pause.objects.get().until == NOW.replace(month=9)
    resumed = client.post(link, {"do": "resume"}).content.decode()

    assert "The pause is over" in resumed
    assert Pause.objects.get().ended_at == NOW
    assert not is_suppressed(anna)


@pytest.mark.django_db
def test_preferences_leave_and_come_back_for_each_purpose(client: Client) -> None:
    anna = world.anna()
    link = path(Purpose.PREFERENCES, anna)
    Consent.objects.create(lead=anna, purpose="product news", basis="CONSENT", source="form", created_at=NOW)

    client.post(link, {"do": "stop", "purpose": "product news"})
    assert (Consent.objects.filter(withdrawn_at=None).count(), is_suppressed(anna)) == (0, False)
    client.post(link, {"do": "start", "purpose": "product news"})
    assert (Consent.objects.filter(withdrawn_at=None).count(), is_suppressed(anna)) == (1, False)
    client.post(link, {"do": "stop"})
    assert is_suppressed(anna)
    client.post(link, {"do": "start"})
    assert not is_suppressed(anna)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {"data": {}},
        {"data": {"do": "delete"}},
        {"data": {"do": "pause", "months": "1200"}},
        {"data": {"do": "pause", "months": "³"}},
        {"data": {"do": "pause"}},
        {"data": "a=1&" * 5000, "content_type": "application/x-www-form-urlencoded"},
        {"data": "a" * 5_000_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"no boundary", "content_type": "multipart/form-data"},
    ],
)
def test_a_form_that_asks_for_nothing_there_is_changes_nothing(client: Client, body: dict[str, Any]) -> None:
    anna = world.anna()
    before = everything()

    answer = client.post(path(Purpose.PREFERENCES, anna), **body)

    assert answer.status_code == 400
    assert "Nothing has changed" in answer.content.decode()
    assert everything() == before


@pytest.mark.django_db
def test_a_purpose_that_is_not_on_file_is_nobodys(client: Client) -> None:
    anna = world.anna()

    answer = client.post(path(Purpose.PREFERENCES, anna), {"do": "start", "purpose": "whatever"})

    assert answer.status_code == 200
    assert not Consent.objects.exists()


@pytest.mark.django_db
def test_the_host_of_the_world_serves_the_public_pages_alone(client: Client, settings: Any) -> None:
    settings.BASE_URL = "https://mail.brightpath.example"
    settings.ALLOWED_HOSTS = ["localhost", "mail.brightpath.example"]
    anna = world.anna()
    world_host = {"HTTP_HOST": "mail.brightpath.example"}

    for inside in ("/", "/leads", f"/leads/{anna.public_id}", "/audit", "/u", "//u/", "/x/../u/"):
        assert client.get(inside, **world_host).status_code == 404, inside
    assert client.get(path(Purpose.UNSUBSCRIBE, anna), **world_host).status_code == 200
    assert client.get("/leads", HTTP_HOST="localhost").status_code == 200


def test_addresses_in_messages_begin_where_the_world_finds_us(settings: Any) -> None:
    settings.BASE_URL = "https://mail.brightpath.example/coldframe"
    lead = uuid4()

    url = tokens.unsubscribe_url(lead=lead, touch=TOUCH)

    assert re.fullmatch(r"https://mail\.brightpath\.example/coldframe/u/[a-z2-7]{80}", url)
    assert "/p/" in tokens.preferences_url(lead=lead)
    assert tokens.read(url.rpartition("/")[2], Purpose.UNSUBSCRIBE) == (lead, TOUCH)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("https://mail.example.com", "https://mail.example.com"),
        ("https://mail.example.com/", "https://mail.example.com"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://example.com/coldframe/", "https://example.com/coldframe"),
    ],
)
def test_where_the_world_finds_us_is_taken_without_a_slash_at_its_end(
    monkeypatch: pytest.MonkeyPatch, given: str, taken: str
) -> None:
    monkeypatch.setenv("COLDFRAME_BASE_URL", given)

    assert environment.base_url() == taken


@pytest.mark.parametrize(
    "given",
    ["mail.example.com", "ftp://mail.example.com", "https://", "https://a:b@example.com", "https://example.com/?x", "https://x:99999", "https://ä.example"],
)  # fmt: skip
def test_an_odd_place_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("COLDFRAME_BASE_URL", given)

    with pytest.raises(environment.BadSetting, match="COLDFRAME_BASE_URL: expected an address"):
        environment.base_url()


@pytest.mark.django_db
def test_files_sent_along_are_let_fall_unread(client: Client) -> None:
    anna = world.anna()

    answer = client.post(
        path(Purpose.PREFERENCES, anna),
        {"do": "stop", "file": SimpleUploadedFile("heavy.bin", b"x" * 200_000)},
    )

    assert (answer.status_code, is_suppressed(anna)) == (200, True)
    assert not answer.wsgi_request.FILES


@pytest.mark.django_db
def test_the_first_opt_out_of_a_lead_costs_few_statements(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    anna = world.anna()
    Consent.objects.create(lead=anna, basis="CONSENT", source="form", created_at=NOW)

    with django_assert_max_num_queries(30 if connection.vendor == "postgresql" else 20):
        client.post(path(Purpose.UNSUBSCRIBE, anna), **ONE_CLICK)

    assert is_suppressed(anna)
    assert not Consent.objects.filter(withdrawn_at=None).exists()
