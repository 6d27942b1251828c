"""
What a form asks, written in YAML and kept with its source.

A form says which fact of the lead each field is, in the words of conditions (``lead.job_title``), and holds no
policy: what a form means for the lead, the playbook says by the form's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from coldframe.kernel.playbook import source as text_source
from coldframe.kernel.vocabulary import Refusal

#: What a form may ask for, and the trait that says it in a call.
TRAITS: Mapping[str, str] = {
    "lead.email": "email",
    "lead.first_name": "firstName",
    "lead.last_name": "lastName",
    "lead.job_title": "title",
    "lead.department": "department",
    "lead.phone": "phone",
    "lead.country": "country",
    "lead.city": "city",
    "lead.message": "message",
    "lead.known_problem": "known_problem",
    "lead.timeline": "timeline",
    "lead.offer": "offer",
    "account.name": "company.name",
    "account.industry": "company.industry",
    "account.employees": "company.employees",
    "account.country": "company.country",
    "account.domain": "company.domain",
}
#: What browsers fill in by themselves.
AUTOCOMPLETE: Mapping[str, str] = {
    "lead.email": "email",
    "lead.first_name": "given-name",
    "lead.last_name": "family-name",
    "lead.job_title": "organization-title",
    "lead.phone": "tel",
    "account.name": "organization",
}
CUSTOM = re.compile(r"(lead|account)\.custom\.[a-z][a-z0-9_]{0,62}")
MOST_FIELDS = 20
#: Signs of one answer; a longer one is refused.
MOST_LETTERS, MOST_LONG_LETTERS = 300, 5_000

Line = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class BadForm(Refusal):
    """A form cannot be used as it is written."""


class Kind(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"


class Confirm(StrEnum):
    """Whether the address is asked by mail if it was its owner who sent the form in."""

    #: Where the law of the person's country asks for the proof, and where the country is not known.
    BY_COUNTRY = "by_country"
    ALWAYS = "always"
    NEVER = "never"


class Asked(BaseModel):
    """One field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    label: Line
    kind: Kind = Kind.TEXT
    #: What may be chosen.
    choices: tuple[Line, ...] = Field(default=(), max_length=100)
    required: bool = False

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse a fact that there is not, and a choice without choices."""
        if self.field not in TRAITS and not CUSTOM.fullmatch(self.field):
            raise ValueError(
                f"there is no field {self.field}; there are {', '.join(TRAITS)} and lead.custom.<name>"
            )
        if (self.kind is Kind.CHOICE) != bool(self.choices):
            raise ValueError("choices go with kind: choice, and only with it")
        if len(set(self.choices)) != len(self.choices):
            raise ValueError("a choice stands there twice")
        return self

    @property
    def name(self) -> str:
        """Name of the input on the page."""
        return self.field.replace(".", "-")

    @property
    def autocomplete(self) -> str:
        """What a browser may fill in by itself; empty: nothing."""
        return AUTOCOMPLETE.get(self.field, "")

    @property
    def most_letters(self) -> int:
        """Signs that an answer may have."""
        return MOST_LONG_LETTERS if self.kind is Kind.LONG_TEXT else MOST_LETTERS


class ConsentAsked(BaseModel):
    """A box that is never ticked beforehand: mail about what the reader is working on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wording: Long
    #: The form cannot be sent without it; use it only where mail is what the form is for.
    required: bool = False


class Form(BaseModel):
    """A form as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line
    text: Long | None = None
    fields: tuple[Asked, ...] = Field(min_length=1, max_length=MOST_FIELDS)
    consent: ConsentAsked | None = None
    button: Line = "Send"
    thanks: Long = "Thank you. It has arrived."
    #: Where the browser goes afterwards, in place of the thanks.
    redirect: Line | None = None
    #: Key of an asset that whoever sends it in gets; counts as had.
    asset: Line | None = None
    #: Sites that may show the form in a frame, such as https://www.ours.example.
    origins: tuple[Line, ...] = Field(default=(), max_length=20)
    confirm: Confirm = Confirm.BY_COUNTRY
    #: One further question to people who are known, chosen for each.
    progressive: bool = True

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse a form that nobody could be known by, and targets that are none."""
        names = [each.field for each in self.fields]
        if "lead.email" not in names:
            raise ValueError("fields: one of them must be lead.email, or nobody is known by the form")
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"fields: {twice} is asked for twice")
        if self.redirect and not is_web_address(self.redirect):
            raise ValueError(f"redirect: not an address of a page: {self.redirect}")
        for origin in self.origins:
            if not is_origin(origin):
                raise ValueError(f"origins: expected such as https://www.ours.example, got {origin}")
        return self

    @property
    def version(self) -> str:
        """What tells this wording from any other, for proofs."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_web_address(text: str) -> bool:
    """Return whether a text is the address of a page, of somebody's host, without a user's name in it."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def is_origin(text: str) -> bool:
    """Return whether a text is an origin, and nothing that would say more in a policy header."""
    parts = urlsplit(text)
    plain = re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", text) is not None
    return plain and bool(parts.hostname)


def parse(text: str, *, where: str) -> dict[str, Any]:
    """Return a form written in YAML, checked, as a source keeps it. Raises ``BadForm``."""
    node, problems = text_source.read(text, file=where)
    if problems or node is None:
        raise BadForm(str(problems[0]) if problems else "The form is empty.", where=where)
    return checked(node.plain(), where=where).model_dump(mode="json")


def checked(value: Any, *, where: str) -> Form:
    """Return a form ready for use. Raises ``BadForm`` that names the place."""
    try:
        return Form.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise BadForm(
            "The form cannot be used.",
            where=where,
            got=": ".join(filter(None, [place, first["msg"].removeprefix("Value error, ")])),
        ) from error
