"""Signing in and out, the second factor, and that nobody learns who is known here."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from coldframe.nurture import remembering
from coldframe.team import operations, queries
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import Role
from tests.people import PASSWORD, browser_of, person, somebody
from tests.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    remembering.forget()


def stranger(**named: object) -> Client:
    return Client(HTTP_HOST="localhost", **named)  # type: ignore[arg-type]


def code_of(client: Client) -> str:
    """Return the code that an app on the phone shows for the secret of the page."""
    secret = re.search(r'value="([A-Z2-7]{32})"', client.get("/account/second-factor/on").content.decode())
    assert secret is not None
    return code_for(secret[1])


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.mark.parametrize("login", ["rosa", "ROSA", "rosa@coldframe.example", "Rosa@Coldframe.example"])
def test_somebody_signs_in_by_name_or_address_and_gets_where_they_wanted(login):
    somebody(Role.SALES)
    browser = stranger()

    answer = browser.post("/sign-in", {"login": login, "password": PASSWORD, "next": "/mail"})

    assert answer["Location"] == "/mail"
    assert browser.get("/mail").status_code == 200
    entry = LogEntry.objects.get(what="person.signed_in")
    assert (entry.by, entry.subject) == ("Rosa Ahlberg", "rosa")


def test_nobody_is_led_away_from_here():
    somebody(Role.SALES)

    answer = stranger().post(
        "/sign-in", {"login": "rosa", "password": PASSWORD, "next": "https://evil.example/"}
    )

    assert answer["Location"] == "/start"


def test_who_is_known_here_is_not_to_be_learned():
    somebody(Role.SALES)
    gone = operations.create(
        username="gone", name="", email="", role=Role.SALES, password=PASSWORD, by=person(), at=NOW
    )
    operations.deactivate(gone, by=person(), at=NOW)

    pages = [
        stranger()
        .post("/sign-in", {"login": login, "password": "not it"})
        .content.decode()
        .replace(login, "")
        for login in ("rosa", "nobody", "gone", "x@y.example")
    ]

    assert len({re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages}) == 1
    assert 'role="alert"' in pages[0]


def test_who_may_not_sign_in_any_more_is_out_at_once():
    browser = browser_of(Role.SALES)
    assert browser.get("/mail").status_code == 200

    operations.deactivate(somebody(Role.SALES).pk, by=person(), at=NOW)

    assert browser.get("/mail")["Location"] == "/sign-in?next=%2Fmail"
    answer = stranger().post("/sign-in", {"login": "rosa", "password": PASSWORD})
    assert answer["Location"] == "/sign-in/closed"


def test_guessing_is_stopped_and_written_down():
    somebody(Role.SALES)
    browser = stranger()

    for _number in range(5):
        browser.post("/sign-in", {"login": "rosa", "password": "not it"})
    answer = browser.post("/sign-in", {"login": "rosa", "password": PASSWORD})

    assert answer.status_code == 200
    assert "Too many tries" in answer.content.decode()
    failed = LogEntry.objects.filter(what="person.sign_in_failed")
    assert {(each.by, each.subject) for each in failed} == {("nobody", "rosa")}
    assert "not it" not in str([each.details for each in failed])


def test_what_was_typed_for_a_name_that_nobody_has_is_not_kept():
    somebody()

    stranger().post("/sign-in", {"login": "my secret password", "password": "x"})

    entry = LogEntry.objects.get(what="person.sign_in_failed")
    assert "my secret password" not in str(entry.__dict__)


def test_signing_out_ends_the_session():
    browser = browser_of(Role.SALES)

    assert browser.post("/sign-out")["Location"] == "/sign-in"

    assert browser.get("/mail").status_code == 302


def test_another_password_ends_every_other_session():
    here, there = browser_of(Role.SALES), browser_of(Role.SALES)
    chosen = "green door under two moons"

    answer = here.post(
        "/account/password", {"oldpassword": PASSWORD, "password1": chosen, "password2": chosen}
    )

    assert answer["Location"] == "/account"
    assert here.get("/mail").status_code == 200
    assert there.get("/mail").status_code == 302
    assert LogEntry.objects.filter(what="person.password_set", subject="rosa").exists()


def test_one_signs_out_everywhere_else():
    here, there = browser_of(Role.SALES), browser_of(Role.SALES)

    here.post("/account/sessions/end")

    assert here.get("/mail").status_code == 200
    assert there.get("/mail").status_code == 302


def test_a_second_factor_is_asked_for_from_then_on_and_kept_encrypted():
    browser = browser_of(Role.SALES)

    done = browser.post("/account/second-factor/on", {"code": code_of(browser)})

    assert done["Location"] == "/account/codes"
    kept = Authenticator.objects.get(type="totp")
    secret = kept.wrap()
    assert not re.fullmatch("[A-Z2-7]{32}", kept.data["secret"])
    another = stranger()
    first = another.post("/sign-in", {"login": "rosa", "password": PASSWORD})
    assert first["Location"] == "/sign-in/second"
    assert another.get("/mail").status_code == 302
    assert another.post("/sign-in/second", {"code": "000000"}).status_code == 200
    codes = browser.get("/account/codes").content.decode()
    recovery = re.search(r"\b[0-9a-f]{8}\b|\b\d{8}\b", codes)
    assert recovery is not None
    assert another.post("/sign-in/second", {"code": recovery[0]})["Location"] == "/start"
    assert another.get("/mail").status_code == 200
    assert secret is not None


def test_keys_people_and_second_factors_ask_for_the_password_again_after_a_while(settings):
    browser = browser_of(Role.ADMIN)
    assert browser.get("/settings/keys").status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0

    for path in ("/settings/keys", "/settings/people", "/account/second-factor/on"):
        assert browser.get(path)["Location"].startswith("/account/again?"), path
    sent = browser.post(
        "/settings/keys",
        {"name": "x", "role": "ADMIN"},
        headers={"Referer": "http://localhost/settings/keys"},
    )
    assert sent["Location"] == "/account/again?next=%2Fsettings%2Fkeys"
    assert queries.list_keys() == []
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
    answer = browser.post("/account/again", {"password": PASSWORD, "next": "/settings/keys"})
    assert answer["Location"] == "/settings/keys"


def test_the_first_admin_is_set_up_here_and_only_once():
    browser, elsewhere = stranger(), stranger(REMOTE_ADDR="192.0.2.9")
    given = {"username": "ada", "name": "Ada", "email": "", "password": PASSWORD, "again": PASSWORD}
    assert elsewhere.post("/setup", given).status_code == 403
    assert "Set up people" in browser.get("/setup").content.decode()
    assert browser.post("/setup", {**given, "again": "another"}).status_code == 400
    assert browser.post("/setup", {**given, "password": "1234", "again": "1234"}).status_code == 400
    assert not User.objects.exists()

    assert browser.post("/setup", given)["Location"] == "/sign-in"

    assert User.objects.get().role == "ADMIN"
    assert browser.post("/setup", {**given, "username": "eve"})["Location"] == "/sign-in"
    assert User.objects.count() == 1


def test_forms_are_taken_from_our_own_pages_alone():
    for path in ("/sign-in", "/setup", "/sign-out"):
        assert Client(HTTP_HOST="localhost", enforce_csrf_checks=True).post(path, {}).status_code == 403
    checked = browser_of(Role.ADMIN, check_forms=True)
    for path in ("/account", "/settings/keys", "/settings/people", "/account/second-factor/off"):
        assert checked.post(path, {}).status_code == 403, path


def test_the_cookie_of_a_session_is_for_this_site_and_no_script():
    somebody(Role.SALES)
    browser = stranger()
    browser.post("/sign-in", {"login": "rosa", "password": PASSWORD})

    cookie = browser.cookies["sessionid"]
    assert (bool(cookie["httponly"]), cookie["samesite"], cookie["max-age"]) == (True, "Lax", 14 * 86400)


def test_without_the_environment_no_other_house_vouches_for_anybody():
    somebody()

    assert "or" not in re.findall(r"hr-text[^>]*>(\w+)<", stranger().get("/sign-in").content.decode())
    assert stranger().get("/sign-in/with/company").status_code == 404
