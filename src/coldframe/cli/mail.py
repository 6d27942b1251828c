"""The commands about mail that comes in: ``coldframe mail …`` and ``coldframe sources add mailbox``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coldframe.cli import output, start
from coldframe.cli.connections import read_secret, settings_of, tell
from coldframe.cli.sources import AsJson, Name, SecretFile, adding
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.activity.mail_queries import MailLine

mail = typer.Typer(
    name="mail",
    no_args_is_help=True,
    help="Mail that came in: what it was taken for, and what waits for a person.",
)
#: Characters of a text in a list.
SHOWN = 160

Number = Annotated[int, typer.Argument(help="Number of the mail, as mail list shows it.")]


class BadAnswer(Refusal):
    """Not an answer to a mail."""


class NotKept(Refusal):
    """The bytes of this mail are not kept."""


def register(app: typer.Typer) -> None:
    """Add the commands; ``sources`` is there already."""
    app.add_typer(mail)
    adding.command("mailbox")(add_mailbox)


def add_mailbox(
    name: Name,
    host: Annotated[str, typer.Option(help="Its IMAP server, such as imap.ours.example.")],
    user: Annotated[str, typer.Option(help="Who logs in, mostly the address itself.")],
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="993 with tls, else 143.")] = None,
    security: Annotated[str, typer.Option(help="tls, starttls, or none (this machine alone).")] = "tls",
    folders: Annotated[str, typer.Option(help="Folders to read, with commas between.")] = "INBOX",
    secret_file: SecretFile = None,
    oauth: Annotated[
        str, typer.Option(help="Log in by a token: google, microsoft/TENANT, or where a token is asked for.")
    ] = "",
    client_id: Annotated[str, typer.Option(help="With --oauth: who asks, as registered there.")] = "",
    scope: Annotated[str, typer.Option(help="With --oauth: what for; known for google and microsoft.")] = "",
    untried: Annotated[bool, typer.Option("--untried", help="Add it without opening it.")] = False,
    as_json: AsJson = False,
) -> None:
    """
    Add a mailbox to which replies and bounces come (IMAP). Nothing in it is changed, marked or deleted.

    The password comes from the file, from COLDFRAME_SECRET, or is asked for. With --oauth the file holds lines
    client_secret=… and, for a person's own mailbox, refresh_token=….

    Example: coldframe sources add mailbox sales-inbox --host imap.ours.example --user sales@ours.example
    """
    start.open_database()
    from coldframe import clock
    from coldframe.activity import mailboxes
    from coldframe.activity import sources as operations

    settings = mailboxes.settings_of(
        settings_of(
            None, host=host, user=user, port=port, security=security, folders=folders,
            oauth=oauth or None, client_id=client_id or None, scope=scope or None,
        )
    )  # fmt: skip
    secret = read_secret(secret_file, asks=not oauth)
    if not untried:
        secret = mailboxes.try_out(settings, secret, at=clock.now())
    operations.add(name, kind=operations.Kind.MAILBOX, at=clock.now(), settings=settings, secret=secret)
    lines = [
        f"Added {name}. A worker looks into it every minute.",
        "What nobody can tell waits at: coldframe mail list",
    ]
    tell(lines, {"added": name, **settings}, as_json=as_json)


@mail.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="The latest, whatever became of it.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Show so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """
    List the mail that waits for a person: replies to answer, and what could not be told apart.

    Example: coldframe mail list
    """
    start.open_database()
    from coldframe.activity import mail_queries

    found = mail_queries.list_recent(limit=limit) if everything else mail_queries.list_open(limit=limit)
    if as_json:
        output.emit_json({"mail": [asdict(line) for line in found], "counts": mail_queries.count_by_class()})
        return
    for line in found:
        print("\n".join(lines_of(line)))
    if not found:
        print("No mail waits for a person.")
    for box in mail_queries.list_mailboxes():
        if box.failure:
            print(f"The mailbox {box.source} ({box.folder}) cannot be read: {box.failure}")


def lines_of(line: MailLine) -> list[str]:
    """Return a mail as lines."""
    who = line.lead_name or "nobody known here"
    head = f"{line.mail_id:>6}  {line.received_at:%Y-%m-%d %H:%M}  {line.mail_class.lower():<12}  {who}"
    said = " ".join(line.text.split())
    shown = said[:SHOWN] + ("…" if len(said) > SHOWN else "")
    rest = [f"from {line.sender or 'nobody named'}: {line.subject}", shown, line.note]
    return [head, *(f"        {each}" for each in rest if each)]


@mail.command()
def settle(
    number: Number,
    answer: Annotated[
        str,
        typer.Argument(
            help="answered, reply, unsubscribe, dead, left or ignore; see docs/howto/receive-mail.md"
        ),
    ],
    by: Annotated[str, typer.Option(help="Who says so.")] = "",
    as_json: AsJson = False,
) -> None:
    """
    Say what a mail is, or that it was answered; nurture goes on where it waited for that.

    Example: coldframe mail settle 17 answered
    """
    start.open_database()
    import getpass

    from coldframe import clock
    from coldframe.activity import mail_settling

    try:
        found = mail_settling.Answer(answer.strip().lower())
    except ValueError as error:
        names = ", ".join(each.value for each in mail_settling.Answer)
        raise BadAnswer("This is no answer to a mail.", where="answer", expected=names, got=answer) from error
    mail_settling.settle(number, answer=found, by=by or getpass.getuser(), at=clock.now())
    tell(
        [f"Mail {number} is settled: {found.value}."], {"settled": number, "as": found.value}, as_json=as_json
    )


@mail.command()
def raw(
    number: Number,
    to: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """
    Print a mail as it came, byte by byte; with --json in base64. Bytes are kept for 30 days.

    Example: coldframe mail raw 17 --to mail.eml
    """
    start.open_database()
    from coldframe.activity import mail_queries

    found = mail_queries.find_body(number)
    if found is None:
        raise NotKept(
            "The bytes of this mail are not kept, or there is none of this number.", got=str(number)
        )
    output.emit_bytes(found, to=to, about={"mail": number}, as_json=as_json)


@mail.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Mails as files (.eml).")],
    as_json: AsJson = False,
) -> None:
    """
    Take mails in from files, as those of a postmaster's mailbox. The same mail twice is one.

    Example: coldframe mail import bounces/*.eml
    """
    start.open_database()
    from coldframe import clock
    from coldframe.activity import arrivals

    found = [arrivals.NewArrival(kind=arrivals.Kind.MAIL, body=each.read_bytes()) for each in files]
    count = arrivals.accept(found, at=clock.now())
    tell([f"{count} taken in; the next worker reads them."], {"taken_in": count}, as_json=as_json)
