"""Settings of the test run: a throw-away data folder, and the database that the runner names."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests import ready

FOLDER = Path(tempfile.mkdtemp(prefix="coldframe-tests-"))
ready.begin()
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ["COLDFRAME_HOME"] = str(FOLDER)
os.environ["COLDFRAME_SECRET_KEY"] = "only-for-tests"
# A browser, once started, keeps an event loop in the worker; the tests after it use the database all the same.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
if url := os.environ.get("COLDFRAME_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
else:
    os.environ.pop("DATABASE_URL", None)

from coldframe.config.settings import *  # noqa: E402, F403
from coldframe.config.settings import DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real life: bulk reads open a connection of their own. Durability is for the crash tests,
    # which start real processes.
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "tests.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA page_size=8192; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF;"
    )
else:
    # Likewise: nothing here asks whether a commit survives the machine.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
# Passwords of tests are nobody's.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
