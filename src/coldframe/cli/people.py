"""
The commands ``coldframe people …`` and ``coldframe keys …``: who may sign in, and which programs may call.

Nobody gets a password from here: whoever is let in chooses one, by a link that works once.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from coldframe.cli import output, start
from coldframe.cli.connections import tell
from coldframe.cli.override import word_of
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.team.queries import PersonLine

people = typer.Typer(name="people", no_args_is_help=True, help="Who may sign in, and as what.")
keys = typer.Typer(name="keys", no_args_is_help=True, help="Keys of programs that call the JSON API.")

#: A password that is longer is refused anyway.
MOST_READ = 1_000
Who = Annotated[str, typer.Argument(help="The user name, or the e-mail address.")]
RoleOption = Annotated[str, typer.Option(help="viewer, marketer, sales, sales_lead or admin.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, for scripts.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


class NoSuchPerson(Refusal):
    """Nobody signs in by that name."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(people)
    app.add_typer(keys)


@people.command()
def add(
    username: Annotated[str, typer.Argument(help="The name to sign in by.")],
    role: RoleOption = "",
    name: Annotated[str, typer.Option(help="The name that others read.")] = "",
    email: Annotated[str, typer.Option(help="Their e-mail address; they may sign in by it too.")] = "",
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """
    Let somebody in, and print the link by which they choose a password; it works once, within a week.

    The first one is an admin. Example: coldframe people add rosa --role sales --email rosa@ours.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations, queries
    from coldframe.team.rights import AT_THIS_MACHINE, Role

    at, is_first = clock.now(), not queries.has_people()
    chosen = word_of(Role, role or ("admin" if is_first else "viewer"), "--role")
    if is_first and chosen != Role.ADMIN:
        raise Refusal("The first one must be an admin.", where="--role", expected="admin", got=role)
    user_id = operations.create(
        username=username, name=name, email=email, role=chosen or Role.VIEWER,
        password=read_password() if password_stdin else None, by=AT_THIS_MACHINE, at=at,
    )  # fmt: skip
    lines, said = [f"Added {username}."], {"added": username, "role": (chosen or Role.VIEWER).value}
    if not password_stdin:
        said["link"] = link_for(user_id)
        lines.append(f"They choose a password here, once, within a week: {said['link']}")
    tell(lines, said, as_json=as_json)


@people.command("list")
def list_(as_json: AsJson = False) -> None:
    """
    List who may sign in, and as what.

    Example: coldframe people list
    """
    start.open_database()
    from coldframe.team import queries

    found = queries.list_people()
    if as_json:
        output.emit_json({"people": [asdict(line) for line in found]})
        return
    for line in found:
        state = "" if line.is_active else "may not sign in"
        if line.is_active and not line.has_password:
            state = "has no password yet"
        print(
            f"{line.username:<20}  {line.role.value.lower():<10}  {line.name:<28}  {line.email:<32}  {state}".rstrip()
        )
    if not found:
        print(
            "Nobody yet: whoever sits at this machine may do everything. Begin with coldframe people add NAME"
        )


@people.command()
def role(
    who: Who,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Their new role.")],
    as_json: AsJson = False,
) -> None:
    """
    Give somebody another role: viewer, marketer, sales, sales_lead or admin.

    Example: coldframe people role rosa sales_lead
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations
    from coldframe.team.rights import AT_THIS_MACHINE, Role

    chosen = word_of(Role, role, "ROLE") or Role.VIEWER
    line = get(who)
    operations.change_role(line.id, role=chosen, by=AT_THIS_MACHINE, at=clock.now())
    tell(
        [f"{line.username} is {chosen.value.lower()} now."],
        {"changed": line.username, "role": chosen.value},
        as_json=as_json,
    )


@people.command()
def deactivate(who: Who, as_json: AsJson = False) -> None:
    """
    Keep somebody out from now on, wherever they are signed in. Nobody is deleted: what they did stays theirs.

    Example: coldframe people deactivate rosa
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations
    from coldframe.team.rights import AT_THIS_MACHINE

    line = get(who)
    operations.deactivate(line.id, by=AT_THIS_MACHINE, at=clock.now())
    tell([f"{line.username} may not sign in any more."], {"deactivated": line.username}, as_json=as_json)


@people.command()
def reactivate(who: Who, as_json: AsJson = False) -> None:
    """
    Let somebody in again.

    Example: coldframe people reactivate rosa
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations
    from coldframe.team.rights import AT_THIS_MACHINE

    line = get(who)
    operations.reactivate(line.id, by=AT_THIS_MACHINE, at=clock.now())
    tell([f"{line.username} may sign in again."], {"reactivated": line.username}, as_json=as_json)


@people.command()
def reset(
    who: Who,
    second_factor: Annotated[
        bool,
        typer.Option("--second-factor", help="Also take their second factor away, as when a phone is lost."),
    ] = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """
    Print a link by which somebody chooses a new password; it works once, within a week.

    Example: coldframe people reset rosa
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations, second_factors
    from coldframe.team.rights import AT_THIS_MACHINE

    line, at = get(who), clock.now()
    said: dict[str, str | bool] = {"reset": line.username}
    if password_stdin:
        operations.set_password(line.id, password=read_password(), by=AT_THIS_MACHINE, at=at)
        lines = [f"{line.username} has another password now."]
    else:
        said["link"] = link_for(line.id)
        lines = [f"They choose a password here, once, within a week: {said['link']}"]
    if second_factor:
        said["second_factor"] = second_factors.drop(line.id, by=AT_THIS_MACHINE, at=at)
        lines.append("Their second factor is off." if said["second_factor"] else "They had no second factor.")
    tell(lines, said, as_json=as_json)


@keys.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Which program has it.")],
    role: RoleOption = "viewer",
    as_json: AsJson = False,
) -> None:
    """
    Make a key for a program, and print it this once.

    Example: coldframe keys add crm-sync --role sales_lead
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations
    from coldframe.team.rights import AT_THIS_MACHINE, Role

    chosen = word_of(Role, role, "--role") or Role.VIEWER
    made = operations.make_key(name=name, role=chosen, by=AT_THIS_MACHINE, at=clock.now())
    lines = [f"The key of {made.name}, shown this once: {made.secret}", "Send it as Authorization: Bearer …"]
    tell(lines, {"id": made.id, "name": made.name, "role": chosen.value, "key": made.secret}, as_json=as_json)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """
    List the keys of programs, without the keys.

    Example: coldframe keys list
    """
    start.open_database()
    from coldframe.team import queries

    found = queries.list_keys()
    if as_json:
        output.emit_json({"keys": [asdict(line) for line in found]})
        return
    for line in found:
        used = f"used {line.last_used_at:%Y-%m-%d}" if line.last_used_at else "never used"
        state = "revoked" if line.revoked_at else used
        print(
            f"{line.id:>5}  {line.prefix + '…':<12}  {line.role.value.lower():<10}  {line.name:<32}  {state}"
        )
    if not found:
        print("No program has a key.")


@keys.command()
def revoke(
    number: Annotated[int, typer.Argument(help="Its number, as keys list shows it.")], as_json: AsJson = False
) -> None:
    """
    Let a program in no more, from its next call on.

    Example: coldframe keys revoke 3
    """
    start.open_database()
    from coldframe import clock
    from coldframe.team import operations
    from coldframe.team.rights import AT_THIS_MACHINE

    operations.revoke_key(number, by=AT_THIS_MACHINE, at=clock.now())
    tell([f"Key {number} is revoked."], {"revoked": number}, as_json=as_json)


def get(who: str) -> PersonLine:
    """Return somebody by what they sign in by. Raises ``NoSuchPerson``."""
    from coldframe.team import queries

    found = queries.find_by_login(who)
    if found is None:
        raise NoSuchPerson("Nobody signs in by that name.", got=who, advice="See coldframe people list.")
    return found


def link_for(user_id: int) -> str:
    """Return a link by which somebody chooses a password."""
    from django.conf import settings
    from django.urls import reverse

    from coldframe import clock
    from coldframe.team import invitations
    from coldframe.team.rights import AT_THIS_MACHINE

    token = invitations.make(user_id, by=AT_THIS_MACHINE, at=clock.now())
    return settings.BASE_URL + reverse("web:invitation", args=[token])


def read_password() -> str:
    """Return the first line of standard input."""
    return sys.stdin.readline(MOST_READ).rstrip("\r\n")
