"""The commands ``coldframe import accounts|leads|opportunities|events``, ``import list`` and ``import undo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from coldframe.leads.importing.options import Options

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A CSV file (any delimiter and encoding) or an .xlsx workbook.")
]
Map = Annotated[
    list[str],
    typer.Option(
        "--map",
        metavar="COLUMN=FIELD",
        help="Take a column as this field. custom.NAME:KIND (text, number, date, yes-no) keeps it as a field of "
        "your own; nothing after the = leaves it out. Repeatable.",
    ),
]
KeepRest = Annotated[
    bool,
    typer.Option("--keep-rest", help="Keep every column that nothing maps as a typed field of your own."),
]
Source = Annotated[
    str | None,
    typer.Option(help="The system the rows come from; ids are unique within it. Default: recognized."),
]
Dates = Annotated[
    list[str],
    typer.Option(
        metavar="ORDER",
        help="day-first or month-first; COLUMN=ORDER for one column alone. Default: decided for each whole column. "
        "Repeatable.",
    ),
]
Zone = Annotated[str, typer.Option("--time-zone", help="Time zone of times that name none.")]
Encoding = Annotated[str | None, typer.Option(help="Such as utf-8 or windows-1252. Default: detected.")]
Delimiter = Annotated[
    str | None, typer.Option(help="comma, semicolon, tab, bar, or one character. Default: detected.")
]
Sheet = Annotated[str | None, typer.Option(help="Of a workbook with several sheets: which one.")]
Collision = Annotated[
    list[str],
    typer.Option(
        metavar="COLUMN=RULE",
        help="What a column does to a value that is known: replace (the default), fill (only what is empty), keep "
        "(nothing). An empty cell never overwrites. Repeatable.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen; write nothing at all.")]
Errors = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Where refused rows go. Default: imports/ in the data folder."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, and ask nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
Basis = Annotated[
    str | None,
    typer.Option(
        help="Why these people may be contacted: consent, legitimate_interest or contract. Without it they come in "
        "as not mailable."
    ),
]
BasisSource = Annotated[str | None, typer.Option(help="Where the basis comes from, such as the form's name.")]
BasisWording = Annotated[str | None, typer.Option(help="What the people agreed to, word for word.")]

group = typer.Typer(no_args_is_help=True, help="Take in what lies in a CRM or a list: CSV or .xlsx.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="import")


@group.command("leads")
def leads(
    file: File,
    map: Map = [],  # noqa: B006
    keep_rest: KeepRest = False,
    source: Source = None,
    basis: Basis = None,
    basis_source: BasisSource = None,
    basis_wording: BasisWording = None,
    collision: Collision = [],  # noqa: B006
    dates: Dates = [],  # noqa: B006
    time_zone: Zone = "UTC",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    errors: Errors = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """
    Import people, and the companies they belong to.

    The header is recognized (HubSpot, Salesforce, Pipedrive, Zoho, Mautic, Mailchimp, Marketo, plain English and
    others). A lead is known by its address or by its id in the source; the same file twice changes nothing.
    Opt-outs are taken over and never lifted.

    \b
    Example:
    coldframe import leads contacts.csv --dry-run
    coldframe import leads contacts.csv --basis legitimate_interest --map "Seats=custom.seats:number"
    """
    run("leads", file, locals())


@group.command("accounts")
def accounts(
    file: File,
    map: Map = [],  # noqa: B006
    keep_rest: KeepRest = False,
    source: Source = None,
    collision: Collision = [],  # noqa: B006
    dates: Dates = [],  # noqa: B006
    time_zone: Zone = "UTC",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    errors: Errors = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """
    Import companies.

    A company is known by its domain, by its name where there is no domain, and by its id in the source.

    \b
    Example:
    coldframe import accounts companies.csv
    """
    run("accounts", file, locals())


@group.command("opportunities")
def opportunities(
    file: File,
    map: Map = [],  # noqa: B006
    keep_rest: KeepRest = False,
    source: Source = None,
    collision: Collision = [],  # noqa: B006
    dates: Dates = [],  # noqa: B006
    time_zone: Zone = "UTC",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    errors: Errors = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """
    Import deals. They may name a company, a person, both, or neither.

    \b
    Example:
    coldframe import opportunities deals.csv
    """
    run("opportunities", file, locals())


@group.command("events")
def events(
    file: File,
    map: Map = [],  # noqa: B006
    source: Source = None,
    dates: Dates = [],  # noqa: B006
    time_zone: Zone = "UTC",
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    dry_run: DryRun = False,
    errors: Errors = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """
    Import what people did: page views, forms, downloads, webinars, replies, calls. Import the people first.

    \b
    Example:
    coldframe import events activities.csv --map "What=kind" --map "When=occurred_at"
    """
    run("events", file, locals())


@group.command("list")
def list_imports(as_json: Json = False) -> None:
    """
    List the imports, newest first, with the number that undo takes.

    \b
    Example:
    coldframe import list
    """
    from coldframe.cli import import_text, output, start

    start.open_database()
    from coldframe import clock
    from coldframe.leads import queries

    records = queries.list_imports(at=clock.now())
    if as_json:
        output.emit_json([record.as_json() for record in records])
    else:
        import_text.show_list(records, output.console())


@group.command("undo")
def undo(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Of the import, as `coldframe import list` shows it.")
    ],
    as_json: Json = False,
) -> None:
    """
    Take an import back: what it made goes, what it changed is restored unless somebody changed it since.

    Opt-outs stay.

    \b
    Example:
    coldframe import undo 3
    """
    from coldframe.cli import import_text, output, start

    start.open_database()
    from coldframe import clock
    from coldframe.activity import importing
    from coldframe.leads import operations

    done = operations.undo_import(number, at=clock.now())
    importing.follow_leads(done.moved_leads)
    if as_json:
        output.emit_json(done.as_json())
    else:
        import_text.show_undone(done.as_json(), output.console())


@group.command("upload", hidden=True)
def upload(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Of a file from the browser.")],
) -> None:
    """
    Do what waits to be done with a file from the browser; the worker runs it.

    \b
    Example:
    coldframe import upload 5nVb0zv1yWm2kT4qXcR8aA
    """
    from coldframe.cli import start

    start.open_database()
    from coldframe import clock
    from coldframe.work import uploads

    uploads.run(token, clock=clock.now)


def run(kind: Any, file: Path, given: dict[str, Any]) -> None:
    """Import a file as the options say; raises ``Stopped`` for Ctrl-C."""
    from coldframe.cli import usage
    from coldframe.kernel.vocabulary import Refusal
    from coldframe.leads.importing.stopping import StoppedByPerson

    try:
        take_in(kind, file, given)
    except StoppedByPerson as stopped:
        raise usage.Stopped(stopped) from None
    except KeyboardInterrupt:
        raise usage.Stopped(
            Refusal(
                "The import was stopped.",
                where=file.name,
                advice="What is in stays in. Run the same command again; it goes on from there.",
            )
        ) from None


def take_in(kind: Any, file: Path, given: dict[str, Any]) -> None:
    """Import a file and say what came of it."""
    from coldframe.cli import import_text, output, start

    start.open_database()
    from coldframe import clock
    from coldframe.leads import operations
    from coldframe.leads.importing import summary

    is_silent = given["as_json"]
    plan = operations.prepare(file, options_of(kind, given))
    if not (is_silent or given["yes"] or given["dry_run"]) and start.is_interactive():
        import_text.show_plan(plan.as_json(), output.console())
        if not typer.confirm(
            f"Import {plan.survey.row_count:,} {plural(plan.survey.row_count)}?", default=True
        ):
            raise typer.Exit(1)
        is_shown = True
    else:
        is_shown = False
    with output.progress(f"Importing {file.name}", total=plan.survey.row_count, silent=is_silent) as advance:
        if given["dry_run"]:
            result = door(kind).rehearse_import(plan, at=clock.now(), progress=advance)
        else:
            result = door(kind).import_file(
                plan,
                clock=clock.now,
                errors=lambda batch: errors_of(batch.pk, given["errors"]),
                progress=advance,
            )
    if result.batch:
        follow_moves(result.batch.pk)
    document = summary.as_json(result)
    if is_silent:
        output.emit_json(document)
    else:
        import_text.show_result(document, output.console(), with_plan=not is_shown)


def plural(count: int) -> str:
    """Return the word for so many rows."""
    return "row" if count == 1 else "rows"


def door(kind: str) -> Any:
    """Return the module whose operations take files of the kind."""
    from coldframe.activity import importing
    from coldframe.leads import operations

    return importing if kind == "events" else operations


def follow_moves(batch_id: int) -> None:
    """Have the events of leads that now belong to another account belong there too."""
    from coldframe.activity import importing
    from coldframe.leads import queries

    importing.follow_leads(queries.list_moved_leads(batch_id))


def errors_of(batch_id: int, asked: Path | None) -> Path:
    """Return where the refused rows of an import go."""
    from coldframe import environment

    return asked or environment.home() / "imports" / f"{batch_id}-refused.csv"


def options_of(kind: Any, given: dict[str, Any]) -> Options:
    """Return the options of the command line as one value; refuse what makes no sense."""
    from coldframe.leads.importing import options

    dates, column_dates = options.dates_of(given["dates"])
    return options.Options(
        kind=kind,
        mapping=options.mapping_of(given["map"]),
        keep_rest=given.get("keep_rest", False),
        source=given["source"],
        dates=dates,
        column_dates=column_dates,
        zone=options.zone_of(given["time_zone"]),
        encoding=given["encoding"],
        delimiter=given["delimiter"],
        sheet=given["sheet"],
        collisions=options.collisions_of(given.get("collision", ())),
        basis=options.basis_of(given.get("basis")),
        basis_source=given.get("basis_source"),
        basis_wording=given.get("basis_wording"),
    )
