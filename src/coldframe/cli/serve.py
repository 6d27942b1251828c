"""The command ``coldframe run``: the pages, on this machine alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import webbrowser
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPConnection
from time import monotonic, sleep

import typer

from coldframe import clock
from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

#: Names of this machine for itself; ``ALLOWED_HOSTS`` knows the same.
LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "::1": socket.AF_INET6}
PORTS_TRIED = 20
#: Seconds in which the first page must come, and between two tries.
ANSWER_WITHIN = 120
PAUSE = 0.05
#: Processes that serve, where there are as many cores; threads in each.
MOST_WORKERS = 2
THREADS = 4
EPILOG = "Example: [bold]coldframe run --port 9000[/bold]"


class NotLoopback(Refusal):
    """The address can be reached from other machines."""


class NoFreePort(Refusal):
    """Every port that was tried is taken."""


class NoAnswer(Refusal):
    """The pages could not be served."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", epilog=EPILOG)(run)


def run(
    host: str = typer.Option("127.0.0.1", help="Address to listen on; one of this machine for itself."),
    port: int = typer.Option(
        8080, min=1, max=65535, help="Port to listen on; the next free one if it is taken."
    ),
    demo: bool = typer.Option(False, "--demo", help="Begin with the demo company, without asking."),
    empty: bool = typer.Option(False, "--empty", help="Begin with no leads, without asking."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing; take the defaults."),
    browser: bool = typer.Option(True, help="Open the page in a browser when at a terminal."),
    as_json: bool = typer.Option(False, "--json", help="Print the address as one JSON document."),
) -> None:
    """
    Start Coldframe: make the database on first use, and serve its pages on this machine.

    Example: coldframe run --port 8081
    """
    if demo and empty:
        raise Refusal("Both --demo and --empty were given.", advice="Choose one of them.")
    require_loopback(host)
    start.open_database()
    fill_if_new(demo=demo, empty=empty, yes=yes, silent=as_json)
    free = find_port(host, port)
    if free != port:
        say(f"Port {port} is taken; using {free}.")
    serve(host=host, port=free, browser=browser and start.is_interactive(), as_json=as_json)


def require_loopback(host: str) -> None:
    """Raise ``NotLoopback`` unless only this machine can reach the address."""
    if host not in LOOPBACK:
        raise NotLoopback(
            "Coldframe listens on this machine alone until people and passwords exist.",
            where="--host",
            expected="127.0.0.1, ::1 or localhost",
            got=host,
            advice="To look at it from elsewhere, use a tunnel: ssh -L 8080:127.0.0.1:8080 this-machine",
        )


def find_port(host: str, port: int) -> int:
    """Return the first free port from ``port`` on; raise ``NoFreePort`` when there is none near."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        with socket.socket(LOOPBACK[host]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return candidate
    raise NoFreePort(
        f"Ports {port} to {port + PORTS_TRIED - 1} are all taken.",
        where="--port",
        advice="Name another with --port.",
    )


def fill_if_new(*, demo: bool, empty: bool, yes: bool, silent: bool) -> None:
    """Offer the demo company to a database without leads, and assess leads that nobody has assessed yet."""
    from coldframe.library import operations as library
    from coldframe.nurture import listing

    at = clock.now()
    library.ensure_active_playbook(at=at)
    if demo and listing.has_leads():
        say("There are leads already, so the demo company stays out: it fills only an empty data folder.")
    elif not empty and not listing.has_leads() and (demo or wants_demo(yes=yes)):
        fill_with_demo(at=at)
    if listing.has_new():
        assess(at=at, silent=silent)


def wants_demo(*, yes: bool) -> bool:
    """Return whether to begin with the demo company; only a person at a terminal is asked."""
    if yes or not start.is_interactive():
        return True
    say("This is the first start. The demo company is a year and a half of made-up leads to look around in.")
    return typer.confirm("Begin with the demo company? (No: begin empty.)", default=True, err=True)


def fill_with_demo(*, at: datetime) -> None:
    """Fill the empty database with the demo company."""
    from coldframe.cli import demo

    say("Filling the data folder with the demo company (some seconds) …")
    demo.load_demo(at=at, seed=demo.SEED)


def assess(*, at: datetime, silent: bool) -> None:
    """Assess every lead, so that the pages have something to say."""
    from coldframe.nurture import operations

    say("Assessing the leads …")
    operations.assess_all(as_of=at)


def serve(*, host: str, port: int, browser: bool, as_json: bool) -> None:
    """Serve the pages until told to stop; print the address once it answers."""
    from django.db import connections
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    connections.close_all()
    # Making the demo company and assessing leave threads behind, which a forked worker would wait for in vain.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "coldframe.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=min(MOST_WORKERS, os.cpu_count() or 1),
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
    )
    announcing = {"host": host, "port": port, "browser": browser, "as_json": as_json}
    failed = threading.Event()
    threading.Thread(target=announce, args=(failed,), kwargs=announcing, daemon=True).start()
    server.serve()
    if failed.is_set():
        raise NoAnswer(
            "The first page did not come.", advice="The lines above say why; coldframe doctor may know more."
        )
    say("Stopped.")


def announce(failed: threading.Event, *, host: str, port: int, browser: bool, as_json: bool) -> None:
    """Print the address as soon as the first page is there, and open it when asked to; else stop the server."""
    if not answers(host, port):
        failed.set()
        os.kill(os.getpid(), signal.SIGTERM)
        return
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    if as_json:
        output.emit_json({"url": url, "pid": os.getpid()})
        sys.stdout.flush()
    else:
        output.console().print(f"Coldframe is at [bold]{url}[/bold]  (Ctrl-C stops it)")
    if browser and has_display():
        webbrowser.open(url)


def answers(host: str, port: int) -> bool:
    """Return whether the first page comes within the time allowed; keeps asking until then."""
    deadline = monotonic() + ANSWER_WITHIN
    while monotonic() < deadline:
        connection = HTTPConnection(host, port, timeout=ANSWER_WITHIN)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == HTTPStatus.OK
        except OSError:
            sleep(PAUSE)
        finally:
            connection.close()
    return False


def has_display() -> bool:
    """Return whether a browser would get a window of its own, not the terminal."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def say(text: str) -> None:
    """Tell the person at the terminal; standard output stays free for the result."""
    print(text, file=sys.stderr, flush=True)
