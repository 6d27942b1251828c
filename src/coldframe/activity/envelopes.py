"""
What clients of the event API may send: the shapes, checked the same when a call comes in and when it is digested.

The words are those of the Segment specification, so that its clients work as they are. Whatever they send
beyond this is left alone: clients add fields of their own with every version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from coldframe.activity.bodies import LARGEST

#: As long as the columns that keep ids.
LONGEST_ID = 128
LONGEST_NAME = 255
#: Calls of one batch; as many small ones as fit into the longest body.
MOST_CALLS = 5_000

WORDS = ("identify", "track", "page", "screen", "group", "alias")
Word = Literal["identify", "track", "page", "screen", "group", "alias"]

#: PostgreSQL keeps no text with NUL in it, and no column a number beyond this; whoever reads bodies refuses both.
NO_NUL = r"^[^\u0000]*$"
#: What Python takes for space, one by one: what ``\s`` stands for differs from language to language.
SPACE = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_BLANK = rf"^[^\u0000]*[^{SPACE}\u0000][^\u0000]*$"
LARGEST_ID = 2**53

TEXT: dict[str, Any] = {"type": "string", "pattern": NO_NUL}
NUMBER: dict[str, Any] = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
NULL: dict[str, Any] = {"type": "null"}
#: Where any JSON is taken; the document has it as a shape of its own, and refers to it there.
VALUE: dict[str, Any] = {"x-shape": "Value"}
OBJECT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": VALUE,
    "propertyNames": {"pattern": NO_NUL},
}
ANY: dict[str, Any] = {
    "anyOf": [NULL, {"type": "boolean"}, NUMBER, TEXT, {"type": "array", "items": VALUE}, OBJECT]
}
#: Fields that are not named are taken, too.
OPEN: dict[str, Any] = {"additionalProperties": VALUE, "propertyNames": {"pattern": NO_NUL}}


def none_as_empty(value: object) -> object:
    """Return an empty object for null, which clients send for nothing."""
    return {} if value is None else value


def whole_as_int(value: object) -> object:
    """Return a whole number as one: JSON knows no difference between 17 and 17.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def not_blank(value: str) -> str:
    """Refuse a name that is nothing but space."""
    if not value.strip():
        raise PydanticCustomError("blank", "Expected a name, and it is empty.")
    return value


Text = Annotated[str, StringConstraints(strict=True), WithJsonSchema(TEXT)]
#: Clients of typed languages send numbers where a database counts its users.
Id = Annotated[
    Annotated[str, StringConstraints(strict=True, max_length=LONGEST_ID)]
    | Annotated[int, Field(strict=True, ge=-LARGEST_ID, le=LARGEST_ID)]
    | None,
    Field(union_mode="left_to_right"),
    BeforeValidator(whole_as_int),
    WithJsonSchema(
        {
            "anyOf": [
                TEXT | {"maxLength": LONGEST_ID},
                {"type": "integer", "minimum": -LARGEST_ID, "maximum": LARGEST_ID},
                NULL,
            ]
        }
    ),
]
Name = Annotated[
    str,
    StringConstraints(strict=True, max_length=LONGEST_NAME),
    AfterValidator(not_blank),
    WithJsonSchema({"type": "string", "maxLength": LONGEST_NAME, "pattern": NOT_BLANK}),
]
#: An ISO 8601 text, or milliseconds since 1970; another value counts as none.
Instant = Annotated[
    Text | Annotated[float, Field(strict=True)] | None,
    Field(union_mode="left_to_right"),
    WithJsonSchema({"anyOf": [TEXT, NUMBER, NULL]}),
]
Json = Annotated[dict[str, Any], WithJsonSchema(OBJECT)]
#: An object, or null for an empty one.
Bag = Annotated[dict[str, Any], BeforeValidator(none_as_empty), WithJsonSchema({"anyOf": [OBJECT, NULL]})]


