"""
People who use Coldframe, one of each role, and a browser in which they have signed in.

Vera looks on, Max does marketing, Rosa sells, Lena leads sales, Ada is the admin.
"""

from __future__ import annotations

from django.test import Client

from coldframe.team import operations, queries
from coldframe.team.models import User
from coldframe.team.rights import AT_THIS_MACHINE, Person, Role
from tests.world import NOW

PASSWORD = "blue window over nine hills"
NAMES = {
    Role.VIEWER: ("vera", "Vera Lind"),
    Role.MARKETER: ("max", "Max Okafor"),
    Role.SALES: ("rosa", "Rosa Ahlberg"),
    Role.SALES_LEAD: ("lena", "Lena Fuchs"),
    Role.ADMIN: ("ada", "Ada Moreau"),
}


def somebody(role: Role = Role.ADMIN, *, password: str | None = PASSWORD) -> User:
    """Return the person of a role, who is let in when they are not known yet."""
    username, name = NAMES[role]
    email = f"{username}@coldframe.example"
    if not User.objects.filter(username=username).exists():
        operations.create(
            username=username,
            name=name,
            email=email,
            role=role,
            password=password,
            by=AT_THIS_MACHINE,
            at=NOW,
        )
    return User.objects.get(username=username)


def person(role: Role = Role.ADMIN) -> Person:
    """Return somebody of a role as the one who asks."""
    return queries.person_of_user(somebody(role))


def browser_of(role: Role = Role.ADMIN, *, check_forms: bool = False) -> Client:
    """Return a browser on this machine in which somebody of a role has signed in."""
    client = Client(HTTP_HOST="localhost")
    answer = client.post("/sign-in", {"login": somebody(role).username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    client.handler.enforce_csrf_checks = check_forms
    return client
