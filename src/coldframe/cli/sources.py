"""
The commands ``coldframe sources …``: ways in. A key is shown once, when it is made.

Each kind is added by a command of its own (``add``); the others are the same for all kinds.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start
from coldframe.cli.connections import read_secret, settings_of, tell
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.activity.queries import SourceLine

sources = typer.Typer(
    name="sources",
    no_args_is_help=True,
    help="Ways in: keys of the event API, providers, mailboxes, webhooks, forms.",
)
#: Other kinds add their command here.
adding = typer.Typer(name="add", no_args_is_help=True, help="Add a way in.")
sources.add_typer(adding)

Name = Annotated[str, typer.Argument(help="What the source is called; it stands in addresses and in events.")]
PerSecond = Annotated[
    int | None,
    typer.Option(min=0, help="Most calls a second that each server process takes in; 0: no limit."),
]
Origin = Annotated[
    list[str] | None, typer.Option(help="Page that may call, such as https://www.ours.example; none: all.")
]
SecretFile = Annotated[Path | None, typer.Option(help="File that holds the new password or key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class BadOrigin(Refusal):
    """Not the origin of a page."""


class NotSetAside(Refusal):
    """No arrival that was set aside has this number."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(sources)


@adding.command("api")
def add_api(name: Name, per_second: PerSecond = None, as_json: AsJson = False) -> None:
    """
    Add a write key for your servers: what they say of a person is believed.

    Example: coldframe sources add api product
    """
    add_with_key(name, kind="API", settings={"per_second": per_second}, as_json=as_json)


@adding.command("site")
def add_site(
    name: Name, origin: Origin = None, per_second: PerSecond = None, as_json: AsJson = False
) -> None:
    """
    Add a write key for pages. Anybody can read it there, so it claims, and proves nothing.

    Example: coldframe sources add site www --origin https://www.ours.example
    """
    origins = [checked_origin(each) for each in origin or []]
    add_with_key(name, kind="SITE", settings={"origins": origins, "per_second": per_second}, as_json=as_json)


def add_with_key(name: str, *, kind: str, settings: dict[str, Any], as_json: bool) -> None:
    """Add a source that is known by a key, and print the key."""
    start.open_database()
    from coldframe import clock, environment
    from coldframe.activity import sources as operations

    kept = {key: value for key, value in settings.items() if value not in (None, [])}
    made = operations.add(name, kind=operations.Kind(kind), at=clock.now(), settings=kept, with_key=True)
    lines = [
        f"Added {name}.",
        f"Its write key, shown this once: {made.key}",
        f"Send calls to {environment.base_url()}/v1/, or /v1/batch; see docs/howto/send-events.md",
    ]
    tell(lines, {"added": name, "write_key": made.key}, as_json=as_json)


