"""The commands ``coldframe connections …``: ways out, and their secrets, which are given once and never shown."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.delivery.queries import Way

connections = typer.Typer(
    name="connections",
    no_args_is_help=True,
    help="Ways out: mail servers, providers, webhooks, lists, tasks.",
)
#: Names a secret, or with ``_FILE`` behind it a file that holds one.
SECRET = "COLDFRAME_CONNECTION_SECRET"  # noqa: S105 - the name of a setting.
KINDS = ("smtp", "provider", "webhook", "audience", "task")

Name = Annotated[str, typer.Argument(help="What the connection is called.")]
Host = Annotated[str | None, typer.Option(help="Mail server.")]
Port = Annotated[int | None, typer.Option(help="Its port; 587 else, or 465 with tls.")]
Security = Annotated[str | None, typer.Option(help="starttls, tls or none.")]
User = Annotated[str | None, typer.Option(help="User at the mail server.")]
Provider = Annotated[str | None, typer.Option(help="Provider, such as postmark; see list --providers.")]
Url = Annotated[str | None, typer.Option(help="Receiver of webhooks.")]
From = Annotated[str | None, typer.Option("--from", help="Address that messages come from.")]
FromName = Annotated[str | None, typer.Option(help="Name that messages come from.")]
ReplyTo = Annotated[str | None, typer.Option(help="Address that answers go to, if another.")]
Postal = Annotated[str | None, typer.Option("--postal-address", help="Where you can be reached by post.")]
PerMinute = Annotated[int | None, typer.Option(help="Most in a minute; 0: no limit.")]
PerDomain = Annotated[int | None, typer.Option("--per-domain-minute", help="Most to one domain in a minute.")]
PerDay = Annotated[int | None, typer.Option(help="Most in 24 hours; 0: no limit.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Another setting, such as dkim_selector=s1; an empty value removes it."),
]
SecretFile = Annotated[
    Path | None, typer.Option(help=f"File that holds the password or key; or {SECRET}_FILE, or a prompt.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class UnreadableSecret(Refusal):
    """A secret cannot be read from where it was said to be."""


class BadOption(Refusal):
    """An option cannot be understood."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(connections)


