"""The command ``coldframe work``: one worker, on this machine or another."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe import environment
from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.outbox.workers import Pulse
    from coldframe.work.clocks import Clock
    from coldframe.work.loop import Totals, Worker

#: The journal of what was handed over, in the data folder; backups take it along.
JOURNAL = "send-journal"
#: The virtual clock is kept so often, so that a worker that is killed leaves no future behind.
KEEP_EVERY = timedelta(days=1)
#: How often a worker looks whether a backup is due.
BACKUP_LOOK = timedelta(minutes=10)
#: How often it looks whether somebody brought a file.
UPLOADS_LOOK = timedelta(seconds=1)
#: How often it goes on with changes of many leads, and for how many seconds each time: messages do not wait for them.
CHANGES_EVERY, CHANGES_SECONDS = timedelta(0), 0.5
#: Tokens are drawn from so many bits; two claims never get the same.
TOKEN_BITS = 62


class NotVirtual(Refusal):
    """Time cannot jump where messages leave for real."""


class BadInstant(Refusal):
    """No instant that a worker can work until."""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def work(
        until: Annotated[
            str | None,
            typer.Option(help="Stop at this instant, such as 2027-06-01; else work until stopped."),
        ] = None,
        clock: Annotated[
            str, typer.Option(help="real, or virtual: jump from one thing to do to the next.")
        ] = "real",
        name: Annotated[str | None, typer.Option(help="Name of this worker; host and process else.")] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="Print what was done as one JSON document.")
        ] = False,
    ) -> None:
        """
        Do what is due: decide, plan, hand over. Any number of workers share the work.

        With a virtual clock months pass in seconds, into the local outbox; the data folder then stays ahead of
        this machine's clock.

        Example: coldframe work --until 2027-06-01 --clock virtual
        """
        start.open_database()
        stop = stopped_by_signals()
        end = parse_instant(until)
        if clock == "virtual":
            totals = live_virtually(end=end, name=name, stop=stop, silent=as_json)
        elif clock == "real":
            totals = live(end=end, name=name, stop=stop)
        else:
            raise Refusal("No such clock.", where="--clock", expected="real or virtual", got=clock)
        show(totals, as_json=as_json)


def parse_instant(text: str | None) -> datetime | None:
    """Return the instant; a day is its beginning in UTC. Raises ``BadInstant``."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInstant(
            "That is no instant.",
            where="--until",
            expected="such as 2027-06-01 or 2027-06-01T09:00",
            got=text,
        ) from error


def stopped_by_signals() -> threading.Event:
    """Return what is set when the worker is asked to stop; it ends what it is handing over first."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    return stop


def live(*, end: datetime | None, name: str | None, stop: threading.Event) -> Totals:
    """Work by the machine's clock, and back up every hour; a pinned clock is none to judge by."""
    from pathlib import Path

    from django.conf import settings

    from coldframe import clock
    from coldframe.leads import uploads
    from coldframe.outbox import reconciling
    from coldframe.outbox.workers import Pulse
    from coldframe.storage import backup
    from coldframe.work.clocks import RealClock

    ticking = RealClock(read=clock.now, pause=stop.wait, has_arrived=has_arrived)
    worker = make_worker(name=name, clock=ticking)
    every = timedelta(hours=environment.whole_number("COLDFRAME_BACKUP_EVERY_HOURS", 1, least=1))
    worker.chores = {
        **worker.chores,
        "backup": (BACKUP_LOOK, lambda at: backup.keep_hourly(at=at, every=every)),
        "uploads": (UPLOADS_LOOK, Importer().look),
        "old uploads": (timedelta(hours=1), lambda at: uploads.prune(at=at)),
    }
    reconciling.check(Path(settings.HOME), at=clock.now())
    pulse = Pulse(name=worker.name, is_pinned=clock.is_pinned())
    return with_pulse(worker, pulse, run=lambda: worker.run(until=end, stop=stop.is_set))