def checked_origin(text: str) -> str:
    """Return an origin as browsers send it. Raises ``BadOrigin``."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text.strip().lower())
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_origin = False
    if not is_origin or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadOrigin(
            "That is no origin of a page.",
            where="--origin",
            expected="such as https://www.ours.example",
            got=text,
        )
    return f"{parts.scheme}://{parts.netloc}"


@sources.command("list")
def list_(as_json: AsJson = False) -> None:
    """
    List the ways in: when each last brought something, what was refused, what waits and what was set aside.

    Example: coldframe sources list
    """
    start.open_database()
    from coldframe.activity import queries, strangers

    found, others = queries.list_sources(), strangers.list_all()
    if as_json:
        output.emit_json(
            {"sources": [asdict(line) for line in found], "strangers": [asdict(each) for each in others]}
        )
        return
    for line in found:
        print(
            f"{line.name:<20}  {line.kind.lower():<8}  {(line.key_hint + '…') if line.key_hint else '-':<8}  {state_of(line)}"
        )
    if not found:
        print("There are none yet. See: coldframe sources add --help")
    for each in others:
        print(f"Of nobody known here: {each.count} {each.word}, the last {each.last_at:%Y-%m-%d %H:%M}")


def state_of(line: SourceLine) -> str:
    """Return in words how a source stands."""
    said = "off since " + f"{line.disabled_at:%Y-%m-%d}" if line.disabled_at else "on"
    heard = f"last heard {line.last_at:%Y-%m-%d %H:%M}" if line.last_at else "not heard yet"
    more = [f"{count} refused ({word})" for word, count in sorted(line.refused.items())]
    more += [f"{line.waiting} waiting"] if line.waiting else []
    more += [f"{line.set_aside} set aside"] if line.set_aside else []
    return ", ".join([said, heard, *more])


@sources.command()
def change(
    name: Name,
    others: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting, such as per_second=100; an empty value removes it."),
    ] = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """
    Change settings or the secret. Another host, port, user or provider clears the secret.

    Example: coldframe sources change product --set per_second=100
    """
    settings = {key: numeric(value) for key, value in settings_of(others).items()}
    start.open_database()
    from coldframe.activity import providers
    from coldframe.activity import sources as operations

    secret = read_secret(secret_file, asks=False)
    providers.check_change(name, settings=settings, secret=secret or None)
    operations.change(name, settings=settings, secret=secret or None)
    tell([f"Changed {name}."], {"changed": name}, as_json=as_json)


def numeric(value: str) -> str | int:
    """Return a whole number as one; other text as it is."""
    return int(value) if value.isascii() and value.isdigit() else value


@sources.command("renew-key")
def renew_key(name: Name, as_json: AsJson = False) -> None:
    """
    Make a new key; the old one is refused within a second.

    Example: coldframe sources renew-key product
    """
    start.open_database()
    from coldframe.activity import sources as operations

    key = operations.renew_key(name)
    tell(
        [f"The new key of {name}, shown this once: {key}"],
        {"renewed": name, "write_key": key},
        as_json=as_json,
    )


@sources.command()
def off(name: Name, as_json: AsJson = False) -> None:
    """
    Refuse what a source brings from now on. What it brought stays.

    Example: coldframe sources off www
    """
    start.open_database()
    from coldframe import clock
    from coldframe.activity import sources as operations

    operations.disable(name, at=clock.now())
    tell([f"{name} is off."], {"off": name}, as_json=as_json)


@sources.command()
def on(name: Name, as_json: AsJson = False) -> None:
    """
    Take in again what a source brings.

    Example: coldframe sources on www
    """
    start.open_database()
    from coldframe.activity import sources as operations

    operations.enable(name)
    tell([f"{name} is on."], {"on": name}, as_json=as_json)


@sources.command()
def aside(
    source: Annotated[str, typer.Option(help="Of this source alone.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Show so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """
    List what could not be understood and was set aside, and why.

    Example: coldframe sources aside --source product
    """
    start.open_database()
    from coldframe.activity import queries

    found = queries.list_set_aside(source=source, limit=limit)
    if as_json:
        output.emit_json({"set_aside": [asdict(line) for line in found]})
        return
    for line in found:
        print(
            f"{line.arrival_id:>8}  {line.received_at:%Y-%m-%d %H:%M}  {line.source or '-':<16}  {line.kind.lower():<8}  {line.reason}"
        )
    if not found:
        print("Nothing is set aside.")


@sources.command()
def show(
    number: Annotated[int, typer.Argument(help="Its number, as sources aside shows it.")],
    to: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    Print what was set aside as it came, byte by byte; with --json in base64. It is kept for 30 days.

    Example: coldframe sources show 17 --to call.json
    """
    start.open_database()
    from coldframe.activity import set_aside

    found = set_aside.find_body(number)
    if found is None:
        raise NotSetAside(
            "Nothing is set aside under this number.", got=str(number), advice="`coldframe sources aside`"
        )
    output.emit_bytes(found, to=to, about={"set_aside": number}, as_json=as_json)


@sources.command()
def retry(
    numbers: Annotated[list[int], typer.Argument(help="Numbers, as sources aside shows them.")],
    as_json: AsJson = False,
) -> None:
    """
    Have what was set aside looked at again, as after a mapping was mended.

    Example: coldframe sources retry 17 18
    """
    start.open_database()
    from coldframe.activity import digesting

    count = digesting.try_again(numbers)
    tell([f"{count} will be tried again by the next worker."], {"retried": count}, as_json=as_json)
