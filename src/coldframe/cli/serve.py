"""The command ``coldframe run``: the pages and a worker; on this machine alone until an admin can sign in."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import typer

from coldframe import clock, environment, logs
from coldframe.cli import front, lifeline, output, start
from coldframe.cli.supervise import Child, Supervisor
from coldframe.kernel.vocabulary import Refusal

#: Names of this machine for itself; ``ALLOWED_HOSTS`` knows the same.
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Addresses that stand for every one of this machine, and where it finds itself then.
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - Refused until an admin can sign in.
#: Names under which the pages may be asked for, for the processes that serve them.
HOSTS = "COLDFRAME_HOSTS"
#: The port that the pages are served on, for whoever writes links to them.
PORT = "COLDFRAME_PORT"
PORTS_TRIED = 20
#: Seconds in which the first page must come, and between two tries.
ANSWER_WITHIN = 120
PAUSE = 0.05
#: Processes that serve, where there are as many cores; threads in each. Most threads wait for a transaction that
#: stores the calls of all of them; each that serves pages from PostgreSQL holds a connection for a while.
MOST_WORKERS = 2
THREADS = 32
#: Seconds that the pages, and a worker in a hand-over, may take to stop: a mail server may be slow to answer.
PAGES_STOP_WITHIN = 15.0
WORKER_STOPS_WITHIN = 660.0
EPILOG = "Example: [bold]coldframe run --port 9000[/bold]"


class NotLoopback(Refusal):
    """The address can be reached from other machines, and nobody would have to sign in."""


class NoAddress(Refusal):
    """What to listen on is no address of a machine."""


class NoFreePort(Refusal):
    """Every port that was tried is taken."""


class NoAnswer(Refusal):
    """The pages could not be served."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run", epilog=EPILOG)(run)
    app.command("pages", hidden=True)(pages)


