"""The types of a playbook's values, and how each is read from the text that stands in the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from coldframe.kernel.playbook import addresses, conditions, fields
from coldframe.kernel.playbook.conditions import Condition
from coldframe.kernel.playbook.problems import BadValue, shown, suggestion
from coldframe.kernel.playbook.units import BadQuantity, Duration, DurationRange, Rate, Share
from coldframe.kernel.vocabulary import BuyerStage, FitLevel, StakeholderRole

Word = TypeVar("Word", bound=StrEnum)

LONGEST_NAME = 80
FROM_ASSET = "from asset"
BY_COUNTRY = "by country"
#: Everything of a sort.
ALL = "all"
NUMBER = conditions.NUMBER
HANDLE = re.compile(r"^[a-z][a-z0-9_]*$")
POINTS = re.compile(r"^([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:\s+points?)?$")
LIMIT = re.compile(r"^([0-9]+) touch(?:es)? (in [^,]+|an? \w+)(?:,\s*then\s+(.+))?$")
DATE_SOURCE = re.compile(r"^(\S+?)(?:\s+-\s+(.+))?$")
WORKING_HOURS = re.compile(
    r"^[A-Z][a-z]{2}(-[A-Z][a-z]{2})? ([01]?\d|2[0-3]):[0-5]\d-(([01]?\d|2[0-3]):[0-5]\d|24:00)$"
)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ZONE = re.compile(r"^[A-Za-z]+([/_+-][A-Za-z0-9_+-]+)*$")
ISO_DATE = re.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
COUNTRY = re.compile(r"^[A-Z]{2}$")


def read_text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadValue("a text", shown(value))
    return value


def read_name(value: object) -> str:
    text = read_text(value)
    if len(text) > LONGEST_NAME:
        raise BadValue(f"a name of at most {LONGEST_NAME} characters", f"one of {len(text)}")
    return text


def read_handle(value: object) -> str:
    text = read_name(value)
    if not HANDLE.match(text):
        better = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_0123456789")
        advice = f'Did you mean "{better}"?' if better else ""
        raise BadValue("a name of lower-case letters, digits and underscores", shown(text), advice=advice)
    return text


def read_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not NUMBER.match(value.strip()):
        raise BadValue("a number", shown(value))
    return float(value)


def read_positive(value: object) -> object:
    number = read_number(value)
    if not isinstance(number, int | float) or number <= 0:
        raise BadValue("a number above 0", shown(value))
    return number


def read_whole(value: object) -> object:
    number = read_number(value)
    if not isinstance(number, int | float) or number != int(number) or number < 1:
        raise BadValue("a whole number of at least 1", shown(value))
    return int(number)


def read_switch(value: object) -> bool:
    return conditions.read_switch(value, ())


def read_points(value: object) -> object:
    """Return the number of ``10 points``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    match = POINTS.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadQuantity('points such as "10 points"', shown(value))
    return float(match.group(1))


def read_share_of_accounts(value: object) -> object:
    """Return the share of ``10% of accounts``."""
    if isinstance(value, Share):
        return value
    try:
        return Share.parse(value.strip().removesuffix("of accounts") if isinstance(value, str) else value)
    except BadQuantity as mistake:
        raise BadQuantity('a share such as "10% of accounts"', shown(value)) from mistake


def read_plain_duration(value: object) -> Duration:
    """Return a length of time that is not itself measured in cycles."""
    duration = value if isinstance(value, Duration) else Duration.parse(value)
    if duration.unit == "cycle":
        raise BadQuantity(
            'a duration such as "12 months"',
            shown(str(value)),
            advice="A cycle cannot be measured in cycles.",
        )
    return duration


def read_stage(value: object) -> BuyerStage:
    return word_of(BuyerStage, value)


def read_signal_stage(value: object) -> object:
    if value == FROM_ASSET:
        return value
    try:
        return read_stage(value)
    except BadValue as mistake:
        mistake.expected += f' or "{FROM_ASSET}"'
        raise


def read_fit_level(value: object) -> FitLevel:
    return word_of(FitLevel, value)


def read_stages_or_all(value: object) -> object:
    """Return no restriction for ``all``."""
    return () if value == "all" else value


def read_all_or(value: object) -> object:
    """Return a list of one word for ``all``."""
    return (ALL,) if value == ALL else value


def read_role(value: object) -> str:
    return word_of(StakeholderRole, value).value.lower()


def word_of(enum: type[Word], value: object) -> Word:
    if isinstance(value, enum):
        return value
    known = dict(zip(map(str.lower, fields.words(enum)), enum, strict=True))
    word = known.get(value.strip().lower()) if isinstance(value, str) else None
    if word is None:
        name = {"BuyerStage": "a buyer stage", "FitLevel": "a fit level", "StakeholderRole": "a role"}[
            enum.__name__
        ]
        raise BadValue(name, shown(value), advice=suggestion(str(value), fields.words(enum)))
    return word


