"""The command that everybody starts with."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess

import pytest

from coldframe.cli import serve
from tests import ready, serving


@pytest.mark.slow
def test_a_first_start_without_a_terminal_brings_the_demo_company_and_answers(tmp_path):
    with serving.serve(tmp_path, port=8700) as served:
        page = served.page()

    assert "should go to sales now" in page
    assert served.exit_code == 0


@pytest.mark.slow
def test_an_empty_start_takes_the_next_port_and_ends_when_told_to(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 8720))
        taken.listen()
        with serving.serve(ready.home(tmp_path), "--empty", port=8720) as served:
            page, settings = served.page(), served.page("settings/in-force")

    assert served.address == "http://127.0.0.1:8721/"
    # Links in messages lead to where the pages are.
    assert re.search(r"COLDFRAME_BASE_URL.{0,200}?http://127\.0\.0\.1:8721\b", settings, re.DOTALL)
    assert "There is no lead here yet." in page
    assert served.exit_code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::"])  # noqa: S104
def test_an_address_that_others_can_reach_is_refused_until_an_admin_can_sign_in(host, monkeypatch):
    monkeypatch.setattr(serve, "has_database", lambda: True)
    monkeypatch.setattr(serve, "can_sign_in", lambda: False)

    with pytest.raises(serve.NotLoopback) as refusal:
        serve.require_sign_in(host)

    assert refusal.value.as_json() == {
        "error": "Coldframe listens on this machine alone until an admin has a password.",
        "where": "--host",
        "expected": "127.0.0.1, ::1 or localhost",
        "got": host,
        "advice": "Make one: coldframe people add anna. "
        "Or look at it from elsewhere through a tunnel: ssh -L 8080:127.0.0.1:8080 this-machine",
    }


@pytest.mark.parametrize("host", ["coldframe.example", "", "1.2.3", "0"])
def test_what_is_no_address_is_refused(host):
    with pytest.raises(serve.NoAddress):
        serve.require_sign_in(host)


@pytest.mark.parametrize(
    ("host", "named"),
    [("192.168.1.10", "192.168.1.10"), ("fd00::1", "[fd00::1]"), ("0.0.0.0", "")],  # noqa: S104
)
def test_once_an_admin_can_sign_in_others_may_reach_it_by_its_address(host, named, monkeypatch):
    monkeypatch.setattr(serve, "has_database", lambda: True)
    monkeypatch.setattr(serve, "can_sign_in", lambda: True)
    monkeypatch.setenv("COLDFRAME_HOSTS", "")

    serve.require_sign_in(host)

    assert os.environ["COLDFRAME_HOSTS"] == named


@pytest.mark.slow
def test_it_listens_for_others_and_asks_them_to_sign_in(tmp_path):
    added = subprocess.run(
        serving.command("people", "add", "ada", "--password-stdin"),
        env=serving.environment(ready.home(tmp_path)), input="blue window over nine hills\n", text=True, capture_output=True,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr

    with serving.serve(tmp_path, "--empty", "--no-worker", "--host", "0.0.0.0", port=8740) as served:  # noqa: S104
        page = served.page()

    assert served.address == "http://127.0.0.1:8740/"
    assert "User name or e-mail address" in page


def test_the_refusal_reaches_the_terminal_and_nothing_is_made(tmp_path):
    home = tmp_path / "data"

    ended = serving.call(home, "run", "--host", "0.0.0.0", "--json")  # noqa: S104

    assert ended.returncode == 2
    assert json.loads(ended.stdout)["got"] == "0.0.0.0"  # noqa: S104
    assert not home.exists()


def test_demo_and_empty_together_are_refused(tmp_path):
    ended = serving.call(tmp_path / "data", "run", "--demo", "--empty")

    assert ended.returncode == 2
    assert ended.stderr == "Both --demo and --empty were given.\nChoose one of them.\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_taken_port_gives_way_to_the_next_free_one(host):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert serve.find_port(host, port) > port
