"""The commands ``coldframe sending …``: whether messages leave the house, what is missing, and the switch."""

from __future__ import annotations

import getpass
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.delivery.findings import Finding

sending = typer.Typer(
    name="sending", no_args_is_help=True, help="Whether messages leave the house, and what is missing before."
)
MARKS = {"PASSED": "ok", "WARNS": "!", "BLOCKS": "missing"}
STYLES = {"PASSED": "green", "WARNS": "yellow", "BLOCKS": "bold red"}

Name = Annotated[str, typer.Argument(help="A connection; see coldframe connections list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(sending)


@sending.command()
def status(as_json: AsJson = False) -> None:
    """
    Say whether messages leave the house, through what, and what holds them.

    Example: coldframe sending status
    """
    start.open_database()
    from coldframe import clock
    from coldframe.delivery import queries
    from coldframe.outbox import holding

    live, holds = queries.list_live(), holding.list_holds()
    sights = {name: queries.get_sight(name, at=clock.now()) for name in live}
    if as_json:
        output.emit_json(
            {
                "live": live,
                "holds": [asdict(each) for each in holds],
                "brake": {name: asdict(sight) for name, sight in sights.items()},
            }
        )
        return
    print(
        f"Messages leave by: {', '.join(live)}."
        if live
        else "Nothing leaves the house; see the local outbox."
    )
    for each in holds:
        print(f"Held: {each.reason}  When you have looked: coldframe sending resume")
    for name, sight in sights.items():
        way = queries.get_connection(name)
        if way.stopped_at or sight.warning:
            print(f"{name}: {way.stopped_why or sight.warning}")


@sending.command()
def check(name: Name, as_json: AsJson = False) -> None:
    """
    Say what is missing before a connection may send for real: sender, domain, address, way to leave, server.

    Sends nothing. Exit code 2 where something is missing.

    Example: coldframe sending check main
    """
    start.open_database()
    from coldframe.delivery import golive

    findings = golive.check(name, leaving_url=leaving_url())
    show(findings, name, as_json=as_json)
    if any(each.weight == "BLOCKS" for each in findings):
        raise typer.Exit(output.EXIT_REFUSED)


@sending.command()
def on(
    name: Name,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Do without this check, for a mail server on this very machine alone."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Send for real through a connection, once every check has passed. Also starts one again that was stopped.

    Example: coldframe sending on main
    """
    start.open_database()
    from coldframe import clock
    from coldframe.delivery import golive

    findings = golive.switch_on(name, leaving_url=leaving_url(), at=clock.now(), accept=accept or [])
    show(findings, name, as_json=as_json)
    if not as_json:
        print(f"From now on messages leave by {name}. To stop: coldframe sending off")


@sending.command()
def off(
    name: Annotated[str | None, typer.Argument(help="One connection; without it all.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    Stop sending for real, at once and for all workers. What is planned goes to the local outbox, or waits.

    Example: coldframe sending off
    """
    start.open_database()
    from coldframe import clock
    from coldframe.delivery import golive

    if name is None:
        names = golive.switch_all_off(at=clock.now())
    else:
        golive.switch_off(name, at=clock.now())
        names = [name]
    if as_json:
        output.emit_json({"off": names})
    else:
        print(f"Off: {', '.join(names)}." if names else "Nothing was on.")


@sending.command()
def resume(as_json: AsJson = False) -> None:
    """
    Let held sending go on, after a person has looked: after a restore, on a new machine, after a clock's jump.

    Example: coldframe sending resume
    """
    start.open_database()
    from coldframe import clock
    from coldframe.outbox import holding

    lifted = holding.lift(at=clock.now(), by=who())
    left = [asdict(each) for each in holding.list_holds()]
    if as_json:
        output.emit_json({"lifted": lifted, "holds": left})
    else:
        print(f"{lifted} hold{'' if lifted == 1 else 's'} lifted.")
    if left:
        raise Refusal("Something still holds sending.", got=left[0]["reason"])


def who() -> str:
    """Return who sits here, as the machine knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def leaving_url() -> str:
    """Return a page for leaving that this installation made, for nobody."""
    from coldframe.leads import tokens

    return tokens.unsubscribe_url(lead=uuid.uuid4())


def show(findings: list[Finding], name: str, *, as_json: bool) -> None:
    """Print findings, what is in the way first."""
    ordered = sorted(findings, key=lambda each: list(STYLES).index(each.weight), reverse=True)
    if as_json:
        output.emit_json({"connection": name, "findings": [asdict(each) for each in ordered]})
        return
    console: Any = output.console()
    for each in ordered:
        console.print(
            f"{MARKS[each.weight]:<8}{each.code}: {each.what}", style=STYLES[each.weight], markup=False
        )
        if each.advice:
            console.print(f"        {each.advice}", markup=False)
