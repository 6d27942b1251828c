"""
What addresses name that is somebody's: how it is made for the one who asks and for somebody else, and who may do what.

``STEPS`` has every address with such a name; ``NOBODYS`` has those whose names stand for what is nobody's in particular,
and ``PROOFS`` those whose names come with a proof of who asks. An address that stands in none of them fails a test.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from coldframe.leads import uploads
from coldframe.leads.models import ImportBatch, Lead
from coldframe.leads.uploads import State
from coldframe.nurture import overrides, saved_filters
from coldframe.nurture.models import BulkChange
from coldframe.team import operations as team
from coldframe.team import queries
from coldframe.team.models import User
from coldframe.team.rights import AT_THIS_MACHINE, Person, Right, Role
from coldframe.work import uploads as work
from tests import people, world
from tests.web.desk import before_sales

NOW = world.NOW
UNTIL = NOW + timedelta(days=60)
#: Stands in what only its owner is to see.
MARK = "kept-by-another-7f3a"
FILE = "Email,First name\nola@brightpath.example,Ola\n"


class Whose(StrEnum):
    """Whose a thing is, seen from who asks."""

    OWN = "OWN"
    OTHERS = "OTHERS"
    #: Nobody's in particular, or somebody else's who shares it.
    SHARED = "SHARED"


@dataclass(frozen=True)
class Cast:
    """Who asks, and somebody else of the same house."""

    me: User
    other: User

    def person(self, whose: Whose) -> Person:
        """Return whose something is to be."""
        return queries.person_of_user(self.me if whose is Whose.OWN else self.other)


@dataclass(frozen=True)
class Thing:
    """A sort of thing that an address names."""

    #: Makes one, and returns what the address is filled with.
    make: Callable[[Cast, Whose], dict[str, object]]
    #: Who may look at it, and who may change it, beside the right that the address asks for.
    may_see: Callable[[Person, Whose], bool]
    may_change: Callable[[Person, Whose], bool]
    sorts: tuple[Whose, ...] = (Whose.OWN, Whose.OTHERS)


Form = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One address: what it names, whether it can be looked at, and a form that it takes."""

    thing: Thing
    is_read: bool = False
    form: Form | Callable[[Cast, Whose], Form] | None = None

    def form_of(self, cast: Cast, whose: Whose) -> Form:
        """Return what is sent in."""
        return self.form(cast, whose) if callable(self.form) else self.form or {}


def cast_of(role: Role) -> Cast:
    """Return somebody of a role, and a rep of sales; each of them has something of every sort."""
    me = people.somebody(role)
    number = team.create(
        username="noa", name="Noa Other", email="noa@coldframe.example", role=Role.SALES, by=AT_THIS_MACHINE,
        password=people.PASSWORD, at=NOW,
    )  # fmt: skip
    User.objects.filter(pk=me.pk).update(rep=before_sales.EWA)
    User.objects.filter(pk=number).update(rep=before_sales.JAN)
    before_sales.team()
    cast = Cast(User.objects.get(pk=me.pk), User.objects.get(pk=number))
    for user in (cast.me, cast.other):
        have_second_factor(user)
    return cast


def have_second_factor(user: User) -> None:
    """Give somebody a second factor, and codes for the day on which they lose it."""
    TOTP.activate(user, secret_of(user))
    RecoveryCodes.activate(user)


def secret_of(user: User) -> str:
    """Return what somebody's app on the phone knows."""
    return base64.b32encode(f"{user.username:*<20}".encode()).decode()


def secrets_of(user: User) -> list[str]:
    """Return what would let others be somebody."""
    found = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return [secret_of(user), *RecoveryCodes(found).get_unused_codes()]


def anybody(person: Person, whose: Whose) -> bool:
    """Let everybody who has the right."""
    return True


# Makers


def handoff(cast: Cast, whose: Whose) -> dict[str, object]:
    owners = {Whose.OWN: before_sales.EWA, Whose.OTHERS: before_sales.JAN, Whose.SHARED: None}
    return {"public_id": before_sales.put(world.jonas(), owner=owners[whose]).public_id}


