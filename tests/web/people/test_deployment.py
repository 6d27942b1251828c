"""What Django's own checks say of an installation that the world can reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import OWN, ROOT

SERVED = {
    "COLDFRAME_BASE_URL": "https://coldframe.ours.example",
    "COLDFRAME_HOSTS": "coldframe.lan",
    "DJANGO_SETTINGS_MODULE": "coldframe.config.settings",
    "PYTHONPATH": str(ROOT / "src"),
}


def check(home: Path, program: tuple[str, ...], **given: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in {*OWN, "DJANGO_ALLOW_ASYNC_UNSAFE"}
    }
    environment = {**kept, **SERVED, "COLDFRAME_HOME": str(home), **given}
    return subprocess.run([sys.executable, *program], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"COLDFRAME_HSTS_SUBDOMAINS": "yes"},
        {"DATABASE_URL": "postgresql://coldframe@127.0.0.1:5432/coldframe"},
        {
            "COLDFRAME_OIDC_ISSUER": "https://id.ours.example",
            "COLDFRAME_OIDC_CLIENT_ID": "coldframe",
            "COLDFRAME_OIDC_CLIENT_SECRET": "only-for-tests",
        },
    ],
    ids=["by itself", "its domain", "a server's database", "single sign-on"],
)
def test_the_checks_for_deployment_find_nothing(tmp_path, given):
    done = check(tmp_path, ("-m", "django", "check", "--deploy", "--fail-level", "DEBUG"), **given)

    assert done.returncode == 0, done.stdout + done.stderr


def test_half_of_a_single_sign_on_and_a_role_that_is_none_are_refused(tmp_path):
    load = ("-c", "import coldframe.config.settings")

    half = check(tmp_path, load, COLDFRAME_OIDC_ISSUER="https://id.ours.example")
    odd = check(tmp_path, load, COLDFRAME_OIDC_ROLE="boss")

    assert "COLDFRAME_OIDC_CLIENT_ID: expected a value" in half.stderr
    assert (
        'COLDFRAME_OIDC_ROLE: expected one of VIEWER, MARKETER, SALES, SALES_LEAD, ADMIN, got "boss"'
        in odd.stderr
    )