class Importer:
    """
    Takes in what came through the browser, in a process beside the worker: one file at a time.

    It is of the worker's process group, and ends with it; what was under way goes on with the next worker.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def look(self, at: datetime) -> None:
        """Begin with the oldest file that waits, unless one is being taken in."""
        from coldframe.work import uploads

        if self.process is not None and self.process.poll() is None:
            return
        self.process = None
        waiting = uploads.find_left()
        if waiting is not None:
            words = [sys.executable, "-m", "coldframe", "import", "upload", waiting.token]
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL)  # noqa: S603 - The command is our own.


def has_arrived() -> bool:
    """Return whether anything waits to be digested; a database that fails is for the turn to find out."""
    from coldframe.activity import digesting
    from coldframe.work import outages

    try:
        return digesting.is_any_waiting()
    except outages.FAILURES:
        return True


def live_virtually(*, end: datetime | None, name: str | None, stop: threading.Event, silent: bool) -> Totals:
    """Work by a clock that jumps, and leave the data folder at the instant it came to."""
    from coldframe import clock
    from coldframe.outbox.workers import Pulse
    from coldframe.work.clocks import VirtualClock

    began = clock.now()
    if end is None or end <= began:
        raise BadInstant(
            "A virtual clock needs an end that lies ahead.",
            where="--until",
            expected=f"an instant after {began:%Y-%m-%d %H:%M} UTC",
            got=end.isoformat() if end else None,
        )
    require_local()
    jumping = VirtualClock(at=began, end=end)
    worker = make_worker(name=name, clock=jumping)
    days = (end - began) // timedelta(days=1)
    with output.progress("Living", total=days, silent=silent) as advance:
        keeper = keep_time(jumping, advance)
        return with_pulse(
            worker, Pulse(name=worker.name, is_virtual=True), run=lambda: worker.run(until=end, stop=lambda: keeper() or stop.is_set()),
            ended=lambda: clock.jump_to(jumping.now()),
        )  # fmt: skip


def keep_time(jumping: Clock, advance: Callable[[int], object]) -> Callable[[], bool]:
    """Return what keeps the virtual instant as it moves on; it never asks to stop."""
    from coldframe import clock

    kept = [jumping.now()]

    def keep() -> bool:
        passed = (jumping.now() - kept[0]) // KEEP_EVERY
        if passed:
            clock.jump_to(jumping.now())
            kept[0] += passed * KEEP_EVERY
            advance(passed)
        return False

    return keep


def require_local() -> None:
    """Raise ``NotVirtual`` where a connection sends for real, or another worker lives by another clock."""
    from coldframe.delivery import queries as delivery

    live_ones = delivery.list_live()
    if live_ones:
        raise NotVirtual(
            "Sending for real is on, and real messages keep real time.",
            got=", ".join(live_ones),
            advice="Use a copy of the data folder, or switch sending off: coldframe sending off",
        )


def make_worker(*, name: str | None, clock: Clock) -> Worker:
    """Return a worker with every handler there is."""
    from pathlib import Path

    from django.conf import settings

    from coldframe.delivery import operations as delivery
    from coldframe.outbox import journal
    from coldframe.work import loop, trades

    path = Path(settings.HOME) / JOURNAL
    delivery.ensure_local_connection(at=clock.now())
    return loop.Worker(
        name=name or f"{socket.gethostname()}-{os.getpid()}",
        clock=clock,
        handlers=trades.handlers(),
        digesters=trades.digesters(),
        gate=trades.gate(),
        journal=journal.Journal(path),
        tokens=tokens(),
        chores={
            **trades.chores(),
            "journal": (timedelta(days=1), lambda at: journal.trim(path, at=at)),
            "changes of many leads": (CHANGES_EVERY, carry_changes_on),
        },
    )


def carry_changes_on(at: datetime) -> None:
    """Go on with the changes of many leads that somebody began in a browser, for a part of a second."""
    from coldframe.nurture import bulk
    from coldframe.reports import lead_lists

    def where_of(line: bulk.Line) -> Any:
        return lead_lists.where(lead_lists.parsed(line.query), as_of=line.made_at)

    bulk.carry_on(where_of=where_of, at=at, seconds=CHANGES_SECONDS)


def tokens() -> Iterator[int]:
    """Yield numbers that no other claim has."""
    while True:
        yield secrets.randbits(TOKEN_BITS) + 1


def with_pulse(
    worker: Worker, pulse: Pulse, *, run: Callable[[], Totals], ended: Callable[[], Any] = lambda: None
) -> Totals:
    """Run a worker that says that it lives."""
    pulse.start(at=worker.clock.now())
    worker.beat = lambda at: pulse.beat(at=at)
    try:
        return run()
    finally:
        from coldframe.delivery import operations as delivery

        delivery.close_lines()
        ended()
        pulse.stop(at=worker.clock.now())


def show(totals: Totals, *, as_json: bool) -> None:
    """Print what was done."""
    if as_json:
        output.emit_json(totals.as_json())
        return
    counts = totals.counts
    output.console().print(
        f"[bold]{counts['candidates']:,}[/bold] times a lead was looked at: {counts['touches']:,} touches planned, "
        f"{counts['holds']:,} held, each with its reason. {counts['SENT']:,} handed over, "
        f"{counts['handoffs']:,} leads put before sales, {counts['moved']:,} changes of status."
    )
    if counts["postponed"]:
        output.console().print(
            f"[red]{counts['postponed']:,} accounts could not be decided.[/red] The log names them; they are tried again every hour."
        )
