"""
One process that keeps others running: starts them, starts one again that died, and stops them all together.

Each runs in a process group of its own, so that a Ctrl-C reaches the supervisor alone, which then tells them to
stop and waits: a worker ends after the hand-over it is in. A pipe that nobody writes to tells them when the
supervisor itself was killed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from types import FrameType

from coldframe import logs
from coldframe.cli import lifeline
from coldframe.kernel.vocabulary import Refusal

#: Seconds before a process that died is started again: doubled each time, up to the last.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
#: A process that lived so long was well; its deaths are counted anew.
WELL_AFTER = 60.0
#: So many deaths in a row are a loop.
MOST_DEATHS = 5
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: Seconds between two looks when no signal comes.
LOOK_EVERY = 60.0


class CrashLoop(Refusal):
    """A process dies again and again."""


@dataclass(kw_only=True)
class Child:
    """A process that is kept running."""

    #: For people, such as ``worker``.
    name: str
    command: Sequence[str]
    #: Seconds it may take to stop before it is killed.
    patience: float
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    #: When it is started again.
    again_at: float = 0.0

    def pause(self) -> float:
        """Return the seconds to wait before the next start."""
        return float(min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)) if self.deaths else 0.0


@dataclass(kw_only=True)
class Supervisor:
    """Keeps children running until told to stop; ``run`` returns once all of them have ended."""

    children: Sequence[Child]
    environment: Mapping[str, str] = field(default_factory=dict)
    stops: int = 0
    lifeline: tuple[int, int] = (-1, -1)

    def run(self) -> None:
        """Run until a signal to stop; raise ``CrashLoop`` when a child cannot be kept running."""
        with self.listening() as ear:
            try:
                while not self.stops:
                    self.tend()
                    listen(ear, self.seconds_to_next())
            finally:
                self.stop(ear)

    @contextlib.contextmanager
    def listening(self) -> Iterator[int]:
        """Yield the end of a pipe that becomes readable with every signal, and hold the children's lifeline."""
        ear, mouth = os.pipe()
        os.set_blocking(ear, False)
        os.set_blocking(mouth, False)
        self.lifeline = os.pipe()
        before = {each: signal.signal(each, self.told_to_stop) for each in STOPPING}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        old_mouth = signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
        try:
            yield ear
        finally:
            signal.set_wakeup_fd(old_mouth)
            for each, handler in before.items():
                signal.signal(each, handler)
            for handle in (ear, mouth, *self.lifeline):
                os.close(handle)

    def told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stops += 1

    def tend(self) -> None:
        """Start what is not running and whose time has come; count those that died."""
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self.mourn(child, child.process.returncode)
            if child.process is None and monotonic() >= child.again_at:
                self.start(child)

    def start(self, child: Child) -> None:
        end, _ = self.lifeline
        child.process = subprocess.Popen(  # noqa: S603 - The commands are our own.
            child.command, stdin=subprocess.DEVNULL, process_group=0, pass_fds=[end],
            env={**os.environ, **self.environment, lifeline.VARIABLE: str(end)},
        )  # fmt: skip
        child.started = monotonic()

    def mourn(self, child: Child, code: int) -> None:
        """Note a death and when to start again; raise ``CrashLoop`` after too many in a row."""
        kill_group(child, signal.SIGKILL)
        child.process = None
        child.deaths = 1 if monotonic() - child.started >= WELL_AFTER else child.deaths + 1
        said = f"The {child.name} ended ({how_it_ended(code)})"
        if child.deaths >= MOST_DEATHS:
            raise CrashLoop(
                f"{said}, {child.deaths} times in a row, and is not started again.",
                advice="The lines above say why; coldframe doctor may know more.",
            )
        child.again_at = monotonic() + child.pause()
        logs.say(f"{said}; starting it again in {child.pause():g} s.")

    def seconds_to_next(self) -> float:
        waiting = [child.again_at - monotonic() for child in self.children if child.process is None]
        return max(0.0, min([LOOK_EVERY, *waiting]))

    def stop(self, ear: int) -> None:
        """Tell every child to stop and wait for it; a second signal, or too long a wait, kills what is left."""
        self.stops = 1
        began = monotonic()
        for child in self.running():
            kill_group(child, signal.SIGTERM, whole=False)
        while running := self.running():
            overdue = [child for child in running if monotonic() - began > child.patience]
            for child in running if self.stops > 1 else overdue:
                kill_group(child, signal.SIGKILL)
            listen(ear, 0.2)
        for child in self.children:
            kill_group(child, signal.SIGKILL)

    def running(self) -> list[Child]:
        return [
            child for child in self.children if child.process is not None and child.process.poll() is None
        ]


def kill_group(child: Child, number: int, *, whole: bool = True) -> None:
    """Send a signal to a child and, if ``whole``, to everything it has started."""
    if child.process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if whole:
            os.killpg(child.process.pid, number)
        else:
            child.process.send_signal(number)


def listen(ear: int, seconds: float) -> None:
    """Wait for a signal, at most so long."""
    readable, _, _ = select.select([ear], [], [], seconds)
    if readable:
        with contextlib.suppress(BlockingIOError):
            os.read(ear, 4096)


def how_it_ended(code: int) -> str:
    """
    Return an exit code in words.

    >>> how_it_ended(-9), how_it_ended(2)
    ('killed by SIGKILL', 'exit code 2')
    """
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
