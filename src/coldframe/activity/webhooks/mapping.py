"""
The mapping of a webhook: which values of a payload mean what.

Values are found by JMESPath, which computes nothing and reaches nothing outside the payload. A mapping is a
list of rules; each item of a payload is read by the first rule whose ``when`` holds, and left alone by none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, cast

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from coldframe.kernel.playbook import source
from coldframe.kernel.vocabulary import Refusal

#: Letters of an expression, rules of a mapping; more is no mapping that a person can read.
MOST_LETTERS, MOST_RULES = 500, 50

#: What can be said of a person, by the names that the event API gives to traits.
PERSON = frozenset(
    {
        "email", "firstName", "lastName", "name", "phone", "title", "department", "country", "city", "timezone",
        "language", "message", "timeline", "problem", "offer",
    }
)  # fmt: skip
#: What can be said of a deal; ``id`` is the sender's own.
DEAL = frozenset(
    {
        "id",
        "name",
        "stage",
        "state",
        "amount",
        "currency",
        "product",
        "owner",
        "lostReason",
        "openedAt",
        "closedAt",
    }
)
#: What can be said of a company.
COMPANY = frozenset({"name", "domain", "website", "industry", "employees", "country", "city", "phone"})

Text = Annotated[str, StringConstraints(min_length=1, max_length=MOST_LETTERS)]


#: Expressions of a rule that stand by themselves.
PLAIN = ("when", "id", "at", "user", "group", "topic", "asset", "campaign", "path", "owner", "company_owner")


class BadMapping(Refusal):
    """A mapping cannot be used."""


class Rule(BaseModel):
    """How one kind of item is read; every value but ``event`` and ``form`` is an expression."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Reads items for which this finds something that is not empty, null or false; none: every item.
    when: Text | None = None
    #: The kind of event, as in ``meeting_booked``; none: who it is, and no event.
    event: Text | None = None
    #: What the sender knows it by; none: its content. A repeat is recognized by this.
    id: Text | None = None
    #: When it happened: ISO 8601, or seconds or milliseconds since 1970; none: when it came.
    at: Text | None = None
    #: The sender's own id of the person.
    user: Text | None = None
    person: dict[str, Text] = Field(default_factory=dict)
    #: The sender's own id of the company.
    group: Text | None = None
    company: dict[str, Text] = Field(default_factory=dict)
    #: Who has the person in sales, and who has the company, as owners are written.
    owner: Text | None = None
    company_owner: Text | None = None
    #: A deal, of the person or of the company alone.
    deal: dict[str, Text] = Field(default_factory=dict)
    #: A form's name, word for word.
    form: str = Field(default="", max_length=120)
    topic: Text | None = None
    asset: Text | None = None
    campaign: Text | None = None
    path: Text | None = None
    #: Kept with the event: name -> expression.
    properties: dict[str, Text] = Field(default_factory=dict)

    @property
    def is_of_person(self) -> bool:
        """Whether it names a person."""
        return bool(self.person or self.user)

    @property
    def is_of_company(self) -> bool:
        """Whether it names a company that can be found by it."""
        return bool(self.group or self.company.keys() & {"domain", "website"})


