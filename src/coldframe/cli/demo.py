"""The command ``coldframe demo``, and the demo company for a first start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from uuid import UUID

import typer

from coldframe import clock
from coldframe.cli import output, start
from coldframe.kernel.vocabulary import Refusal

if TYPE_CHECKING:
    from coldframe.nurture.operations import CycleCounts
    from coldframe.simulation.records import (
        SimulatedAccount,
        SimulatedCompany,
        SimulatedConsent,
        SimulatedEvent,
        SimulatedLead,
        SimulatedOpportunity,
        SimulatedSuppression,
    )

#: The demo company that everybody gets who names no other seed.
SEED = 11
#: The system that its records say they come from.
SYSTEM = "demo-crm"
#: The base is assessed as it was then, and again as it is: so that leads have come back, and not just come.
EARLIER = timedelta(days=14)
#: Who writes at the demo company; nobody can answer.
SENDER = {
    "sender_name": "Kim Berg",
    "sender_address": "kim.berg@demo-company.example",
    "postal_address": "Demo Company\nHarbor Street 1\n10115 Anytown",
}
#: Who takes leads at the demo company.
REPS = ("Ewa Lis", "Jan Maj", "Ines Costa")
#: The countries that the demo company serves; the shipped playbook leaves that list to its owner.
UNSERVED = "served_countries: [] "
SERVED = "served_countries: [PL, DE, AT, CH, NL, SE] "
#: Its sales team is small, so that some wait for room there.
USUAL_ROOM = "capacity: {per_rep: 10 a week, team: 40 a week}"
ROOM = "capacity: {per_rep: 3 a week, team: 8 a week}"


class NotEmpty(Refusal):
    """There are leads already; the demo company would mix with them."""


@dataclass(frozen=True, kw_only=True)
class DemoCounts:
    """What the demo company consists of, and what the assessment says of its leads."""

    seed: int
    as_of: datetime
    accounts: int
    leads: int
    events: int
    opportunities: int
    consents: int
    suppressions: int
    by_disposition: dict[str, int]
    by_status: dict[str, int]
    by_reason: dict[str, int]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    seed: int = typer.Option(
        SEED, "--seed", help="Which company: the same seed on the same day is the same one."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Ask nothing."),
) -> None:
    """
    Fill an empty data folder with the demo company.

    A year and a half of made-up leads, events and deals of a company that sells software and services to
    mid-size firms; nobody in it exists, and no address can. Only a database without leads is filled.

    Example: [bold]COLDFRAME_HOME=/tmp/try coldframe demo[/bold]
    """
    start.open_database()
    refuse_unless_empty()
    if not yes and start.is_interactive():
        typer.confirm("Fill the empty data folder with the demo company?", default=True, err=True, abort=True)
    with output.progress("Making the demo company", total=None, silent=as_json):
        counts = load_demo(at=clock.now(), seed=seed)
    if as_json:
        output.emit_json(asdict(counts))
    else:
        show(counts)


def show(counts: DemoCounts) -> None:
    """Print what is there, and what to run next."""
    say = output.console().print
    say(
        f"The demo company is in: [bold]{counts.leads:,} leads[/bold] in {counts.accounts:,} accounts, "
        f"{counts.events:,} events over a year and a half, {counts.opportunities} deals."
    )
    words = {
        "TO_SALES": "to sales now",
        "WITH_SALES": "with sales already",
        "NURTURE": "in nurture",
        "LET_GO": "let go",
    }
    for word, meaning in words.items():
        say(f"  {counts.by_disposition.get(word, 0):>5}  {meaning}")
    say("Next: [bold]coldframe run[/bold] to look at it, [bold]coldframe audit[/bold] for what it is worth.")


def refuse_unless_empty() -> None:
    """Raise ``NotEmpty`` where the database has leads."""
    from coldframe.nurture import listing

    if listing.has_leads():
        from django.db import connection

        raise NotEmpty(
            "There are leads in this database already.",
            where=str(connection.settings_dict["NAME"]),
            expected="a database without leads",
            advice="Name an empty folder: COLDFRAME_HOME=/tmp/try coldframe demo",
        )


def load_demo(*, at: datetime, seed: int = SEED) -> DemoCounts:
    """
    Fill the empty database with the demo company as of ``at``, and return what is there.

    What was known two weeks before goes in whole or not at all. The two weeks since are lived through day by day,
    as a base that is at work: leads come and act, the cycle decides, touches go to the local outbox. Raises
    ``NotEmpty``. The same seed as of the same instant gives the same history, whatever the database has seen before.
    """
    from django.db import transaction

    from coldframe.handoff import operations as handoffs
    from coldframe.leads import recording
    from coldframe.nurture import operations as nurture
    from coldframe.simulation.company import simulate

    refuse_unless_empty()
    company = simulate(seed=seed, as_of=at)
    ids = Ids(seed=seed)
    with transaction.atomic():
        recording.restart_numbering()
        use_playbook(at=at - EARLIER)
        handoffs.set_reps(reps=REPS)
        record(company, ids, since=None, until=at - EARLIER)
        nurture.assess_all(as_of=at - EARLIER)
    live_through(company, ids, since=at - EARLIER, until=at)
    return counted(company, nurture.assess_all(as_of=at))


def live_through(company: SimulatedCompany, ids: Ids, *, since: datetime, until: datetime) -> None:
    """Record what became known in each half of a day, and let a worker do what was due in it."""
    from django.db import transaction

    from coldframe.cli.work import make_worker
    from coldframe.delivery import operations as delivery
    from coldframe.work.clocks import VirtualClock

    clock = VirtualClock(at=since, end=since)
    worker = make_worker(name="demo", clock=clock)
    delivery.change_connection(delivery.ensure_local_connection(at=since), **SENDER)
    while clock.end < until:
        clock.end = min(clock.end + timedelta(hours=12), until)
        with transaction.atomic():
            record(company, ids, since=clock.at, until=clock.end)
        worker.run(until=clock.end)
        answer_for_sales(company, at=clock.end)


def answer_for_sales(company: SimulatedCompany, *, at: datetime) -> None:
    """Say of the leads that wait before sales what its people have made up their minds to say."""
    from coldframe.handoff import operations as handoffs
    from coldframe.handoff import queries
    from coldframe.simulation import verdicts

    for row in queries.list_open():
        said = verdicts.answer(seed=company.seed, lead=row.lead_id, opened_at=row.opened_at, at=at)
        if said is not None:
            handoffs.record_verdict(
                lead_id=row.lead_id, answer=said.verdict, by=row.owner or "sales", at=at, reason=said.reason, until=said.until
            )  # fmt: skip


@dataclass(frozen=True)
class Ids:
    """The database's ids of what was recorded, by the simulation's keys."""

    seed: int
    accounts: dict[int, int] = field(default_factory=dict)
    leads: dict[int, int] = field(default_factory=dict)

    def public(self, kind: str, key: int) -> UUID:
        """Return the id under which a record is known outside: the same seed gives the same one."""
        digest = blake2b(f"{self.seed}:{kind}:{key}".encode(), digest_size=16).digest()
        return UUID(bytes=digest, version=4)


def use_playbook(*, at: datetime) -> None:
    """Make the shipped playbook the active one, told which countries the demo company serves."""
    from coldframe.library import operations as library
    from coldframe.library import starters

    text = starters.read(starters.DEFAULT).replace(UNSERVED, SERVED).replace(USUAL_ROOM, ROOM)
    version = library.publish_playbook(
        text=text, at=at, origin=f"starter {starters.DEFAULT}, for the demo company"
    )
    library.activate_playbook(number=version.number, at=at)


def record(company: SimulatedCompany, ids: Ids, *, since: datetime | None, until: datetime) -> None:
    """Record what became known from ``since`` on and before ``until``; add what got an id to ``ids``."""

    def is_in(instant: datetime) -> bool:
        return instant < until and (since is None or instant >= since)

    record_accounts([each for each in company.accounts if is_in(each.created_at)], ids, at=until)
    record_leads([each for each in company.leads if is_in(each.entered_at)], ids, at=until)
    record_events([each for each in company.events if is_in(each.occurred_at)], ids, at=until)
    record_deals([each for each in company.opportunities if is_in(each.opened_at)], ids, at=until)
    emails = {lead.key: lead.email for lead in company.leads}
    consents = [each for each in company.consents if is_in(each.given_at)]
    suppressions = [each for each in company.suppressions if is_in(each.suppressed_at)]
    record_permissions(consents, suppressions, emails, ids, at=until)


def record_accounts(accounts: Sequence[SimulatedAccount], ids: Ids, *, at: datetime) -> None:
    from coldframe.leads import recording

    new = [
        recording.NewAccount(
            source=SYSTEM,
            public_id=ids.public("account", each.key),
            **without(each, "key", "created_at", "truth"),
        )
        for each in accounts
    ]
    recorded = recording.record_accounts(new, at=at)
    ids.accounts.update(zip((each.key for each in accounts), recorded, strict=True))


def record_leads(leads: Sequence[SimulatedLead], ids: Ids, *, at: datetime) -> None:
    from coldframe.leads import recording

    new = [
        recording.NewLead(
            system=SYSTEM,
            account_id=ids.accounts[each.account],
            public_id=ids.public("lead", each.key),
            **without(each, "key", "account"),
        )
        for each in leads
    ]
    ids.leads.update(zip((each.key for each in leads), recording.record_leads(new, at=at), strict=True))


def record_events(events: Sequence[SimulatedEvent], ids: Ids, *, at: datetime) -> None:
    from coldframe.activity import operations as activity

    new = [
        activity.NewEvent(source=SYSTEM, lead_id=ids.leads[each.lead], **without(each, "lead"))
        for each in events
    ]
    activity.record_events(new, at=at)


def record_deals(deals: Sequence[SimulatedOpportunity], ids: Ids, *, at: datetime) -> None:
    from coldframe.leads import recording

    new = [
        recording.NewOpportunity(
            source=SYSTEM,
            account_id=ids.accounts[each.account],
            lead_id=None if each.lead is None else ids.leads[each.lead],
            **without(each, "account", "lead"),
        )
        for each in deals
    ]
    recording.record_opportunities(new, at=at)


def record_permissions(
    consents: Sequence[SimulatedConsent],
    suppressions: Sequence[SimulatedSuppression],
    emails: dict[int, str | None],
    ids: Ids,
    *,
    at: datetime,
) -> None:
    from coldframe.leads import recording

    given = [recording.NewConsent(lead_id=ids.leads[each.lead], **without(each, "lead")) for each in consents]
    recording.record_consents(given, at=at)
    lost = [
        recording.NewSuppression(
            lead_id=ids.leads[each.lead], email=emails[each.lead], **without(each, "lead")
        )
        for each in suppressions
    ]
    recording.record_suppressions(lost, at=at)


def without(record: Any, *left_out: str) -> dict[str, Any]:
    """Return the fields of a simulated record by name, but for some."""
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name not in left_out}


def counted(company: SimulatedCompany, assessed: CycleCounts) -> DemoCounts:
    """Return what is there now."""
    return DemoCounts(
        seed=company.seed,
        as_of=company.as_of,
        accounts=len(company.accounts),
        leads=len(company.leads),
        events=len(company.events),
        opportunities=len(company.opportunities),
        consents=len(company.consents),
        suppressions=len(company.suppressions),
        by_disposition=dict(assessed.by_disposition.most_common()),
        by_status=dict(assessed.by_status.most_common()),
        by_reason=dict(assessed.by_reason.most_common()),
    )
