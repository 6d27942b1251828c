"""The commands ``handoffs``, ``rep`` and ``verdict``: what lies before sales, who takes it, and what sales says of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal, Verdict

if TYPE_CHECKING:
    from coldframe.handoff.queries import HandoffRow
    from coldframe.kernel.playbook.model import Playbook

#: What takes back how many somebody takes.
AS_MANY = -1
#: Verdicts as people type them.
ANSWERS = {word.value.lower().replace("_", "-"): word for word in Verdict}


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def handoffs(
        reps: Annotated[
            list[str] | None,
            typer.Option("--rep", help="Say who takes leads, in the order of the round robin."),
        ] = None,
        owner: Annotated[str | None, typer.Option("--for", help="Only those of this rep.")] = None,
        waiting: Annotated[
            bool,
            typer.Option("--waiting", help="List who waits for room at sales instead, with rank and reason."),
        ] = False,
        tells: Annotated[
            str | None,
            typer.Option(
                "--tell", help="Have a system told of each handoff: a connection for webhooks; '' for none."
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        List the leads that wait for an answer of sales, in the order in which to answer them.

        Example: coldframe handoffs --rep "Ewa Lis" --rep "Jan Maj"
        """
        start.open_database()
        from coldframe import clock
        from coldframe.handoff import operations, queries

        if reps:
            operations.set_reps(reps=reps)
        if tells is not None:
            tell(tells)
        if waiting:
            show_line(now=clock.now(), as_json=as_json)
            return
        found = queries.list_queue(at=clock.now(), for_rep=owner)
        if as_json:
            output.emit_json(
                {"reps": [rep for _, rep in queries.list_reps()], "open": [asdict(each) for each in found]}
            )
        else:
            show(found, now=clock.now())

    @app.command()
    def rep(
        name: Annotated[str | None, typer.Argument(help="Whom; nobody: list all.")] = None,
        most: Annotated[
            int | None,
            typer.Option(help="Takes at most so many in the window of the playbook; -1: as many as it says."),
        ] = None,
        away_until: Annotated[
            str | None, typer.Option(help="Takes none before this day; 'now': is back.")
        ] = None,
        countries: Annotated[
            list[str] | None,
            typer.Option("--country", help="Leads of this country are theirs, by territory."),
        ] = None,
        email: Annotated[str | None, typer.Option(help="Where notifications go.")] = None,
        by_email: Annotated[
            bool | None, typer.Option("--mail/--no-mail", help="Told by mail, or not.")
        ] = None,
        hand_raises_only: Annotated[
            bool | None, typer.Option("--hand-raises-only/--everything", help="Of what they are told.")
        ] = None,
        with_calendar: Annotated[
            bool | None,
            typer.Option("--calendar/--no-calendar", help="The deadline comes along as a calendar file."),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Say what is agreed with one person in sales: how many they take, when they are away, how they are told.

        Example: coldframe rep "Ewa Lis" --most 5 --away-until 2027-01-15 --email ewa@example.com
        """
        start.open_database()
        from coldframe import clock
        from coldframe.handoff import operations
        from coldframe.library import queries as library

        said: dict[str, Any] = {
            "most": most, "countries": countries, "email": email, "by_email": by_email,
            "hand_raises_only": hand_raises_only, "with_calendar": with_calendar,
        }  # fmt: skip
        agreed = {key: value for key, value in said.items() if value is not None}
        if most is not None:
            agreed["most"] = None if most == AS_MANY else most
        if away_until is not None:
            agreed["away_until"] = (
                None if away_until == "now" else parse_day(away_until, where="--away-until")
            )
        if name is None and agreed:
            raise Refusal("Nobody is named.", where="NAME", expected="whom this is agreed with")
        if name is not None and agreed:
            operations.agree(name, **agreed)
        show_reps(playbook=library.get_active_playbook().playbook, now=clock.now(), as_json=as_json)

    @app.command()
    def verdict(
        key: Annotated[str, typer.Argument(help="The lead: an address, an external id or a public id.")],
        answer: Annotated[str, typer.Argument(help=f"What sales says: {', '.join(ANSWERS)}.")],
        until: Annotated[
            str | None, typer.Option(help="Not now: wait until this day, such as 2027-01-15.")
        ] = None,
        reason: Annotated[str, typer.Option(help="Why; needed for not-a-fit.")] = "",
        by: Annotated[str, typer.Option(help="Who says so.")] = "sales",
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """
        Record what sales says of a lead that was put before it; the rules take it from there.

        Example: coldframe verdict anna@brightpath.example not-now --until 2027-01-15 --reason "budget in Q1"
        """
        start.open_database()
        from coldframe import clock
        from coldframe.handoff import operations
        from coldframe.nurture import queries

        lead_id = queries.find_lead(key)
        said = parse_answer(answer)
        operations.record_verdict(
            lead_id=lead_id, answer=said, by=by, at=clock.now(), reason=reason, until=parse_day(until)
        )
        if as_json:
            output.emit_json({"lead_id": lead_id, "answer": said.value, "until": until, "reason": reason})
        else:
            output.console().print(f"Recorded: {answer}. The next cycle takes it into account.")


def parse_answer(text: str) -> Verdict:
    """Return the verdict that was typed; refuse other words, naming all."""
    found = ANSWERS.get(text.strip().lower().replace("_", "-").replace(" ", "-"))
    if found is None:
        raise Refusal("No such answer.", where="ANSWER", expected=", ".join(ANSWERS), got=text)
    return found


def parse_day(text: str | None, *, where: str = "--until") -> datetime | None:
    """Return the beginning of a day in UTC."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise Refusal("That is no day.", where=where, expected="such as 2027-01-15", got=text) from error


def tell(connection: str) -> None:
    """Have a system told of each handoff; refuse a name that is no connection for webhooks."""
    from coldframe.delivery import queries as delivery
    from coldframe.handoff import operations

    known = [each.name for each in delivery.list_connections() if each.kind == "WEBHOOK"]
    if connection and connection not in known:
        raise Refusal(
            "No such connection for webhooks.",
            where="--tell",
            expected=", ".join(known) or "one made with coldframe connections add",
            got=connection,
        )
    operations.tell_system(connection=connection)


def show(found: list[HandoffRow], *, now: datetime) -> None:
    """Print the list for a person."""
    from rich.markup import escape

    console = output.console()
    if not found:
        console.print("Nothing waits for an answer of sales.")
    for row in found:
        left = row.deadline_at - now
        hours = round(left.total_seconds() / 3600)
        when = f"{hours} h left" if hours >= 0 else f"[red]{-hours} h late[/red]"
        console.print(
            f"[bold]{escape(row.name)}[/bold]  {escape(row.company or '')}"
            f"  {escape(row.trigger.removeprefix('trigger:'))}  {when}"
            + (f"  {escape(row.owner)}" if row.owner else "")
            + ("  [red]escalated[/red]" if row.is_escalated else "")
        )


def show_line(*, now: datetime, as_json: bool) -> None:
    """Print who waits for room at sales, with rank, reason and when room may come."""
    from rich.markup import escape

    from coldframe.library import queries as library
    from coldframe.nurture import line

    playbook = library.get_active_playbook().playbook
    found = line.load(playbook=playbook, at=now)
    if as_json:
        margin = line.margin(playbook=playbook, at=now)
        output.emit_json({"waiting": [asdict(each) for each in found], "margin": asdict(margin)})
        return
    console = output.console()
    if not found:
        console.print("Nobody waits for room at sales.")
    for each in found:
        name = " ".join(filter(None, [each.first_name, each.last_name])) or each.email or "?"
        when = f"; room may come on {each.room_at:%Y-%m-%d}" if each.room_at else ""
        console.print(
            f"{each.rank:>3}  [bold]{escape(name)}[/bold]  {escape(each.company or '')}  {each.why}{when}"
        )


def show_reps(*, playbook: Playbook, now: datetime, as_json: bool) -> None:
    """Print what is agreed with each rep, and how much each and the team have taken on."""
    from rich.markup import escape

    from coldframe.handoff import queries, room

    rooms = room.load(playbook=playbook, at=now)
    rows = {each.name: each for each in queries.list_rep_rows()}
    if as_json:
        taken = [
            {"name": each.name, "takes": each.rate.count, "taken": each.taken, "free_at": each.free_at}
            for each in rooms
        ]
        output.emit_json({"reps": [asdict(each) for each in rows.values()], "room": taken})
        return
    console = output.console()
    for each in rooms:
        agreed = rows.get(each.name or "")
        name = "the team" if each.name is None else each.name
        said = [f"{each.taken} of {each.rate}"]
        said += [f"away until {each.away_until:%Y-%m-%d}"] if each.away_until else []
        said += [", ".join(agreed.countries)] if agreed and agreed.countries else []
        said += [agreed.email] if agreed and agreed.email else []
        console.print(f"[bold]{escape(name)}[/bold]  {escape('; '.join(said))}")