class Given(BaseModel):
    """A mapping as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Where the list of items is; none: the payload is one item.
    items: Text | None = None
    rules: list[Rule] = Field(min_length=1, max_length=MOST_RULES)


@dataclass(frozen=True, kw_only=True)
class CompiledRule:
    """A rule whose expressions are ready; by name, ``person.email`` and the like."""

    rule: Rule
    expressions: Mapping[str, Any]

    def find(self, name: str, item: Any) -> Any:
        """Return what an expression finds in an item; None where there is no such expression or value."""
        compiled = self.expressions.get(name)
        if compiled is None:
            return None
        try:
            return compiled.search(item)
        except JMESPathError:
            # A function was given a value of another kind: there is nothing of the kind that was meant.
            return None


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """A mapping ready for use."""

    items: Any | None
    rules: tuple[CompiledRule, ...]


def list_presets() -> list[str]:
    """Return the names of the mappings that come with Coldframe."""
    found = files("coldframe.activity.webhooks").joinpath("presets").iterdir()
    return sorted(each.name.removesuffix(".yaml") for each in found if each.name.endswith(".yaml"))


def read_preset(name: str) -> str:
    """Return the text of a mapping that comes with Coldframe. Raises ``BadMapping``."""
    if name not in list_presets():
        raise BadMapping(
            "There is no such preset.", where="--preset", expected=", ".join(list_presets()), got=name
        )
    return files("coldframe.activity.webhooks").joinpath("presets", f"{name}.yaml").read_text("utf-8")


def parse(text: str, *, where: str) -> dict[str, Any]:
    """Return a mapping written in YAML or JSON, checked, as a source keeps it. Raises ``BadMapping``."""
    node, problems = source.read(text, file=where)
    if problems or node is None:
        raise BadMapping(str(problems[0]) if problems else "The mapping is empty.", where=where)
    value = node.plain()
    checked(value, where=where)
    return cast(dict[str, Any], value)


def checked(value: Any, *, where: str) -> Mapped:
    """Return a mapping ready for use. Raises ``BadMapping`` that names the rule and the value."""
    try:
        given = Given.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise BadMapping("The mapping cannot be used.", where=where, got=said(error)) from error
    rules = tuple(
        CompiledRule(rule=rule, expressions=expressions_of(rule, where=f"{where}, rule {number}"))
        for number, rule in enumerate(given.rules, start=1)
    )
    return Mapped(
        items=compiled(given.items, where=f"{where}, items") if given.items else None,
        rules=rules,
    )


def said(error: Exception) -> str:
    """Return the first thing that is wrong, with its place."""
    if not isinstance(error, ValidationError):
        return "nested too deeply"
    first = error.errors()[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    return f"{place or 'the mapping'}: {first['msg']}"


def expressions_of(rule: Rule, *, where: str) -> dict[str, Any]:
    """Return a rule's expressions, compiled. Raises ``BadMapping`` for a name that means nothing here."""
    refuse_unknown(rule.person, known=PERSON, where=f"{where}, person")
    refuse_unknown(rule.company, known=COMPANY, where=f"{where}, company")
    refuse_unknown(rule.deal, known=DEAL, where=f"{where}, deal")
    refuse_nobody(rule, where=where)
    plain = {name: getattr(rule, name) for name in PLAIN if getattr(rule, name) is not None}
    nested = {
        f"{part}.{name}": text
        for part in ("person", "company", "deal", "properties")
        for name, text in getattr(rule, part).items()
    }
    return {name: compiled(text, where=f"{where}, {name}") for name, text in {**plain, **nested}.items()}


def refuse_nobody(rule: Rule, *, where: str) -> None:
    """Raise ``BadMapping`` for a rule that says of nobody, and for what it says of nobody that it names."""
    if not rule.is_of_person and not (rule.is_of_company and (rule.deal or rule.company_owner)):
        raise BadMapping(
            "The rule says of nobody.",
            where=where,
            expected="person with an email, or user with an id; for a deal or a company_owner also company with a domain, or group with an id",
        )
    if (rule.owner or rule.event) and not rule.is_of_person:
        raise BadMapping(
            "What a person did, or whose they are, needs the person.",
            where=where,
            expected="person with an email, or user with an id",
        )
    if rule.company_owner and not rule.is_of_company and not rule.person:
        raise BadMapping(
            "Whose a company is needs the company.",
            where=where,
            expected="company with a domain, or group with an id",
        )
    if rule.deal and "id" not in rule.deal:
        raise BadMapping(
            "The deal cannot be known again.", where=f"{where}, deal", expected="id, as the sender knows it"
        )


def refuse_unknown(names: Mapping[str, str], *, known: frozenset[str], where: str) -> None:
    """Raise ``BadMapping`` for the first name that is not known."""
    for name in names:
        if name not in known:
            raise BadMapping(
                "There is no such field.", where=where, expected=", ".join(sorted(known)), got=name
            )


def compiled(text: str, *, where: str) -> Any:
    """Return an expression ready for use. Raises ``BadMapping``."""
    try:
        return _compiled(text)
    except (JMESPathError, RecursionError) as error:
        raise BadMapping(
            "That is no expression.",
            where=where,
            expected="a path such as payload.email or answers[?type=='email'].email | [0]",
            got=f"{text} ({first_line(error)})",
        ) from error


@lru_cache(maxsize=2_000)
def _compiled(text: str) -> Any:
    return jmespath.compile(text)


def first_line(error: Exception) -> str:
    """Return the first line of what a library says, short."""
    return str(error).strip().partition("\n")[0][:160]
