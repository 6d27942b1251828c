"""Settings of the test run: a throw-away data folder, and the database that the runner names."""

from __future__ import annotations

import os
import tempfile

os.environ["COLDFRAME_HOME"] = tempfile.mkdtemp(prefix="coldframe-tests-")
os.environ["COLDFRAME_SECRET_KEY"] = "only-for-tests"
if url := os.environ.get("COLDFRAME_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
else:
    os.environ.pop("DATABASE_URL", None)

from coldframe.config.settings import *  # noqa: E402, F403
