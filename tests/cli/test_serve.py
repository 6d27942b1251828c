"""The command that everybody starts with."""

from __future__ import annotations

import json
import socket

import pytest

from coldframe.cli import serve
from tests import serving


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
        with serving.serve(tmp_path, "--empty", port=8720) as served:
            page = served.page()

    assert served.address == "http://127.0.0.1:8721/"
    assert "There is no lead here yet." in page
    assert served.exit_code == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "coldframe.example", ""])  # noqa: S104
def test_an_address_that_others_can_reach_is_refused(host):
    with pytest.raises(serve.NotLoopback) as refusal:
        serve.require_loopback(host)

    assert refusal.value.as_json() == {
        "error": "Coldframe listens on this machine alone until people and passwords exist.",
        "where": "--host",
        "expected": "127.0.0.1, ::1 or localhost",
        "got": host,
        "advice": "To look at it from elsewhere, use a tunnel: ssh -L 8080:127.0.0.1:8080 this-machine",
    }


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
