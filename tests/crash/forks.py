"""Worker processes that are forked, told when they are ready, and killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

#: A child that is not ready by then is broken.
PATIENCE = 60.0


class ChildFailed(Exception):
    """A child ended by itself in a way that it should not have."""


@dataclass(kw_only=True)
class Child:
    """A forked process."""

    name: str
    pid: int
    ready: int
    status: int | None = None

    def wait_ready(self) -> None:
        """Wait for the READY line; raises ``ChildFailed``."""
        with os.fdopen(self.ready, "rb") as line:
            if line.readline() != b"READY\n":
                self.wait()
                raise ChildFailed(f"{self.name} ended before it was ready: {self.status}")

    def kill(self, sign: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, sign)

    def wait(self) -> int:
        """Wait for the end; return the exit code, or minus the signal's number."""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def is_over(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None


def spawn(name: str, work: Callable[[Callable[[], None]], object]) -> Child:
    """Fork a child that does the work; it calls what it is given when it is ready."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            work(lambda: telling(writing))
            code = 0
        except BaseException:  # noqa: BLE001 - a child must never return into its parent's code.
            traceback.print_exc()
        finally:
            with suppress(Exception):
                connections.close_all()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    return Child(name=name, pid=pid, ready=reading)


def telling(pipe: int) -> None:
    os.write(pipe, b"READY\n")
    os.close(pipe)


def done(name: str, work: Callable[[], object]) -> None:
    """Do something in a child and wait for it, so that this process stays as it is; raises ``ChildFailed``."""
    child = spawn(name, lambda ready: (ready(), work()))
    child.wait_ready()
    if child.wait() != 0:
        raise ChildFailed(f"{name} ended with {child.status}")


def pause(seconds: float) -> None:
    """Sleep, exactly enough for a few milliseconds."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.005))


def asked(name: str, work: Callable[[], object]) -> object:
    """Do something in a child, and return its answer, which must fit JSON; raises ``ChildFailed``."""
    reading, writing = os.pipe()

    def answer() -> None:
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)

    child = spawn(name, lambda ready: (ready(), answer()))
    os.close(writing)
    child.wait_ready()
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    if child.wait() != 0:
        raise ChildFailed(f"{name} ended with {child.status}")
    return json.loads(text)
