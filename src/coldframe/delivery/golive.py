"""
Sending for real: what must be in place first, and the switch.

Nothing leaves the house before the switch, and the switch does not move before every check has passed. A
mail server on this very machine, for trying things out, may do without those that are named one by one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from coldframe.delivery import connections, handing, operations, queries, reach
from coldframe.delivery.channels.email import anymail, lines, names, providers, verify
from coldframe.delivery.channels.email.names import Lookup
from coldframe.delivery.channels.webhook import channel as webhook
from coldframe.delivery.channels.webhook import destinations
from coldframe.delivery.findings import Finding, Weight, blocks, passed
from coldframe.delivery.models import Connection
from coldframe.kernel.vocabulary import Refusal

Kind = Connection.Kind
MAIL = (Kind.SMTP, Kind.PROVIDER)
#: Shorter is no address that a letter reaches.
SHORTEST_POSTAL_ADDRESS = 15


class NotReady(Refusal):
    """A check that must pass before anything is sent has not passed."""


class NothingToSwitch(Refusal):
    """The connection sends nothing to the outside."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What the checks ask outside: replaced in tests."""

    lookup: Lookup = names.ask_dns
    fetch: reach.Fetch = reach.get
    resolve: Callable[[str, int], list[str]] = destinations.resolve


OUTSIDE = World()


def check(name: str, *, leaving_url: str, world: World = OUTSIDE) -> list[Finding]:
    """
    Look at everything that must be in place before a connection sends for real.

    ``leaving_url``: a page for leaving that this installation made. Sends nothing; connects to the mail
    server, the name servers and the public pages. Raises ``UnknownConnection`` and ``NothingToSwitch``.
    """
    found = connections.get(name)
    if found.kind == Kind.WEBHOOK:
        return [check_receiver(found, world)]
    if found.kind not in MAIL:
        raise NothingToSwitch(
            f'"{name}" keeps everything in the house; there is nothing to switch.',
            advice="Add a way out first: coldframe connections add --help",
        )
    return [
        *verify.check(world.lookup, identity_of(found)),
        check_postal_address(found.postal_address),
        reach.check(leaving_url, fetch=world.fetch),
        check_server(found),
    ]


def check_way(name: str, *, world: World = OUTSIDE) -> Finding:
    """Try a connection without sending: sign in at the mail server, look a receiver up. Raises as ``check`` does."""
    found = connections.get(name)
    if found.kind == Kind.WEBHOOK:
        return check_receiver(found, world)
    if found.kind not in MAIL:
        raise NothingToSwitch(f'"{name}" keeps everything in the house; there is nothing to try.')
    return check_server(found)


def identity_of(found: Connection) -> verify.Identity:
    given = found.settings
    return verify.Identity(
        sender_address=found.sender_address,
        reply_to=found.reply_to,
        dkim_selector=str(given.get("dkim_selector", "")),
        dkim_domain=str(given.get("dkim_domain", "")),
        spf_include=str(given.get("spf_include", "")),
    )


def check_postal_address(text: str) -> Finding:
    """Say whether a letter would arrive; the law asks for it in every message."""
    cleaned = " ".join(text.split())
    advice = "Give street, place and country: coldframe connections change NAME --postal-address …"
    if not cleaned:
        return blocks("POSTAL_MISSING", "There is no postal address.", advice)
    if len(cleaned) < SHORTEST_POSTAL_ADDRESS or not any(sign.isdigit() for sign in cleaned):
        return blocks("POSTAL_INCOMPLETE", f'"{cleaned}" is hardly a whole postal address.', advice)
    return passed("POSTAL", "The postal address stands in every message.")


def check_server(found: Connection) -> Finding:
    """Say whether the mail server lets us in, or the provider has all it needs. Sends nothing."""
    try:
        secret = handing.secret_of(found)
        if found.kind == Kind.PROVIDER:
            provider = providers.get_provider(str(found.settings.get("provider", "")))
            anymail.backend_of(provider, found.settings, secret)
            return passed(
                "PROVIDER", f"{provider.name} has all it needs; whether it accepts the key, a test shows."
            )
        if found.settings.get("security") == "none" and not is_own_machine(found):
            return blocks(
                "SERVER_WITHOUT_TLS",
                f"{found.settings['host']} would get password and messages in plain text.",
                "coldframe connections change NAME --security starttls",
            )
        lines.open_line(found.settings, secret).close(politely=True)
        return passed("SERVER", f"{found.settings['host']} lets us in.")
    except lines.NoLine as error:
        return blocks(
            f"SERVER_{error.judgement.reason or 'UNREACHABLE'}",
            f"{found.settings['host']} does not let us in ({error.phase}): {error.text}.",
            "Correct host, port, security, user or password.",
        )
    except Refusal as error:
        return blocks("SECRET_OR_SETTING", error.what, error.advice or "Correct the connection.")


def check_receiver(found: Connection, world: World) -> Finding:
    """Say whether a receiver of webhooks may be called; calls nobody."""
    try:
        destination = webhook.destination_of(found.settings)
        destinations.addresses_of(destination, resolve=world.resolve)
        handing.secret_of(found)
    except Refusal as error:
        return blocks("RECEIVER_FORBIDDEN", error.what, error.advice or "Correct the address.")
    except OSError as error:
        return blocks("RECEIVER_UNKNOWN", f"There is no such host: {error}.", "Correct the address.")
    return passed("RECEIVER", f"{destination.host} may be called.")


def is_own_machine(found: Connection) -> bool:
    """Return whether the mail server is this very machine, by number or as localhost."""
    host = str(found.settings.get("host", ""))
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def switch_on(
    name: str, *, leaving_url: str, at: datetime, accept: Collection[str] = (), world: World = OUTSIDE
) -> list[Finding]:
    """
    Let a connection send for real, when every check has passed; return what was found.

    ``accept``: codes to do without, for a mail server on this machine alone. Raises ``NotReady``, which names
    what is missing, and ``NothingToSwitch``.
    """
    found = connections.get(name)
    if accept and not (found.kind == Kind.SMTP and is_own_machine(found)):
        raise NotReady(
            "Only a mail server on this machine may do without a check.",
            where=name,
            got=", ".join(sorted(accept)),
            advice="Mend what the checks say.",
        )
    findings = check(name, leaving_url=leaving_url, world=world)
    missing = [each for each in findings if each.weight is Weight.BLOCKS and each.code not in accept]
    if missing:
        raise NotReady(
            f"{name} is not ready to send for real.",
            got=", ".join(each.code for each in missing),
            advice="\n".join(f"{each.code}: {each.what} {each.advice}" for each in missing),
        )
    if sorted(accept) != found.settings.get("accepted", []):
        operations.change_connection(name, settings=found.settings | {"accepted": sorted(accept)})
    operations.go_live(name, at=at)
    return findings


def switch_off(name: str, *, at: datetime, why: str = "Switched off.") -> None:
    """Stop sending through a connection at once, for all workers; what was not marked yet waits or is planned anew."""
    operations.stop(name, why=why, at=at)
    operations.go_home(name)


def switch_all_off(*, at: datetime) -> list[str]:
    """Stop every connection that sends for real; return their names."""
    names_ = queries.list_live()
    for name in names_:
        switch_off(name, at=at)
    return names_