def one_of(*options: str) -> Callable[[object], str]:
    """Return a reader that takes one of a few words."""

    def read(value: object) -> str:
        if value not in options or not isinstance(value, str):
            expected = " or ".join(f'"{option}"' for option in options)
            raise BadValue(expected, shown(value), advice=suggestion(str(value), options, limit=0))
        return value

    return read


def matching(pattern: re.Pattern[str], expected: str) -> Callable[[object], str]:
    """Return a reader that takes text of a pattern."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.match(value):
            raise BadValue(expected, shown(value))
        return value

    return read


def read_limit(value: object) -> object:
    """Return the parts of ``3 touches in 8 weeks, then 1 a quarter``."""
    if not isinstance(value, str):
        return value
    match = LIMIT.match(value.strip())
    if match is None:
        raise BadQuantity('a limit such as "3 touches in 8 weeks, then 1 a quarter"', shown(value))
    then = Rate.parse(match.group(3)) if match.group(3) else None
    return {"first": Rate.parse(f"{match.group(1)} {match.group(2)}"), "then": then}


def read_date_source(value: object) -> object:
    """Return the parts of ``account.renewal_on - 180 days``."""
    if not isinstance(value, str):
        return value
    match = DATE_SOURCE.match(value.strip())
    if match is None:
        raise BadValue('a date field, perhaps moved: "account.renewal_on - 180 days"', shown(value))
    before = Duration.parse(match.group(2)) if match.group(2) else None
    return {"field": match.group(1), "before": before}


def read_working_hours(value: object) -> str:
    text = matching(WORKING_HOURS, 'days and hours such as "Mon-Fri 08:30-17:30"')(value)
    days, _, hours = text.partition(" ")
    opens, closes = (hour.zfill(5) for hour in hours.split("-"))
    if opens >= closes or not all(day in DAYS for day in days.split("-")):
        raise BadValue('days and hours such as "Mon-Fri 08:30-17:30"', shown(text))
    return text


def read_web_address(value: object) -> str:
    """Return an address that a message may lead to."""
    expected = 'a web address such as "https://example.com/guide"'
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise BadValue(expected, shown(value))
    fault = addresses.fault_of(value)
    if fault:
        raise BadValue(expected, shown(value), advice=f"That has {fault}.")
    return value


def read_holidays(value: object) -> str:
    if value == BY_COUNTRY:
        return BY_COUNTRY
    return matching(ISO_DATE, '"by country" or dates such as 2026-12-24')(value)


def quantity(kind: type[Duration | DurationRange | Rate | Share]) -> BeforeValidator:
    """Return the validator that parses a quantity, or takes one that is ready."""
    return BeforeValidator(lambda value: value if isinstance(value, kind) else kind.parse(value))


Text = Annotated[str, BeforeValidator(read_text)]
Name = Annotated[str, BeforeValidator(read_name)]
#: A name that conditions can spell, such as ``pricing_page``.
Handle = Annotated[str, BeforeValidator(read_handle)]
Number = Annotated[float, BeforeValidator(read_number)]
Positive = Annotated[float, BeforeValidator(read_positive)]
Whole = Annotated[int, BeforeValidator(read_whole)]
Switch = Annotated[bool, BeforeValidator(read_switch)]
Points = Annotated[float, BeforeValidator(read_points)]
Time = Annotated[Duration, quantity(Duration)]
PlainTime = Annotated[Duration, BeforeValidator(read_plain_duration)]
TimeRange = Annotated[DurationRange, quantity(DurationRange)]
RateOf = Annotated[Rate, quantity(Rate)]
ShareOf = Annotated[Share, quantity(Share)]
ShareOfAccounts = Annotated[Share, BeforeValidator(read_share_of_accounts)]
Stage = Annotated[BuyerStage, BeforeValidator(read_stage)]
SignalStage = Annotated[BuyerStage | str, BeforeValidator(read_signal_stage)]
Level = Annotated[FitLevel, BeforeValidator(read_fit_level)]
Role = Annotated[str, BeforeValidator(read_role)]
AllOr = Annotated[tuple[Text, ...], BeforeValidator(read_all_or)]
When = Annotated[Condition, BeforeValidator(conditions.read_policy_condition)]
WhereEvent = Annotated[Condition, BeforeValidator(conditions.read_event_condition)]
WorkingHours = Annotated[str, BeforeValidator(read_working_hours)]
Holiday = Annotated[str, BeforeValidator(read_holidays)]
Zone = Annotated[str, BeforeValidator(matching(ZONE, 'a time zone such as "Europe/Warsaw"'))]
WebAddress = Annotated[str, BeforeValidator(read_web_address)]
Country = Annotated[str, BeforeValidator(matching(COUNTRY, 'a country as two letters, such as "DE"'))]
