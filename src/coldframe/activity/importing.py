"""Files of events: whose each one is, and whether it is known already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from django.db.models import OuterRef, Q, Subquery

from coldframe.activity import kinds, operations
from coldframe.activity.models import Event
from coldframe.activity.operations import NewEvent
from coldframe.leads import suppression
from coldframe.leads.importing import applying
from coldframe.leads.importing.applying import Clock, Progress, Result
from coldframe.leads.importing.matching_accounts import Accounts, Company
from coldframe.leads.importing.matching_leads import Leads, Person
from coldframe.leads.importing.outcomes import Outcome
from coldframe.leads.importing.plan import Plan
from coldframe.leads.importing.records import Record
from coldframe.leads.models import ImportBatch, Lead


class Why(NamedTuple):
    """Why a row is refused."""

    said: str
    #: The same without a name or an address in it, as reasons are counted.
    counted: str


def plainly(said: str) -> Why:
    """Return a reason that names nobody."""
    return Why(said, said)


NO_TIME = plainly("no instant: an event happened at some time")
NO_KIND = plainly("no kind: an event is of some kind, such as page or form_submitted")
NOBODY = plainly("names nobody: no address, id or name")
KNOWN = plainly("")
UNKNOWN = "{who} is not known here; import the leads first"
NAMESAKES = "{count} leads are called {who}; a name alone does not tell whose event this is"


def unknown(who: str) -> Why:
    """Return the reason that nobody is known by this."""
    return Why(UNKNOWN.format(who=who), UNKNOWN.format(who="the person"))


def namesakes(count: int, who: str) -> Why:
    """Return the reason that several people have this name."""
    return Why(NAMESAKES.format(count=count, who=who), NAMESAKES.format(count="several", who="the same"))


KEYS_PER_QUERY = 5_000


def rehearse_import(plan: Plan, *, at: datetime, progress: Progress = lambda rows: None) -> Result:
    """Say what an import of events would do; writes nothing at all."""
    return applying.rehearse(plan, EventIntake(plan), at=at, progress=progress)


def import_file(
    plan: Plan,
    *,
    clock: Clock,
    errors: Callable[[ImportBatch], Path],
    progress: Progress = lambda rows: None,
) -> Result:
    """Take a file of events in, or go on where an earlier attempt was stopped. The same file twice changes nothing."""
    return applying.apply(plan, EventIntake(plan), errors=errors, clock=clock, progress=progress)


def follow_leads(lead_ids: Iterable[int]) -> None:
    """Have the events of leads belong to the account that the leads belong to now."""
    account = Lead.objects.filter(pk=OuterRef("lead_id")).values("account_id")[:1]
    for ids in chunks(sorted(set(lead_ids))):
        Event.objects.filter(lead_id__in=ids).update(account_id=Subquery(account))


@dataclass(slots=True)
class EventIntake:
    """Takes rows of events into memory."""

    is_counting: ClassVar[bool] = False

    plan: Plan
    accounts: Accounts = field(init=False)
    leads: Leads = field(init=False)
    contacts: Leads = field(init=False)
    pending: dict[bytes, NewEvent] = field(init=False, default_factory=dict)
    #: Keys that a dry run has met.
    met: set[bytes] = field(init=False, default_factory=set)
    #: Casefolded last name -> (first name, lead) of everybody; only of files that know people by name alone.
    namesakes: dict[str, list[tuple[str | None, int]]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Know nothing; the next rows are looked up in the database."""
        source, source_of = self.plan.source, self.plan.source_of
        self.accounts = Accounts(source)
        self.leads = Leads(source_of.get("lead_external_id", source), self.accounts)
        self.contacts = Leads(source_of.get("contact_external_id", source), self.accounts)
        self.pending = {}

    def skip(self, records: Sequence[Record]) -> None:
        """Do nothing: what a row is does not depend on the rows before it."""

    def settle(self) -> None:
        """Take what happened as given, without writing it."""
        self.met.update(self.pending)
        self.forget()

    def write(self, *, batch: ImportBatch, at: datetime) -> None:
        """Record the events, and take over the opt-outs among them."""
        events = list(self.pending.values())
        operations.record_events(events, at=at, batch=batch)
        for kind, reason in kinds.SUPPRESSING.items():
            ids = {event.lead_id for event in events if event.kind == kind and event.lead_id}
            if ids:
                suppression.suppress(reason=reason, source=f"import:{self.plan.source}", at=at, lead_ids=ids)
        self.forget()

    def finish(self, *, batch: ImportBatch, at: datetime) -> None:
        """Do nothing more."""

    def take(self, records: Sequence[Record]) -> Outcome:
        """Find out whose the events are, and which are known."""
        outcome = Outcome()
        outcome.counts["rows"] = len(records)
        self.load(records)
        first_line: dict[bytes, int] = {}
        for record in records:
            event, why = self.event_of(record)
            if event is None:
                outcome.refuse([(record.row, why.said)], counted_as=why.counted)
                continue
            key = operations.key_of(event)
            if key in first_line:
                outcome.counts["merged"] += 1
                outcome.merged.append((record.row.line, first_line[key]))
                continue
            first_line[key] = record.row.line
            self.pending[key] = event
        known = self.known_keys(first_line)
        for key in known:
            del self.pending[key]
        outcome.counts["unchanged"] += len(known)
        outcome.counts["new"] += len(self.pending)
        outcome.counts["events_of_companies"] += sum(each.lead_id is None for each in self.pending.values())
        return outcome

    def known_keys(self, keys: Iterable[bytes]) -> set[bytes]:
        """Return the keys of events that are recorded, but for those of an undone import."""
        found: set[bytes] = self.met & set(keys)
        counts = Q(batch=None) | ~Q(batch__state=ImportBatch.State.UNDONE)
        for some in chunks(sorted(keys)):
            found |= {
                bytes(key) for key in Event.objects.filter(counts, key__in=some).values_list("key", flat=True)
            }
        return found

    def load(self, records: Sequence[Record]) -> None:
        """Read the people and companies that the rows may mean."""
        keys = [record.values["key"] for record in records]
        self.leads.load(Person(each.get("lead_external_id"), address_of(each)) for each in keys)
        contacts = [Person(each["contact_external_id"]) for each in keys if "contact_external_id" in each]
        self.contacts.load(contacts)
        self.accounts.load(
            Company(each["account_external_id"]) for each in keys if "account_external_id" in each
        )
        is_by_name = any(not identifies(each) and name_of(each) for each in keys)
        if is_by_name and self.namesakes is None:
            self.namesakes = everybody_by_name()

    def event_of(self, record: Record) -> tuple[NewEvent | None, Why]:
        """Return the event of a row, or why there is none."""
        keys, own = record.values["key"], record.values.get("event", {})
        word = own.get("kind") or self.plan.event_kind
        if word is None:
            return None, NO_KIND
        if "occurred_at" not in own:
            return None, NO_TIME
        lead_id, account_id, why = self.owner_of(keys)
        if lead_id is None and account_id is None:
            return None, why
        kind = kinds.kind_of(word)
        return NewEvent(
            source=self.plan.source,
            external_id=keys.get("external_id"),
            lead_id=lead_id,
            account_id=account_id,
            kind=kind,
            occurred_at=own["occurred_at"],
            evidence=kinds.evidence_of(kind),
            **{name: own[name] for name in ("path", "form", "asset", "topic", "campaign") if name in own},
        ), KNOWN

    def owner_of(self, keys: dict[str, Any]) -> tuple[int | None, int | None, Why]:
        """Return lead and account of an event, or why nobody is known to have done it."""
        person = Person(keys.get("lead_external_id"), address_of(keys))
        found = self.leads.find(person) if person.external_id or person.email else None
        if found is None and "contact_external_id" in keys:
            found = self.contacts.find(Person(keys["contact_external_id"]))
        if found and not found.is_revived:
            return found.id, None, KNOWN
        if "account_external_id" in keys:
            account = self.accounts.find(Company(keys["account_external_id"]))
            if account and account.id and not account.is_revived:
                return None, account.id, KNOWN
        who = (
            person.email
            or person.external_id
            or keys.get("contact_external_id")
            or keys.get("account_external_id")
        )
        if who:
            return None, None, unknown(who)
        return self.owner_by_name(keys)

    def owner_by_name(self, keys: dict[str, Any]) -> tuple[int | None, int | None, Why]:
        """Return the one lead of a name, or why it is not certain who it is."""
        first, last = name_of(keys) or (None, None)
        if not last:
            return None, None, NOBODY
        who = " ".join(filter(None, [first, last])) if first != last else last
        people = (self.namesakes or {}).get(last.casefold(), [])
        same = [pk for name, pk in people if not name or not first or name.casefold() == first.casefold()]
        if len(same) == 1:
            return same[0], None, KNOWN
        return None, None, namesakes(len(same), who) if same else unknown(who)


