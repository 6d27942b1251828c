"""What a migration carries over, on the tables as they were before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps

from tests.world import NOW

BEFORE, CARRIED_OVER = (
    ("leads", "0003_consents_pauses_and_erasures"),
    ("leads", "0004_due_accounts_carried_over"),
)


@pytest.fixture
def before(transactional_db: None) -> Iterator[StateApps]:
    """The apps as they were before what accounts are due for was carried over; everything is put right afterwards."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(newest)


def migrated(target: tuple[str, str]) -> StateApps:
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target]).apps


def test_accounts_stay_due_when_they_were_and_what_is_known_already_wins(before: Any) -> None:
    account, due = before.get_model("leads", "Account"), before.get_model("leads", "AccountDue")
    times = {"Brightpath": NOW, "Nordlicht": NOW + timedelta(days=9), "Halden": None, "Porto Cloud": NOW}
    made = {name: account.objects.create(name=name, created_at=NOW, due_at=at) for name, at in times.items()}
    due.objects.create(account=made["Porto Cloud"], due_at=NOW + timedelta(days=3), stamp=7, token=5)

    after = migrated(CARRIED_OVER).get_model("leads", "AccountDue")

    assert list(
        after.objects.order_by("account_id").values_list("account__name", "due_at", "stamp", "token")
    ) == [
        ("Brightpath", NOW, 1, 0),
        ("Nordlicht", NOW + timedelta(days=9), 1, 0),
        ("Porto Cloud", NOW + timedelta(days=3), 7, 5),
    ]
