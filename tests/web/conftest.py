"""What every test of the pages starts from."""

from __future__ import annotations

import pytest
from django.test import Client

from coldframe.nurture import remembering


@pytest.fixture
def client() -> Client:
    """A browser on this machine, to which everything is open before there are people."""
    return Client(HTTP_HOST="localhost")


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Count anew: the numbers of another test's base must not be shown."""
    remembering.forget()
