"""Coming in through another house: who is known here by an address that it has verified, and nobody else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client

from coldframe.team import operations, queries
from coldframe.team.models import LogEntry, User
from coldframe.team.rights import Role
from tests.people import person, somebody
from tests.world import NOW

pytestmark = pytest.mark.django_db
#: Signs what the other house says; it is read straight from it, so nobody looks at the signature.
KEY = "a secret of the other house, which is long enough"


def seconds() -> int:
    """Return the time by which tokens are dated."""
    return int(time.time())  # noqa: TID251


class House(HTTPServer):
    """The other house: whoever comes back from it is whom ``said`` names."""

    said: dict[str, Any]
    verifier: str = ""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: House

    def do_GET(self) -> None:
        house = self.server.issuer
        if self.path.startswith("/.well-known"):
            self.answer(
                {
                    "issuer": house,
                    "authorization_endpoint": f"{house}/ask",
                    "token_endpoint": f"{house}/token",
                    "userinfo_endpoint": f"{house}/who",
                    "jwks_uri": f"{house}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self.answer(self.server.said)

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.verifier = asked.get("code_verifier", [""])[0]
        claims = {
            "iss": self.server.issuer,
            "aud": "coldframe",
            "exp": seconds() + 600,
            **self.server.said,
        }
        token = jwt.encode({**claims, "iat": seconds()}, KEY, algorithm="HS256")
        self.answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def answer(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        pass


@pytest.fixture
def house(settings) -> Iterator[House]:
    """Serve another house, and have this one believe it."""
    server = House(("127.0.0.1", 0), Answering)
    app = {
        "provider_id": "company", "name": "Ours", "client_id": "coldframe", "secret": "s",
        "settings": {"server_url": server.issuer},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def come(house: House, **said: Any) -> tuple[Client, Any]:
    """Go to the other house and come back as whom it says."""
    house.said = {"sub": "1", "name": "Rosa Ahlberg", **said}
    browser = Client(HTTP_HOST="localhost")
    away = browser.get("/sign-in/with/company")
    asked = parse_qs(urlsplit(away["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    back = browser.get("/sign-in/with/company/back", {"code": "c", "state": asked["state"][0]})
    assert house.verifier
    return browser, back


def test_who_is_known_by_a_verified_address_comes_in(house):
    somebody(Role.SALES)

    browser, back = come(house, email="ROSA@coldframe.example", email_verified=True)

    assert back["Location"] == "/start"
    assert browser.get("/account").status_code == 200
    assert LogEntry.objects.filter(what="person.signed_in", subject="rosa").exists()
    assert "Sign in with Ours" in Client(HTTP_HOST="localhost").get("/sign-in").content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {"email": "rosa@coldframe.example", "email_verified": False},
        {"email": "rosa@coldframe.example"},
        {"email": "stranger@coldframe.example", "email_verified": True},
        {},
    ],
)
def test_nobody_else_comes_in(house, said):
    somebody(Role.SALES)

    browser, back = come(house, **said)

    assert back["Location"] == "/sign-in/unknown"
    assert browser.get("/account").status_code == 302
    assert "You are not known here" in browser.get("/sign-in/unknown").content.decode()
    assert User.objects.filter(username="rosa").count() == User.objects.exclude(username="ada").count() == 1


def test_who_may_not_sign_in_any_more_does_not_by_another_house_either(house):
    rosa = somebody(Role.SALES)
    come(house, email="rosa@coldframe.example", email_verified=True)
    operations.deactivate(rosa.pk, by=person(), at=NOW)

    browser, back = come(house, email="rosa@coldframe.example", email_verified=True)

    assert back["Location"] in {"/sign-in/closed", "/sign-in/unknown"}
    assert browser.get("/account").status_code == 302


def test_whom_the_other_house_vouches_for_comes_under_a_role_where_the_environment_says_so(house, settings):
    somebody(Role.ADMIN)
    settings.SINGLE_SIGN_ON_ROLE = Role.VIEWER

    _browser, back = come(house, email="new@coldframe.example", email_verified=True)

    assert back["Location"] == "/start"
    line = queries.find_by_login("new@coldframe.example")
    assert line is not None
    assert (line.role, line.has_password) == (Role.VIEWER, False)


def test_an_answer_that_nobody_asked_for_is_none(house):
    somebody(Role.SALES)
    house.said = {"sub": "1", "email": "rosa@coldframe.example", "email_verified": True}
    browser = Client(HTTP_HOST="localhost")

    browser.get("/sign-in/with/company/back", {"code": "c", "state": "made up"})

    assert browser.get("/account").status_code == 302
