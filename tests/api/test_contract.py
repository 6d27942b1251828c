"""Some hundred calls made up from the API's own document; the long form is ``./coldframe-dev contract``."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from coldframe.api import gateway, openapi
from tests.api.calling import Caller, caller

pytestmark = pytest.mark.django_db

#: Addresses whose bodies differ in kind. For each, of bodies that are allowed and of bodies that are not, so many.
EXAMPLES = 10
PATHS = ["/v1/track", "/v1/group", "/v1/alias", "/v1/batch", "/batch"]


@pytest.fixture
def app() -> Caller:
    return caller()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", PATHS)
def test_the_api_does_what_its_document_says(app, path, mode):
    schema = schemathesis.openapi.from_dict(openapi.document())
    schema.app = gateway.gate(lambda *_: [b""], receive=lambda: app.receiver)
    operation = schema[path]["POST"]

    @settings(
        max_examples=EXAMPLES, phases=[Phase.generate], derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {app.key}"})

    call()
