"""``coldframe sources add provider``: what a provider of e-mail tells of messages, proven by its signature or a password."""

from __future__ import annotations

from typing import Annotated

import typer

from coldframe.cli import start
from coldframe.cli.connections import read_secret, settings_of, tell
from coldframe.cli.sources import AsJson, Name, SecretFile, adding

Provider = Annotated[
    str, typer.Option(help="Who it is, such as postmark, mailgun, amazon_ses; an unknown one lists all.")
]
Topic = Annotated[
    str, typer.Option(help="Amazon SES: the topic of SNS that may notify; several with spaces between.")
]
Others = Annotated[list[str] | None, typer.Option("--set", help="A further setting, as name=value.")]


def register(app: typer.Typer) -> None:
    """Add the command; ``sources`` is there already."""
    adding.command("provider")(add_provider)


def add_provider(
    name: Name,
    provider: Provider,
    secret_file: SecretFile = None,
    topic: Topic = "",
    others: Others = None,
    as_json: AsJson = False,
) -> None:
    """
    Add a provider of e-mail: it tells what became of messages, and may pass on mail that comes in.

    The file holds its signing key, or a line user:password; where a password is enough and none is given, one is
    made and shown this once.

    Example: coldframe sources add provider postmark --provider postmark
    """
    settings = settings_of(others, topic=topic or None)
    start.open_database()
    from coldframe import clock, environment
    from coldframe.activity import providers

    secret = read_secret(secret_file, asks=False)
    _, made = providers.add_provider(
        name, provider=provider, at=clock.now(), secret=secret, settings=settings
    )
    held = providers.credentials_of(made or secret)
    address = address_of(environment.base_url(), name, made)
    lines = [f"Added {name}.", f"Enter at {providers.get_provider(provider).name}: {address}"]
    lines += ["The password in it is shown this once."] if made else []
    lines += (
        ["Put user and password before the host, as https://user:password@…"]
        if held.passwords and not made
        else []
    )
    lines += [f"For mail that it takes in: {address}/inbound", providers.get_provider(provider).hint]
    document = {"added": name, "address": address, "inbound_address": f"{address}/inbound", "password": made}
    tell([line for line in lines if line], document, as_json=as_json)


def address_of(base_url: str, name: str, password: str) -> str:
    """
    Return the address to enter at a provider.

    >>> address_of("https://mail.ours.example", "esp", "coldframe:abc")
    'https://coldframe:abc@mail.ours.example/hooks/providers/esp'
    """
    scheme, _, rest = base_url.rstrip("/").partition("://")
    return f"{scheme}://{password}{'@' if password else ''}{rest}/hooks/providers/{name}"
