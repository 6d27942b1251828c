"""
What Schemathesis does around each call about handoffs; it loads this by its name.

Made-up ids are nobody's, so most of them are replaced by one that is; the same one whenever the same was made up. What
a rule refuses that no schema can say is no failure: a date that has passed, a reason of spaces.
"""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from uuid import UUID

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

from tests.api.contract import desk

#: Of made-up ids, one in so many stays.
STAYS = 8
#: Refusals by a rule.
RULES = {"incomplete_verdict", "not_agreeable"}
PLACES = {"public_id": "handoffs", "before": "handoffs", "lead": "leads"}


def load() -> dict[str, list[str]]:
    return dict(json.loads(Path(os.environ[desk.KNOWN]).read_text()))


THERE_ARE = load()


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Ask for what there is."""
    for given in (case.path_parameters, case.query):
        if isinstance(given, MutableMapping):
            for name in PLACES.keys() & given.keys():
                given[name] = there_is(given[name], among=THERE_ARE[PLACES[name]])


def there_is(value: Any, *, among: list[str]) -> Any:
    """Return an id of something that there is in place of a made-up one; what is no id stays."""
    try:
        number = UUID(value).int
    except (ValueError, TypeError, AttributeError):
        return value
    return value if number % STAYS == 0 else among[number // STAYS % len(among)]


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: schemathesis.Case, response: Any) -> bool:
    """Say whether a failure is one."""
    is_rule = response.status_code == 422 and json.loads(response.content).get("code") in RULES
    return not (is_rule and isinstance(failure, RejectedPositiveData))