def address_of(keys: dict[str, Any]) -> str | None:
    """Return the normalized address of a row."""
    address = keys.get("address")
    return address.normalized if address else None


def identifies(keys: dict[str, Any]) -> bool:
    """Say whether a row names somebody by more than a name."""
    return any(
        name in keys for name in ("address", "lead_external_id", "contact_external_id", "account_external_id")
    )


def name_of(keys: dict[str, Any]) -> tuple[str | None, str] | None:
    """Return first and last name of a row."""
    if "lead_last_name" in keys:
        return keys.get("lead_first_name"), keys["lead_last_name"]
    if "lead_full_name" in keys:
        first, _, last = keys["lead_full_name"].rpartition(" ")
        return first or None, last
    return None


def everybody_by_name() -> dict[str, list[tuple[str | None, int]]]:
    """Return everybody by last name."""
    found: dict[str, list[tuple[str | None, int]]] = defaultdict(list)
    rows = Lead.objects.filter(voided_at=None).exclude(last_name=None).order_by("pk")
    for pk, first, last in rows.values_list("pk", "first_name", "last_name").iterator():
        found[(last or "").casefold()].append((first, pk))
    return dict(found)


def chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield items in runs that fit one query."""
    for start in range(0, len(items), KEYS_PER_QUERY):
        yield items[start : start + KEYS_PER_QUERY]