def saved_list(cast: Cast, whose: Whose) -> dict[str, object]:
    person = cast.person(whose)
    made = saved_filters.keep_filter(
        owner=str(person.id), owner_name=person.name, name="Hot", query="fit=A", is_shared=whose is Whose.SHARED, at=NOW
    )  # fmt: skip
    return {"public_id": made}


def change_of_many(cast: Cast, whose: Whose) -> dict[str, object]:
    made = BulkChange.objects.create(
        what="PAUSE", query="source=nowhere", until=UNTIL, reason="a fair", made_by=cast.person(whose).name, made_at=NOW, lead_count=1
    )  # fmt: skip
    return {"public_id": made.public_id}


def lead(cast: Cast, whose: Whose) -> dict[str, object]:
    made = world.jonas()
    Lead.objects.filter(pk=made.pk).update(owner=cast.person(whose).rep)
    setting = overrides.Setting(is_paused=True)
    overrides.set_override(
        lead_id=made.pk, setting=setting, reason="a fair", by=cast.person(whose).name, at=NOW, until=UNTIL
    )
    return {"public_id": made.public_id}


def file_brought(cast: Cast, whose: Whose) -> dict[str, object]:
    made = uploads.receive([FILE.encode()], name="people.csv", by=cast.person(whose).name, at=NOW)
    return {"token": uploads.change(made, state=State.PREVIEWED, choice={"kind": "leads"}).token}


def taken_in(cast: Cast, whose: Whose) -> dict[str, object]:
    made = ImportBatch.objects.create(
        kind="leads", source="crm", file_name="people.csv", file_hash="1", state="DONE", started_at=NOW, finished_at=NOW
    )  # fmt: skip
    path = work.error_file(made.pk)
    path.parent.mkdir(exist_ok=True)
    path.write_text("Email\n")
    return {"number": made.pk}


def user(cast: Cast, whose: Whose) -> dict[str, object]:
    return {"user_id": (cast.me if whose is Whose.OWN else cast.other).pk}


def key(cast: Cast, whose: Whose) -> dict[str, object]:
    made = team.make_key(name="CRM", role=Role.SALES, by=cast.person(whose), at=NOW)
    return {"key_id": made.id}


def profile(cast: Cast, whose: Whose) -> Form:
    found = cast.me if whose is Whose.OWN else cast.other
    return {"name": "Kim", "email": found.email, "rep": "", "zone": "", "language": "de", "role": found.role}


def decision(cast: Cast, whose: Whose) -> Form:
    return {"pause": "on", "until": f"{UNTIL:%Y-%m-%d}", "why": "a fair"}


def latest_setting(cast: Cast, whose: Whose) -> Form:
    return {"setting": str(overrides.Override.objects.latest("pk").pk)}


def clear() -> None:
    """Take away what lies in files."""
    for folder in ("uploads", "imports"):
        shutil.rmtree(Path(settings.HOME) / folder, ignore_errors=True)


def sign_in_elsewhere(found: User) -> None:
    """Have somebody be signed in, in a browser of their own."""
    store = SessionStore()
    store.create()
    UserSession.objects.create(user=found, session_key=store.session_key, ip="192.0.2.77", user_agent=MARK)


# What there is