def run(
    host: str = typer.Option(
        "127.0.0.1",
        "--host",
        "--bind",
        help="Address to listen on; other machines may reach it once an admin has a password.",
    ),
    port: int = typer.Option(
        environment.PORT,
        min=1,
        max=65535,
        envvar=PORT,
        help="Port to listen on; the next free one if it is taken.",
    ),
    demo: bool = typer.Option(False, "--demo", help="Begin with the demo company, without asking."),
    empty: bool = typer.Option(False, "--empty", help="Begin with no leads, without asking."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing; take the defaults."),
    browser: bool = typer.Option(True, help="Open the page in a browser when at a terminal."),
    worker: bool = typer.Option(True, help="Run a worker beside the pages; without one nothing is nurtured."),
    as_json: bool = typer.Option(False, "--json", help="Print the address as one JSON document."),
) -> None:
    """
    Start Coldframe: make the database on first use, serve its pages on this machine, and run a worker.

    Example: coldframe run --port 8081
    """
    if demo and empty:
        raise Refusal("Both --demo and --empty were given.", advice="Choose one of them.")
    require_sign_in(host)
    free = find_port(host, port)
    # Links in messages lead to where the pages are, unless the world finds them elsewhere.
    os.environ[PORT] = str(free)
    start.open_database()
    fill_if_new(demo=demo, empty=empty, yes=yes, silent=as_json)
    if free != port:
        logs.say(f"Port {port} is taken; using {free}.")
    announcing = {
        "host": host,
        "port": free,
        "browser": browser and start.is_interactive(),
        "as_json": as_json,
    }
    supervise(children(host=host, port=free, worker=worker), announcing=announcing)


def require_sign_in(host: str) -> None:
    """
    Take an address that other machines can reach only where everybody must sign in, and an admin can.

    Raises ``NotLoopback`` and ``NoAddress``.
    """
    if host in LOOPBACK:
        return
    if not is_address(host):
        raise NoAddress(
            "Coldframe listens on an address.", where="--host", expected="one such as 0.0.0.0", got=host
        )
    if not has_database() or not can_sign_in():
        raise NotLoopback(
            "Coldframe listens on this machine alone until an admin has a password.",
            where="--host",
            expected="127.0.0.1, ::1 or localhost",
            got=host,
            advice="Make one: coldframe people add anna. "
            "Or look at it from elsewhere through a tunnel: ssh -L 8080:127.0.0.1:8080 this-machine",
        )
    if host not in EVERY_ADDRESS:
        # The pages are asked for by it.
        os.environ[HOSTS] = f"{os.environ.get(HOSTS, '')} {host if ':' not in host else f'[{host}]'}".strip()


def is_address(host: str) -> bool:
    """Return whether a text is an address of a machine."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def has_database() -> bool:
    """Return whether there is a database to ask; none is made."""
    found = environment.database(environment.home())
    return "sqlite3" not in str(found["ENGINE"]) or Path(str(found["NAME"])).exists()


def can_sign_in() -> bool:
    """Return whether an admin has a password."""
    start.open_database()
    from django.db import connections

    from coldframe.team import queries

    try:
        return queries.has_usable_admin()
    finally:
        connections.close_all()


def find_port(host: str, port: int) -> int:
    """Return the first free port from ``port`` on; raise ``NoFreePort`` when there is none near."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
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
        logs.say(
            "There are leads already, so the demo company stays out: it fills only an empty data folder."
        )
    elif not empty and not listing.has_leads() and (demo or wants_demo(yes=yes)):
        fill_with_demo(at=at)
    if listing.has_new():
        assess(at=at, silent=silent)


def wants_demo(*, yes: bool) -> bool:
    """Return whether to begin with the demo company; only a person at a terminal is asked."""
    if yes or not start.is_interactive():
        return True
    logs.say(
        "This is the first start. The demo company is a year and a half of made-up leads to look around in."
    )
    return typer.confirm("Begin with the demo company? (No: begin empty.)", default=True, err=True)


def fill_with_demo(*, at: datetime) -> None:
    """Fill the empty database with the demo company."""
    from coldframe.cli import demo

    logs.say("Filling the data folder with the demo company (some seconds) …")
    demo.load_demo(at=at, seed=demo.SEED)


def assess(*, at: datetime, silent: bool) -> None:
    """Assess every lead, so that the pages have something to say."""
    from coldframe.nurture import operations

    logs.say("Assessing the leads …")
    operations.assess_all(as_of=at)


def children(*, host: str, port: int, worker: bool) -> list[Child]:
    """Return what is kept running: the pages, and a worker if wanted."""
    ours = [sys.executable, "-m", "coldframe"]
    serving = [*ours, "pages", "--host", host, "--port", str(port)]
    found = [Child(name="server of the pages", command=serving, patience=PAGES_STOP_WITHIN)]
    if worker:
        found.append(Child(name="worker", command=[*ours, "work"], patience=WORKER_STOPS_WITHIN))
    return found


def supervise(running: Sequence[Child], *, announcing: Mapping[str, Any]) -> None:
    """Keep everything running until told to stop; print the address once it answers."""
    from django.db import connections

    connections.close_all()
    failed = threading.Event()
    threading.Thread(target=announce, args=(failed,), kwargs=dict(announcing), daemon=True).start()
    Supervisor(children=running).run()
    if failed.is_set():
        raise NoAnswer(
            "The first page did not come.", advice="The lines above say why; coldframe doctor may know more."
        )
    logs.say("Stopped.")


def pages(host: str = typer.Option("127.0.0.1"), port: int = typer.Option(environment.PORT)) -> None:
    """Serve the pages until told to stop; ``coldframe run`` calls this."""
    require_sign_in(host)
    lifeline.hold_on()
    # A forked process would inherit threads that it cannot wait for.
    multiprocessing.set_start_method("spawn", force=True)
    serve_application("coldframe.config.served:application", host=host, port=port)


def serve_application(target: str, *, host: str, port: int) -> None:
    """Serve a WSGI application until told to stop, with as many processes and threads as were found good."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        workers=min(MOST_WORKERS, os.cpu_count() or 1),
        log_level=LogLevels.warning,
        log_dictconfig=logs.outlets(),
    )
    server.serve(target_loader=partial(front.load, threads=THREADS))


def announce(failed: threading.Event, *, host: str, port: int, browser: bool, as_json: bool) -> None:
    """Print the address as soon as the first page is there, and open it when asked to; else stop the server."""
    if not answers(host, port):
        failed.set()
        os.kill(os.getpid(), signal.SIGTERM)
        return
    name = EVERY_ADDRESS.get(host, host)
    url = f"http://{f'[{name}]' if ':' in name else name}:{port}/"
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
        connection = HTTPConnection(EVERY_ADDRESS.get(host, host), port, timeout=ANSWER_WITHIN)
        try:
            connection.request("GET", "/")
            # The page, or the way to the sign-in.
            return connection.getresponse().status < HTTPStatus.BAD_REQUEST
        except OSError:
            sleep(PAUSE)
        finally:
            connection.close()
    return False


def has_display() -> bool:
    """Return whether a browser would get a window of its own, not the terminal."""
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
