"""What the import commands tell people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from coldframe.leads.queries import ImportRecord

#: Refused rows and conflicts that are shown; all of them are in the error file and in --json.
SHOWN = 10
#: Counts beside the rows, in words.
ALSO = {
    "accounts_new": "new accounts",
    "accounts_made_as_parents": "accounts known only as somebody's parent",
    "accounts_joined": "accounts turned out to be another one and were joined with it",
    "without_account": "deals that name no account",
    "person_unknown": "deals whose person is not known here",
    "account_unknown": "deals whose account is not known here",
    "events_of_companies": "events of accounts, of nobody in particular",
    "events_known": "events that were known already",
    "erased_before": "rows left out, of people who were erased earlier",
}


def show_plan(document: dict[str, Any], console: Console) -> None:
    """Show what each column becomes."""
    from rich.table import Table

    table = Table(
        title=f"{document['file']}: {document['rows']:,} rows, from {document['source']}",
        title_justify="left",
    )
    for name in ("Column", "Field", "First value"):
        table.add_column(name)
    for column in document["columns"]:
        field = column["field"] or "[dim]left out[/dim]"
        if (column["field"] or "").startswith("custom."):
            field += f" ({column['kind']})"
        if column["dates"] and column["dates"] != "plain":
            field += f" ({column['dates']})"
        table.add_row(plain(column["column"]), field, plain(column["sample"][:40]))
    console.print(table)
    for note in document["notes"]:
        console.print(f"  {plain(note)}")


def show_result(document: dict[str, Any], console: Console, *, with_plan: bool) -> None:
    """Show what an import did, or would do."""
    if with_plan:
        show_plan(document, console)
    counts = document["counts"]
    verb = "Would be" if document["dry_run"] else f"Import {document['import']}:"
    if document["resumed_at"]:
        console.print(f"Gone on after {document['resumed_at']:,} rows that were in already.")
    parts = [f"{counts[name]:,} {name}" for name in ("new", "updated", "unchanged")]
    parts += [f"{counts[name]:,} {name}" for name in ("merged", "conflicting", "refused") if counts[name]]
    console.print(f"[bold]{verb}[/bold] {', '.join(parts)}; of {counts['rows']:,} rows.")
    for name, count in document["also"].items():
        if name in ALSO:
            console.print(f"  {count:,} {ALSO[name]}.")
    show_cases(document, console)
    if document["permission"]:
        show_permission(document["permission"], console)
    if document["error_file"]:
        console.print(
            f"The refused rows are in {document['error_file']}; mend them there and import that file."
        )
    if document["dry_run"]:
        console.print("Nothing was written.")
    elif counts["new"] + counts["updated"]:
        console.print(f"To take it back: coldframe import undo {document['import']}")


def show_cases(document: dict[str, Any], console: Console) -> None:
    """Show single rows: refused, conflicting, merged, and what was not understood."""
    refused = document["refused"]
    for case in refused["rows"][:SHOWN]:
        console.print(f"  [red]refused[/red] line {case['line']}: {plain(case['reason'])}")
    for case in document["conflicts"][:SHOWN]:
        console.print(
            f"  [yellow]conflict[/yellow] line {case['line']}, {case['field']}: known {plain(case['known'])!r}, "
            f"given {plain(case['given'])!r}; the {case['kept']} one stays."
        )
    for case in document["merged"][:SHOWN]:
        console.print(f"  merged: line {case['line']} speaks of the same one as line {case['into_line']}.")
    for case in document["not_recognized"][:SHOWN]:
        console.print(
            f"  not understood and left out: {plain(case['column'])} = {plain(case['text'])!r} ({case['rows']:,} rows)."
        )
    for case in document["taken_as_opt_outs"][:SHOWN]:
        console.print(
            f"  neither yes nor no, so it counts as an opt-out: {plain(case['column'])} = {plain(case['text'])!r} "
            f"({case['rows']:,} rows)."
        )


def show_permission(permission: dict[str, Any], console: Console) -> None:
    """Show who may be mailed, and why the others may not."""
    reasons = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in permission["suppressed_by"].items()
    )
    console.print(f"{permission['mailable']:,} may be mailed.")
    if permission["suppressed"]:
        console.print(f"  {permission['suppressed']:,} suppressed ({reasons}); no import lifts that.")
    if permission["opted_out_before"]:
        first = ", ".join(
            f"{plain(case['who'])} (line {case['line']})" for case in permission["opted_out_before_first"][:3]
        )
        console.print(
            f"  {permission['opted_out_before']:,} of them had opted out before this import: {first} …"
        )
    if permission["without_address"]:
        console.print(f"  {permission['without_address']:,} have no address.")
    if permission["without_basis"]:
        console.print(
            f"  {permission['without_basis']:,} came in as not mailable: nothing says why they may be contacted. "
            "Why may you contact these people? Say --basis consent, legitimate_interest or contract."
        )


def show_list(records: Iterable[ImportRecord], console: Console) -> None:
    """Show imports as a table."""
    from rich.table import Table

    table = Table()
    for name in ("Import", "Kind", "File", "From", "State", "Rows", "New", "Updated", "Refused"):
        table.add_column(
            name, justify="right" if name in {"Import", "Rows", "New", "Updated", "Refused"} else "left"
        )
    for each in records:
        counts = [f"{each.counts.get(name, 0):,}" for name in ("new", "updated", "refused")]
        table.add_row(
            str(each.number),
            each.kind,
            plain(each.file_name),
            each.source,
            each.state.lower(),
            f"{each.position:,}",
            *counts,
        )
    console.print(table if table.row_count else "Nothing was imported yet.")


def show_undone(document: dict[str, Any], console: Console) -> None:
    """Show what an undo did."""
    parts = [
        f"{document[name]:,} {words}"
        for name, words in (
            ("leads_voided", "leads"),
            ("accounts_voided", "accounts"),
            ("opportunities_voided", "deals"),
            ("consents_removed", "consents"),
        )
        if document[name]
    ]
    console.print(f"Import {document['import']} ({plain(document['file'])}) is undone.")
    if parts:
        console.print(f"  Gone: {', '.join(parts)}.")
    if document["values_restored"]:
        console.print(f"  {document['values_restored']:,} values are what they were.")
    if document["values_kept"]:
        first = ", ".join(document["values_kept_first"][:3])
        console.print(
            f"  {document['values_kept']:,} values stay, because they were changed since: {first} …"
        )
    if document["accounts_kept"]:
        console.print(f"  {document['accounts_kept']:,} accounts stay, because others belong to them by now.")
    if document["leads_changed_by_later_imports"]:
        console.print(
            f"  {document['leads_changed_by_later_imports']:,} of the leads were changed by later imports; run those again."
        )
    console.print("  Opt-outs stay: who asked not to be mailed is not mailed because a file was wrong.")


def plain(value: Any) -> str:
    """Return a text of the file so that the terminal shows it and obeys nothing in it."""
    from rich.markup import escape

    text = str(value)
    return escape("".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text))
