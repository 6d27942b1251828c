"""The audit that a process of its own makes for those who serve pages."""

from __future__ import annotations

import pytest

from coldframe.library import operations as library
from coldframe.nurture import operations as nurture
from coldframe.reports import apart
from coldframe.reports.audit import audit
from tests import world


@pytest.mark.django_db(transaction=True)
def test_another_process_makes_the_same_audit_of_the_same_database() -> None:
    library.ensure_active_playbook(at=world.NOW)
    world.anna(world.brightpath())
    world.tom()
    nurture.assess_all(as_of=world.NOW)

    assert apart.audit(as_of=world.NOW) == audit(as_of=world.NOW)


@pytest.mark.django_db
def test_within_a_transaction_it_is_made_of_what_that_sees() -> None:
    library.ensure_active_playbook(at=world.NOW)
    world.anna(world.brightpath())

    assert apart.audit(as_of=world.NOW).lead_count == 1
