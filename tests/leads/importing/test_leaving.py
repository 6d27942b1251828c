"""An opt-out that a file brings waits for the marker of a hand-over, as every opt-out does."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.db import connection

from coldframe.leads.importing.applying import StoppedByDatabase
from coldframe.leads.models import Lead, Suppression
from coldframe.storage import locks
from tests import world
from tests.leads.importing.files import imported, write

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
]

LEAVING = ("Email", "First Name", "Company", "Unsubscribed")


def marking(*names: str) -> psycopg.Connection:
    """Return a connection that holds locks as the marker of a hand-over does."""
    link = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
    for name in names:
        link.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key_of(name)])
    return link


@pytest.mark.parametrize("said", ["anna@brightpath.example", "anna+fair@brightpath.example"])
def test_a_file_of_opt_outs_waits_for_a_message_on_its_way(tmp_path: Path, said: str) -> None:
    world.anna(email=said)
    file = write(tmp_path, LEAVING, (said, "Anna", "Brightpath", "yes"))

    with marking(locks.of_address(said)), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
        with pytest.raises(StoppedByDatabase, match="lock timeout"):
            imported(file)
        cursor.execute("SET lock_timeout = 0")

    assert not Suppression.objects.exists()


def test_a_file_of_opt_outs_waits_for_nobody_else(tmp_path: Path) -> None:
    anna = world.anna()
    file = write(tmp_path, LEAVING, ("anna@brightpath.example", "Anna", "Brightpath", "yes"))

    with marking(locks.of_address("jonas@nordlicht.example"), locks.of_lead(anna.pk + 1)):
        imported(file)

    assert Suppression.objects.filter(lead=Lead.objects.get()).exists()
