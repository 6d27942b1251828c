"""``coldframe run`` keeps its processes running, stops them together, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from coldframe.cli import supervise
from tests import ready, serving

#: Runs a supervisor over the one child that its arguments name; what the child does is Python text.
PROGRAM = """
import sys
from coldframe.cli import supervise
supervise.FIRST_PAUSE = 0.05
child = supervise.Child(name="child", command=[sys.executable, "-c", sys.argv[1]], patience=float(sys.argv[2]))
try:
    supervise.Supervisor(children=[child]).run()
except supervise.CrashLoop as loop:
    print(loop.what, file=sys.stderr)
    sys.exit(1)
"""
#: Writes a line to a file for each start, then waits for the end.
WAITS = """
import os, signal, sys, time
from coldframe.cli import lifeline
{before}
lifeline.hold_on()
open(os.environ["LOG"], "a").write(f"{{os.getpid()}}\\n")
time.sleep(60)
"""
PLAIN = WAITS.format(before="")


def supervisor(log: Path, child: str, *, patience: float = 10) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(serving.ROOT / "src"), "LOG": str(log)}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, child, str(patience)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(holds: Callable[[], object], seconds: float = 20) -> None:
    deadline = monotonic() + seconds
    while not holds():
        assert monotonic() < deadline, "it took too long"
        sleep(0.02)


def started(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_dies_is_started_again(tmp_path):
    log = tmp_path / "log"
    process = supervisor(log, PLAIN)
    wait_until(lambda: len(started(log)) == 1)

    os.kill(started(log)[0], signal.SIGKILL)
    wait_until(lambda: len(started(log)) == 2)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=20)[1]

    assert "The child ended (killed by SIGKILL); starting it again in 0.05 s." in said
    assert process.returncode == 0
    assert not is_alive(started(log)[1])


def test_a_child_that_dies_again_and_again_is_said_and_given_up(tmp_path):
    process = supervisor(tmp_path / "log", "import sys; sys.exit(7)")

    said = process.communicate(timeout=30)[1].splitlines()

    assert process.returncode == 1
    assert said[-1] == "The child ended (exit code 7), 5 times in a row, and is not started again."
    assert len(said) == 5


def test_a_child_is_told_to_stop_and_finishes_what_it_does(tmp_path):
    finishes = WAITS.format(
        before="def end(*_):\n    time.sleep(0.5); open(os.environ['LOG'] + '.done', 'w').close(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)"
    )
    log = tmp_path / "log"
    process = supervisor(log, finishes)
    wait_until(lambda: started(log))

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert (process.returncode, (tmp_path / "log.done").exists()) == (0, True)


@pytest.mark.parametrize(("patience", "signals"), [(0.3, 1), (60, 2)])
def test_a_child_that_will_not_stop_is_killed_in_the_end_or_at_a_second_signal(tmp_path, patience, signals):
    deaf = WAITS.format(before="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    log = tmp_path / "log"
    process = supervisor(log, deaf, patience=patience)
    wait_until(lambda: started(log))

    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        sleep(0.3)
    process.communicate(timeout=20)

    assert process.returncode == 0
    assert not is_alive(started(log)[0])


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    log = tmp_path / "log"
    process = supervisor(log, PLAIN)
    wait_until(lambda: started(log))

    process.kill()
    process.communicate(timeout=20)

    wait_until(lambda: not is_alive(started(log)[0]))


def test_what_a_child_started_goes_with_it(tmp_path):
    parent = (
        "import os, subprocess, sys, time\n"
        "made = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(os.environ['LOG'], 'a').write(f'{os.getpid()} {made.pid}\\n')\n"
        "time.sleep(60)"
    )
    log = tmp_path / "log"
    process = supervisor(log, parent)
    wait_until(lambda: len(started(log)) == 2)
    child, grandchild = started(log)

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: not is_alive(grandchild))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


@pytest.mark.parametrize(("deaths", "pause"), [(0, 0), (1, 0.5), (2, 1), (4, 4), (20, 30)])
def test_the_pause_before_a_start_grows_and_ends_growing(deaths, pause):
    assert supervise.Child(name="x", command=[], patience=1, deaths=deaths).pause() == pause


@pytest.mark.slow
def test_no_process_of_coldframe_run_outlives_it_when_it_is_killed(tmp_path):
    with serving.serve(ready.home(tmp_path), "--empty", port=8740) as served:
        before = processes_of(tmp_path)
        served.process.kill()
        served.process.wait(timeout=20)
        wait_until(lambda: not processes_of(tmp_path))

    assert len(before) >= 3


def processes_of(home: Path) -> list[int]:
    """Return the living processes whose environment names this data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"COLDFRAME_HOME={home}\0".encode() in environment and is_alive(int(folder.name)):
            found.append(int(folder.name))
    return found
