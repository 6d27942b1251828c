"""
A house in which people work: beside the demo company one person of each role, and something behind every address.

Run in a data folder of its own (``python -m tests.browser.house``): prints one JSON document of the names that
addresses are filled with, and of the session in which each person has signed in. It does so by the pages, as people do.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import timedelta

from coldframe.cli import start

FORM = """title: See it at work
text: A colleague shows you what it does with your own data.
fields:
  - {field: lead.email, label: Work e-mail, required: true}
  - {field: lead.first_name, label: First name}
  - {field: lead.timeline, label: When?, kind: choice, choices: [now, this year, later]}
consent: {wording: "Yes, write to me about what I am working on. I can end it at any time."}
button: Ask for a demo
thanks: Thank you. A colleague answers today.
"""
#: The name under which leads are put before whoever sells.
REP = "Ewa Lis"
SERVER = {
    "name": "main", "host": "mail.ours.example", "port": "587", "security": "starttls", "user": "anna",
    "sender_address": "anna@ours.example", "per_day": "200", "secret": "hunter2-is-secret",
}  # fmt: skip


@dataclass(frozen=True)
class Seeded:
    """What addresses are filled with, by the name of the place in them, and the session of each role."""

    names: dict[str, str]
    sessions: dict[str, str]


def last_part(path: str) -> str:
    """Return what follows the last slash of an address."""
    return path.rstrip("/").rsplit("/", 1)[-1]


def seed() -> Seeded:
    """Let one person of each role in, and do one thing of each kind that a page shows."""
    from coldframe import clock
    from coldframe.team.models import User
    from coldframe.team.rights import Role
    from tests import people

    browsers = {role: people.browser_of(role) for role in reversed(Role)}
    admin = browsers[Role.ADMIN]
    User.objects.filter(role=Role.SALES.value).update(rep=REP)
    sessions = {role.value: client.cookies["sessionid"].value for role, client in browsers.items()}
    names = {
        **letters(),
        **handoff(at=clock.now()),
        **of_people(admin),
        **of_imports(admin),
        **of_leads(admin),
    }
    admin.post("/settings/connections/new/smtp", SERVER)
    draft(admin)
    return Seeded(names, sessions)


def letters() -> dict[str, str]:
    """Return the tokens of somebody's own pages, and serve a form."""
    from coldframe import clock
    from coldframe.activity.forms import catalog as forms
    from coldframe.leads import tokens
    from coldframe.leads.models import Lead
    from coldframe.leads.tokens import Purpose

    forms.add("demo", FORM, at=clock.now())
    lead = Lead.objects.filter(standing__isnull=False).earliest("id")
    made = {purpose: tokens.make(purpose, lead=lead.public_id) for purpose in Purpose}
    return {
        "leaving": made[Purpose.UNSUBSCRIBE],
        "wishes": made[Purpose.PREFERENCES],
        "returning": made[Purpose.RETURN],
        "lead": str(lead.public_id),
        "account": str(lead.account.public_id) if lead.account else "",
    }


def handoff(*, at) -> dict[str, str]:
    """Return an open handoff, and the token of a link by which it is answered."""
    from coldframe.handoff import queries, tokens
    from coldframe.handoff.models import Handoff, Notification

    row = queries.list_open()[0]
    told = Notification.objects.create(
        handoff=Handoff.objects.get(public_id=row.public_id),
        what="OPENED",
        to=REP,
        address="ewa@coldframe.example",
        made_at=at,
    )
    token = tokens.make(
        tokens.Purpose.ANSWER,
        handoff=row.public_id,
        notification_id=told.pk,
        expires_at=at + timedelta(days=7),
    )
    return {"handoff": str(row.public_id), "answer": token}


def of_people(admin) -> dict[str, str]:
    """Invite somebody and make a key."""
    page = admin.post(
        "/settings/people", {"username": "tom", "name": "Tom Ito", "email": "", "role": "SALES"}
    )
    link = re.search(r"/invitation/([\w:.-]+)", page.content.decode())
    assert link is not None
    admin.post("/settings/keys", {"name": "CRM", "role": "SALES"})
    return {"invitation": link[1]}


def of_imports(admin) -> dict[str, str]:
    """Take one file in, and bring another one."""
    from tests.web.imports import bringing

    number = last_part(bringing.take_in(admin, bringing.PEOPLE, name="spring.csv"))
    waiting = last_part(bringing.bring(admin, bringing.PEOPLE.replace("anna", "nina"), name="autumn.csv"))
    sold = "Deal name,Deal stage,Amount,Deal id,Company name\nMigration,Proposal,12500,d1,Brightpath\n"
    deals = last_part(bringing.take_in(admin, sold, name="deals.csv"))
    return {"import": number, "file": waiting, "deals": deals}


def of_leads(admin) -> dict[str, str]:
    """Save a list, and make a change of many."""
    saved = admin.post("/leads/save", {"name": "Hot ones", "query": "intent=HIGH", "is_shared": "on"})
    lists = re.findall(r"/leads/saved/([\w-]{36})", admin.get("/leads/saved").content.decode())
    asked = {
        "do": "PATH",
        "do-path": "stay relevant",
        "do-until": "2026-09-01",
        "do-why": "a trade fair",
        "query": "fit=A",
    }
    made = admin.post("/leads/change", asked)
    assert saved.status_code == made.status_code == 302, made.content.decode()[-3000:]
    return {"list": lists[0], "change": last_part(made.headers["Location"])}


def draft(admin) -> None:
    """Write the next version of the playbook, and leave it as it is."""
    page = admin.get("/playbook/edit").content.decode()
    mark, base = (re.search(rf'name="{each}" value="([^"]*)"', page)[1] for each in ("mark", "base"))  # type: ignore[index]
    area = re.search(r'<textarea class="pb-text".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert area is not None
    text = html.unescape(area[1]).replace("points: 20, half_life: 14 days", "points: 20, half_life: 21 days")
    answer = admin.post("/playbook/edit", {"text": text, "mark": mark, "base": base, "do": "save"})
    assert answer.status_code == 302, answer.content.decode()


if __name__ == "__main__":
    start.open_database()
    found = seed()
    print(json.dumps({"names": found.names, "sessions": found.sessions}))
