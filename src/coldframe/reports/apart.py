"""
The audit made by a process of its own, for servers.

It reads everything there is: here it takes whole tables in bulk, as the command does, which a process that serves pages
must not (ADR 0007), and its memory and its time are not those of whoever asks for a page meanwhile.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from django.db import connection

from coldframe.reports.findings import Audit
from coldframe.storage import adbc

SETTINGS = "coldframe.config.settings"
#: Seconds after which a process is given up.
PATIENCE = 900
#: How far it stands back behind those who serve.
NICE = 5


def audit(*, as_of: datetime) -> Audit:
    """Return the audit at an instant; made here where no other process could read the same."""
    if not adbc.is_possible():
        return here(as_of=as_of, whole=False)
    database = str(connection.settings_dict["NAME"])
    done = subprocess.run(  # noqa: S603 - Ourselves.
        [sys.executable, "-m", __name__, database, as_of.isoformat()],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS, "PYTHONPATH": found_in()},
        stdout=subprocess.PIPE,
        check=True,
        timeout=PATIENCE,
    )
    found: Audit = pickle.loads(done.stdout)  # noqa: S301 - What this module has written.
    return found


def found_in() -> str:
    """Return where Python finds this program and what it needs, as this process does."""
    return os.pathsep.join([str(Path(__file__).resolve().parents[2]), *filter(None, sys.path)])


def here(*, as_of: datetime, whole: bool) -> Audit:
    """Return the audit, made by this process; what it is made by wants Django set up before it is imported."""
    from coldframe.reports.audit import audit

    return audit(as_of=as_of, whole=whole)


def main(database: str, as_of: str) -> None:
    """Write the audit of a database at an instant to the standard output."""
    import django

    os.nice(NICE)
    django.setup()
    connection.settings_dict["NAME"] = database
    made = here(as_of=datetime.fromisoformat(as_of), whole=True)
    sys.stdout.buffer.write(pickle.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
