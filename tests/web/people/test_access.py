"""Who may open what: every address, by every method, for every role and for nobody, as its view says."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from coldframe.nurture import remembering
from coldframe.team import access, rights
from coldframe.team.rights import RIGHTS, Right, Role
from coldframe.web.people import middleware
from coldframe.web.people.middleware import PersonMiddleware
from tests.people import browser_of, somebody
from tests.web.people.routes import Route, every_route

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ROUTES = every_route()
RULED = [route for route in ROUTES if access.rule_of(route.view) != access.OPEN]
#: Open to everybody, each for a reason: it stands on a proof of its own, is on the way in, or says nothing.
OPEN = {
    *("livez", "public:", "api:", "programs:"),
    *("account_login", "account_logout", "account_inactive", "mfa_authenticate", "openid_connect_"),
    *("socialaccount_", "web:set-up", "web:invitation"),
}


def test_every_address_says_who_may_open_it():
    assert [route.name for route in ROUTES if access.rule_of(route.view) is None] == []
    assert len(ROUTES) > 60


def test_the_example_of_an_address_leads_to_it():
    assert [route.name for route in RULED if resolve(route.path).func is not route.view] == []


def test_what_is_open_to_everybody_is_meant_to_be():
    opened = [route.name for route in ROUTES if access.rule_of(route.view) == access.OPEN]

    assert [name for name in opened if not name.startswith(tuple(OPEN))] == []


@pytest.mark.django_db
def test_nobody_gets_anything_that_is_not_open():
    somebody(Role.ADMIN)
    client = Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.9", raise_request_exception=False)

    # Who may is asked before how: two ways stand for all.
    answers = {
        (route.name, method): client.generic(method, route.path)
        for route in RULED
        for method in ("GET", "POST")
    }

    assert {each: answer.status_code for each, answer in answers.items() if not is_refusal(answer)} == {}


def is_refusal(answer: HttpResponse) -> bool:
    """Return whether an answer gives nothing, or leads to the sign-in."""
    leads_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in")
    return leads_in or answer.status_code in {401, 403}


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_its_rights_say_and_nothing_else(role: Role, monkeypatch):
    monkeypatch.setattr(middleware, "closed", lambda request, right: HttpResponse(status=403))
    door = PersonMiddleware(lambda request: HttpResponse())
    wrong = []

    for route in RULED:
        for method in METHODS:
            request = RequestFactory().generic(method, route.path)
            request.person = rights.person(id=1, name="Somebody", role=role)  # type: ignore[attr-defined]
            refusal = door.process_view(request, route.view, (), {})
            may = right_of(route) in RIGHTS[role]
            if (refusal is None) is not may or (refusal is not None and refusal.status_code != 403):
                wrong.append((route.name, method))

    assert wrong == []


@pytest.mark.django_db
def test_the_whole_way_in_a_viewer_is_refused_what_is_not_theirs():
    viewer = browser_of(Role.VIEWER)
    closed = [route for route in RULED if right_of(route) not in RIGHTS[Role.VIEWER]]

    answers = {route.name: viewer.post(route.path).status_code for route in closed}

    assert {name: status for name, status in answers.items() if status != 403} == {}
    assert len(closed) > 10


def right_of(route: Route) -> Right:
    """Return the right that an address asks for, from elsewhere than this machine."""
    rule = access.rule_of(route.view)
    return Right.SEE if rule == access.THIS_MACHINE else Right(rule)


@pytest.mark.django_db
def test_a_view_that_does_not_say_who_may_open_it_is_open_to_nobody(monkeypatch, caplog):
    admin = browser_of(Role.ADMIN)
    monkeypatch.setattr(access, "rule_of", lambda view: None)

    answer = admin.get("/")

    assert answer.status_code == 403
    assert "a view does not say who may open it" in caplog.text


@pytest.mark.django_db
def test_a_page_leads_to_the_sign_in_and_back():
    somebody()
    client = Client(HTTP_HOST="localhost")

    assert client.get("/leads?group=nurture")["Location"] == "/sign-in?next=%2Fleads%3Fgroup%3Dnurture"
    assert client.get("/")["Location"] == "/sign-in"
    part = client.get(
        "/leads", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/leads?page=2"}
    )
    assert (part.status_code, part["HX-Redirect"]) == (401, "/sign-in?next=%2Fleads%3Fpage%3D2")
    lost = client.post("/outbox/1/settle", {"arrived": "yes"})
    assert lost.status_code == 401
    assert "nothing was changed" in lost.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("localhost", {"X-Forwarded-For": "192.0.2.7"}),
        ("localhost", {"X-Real-IP": "192.0.2.7"}),
        ("127.0.0.1", {"Via": "1.1 proxy"}),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
        ("testserver", {}),
    ],
)
def test_before_there_are_people_only_this_machine_may(host, headers):
    remembering.forget()

    assert Client(HTTP_HOST="localhost").get("/").status_code == 200
    answer = Client(HTTP_HOST=host, headers=headers).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


@pytest.mark.django_db
def test_as_soon_as_there_is_somebody_everybody_signs_in():
    somebody(Role.VIEWER)

    assert Client(HTTP_HOST="localhost").get("/")["Location"] == "/sign-in"


@pytest.mark.django_db
def test_links_in_mail_are_opened_without_asking_who_it_is(django_assert_num_queries):
    with django_assert_num_queries(0):
        Client(HTTP_HOST="localhost").get("/livez")


@pytest.mark.django_db
def test_figures_are_for_this_machine_and_for_those_who_see_everything():
    somebody()

    assert Client(HTTP_HOST="localhost").get("/metrics").status_code == 200
    assert Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.9").get("/metrics").status_code == 302
    assert browser_of(Role.VIEWER).get("/metrics", REMOTE_ADDR="192.0.2.9").status_code == 200


@pytest.mark.django_db
def test_the_public_host_serves_pages_once_an_admin_can_sign_in(settings):
    settings.BASE_URL = "https://mail.ours.example"
    settings.ALLOWED_HOSTS = ["mail.ours.example"]
    client = Client(HTTP_HOST="mail.ours.example", REMOTE_ADDR="192.0.2.9")
    assert client.get("/").status_code == 404

    somebody(Role.ADMIN, password=None)
    assert client.get("/").status_code == 404
    somebody(Role.ADMIN).set_password("x")
    user = somebody(Role.ADMIN)
    user.set_password("blue window over nine hills")
    user.save()
    assert client.get("/")["Location"] == reverse("account_login")