@connections.command("list")
def list_(
    providers: Annotated[bool, typer.Option(help="List the providers there are, instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    List the connections, and how each stands. Secrets are never shown.

    Example: coldframe connections list
    """
    if providers:
        show_providers(as_json=as_json)
        return
    start.open_database()
    from coldframe.delivery import queries

    found = queries.list_connections()
    if as_json:
        output.emit_json({"connections": [asdict(way) for way in found]})
        return
    for way in found:
        print(f"{way.name:<16}  {way.kind.lower():<9}  {where_to(way):<32}  {standing(way)}")
    if not found:
        print("There are none; everything stays in the local outbox. See: coldframe connections add --help")


def show_providers(*, as_json: bool) -> None:
    from coldframe.delivery.channels.email.providers import PROVIDERS

    if as_json:
        output.emit_json({"providers": [asdict(each) | {"key_lasts": None} for each in PROVIDERS.values()]})
        return
    for each in PROVIDERS.values():
        needs = ", ".join((*each.required, f"its secret ({each.secret})"))
        extra = f" Needs the package {each.package}." if each.package else ""
        print(f"{each.key:<13}  {each.name}: {needs}.{extra} {each.note}".rstrip())


def where_to(way: Way) -> str:
    """Return where a connection leads, without a secret."""
    given = way.settings
    return str(given.get("host") or given.get("provider") or given.get("url") or "in the house")


def standing(way: Way) -> str:
    """Return in words how a connection stands."""
    if way.stopped_at:
        return f"stopped: {way.stopped_why}"
    if way.rests_until:
        return f"out of reach until {way.rests_until:%H:%M}: {way.rests_why}"
    if way.live_since:
        return f"live since {way.live_since:%Y-%m-%d}"
    return "local" if way.kind == "LOCAL" else "not switched on: coldframe sending check " + way.name


@connections.command()
def add(
    name: Name,
    kind: Annotated[str, typer.Argument(help=" | ".join(KINDS))],
    host: Host = None,
    port: Port = None,
    security: Security = None,
    user: User = None,
    provider: Provider = None,
    url: Url = None,
    sender: From = None,
    from_name: FromName = None,
    reply_to: ReplyTo = None,
    postal_address: Postal = None,
    per_minute: PerMinute = None,
    per_domain_minute: PerDomain = None,
    per_day: PerDay = None,
    others: Set = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """
    Add a way out. It sends nothing before `coldframe sending on`.

    Example: coldframe connections add main smtp --host mail.ours.example --user anna --from anna@ours.example
    """
    if kind not in KINDS:
        raise BadOption("There is no such kind.", where="kind", expected=" | ".join(KINDS), got=f'"{kind}"')
    start.open_database()
    from coldframe import clock
    from coldframe.delivery import setup

    settings = settings_of(
        others, host=host, port=port, security=security, user=user, provider=provider, url=url
    )
    values = values_of(sender, from_name, reply_to, postal_address, per_minute, per_domain_minute, per_day)
    wants_secret = kind == "provider" or (kind == "smtp" and bool(user))
    made = setup.add(
        name=name,
        kind=kind.upper(),
        settings=settings,
        secret=read_secret(secret_file, asks=wants_secret),
        at=clock.now(),
        **values,
    )
    said = [f"Added {name}."] + ([f"Signing secret, shown this once: {made}"] if made else [])
    tell(said, {"added": name, "signing_secret": made}, as_json=as_json)


@connections.command()
def change(
    name: Name,
    host: Host = None,
    port: Port = None,
    security: Security = None,
    user: User = None,
    provider: Provider = None,
    url: Url = None,
    sender: From = None,
    from_name: FromName = None,
    reply_to: ReplyTo = None,
    postal_address: Postal = None,
    per_minute: PerMinute = None,
    per_domain_minute: PerDomain = None,
    per_day: PerDay = None,
    others: Set = None,
    secret_file: SecretFile = None,
    as_json: AsJson = False,
) -> None:
    """
    Change a way out. Another host, port, security, user or provider clears its secret.

    Example: coldframe connections change main --set dkim_selector=s1 --set spf_include=_spf.ours.example
    """
    start.open_database()
    from coldframe.delivery import setup

    settings = settings_of(
        others, host=host, port=port, security=security, user=user, provider=provider, url=url
    )
    values = values_of(sender, from_name, reply_to, postal_address, per_minute, per_domain_minute, per_day)
    done = setup.change(name, settings=settings, secret=read_secret(secret_file, asks=False), **values)
    said = [f"Changed {name}."]
    if done.has_lost_secret:
        said.append("Its secret was cleared, for it went elsewhere: give it again with --secret-file.")
    if done.went_home:
        said.append(f"It was switched off until it is checked again: coldframe sending on {name}")
    tell(said, {"changed": name, **asdict(done)}, as_json=as_json)


def settings_of(others: list[str] | None, **named: Any) -> dict[str, Any]:
    """Return the settings that were named, and those behind ``--set``; raises ``BadOption``."""
    settings = {key: value for key, value in named.items() if value is not None}
    for each in others or []:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise BadOption("A setting is written name=value.", where="--set", got=f'"{each}"')
        if key in {"secret", "password", "api_key"} and key not in PUBLIC_KEYS.get(
            str(named.get("provider")), ()
        ):
            raise BadOption(
                "A secret is not given on the command line, where others see it.",
                where="--set",
                advice=f"Use --secret-file, or {SECRET}_FILE.",
            )
        settings[key] = value
    return settings


#: Providers whose ``api_key`` is the public half of a pair.
PUBLIC_KEYS = {"mailjet": ("api_key",)}


def values_of(*given: Any) -> dict[str, Any]:
    names = (
        "sender_address", "sender_name", "reply_to", "postal_address", "per_minute", "per_domain_minute", "per_day",
    )  # fmt: skip
    return {name: value for name, value in zip(names, given, strict=True) if value is not None}


def read_secret(file: Path | None, *, asks: bool) -> str:
    """Return the secret from a file, the environment, or a prompt; an empty text where there is none."""
    from coldframe import environment

    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableSecret(
                "The file cannot be read.", where="--secret-file", got=str(file)
            ) from error
    given = environment.text(SECRET, "")
    if not given and asks and start.is_interactive():
        return str(typer.prompt("Password or key", hide_input=True, default="", show_default=False))
    return given


@connections.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Remove a way out, with its secret. What waits for it waits for one of the same name, and is planned anew once it is late.

    Example: coldframe connections remove main --yes
    """
    start.open_database()
    from coldframe.delivery import operations, queries

    queries.get_connection(name)
    if not yes and not (start.is_interactive() and typer.confirm(f"Remove {name}?")):
        raise Refusal("Nothing was removed.", where=name, advice="Say --yes to remove it.")
    operations.remove_connection(name)
    tell([f"Removed {name}."], {"removed": name}, as_json=as_json)


@connections.command("test")
def try_(
    name: Name,
    to: Annotated[str, typer.Option(help="Send one message to this address, for real.")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Try a way out: connect and sign in; with --to also send one message. A webhook gets an event of the type test.

    Example: coldframe connections test main --to me@ours.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.delivery import golive, queries, trying

    way = queries.get_connection(name)
    if way.kind == "WEBHOOK" or to:
        answer = trying.try_out(name, recipient=to, at=clock.now())
        is_good = answer.result == "SENT"
        said = f"{answer.result}: {answer.code or ''} {answer.text}".strip()
        tell([said], {"test": name, **asdict(answer)}, as_json=as_json)
    else:
        finding = golive.check_way(name)
        is_good = finding.weight == "PASSED"
        tell([f"{finding.what} {finding.advice}".strip()], {"test": name, **asdict(finding)}, as_json=as_json)
    if not is_good:
        raise typer.Exit(output.EXIT_REFUSED)


def tell(lines: list[str], document: dict[str, Any], *, as_json: bool) -> None:
    """Print what was done."""
    if as_json:
        output.emit_json(document)
    else:
        print("\n".join(lines))