class Envelope(BaseModel):
    """What every call may carry."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=False)

    message_id: Id = Field(None, alias="messageId", description="Known by this: sent twice, it counts once.")
    timestamp: Instant = Field(None, description="When it happened; when it arrived, where none is given.")
    sent_at: Instant = Field(
        None, alias="sentAt", description="When it was sent, by the same clock as timestamp."
    )
    context: Bag = Field(
        default_factory=dict, description="campaign, page, userAgent, groupId and traits are read."
    )
    write_key: Text | None = Field(None, alias="writeKey", description="Instead of an Authorization header.")


def somebody(*names: str) -> dict[str, Any]:
    """Return the JSON schema of: one of these ids at least is given, and not empty."""
    given: dict[str, Any] = {"anyOf": [{"type": "string", "pattern": NOT_BLANK}, {"type": "integer"}]}
    return OPEN | {"anyOf": [{"required": [name], "properties": {name: given}} for name in names]}


def is_given(value: str | int | None) -> bool:
    """Return whether an id names anybody."""
    return value is not None and str(value).strip() != ""


class Personal(Envelope):
    """A call about a person: a user, a browser, or both."""

    model_config = ConfigDict(json_schema_extra=somebody("userId", "anonymousId"))

    user_id: Id = Field(
        None,
        alias="userId",
        validation_alias=AliasChoices("userId", "user_id"),
        description="The id of the person in your own system.",
    )
    anonymous_id: Id = Field(
        None,
        alias="anonymousId",
        validation_alias=AliasChoices("anonymousId", "anonymous_id"),
        description="The id of a browser, as long as nobody knows who it is.",
    )

    @model_validator(mode="after")
    def of_somebody(self) -> Personal:
        """Refuse a call of nobody."""
        if not (is_given(self.user_id) or is_given(self.anonymous_id)):
            raise PydanticCustomError("of_nobody", "Expected userId or anonymousId, and neither is given.")
        return self


class Identify(Personal):
    """Say who somebody is, and what is known of them."""

    traits: Bag = Field(
        default_factory=dict, description="email, firstName, lastName, company, title, phone, …"
    )


class Track(Personal):
    """Say that somebody did something."""

    event: Name = Field(description='What was done, such as "Form Submitted".')
    properties: Bag = Field(default_factory=dict)


class Page(Personal):
    """Say that somebody saw a page."""

    name: Text | None = None
    category: Text | None = None
    properties: Bag = Field(default_factory=dict, description="url, path, title, referrer, …")


class Screen(Page):
    """Say that somebody saw a screen of an app."""


class Group(Personal):
    """Say which company somebody belongs to, and what is known of it."""

    model_config = ConfigDict(
        json_schema_extra=OPEN | {"allOf": [somebody("userId", "anonymousId"), somebody("groupId")]}
    )

    group_id: Id = Field(alias="groupId", description="The id of the company in your own system.")
    traits: Bag = Field(default_factory=dict, description="name, website, industry, employees, …")

    @model_validator(mode="after")
    def of_a_company(self) -> Group:
        """Refuse an empty id."""
        if not is_given(self.group_id):
            raise PydanticCustomError("no_group", "Expected groupId, and it is empty.")
        return self


class Alias(Envelope):
    """Say that an id known until now is of this user."""

    model_config = ConfigDict(
        json_schema_extra=OPEN | {"allOf": [somebody("userId"), somebody("previousId")]}
    )

    user_id: Id = Field(alias="userId", validation_alias=AliasChoices("userId", "user_id"))
    previous_id: Id = Field(alias="previousId", validation_alias=AliasChoices("previousId", "previous_id"))

    @model_validator(mode="after")
    def of_two_ids(self) -> Alias:
        """Refuse an empty id."""
        if not (is_given(self.user_id) and is_given(self.previous_id)):
            raise PydanticCustomError(
                "no_two_ids", "Expected userId and previousId, and one of them is empty."
            )
        return self


class Batch(BaseModel):
    """Many calls at once, each with its type. One that cannot be understood does not stop the others."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra=OPEN)

    batch: list[Json] = Field(
        min_length=1,
        max_length=MOST_CALLS,
        description='Calls as above, each with "type": identify, track, page, screen, group or alias.',
    )
    sent_at: Instant = Field(None, alias="sentAt")
    context: Bag = Field(
        default_factory=dict, description="Stands in for what a call's own context leaves out."
    )
    write_key: Text | None = Field(None, alias="writeKey", description="Instead of an Authorization header.")


class PostHogBatch(BaseModel):
    """Many events at once, as PostHog's clients send them."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_extra=OPEN)

    batch: list[Json] = Field(min_length=1, max_length=MOST_CALLS)
    api_key: Text | None = Field(None, description="Instead of an Authorization header.")
    sent_at: Instant = None


ENVELOPES: Mapping[str, type[Envelope]] = {
    "identify": Identify,
    "track": Track,
    "page": Page,
    "screen": Screen,
    "group": Group,
    "alias": Alias,
}
