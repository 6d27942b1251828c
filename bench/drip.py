"""
django-drip-campaigns beside it: installed into a throw-away environment, the same mail server, the same count.

It decides by a query, renders a template, sends through Django's mail backend and records what it sent; there
is no outbox, and a crash between sending and recording sends again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "django-drip-campaigns"
PEOPLE = 1000

SCRIPT = """
import json, sys, time
from django.conf import settings
port, people, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
settings.configure(
    SECRET_KEY="x", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.messages", "django.contrib.sessions",
                    "django.contrib.contenttypes", "django.contrib.auth", "drip"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder + "/drip.sqlite3"}},
    EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, DEFAULT_FROM_EMAIL="hello@sender.example", ROOT_URLCONF="drip",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth import get_user_model
from drip.models import Drip, QuerySetRule
User = get_user_model()
User.objects.bulk_create(User(username=f"u{n}", email=f"reader{n}@there.example", first_name="Anna") for n in range(people))
drip = Drip.objects.create(name="one", enabled=True, subject_template="Hello {{ user.first_name }}",
                           body_html_template="<p>Hello {{ user.first_name }}</p>" * 50)
QuerySetRule.objects.create(drip=drip, field_name="id", lookup_type="gt", field_value="0")
began = time.perf_counter()
drip.drip.run()
print(json.dumps({"seconds": time.perf_counter() - began}))
"""


def run() -> dict[str, Any]:
    """Return how many messages a second it hands over, or why that could not be measured."""
    from tests import smtp_sink

    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("COLDFRAME_BENCH_FOLDER")) as folder,
        smtp_sink.running(Path(folder)) as sink,
    ):
        python = Path(folder) / "venv" / "bin" / "python"
        for command in (
            [sys.executable, "-m", "venv", str(python.parent.parent)],
            [str(python), "-m", "pip", "install", "--quiet", PACKAGE],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                return {"not_measured": done.stderr[-300:]}
        script = Path(folder) / "measure.py"
        script.write_text(SCRIPT)
        done = subprocess.run(
            [str(python), str(script), str(sink.port), str(PEOPLE), folder], capture_output=True, text=True
        )
        if done.returncode:
            return {"not_measured": done.stderr[-600:]}
        accepted = len(sink.accepted())
        return {"sent": accepted, "a_second": round(accepted / json.loads(done.stdout)["seconds"])}
