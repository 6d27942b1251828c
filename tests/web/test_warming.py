"""What a server makes before anybody asks: the numbers of the whole base, a lead's card, and the playbook's text."""

from __future__ import annotations

import logging

import pytest
from django.db import OperationalError

from coldframe.kernel.playbook import editing
from coldframe.library import examining
from coldframe.library import operations as library
from coldframe.nurture import listing, queries, remembering
from coldframe.web import warming
from tests import world
from tests.web.standings import stand

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begun(monkeypatch):
    """Begin as a process does that knows nothing."""
    monkeypatch.setenv("COLDFRAME_NOW", world.NOW.isoformat())
    # The connection of a thread of its own is closed; here it is the test's.
    monkeypatch.setattr(warming.connection, "close", lambda: None)
    remembering.forget()
    editing.readable.cache_clear()
    examining.examined.cache_clear()


def test_the_numbers_are_known_the_text_is_read_and_a_lead_was_looked_at(monkeypatch):
    asked = []
    explain = queries.explain_lead
    monkeypatch.setattr(queries, "explain_lead", lambda **asks: asked.append(asks) or explain(**asks))
    library.ensure_active_playbook(at=world.NOW)
    anna = world.anna()
    stand(anna, "NURTURE", path="educate")

    warming.warm()

    assert {"summary", "moves", "held", "floor"} <= set(remembering.remembered)
    assert [each["public_id"] for each in asked] == [anna.public_id]
    assert editing.readable.cache_info().currsize == 1
    assert examining.examined.cache_info().currsize == 1


def test_before_a_playbook_is_active_nothing_is_made_and_nothing_breaks(caplog):
    with caplog.at_level(logging.INFO, logger=warming.__name__):
        warming.warm()

    assert [record.message for record in caplog.records] == ["nothing could be made ahead yet"]


def test_a_database_that_is_not_ready_is_left_to_the_first_page(monkeypatch, caplog):
    def refuse() -> bool:
        raise OperationalError("no such table: leads_lead")

    monkeypatch.setattr(listing, "has_leads", refuse)

    with caplog.at_level(logging.INFO, logger=warming.__name__):
        warming.warm()

    assert [record.message for record in caplog.records] == ["nothing could be made ahead yet"]