HANDOFF = Thing(
    handoff, anybody, lambda person, whose: whose is not Whose.OTHERS or person.may(Right.RUN_DESK), tuple(Whose)
)  # fmt: skip
SAVED_LIST = Thing(
    saved_list, lambda person, whose: whose is not Whose.OTHERS, lambda person, whose: whose is Whose.OWN, tuple(Whose)
)  # fmt: skip
#: What marketing does, it does together: whoever has the right goes on where a colleague stopped.
CHANGE, LEAD, FILE_BROUGHT, TAKEN_IN, USER, KEY = (
    Thing(make, anybody, anybody) for make in (change_of_many, lead, file_brought, taken_in, user, key)
)
STEPS: dict[str, Step] = {
    "web:brief": Step(HANDOFF, is_read=True),
    "web:desk-calendar": Step(HANDOFF, is_read=True),
    "web:desk-answer": Step(HANDOFF, form={"answer": "ACCEPTED"}),
    "web:desk-reassign": Step(HANDOFF, form={"to": before_sales.EWA}),
    "web:leads-saved": Step(SAVED_LIST, is_read=True),
    "web:leads-saved-remove": Step(SAVED_LIST, form={}),
    "web:leads-made": Step(CHANGE, is_read=True),
    "web:leads-go-on": Step(CHANGE, form={}),
    "web:leads-undo": Step(CHANGE, form={}),
    "web:lead": Step(LEAD, is_read=True),
    "web:lead-decide": Step(LEAD, is_read=True, form=decision),
    "web:lead-lift": Step(LEAD, form=latest_setting),
    "web:lead-never-mail": Step(LEAD, form={"why": "said so on the phone"}),
    "web:upload": Step(FILE_BROUGHT, is_read=True),
    "web:upload-look": Step(FILE_BROUGHT, form={}),
    "web:upload-choose": Step(FILE_BROUGHT, form={}),
    "web:upload-again": Step(FILE_BROUGHT, form={}),
    "web:upload-start": Step(FILE_BROUGHT, form={}),
    "web:upload-remove": Step(FILE_BROUGHT, form={}),
    "web:import": Step(TAKEN_IN, is_read=True),
    "web:import-deals": Step(TAKEN_IN, is_read=True),
    "web:import-deals-file": Step(TAKEN_IN, is_read=True),
    "web:import-refused": Step(TAKEN_IN, is_read=True),
    "web:import-undo": Step(TAKEN_IN, form={}),
    "web:person": Step(USER, is_read=True, form=profile),
    "web:person-switch": Step(USER, form={"active": "yes"}),
    "web:person-link": Step(USER, form={}),
    "web:person-second-factor": Step(USER, form={}),
    "web:key-revoke": Step(KEY, form={}),
}
#: (address, name in it) -> what it names, which is the house's and nobody's in particular.
NOBODYS: dict[tuple[str, str], str] = {
    **{(f"web:{name}", "message_id"): "a message" for name in ("message", "message-html", "settle")},
    ("web:mail-settle", "mail_id"): "a mail that came in",
    ("web:account", "public_id"): "a company",
    **{(f"web:{name}", "content_key"): "content" for name in ("asset", "preview", "preview-html")},
    **{(f"web:{name}", "name"): "a path" for name in ("path", "path-next")},
    **{
        (f"web:playbook-{name}", "number"): "a version of the playbook"
        for name in ("version", "text", "activate-version")
    },
    ("web:playbook-form", "key"): "a form of the playbook",
    ("web:leads-export", "form"): "a kind of file",
    ("web:connection-add", "kind"): "a kind of connection",
    **{
        (f"web:connection{name}", "name"): "a connection"
        for name in ("", "-check", "-try", "-on", "-off")
    },
    ("openid_connect_login", "provider_id"): "another house",
    ("openid_connect_callback", "provider_id"): "another house",
    ("public:form", "name"): "a form that anybody may send in",
}  # fmt: skip
#: (address, name in it) -> by what it proves who asks. ``test_proofs`` tries links, ``test_own_and_other`` keys, with what is
#: another's; ``tests.api`` tries the secrets of sources.
PROOFS: dict[tuple[str, str], str] = {
    **{
        (f"public:{name}", "token"): "a signed link"
        for name in ("unsubscribe", "preferences", "return", "link", "pixel", "confirm", "answer-calendar", "answer")
    },
    ("web:invitation", "token"): "a signed link",
    **{
        (f"api:{name}", "name"): "the secret of the source"
        for name in ("provider-mail", "provider-events", "hook")
    },
    **{
        (f"programs:{name}_handoff", "public_id"): "a key, with the rep that it speaks for"
        for name in ("get", "answer", "reassign")
    },
}  # fmt: skip
