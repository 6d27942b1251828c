"""
Concluding from all that was said who is who, and making it so.

Recomputed for the keys of which something new was said, and for all that are one person's with them; what comes out
does not depend on what was concluded before. The caller holds the lock of identities.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from coldframe.activity.identity import companies, contested, keeping, knowing, nodes, people, wishes
from coldframe.activity.identity.given import Giving, values_of, with_title
from coldframe.activity.identity.knowing import BY, Knowledge
from coldframe.activity.identity.people import Person
from coldframe.activity.identity.sayings import SAID_NO, SAID_NO_MORE, Claimed, Edge, Moment, Sayings
from coldframe.activity.models import Event, Visitor
from coldframe.kernel.vocabulary import SuppressionReason
from coldframe.leads import due, merging, parting, suppression
from coldframe.leads.importing import addresses
from coldframe.leads.importing.companies import company_domain
from coldframe.leads.importing.writing import update_rows
from coldframe.leads.models import FormerAddress, Identity, Lead, Merge, Suppression
from coldframe.storage.writes import insert_rows, reserve_ids

ROWS_A_STATEMENT = 500
REASON = "calls of the event API name both as one person"


@dataclass(slots=True)
class Graph:
    """What was said of the keys at hand, and of all that are one person's with them."""

    nodes: set[str] = field(default_factory=set)
    edges: dict[tuple[str, str, str], Edge] = field(default_factory=dict)

    def reach(self, start: Collection[str]) -> None:
        """Add keys of people, and all that lead on from them."""
        frontier = {node for node in start if nodes.is_person(node)} - self.nodes
        while frontier:
            self.nodes |= frontier
            found = [*keeping.edges_by("left", frontier), *keeping.edges_by("right", frontier)]
            self.edges.update((edge.key, edge) for edge in found)
            firm = (edge for edge in found if not edge.is_public and nodes.is_person(edge.left))
            frontier = {node for edge in firm for node in (edge.left, edge.right)} - self.nodes

    def complete(self) -> Knowledge:
        """Add all other keys of the leads at hand, and all that lead on from them; return what is known of them."""
        while True:
            knowledge = knowing.load(self.nodes)
            missing = knowing.keys_of(knowledge) - self.nodes
            if not missing:
                return knowledge
            self.reach(missing)

    @property
    def browsers(self) -> set[str]:
        """Return the browsers that were said to be somebody's here."""
        return {edge.left for edge in self.edges.values() if nodes.is_anonymous(edge.left)}


def conclude(fresh: Sayings, *, waiting: Collection[str], at: datetime) -> None:
    """Make it so that what was said of old and of late holds."""
    accounts, moved = companies.of_groups(fresh.groups, at=at) if fresh.groups else ({}, set())
    browsers = {node for node in fresh.touched if nodes.is_anonymous(node)}
    own_edges = keeping.edges_by("left", browsers)
    graph = Graph()
    graph.reach({*fresh.touched, *waiting, *keeping.members_of(moved), *(edge.right for edge in own_edges)})
    knowledge = graph.complete()
    conclusion = Conclusion(graph, knowledge, at=at)
    conclusion.settle(accounts)
    contested.keep(graph.nodes, conclusion.contested)
    conclusion.settle_browsers(browsers)
    conclusion.finish()
    wishes.grant(fresh.wishes, conclusion.lead_of, conclusion.came_by, at=at)


def settle_parted(merge: Merge, at: datetime) -> None:
    """Have two leads that were one be what the keys of each of them say, also by what came in meanwhile."""
    parted = {merge.lead_id, merge.into_id}
    if Lead.objects.filter(pk__in=parted, voided_at=None).count() < len(parted):
        return
    together = Knowledge()
    knowing.load_leads(together, parted)
    graph = Graph()
    graph.reach(knowing.keys_of(together))
    if not graph.edges:
        return
    knowledge = graph.complete()
    knowledge.joined_at |= {merge.lead_id: at, merge.into_id: merge.merged_at}
    conclusion = Conclusion(graph, knowledge, at=at, parted=parted)
    conclusion.settle({})
    contested.keep(graph.nodes, conclusion.contested)
    conclusion.settle_browsers(set())
    conclusion.finish()


class Conclusion:
    """Who is who among the keys of a graph; ``parted`` are leads that a person has found to be nobody else."""

    def __init__(
        self, graph: Graph, knowledge: Knowledge, *, at: datetime, parted: Collection[int] = ()
    ) -> None:
        self.graph = graph
        self.at = at
        self.knowledge = knowledge
        self.parted = set(parted)
        self.edges = list(graph.edges.values())
        known = self.knowledge.known(people.known_since(graph.nodes, self.edges, {}))
        self.people, self.contested = people.divide(graph.nodes, self.edges, known)
        self.since = people.known_since(graph.nodes, self.edges, self.knowledge.known_at())
        self.claims: dict[str, list[Claimed]] = defaultdict(list)
        for claim in keeping.claims_of(graph.nodes):
            if claim.field not in (SAID_NO, SAID_NO_MORE):
                self.claims[claim.node].append(claim)
        self.edges_of: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            for node in {edge.left, edge.right}:
                self.edges_of[node].append(edge)
        #: Key -> the lead it leads to, by now.
        self.target: dict[str, int] = {}
        self.due: set[int] = set()
        self.left: set[int] = set()
        self.giving = Giving(knowing.LEAD, self.knowledge.claimed)

    def lead_of(self, node: str) -> int | None:
        """Return the lead that a key leads to."""
        return self.target.get(node)

    def came_by(self, node: str) -> int | None:
        """Return whose a key was before; that one may be another lead by now."""
        owner = self.knowledge.owners.get(node)
        return owner.lead_id if owner else None

    # Leads

    def settle(self, accounts: dict[str, int]) -> None:
        """Make, merge and fill the leads of all people who are somebody."""
        somebody = [person for person in self.people if person.is_somebody]
        chosen = [(person, self.chosen(person)) for person in somebody]
        self.merge(chosen)
        accounts_of = self.accounts_of(chosen, accounts)
        # Whoever has an address that is another's by now lets go of it first.
        self.release_addresses(chosen)
        for person, lead_id in chosen:
            if lead_id is not None:
                self.update(person, self.knowledge.leads[lead_id], accounts_of[id(person)])
        self.giving.write(Lead)
        made = self.make([person for person, lead_id in chosen if lead_id is None], accounts_of)
        for person, lead_id in [*chosen, *made]:
            if lead_id is not None:
                self.target |= dict.fromkeys(person.nodes, lead_id)
        self.keep_ids()
        self.keep_addresses()
        self.keep_users()

    def chosen(self, person: Person) -> int | None:
        """Return the lead that a person is: the known one, else the oldest that calls have made of one of their keys."""
        if person.known_as is not None:
            return person.known_as
        return min(self.made_of(person), default=None)

    def made_of(self, person: Person) -> set[int]:
        """Return the leads that calls have made of the keys of a person."""
        found = {owner.lead_id for node in person.nodes if (owner := self.knowledge.owners.get(node))}
        made = {pk for pk in found if self.knowledge.leads[pk].is_made_by_calls}
        made -= self.knowledge.merged_by_people | self.parted
        return {pk for pk in made if self.anchor(pk) in person.nodes}

    def anchor(self, lead_id: int) -> str:
        """Return the key whose person a lead is that calls made: its address, else the first of its keys."""
        email = self.knowledge.leads[lead_id].email
        if email and nodes.address(email) in self.graph.nodes:
            return nodes.address(email)
        return min(node for node, owner in self.knowledge.owners.items() if owner.lead_id == lead_id)

    def merge(self, chosen: list[tuple[Person, int | None]]) -> None:
        """Merge what turned out to be one, and part what turned out not to be."""
        wanted = {
            pk: lead_id
            for person, lead_id in chosen
            for pk in self.made_of(person)
            if lead_id is not None and self.is_elsewhere(pk, lead_id)
        }
        if not wanted:
            return
        suppression.hold(lead_ids=[*wanted, *wanted.values()])
        for pk in sorted(wanted):
            if self.knowledge.leads[pk].merged_into_id:
                parting.unmerge(lead_id=pk, by=BY, at=self.at, stays_known=False)
        for pk, lead_id in sorted(wanted.items()):
            if pk != lead_id:
                merging.merge(
                    lead_id=pk, into_id=lead_id, by=BY, reason=REASON, at=self.at, is_concluded=True
                )
        self.knowledge = knowing.load(self.graph.nodes)
        knowing.load_leads(self.knowledge, wanted.values())
        self.giving = Giving(knowing.LEAD, self.knowledge.claimed)

    def is_elsewhere(self, pk: int, lead_id: int) -> bool:
        """Say whether a lead that calls made is not yet the lead that it should be."""
        into = self.knowledge.leads[pk].merged_into_id
        return into is not None if pk == lead_id else into != lead_id

    def values(self, person: Person, *, is_made: bool) -> dict[str, Any]:
        """Return what is said of a person, by column."""
        claims = [claim for node in person.nodes for claim in self.claims[node]]
        found = with_title(values_of(claims, self.since))
        if is_made:
            first = min(self.identifications(person), key=lambda each: (each.first, each.key), default=None)
            if first is not None:
                found["entered_at"] = first.first[0].isoformat()
                found.setdefault("source", first.source)
        return found

    def identifications(self, person: Person) -> list[Edge]:
        """Return what counts of what was said of who a person is."""
        edges = (edge for node in person.nodes for edge in self.edges_of[node])
        return [edge for edge in edges if people.holds(edge, self.since)]

    def address_of(self, person: Person) -> str | None:
        """Return the address that a person has by what calls say."""
        among = {node for node in person.nodes if nodes.is_address(node)}
        if not among:
            return None
        left_behind = self.knowledge.left_behind
        node = people.current_address(self.identifications(person), among=among, left_behind=left_behind)
        return nodes.email_of(node) if node else None

    def release_addresses(self, chosen: list[tuple[Person, int | None]]) -> None:
        """Take from leads the addresses that calls gave them and that they do not have any more."""
        wanted = {lead_id: self.address_of(person) for person, lead_id in chosen if lead_id is not None}
        for pk, lead in sorted(self.knowledge.leads.items()):
            is_theirs = pk in wanted and wanted[pk] == lead.email
            has_given = self.giving.claimed.get((pk, "email")) == lead.email
            is_at_hand = lead.email is not None and nodes.address(lead.email) in self.graph.nodes
            if is_at_hand and lead.voided_at is None and has_given and not is_theirs:
                self.put_address(lead, None)
        self.giving.write(Lead)

    def put_address(self, lead: Lead, email: str | None, *, giving: Giving | None = None) -> None:
        """Give a lead an address, with all columns that go with it."""
        giving = giving or self.giving
        if not giving.put(lead, "email", email):
            return
        parsed = addresses.parse(email) if email else None
        lead.email_as_given = email
        lead.email_kind = parsed.kind.value if parsed else None
        lead.is_role_address = bool(parsed and parsed.is_role)
        for column in ("email_as_given", "email_kind", "is_role_address"):
            giving.changed.setdefault(column, {})[lead.pk] = lead

    def update(self, person: Person, lead: Lead, account_id: int | None) -> None:
        """Bring a lead up to what is said of it."""
        has_changed = self.giving.give(lead, self.values(person, is_made=lead.is_made_by_calls))
        email = self.address_of(person)
        if email and email != lead.email:
            before = lead.email
            self.put_address(lead, email)
            has_changed |= lead.email != before
        if account_id is not None and account_id != lead.account_id:
            self.left.add(lead.account_id)
            self.giving.claimed.pop((lead.pk, "account_id"), None)
            lead.account_id = account_id
            self.giving.note(lead.pk, "account_id", account_id)
            self.giving.changed.setdefault("account_id", {})[lead.pk] = lead
            has_changed = True
        if has_changed:
            self.due.add(lead.account_id)

    def make(self, new: list[Person], accounts: dict[int, int | None]) -> list[tuple[Person, int | None]]:
        """Make leads of people whom nobody knew."""
        made = []
        giving = Giving(knowing.LEAD, {})
        for person, pk in zip(new, reserve_ids(Lead, len(new)) if new else [], strict=True):
            account_id = accounts[id(person)]
            if account_id is None:
                raise AssertionError("a new lead has an account")
            lead = Lead(
                pk=pk,
                public_id=uuid.uuid4(),
                account_id=account_id,
                is_made_by_calls=True,
                created_at=self.at,
            )
            self.knowledge.leads[pk] = lead
            giving.give(lead, self.values(person, is_made=True))
            giving.note(pk, "account_id", account_id)
            if email := self.address_of(person):
                self.put_address(lead, email, giving=giving)
            self.due.add(account_id)
            made.append((person, lead))
        columns = [each.attname for each in Lead._meta.concrete_fields]
        insert_rows(Lead, columns, [[getattr(lead, name) for name in columns] for _, lead in made])
        giving.changed = {}
        giving.write(Lead)
        self.giving.claimed |= giving.claimed
        return [(person, lead.pk) for person, lead in made]

    # Accounts

    def accounts_of(
        self, chosen: list[tuple[Person, int | None]], accounts: dict[str, int]
    ) -> dict[int, int | None]:
        """Return by person the account that calls put them in; None: theirs to keep."""
        belongings = keeping.belongings_of(self.graph.nodes)
        groups = {person_id: group for person_id, group in self.groups(chosen, belongings).items() if group}
        missing = set(groups.values()) - accounts.keys()
        accounts = {**accounts, **(companies.of_groups(missing, at=self.at)[0] if missing else {})}
        found: dict[int, int | None] = {}
        domains: dict[int, companies.Key] = {}
        personal = []
        for person, lead_id in chosen:
            lead = self.knowledge.leads[lead_id] if lead_id is not None else None
            group = groups.get(id(person))
            domain = self.domain_of(person)
            if lead is not None and not self.may_move(lead):
                found[id(person)] = None
            elif group is not None:
                found[id(person)] = accounts[group]
            elif lead is not None and not lead.is_made_by_calls:
                found[id(person)] = None
            elif domain is not None:
                domains[id(person)] = (companies.DOMAIN, domain)
            elif lead is not None and lead.account.is_personal:
                found[id(person)] = None
            else:
                personal.append(id(person))
        by_domain = companies.find_or_make(domains.values(), own={}, at=self.at)
        found |= {person_id: by_domain[key] for person_id, key in domains.items()}
        found |= dict(zip(personal, companies.make_personal(len(personal), at=self.at), strict=True))
        return found

    def groups(
        self, chosen: list[tuple[Person, int | None]], belongings: dict[str, tuple[Moment, str]]
    ) -> dict[int, str | None]:
        """Return by person the company that was named last."""
        found = {}
        for person, _ in chosen:
            said = [belongings[node] for node in person.nodes if node in belongings]
            found[id(person)] = max(said)[1] if said else None
        return found

    def may_move(self, lead: Lead) -> bool:
        """Say whether calls may put a lead into another account: it has none to speak of, or calls put it there."""
        given = self.giving.claimed.get((lead.pk, "account_id"))
        return given == lead.account_id or (given is None and lead.account.is_personal)

    def domain_of(self, person: Person) -> str | None:
        """Return the domain by which a person's address names a company."""
        email = self.address_of(person)
        return company_domain(email.rpartition("@")[2]) if email else None

    # Keys

    def keep_ids(self) -> None:
        """Have leads be known by their user ids, so that a file that names them finds them."""
        identified = {
            edge.left for edge in self.edges if edge.left == edge.right and nodes.is_user(edge.left)
        }
        kept = self.knowledge.with_id
        rows = []
        for node, lead_id in sorted(self.target.items()):
            if node not in identified:
                continue
            if node in kept and self.root(self.knowledge.owners[node].lead_id) == lead_id:
                continue
            source, external_id = nodes.named(node)
            rows.append(Identity(lead_id=lead_id, source=source, external_id=external_id, is_derived=True))
        Identity.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "external_id"],
            update_fields=["lead"],
            batch_size=ROWS_A_STATEMENT,
        )

    def keep_addresses(self) -> None:
        """Have leads be known by the addresses that are not the one they have; have an opt-out hold under all of them."""
        rows, gone, touched = [], [], []
        for node, lead_id in sorted(self.target.items()):
            if not nodes.is_address(node):
                continue
            email, lead = nodes.email_of(node), self.knowledge.leads[lead_id]
            owner = self.knowledge.owners.get(node)
            if lead.email == email or (owner and self.is_row_of(owner.lead_id, email)):
                gone.append(email)
            else:
                # One whom a person has merged keeps its keys, to take them along when they are parted.
                brought = owner and owner.lead_id in self.knowledge.brought_by_people
                own = owner.lead_id if owner and brought else lead_id
                rows.append(FormerAddress(lead_id=own, email=email, is_derived=True, noted_at=self.at))
            if owner is None or self.knowledge.root(owner.lead_id) != lead_id:
                touched.append((email, lead))
        FormerAddress.objects.filter(email__in=gone, is_derived=True).delete()
        FormerAddress.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["email"],
            update_fields=["lead"],
            batch_size=ROWS_A_STATEMENT,
        )
        self.suppress(touched)

    def is_row_of(self, lead_id: int, email: str) -> bool:
        """Say whether an address stands in the row of a lead, merged or not."""
        return self.knowledge.leads[lead_id].email == email

    def suppress(self, named: list[tuple[str, Lead]]) -> None:
        """Have a no hold for the person and all their addresses, where an address is new to them."""
        if not named:
            return
        emails = {key for email, _ in named for key in suppression.email_keys(email)}
        people_ids = {lead.pk for _, lead in named}
        said = defaultdict(set)
        for email, lead_id, reason in [
            *Suppression.objects.filter(email__in=emails).values_list("email", "lead_id", "reason"),
            *Suppression.objects.filter(lead_id__in=people_ids).values_list("email", "lead_id", "reason"),
        ]:
            for key in (email, lead_id):
                if key is not None:
                    said[key].add(reason)
        for email, lead in named:
            for reason in sorted(
                {*said[lead.pk], *(each for key in suppression.email_keys(email) for each in said[key])}
            ):
                suppression.suppress(
                    reason=SuppressionReason(reason),
                    source="calls",
                    at=self.at,
                    lead_ids=[lead.pk],
                    emails=[email],
                )

    # Visitors

    def keep_users(self) -> None:
        """Give what was done under user ids to the leads they are."""
        wanted: dict[str, tuple[int | None, Edge | None]] = {}
        for node, lead_id in self.target.items():
            if nodes.is_user(node):
                owner = self.knowledge.owners.get(node)
                is_same = owner is not None and self.knowledge.root(owner.lead_id) == lead_id
                # A merged lead keeps its keys: what comes in by them goes back with it.
                own = owner.lead_id if owner is not None and is_same else lead_id
                wanted[nodes.visitor_key(node)] = (own, None)
        self.assign(wanted)

    def settle_browsers(self, touched: Collection[str]) -> None:
        """Give each browser, with all that was done in it, to whoever it was first said to be."""
        edges: dict[str, list[Edge]] = defaultdict(list)
        for edge in keeping.edges_by("left", {*touched, *self.graph.browsers}):
            edges[edge.left].append(edge)
        outside = {edge.right for each in edges.values() for edge in each} - self.graph.nodes
        elsewhere = Elsewhere(outside)
        since = {**self.since, **elsewhere.since}
        wanted: dict[str, tuple[int | None, Edge | None]] = {}
        for node, said in edges.items():
            first = people.earliest(said, since)
            lead_id = None
            if first is not None:
                lead_id = self.target.get(first.right) or elsewhere.lead_of(first.right)
            wanted[nodes.visitor_key(node)] = (lead_id, first)
        self.assign(wanted)

    def assign(self, wanted: dict[str, tuple[int | None, Edge | None]]) -> None:
        """Have visitors, and all their events, be of leads."""
        moved = []
        visitors = Visitor.objects.filter(anonymous_id__in=wanted).select_related("lead").order_by("pk")
        for visitor in visitors:
            lead_id, edge = wanted[visitor.anonymous_id]
            now = visitor.lead.merged_into_id or visitor.lead_id if visitor.lead else None
            said = edge.first if edge else (None, None)
            by = bytes(visitor.identified_by) if visitor.identified_by is not None else None
            if now == self.root(lead_id) and (edge is None or (visitor.identified_at, by) == said):
                continue
            visitor.lead_id = lead_id
            visitor.identified_at, visitor.identified_by = said
            moved.append(visitor)
        columns = ("lead_id", "identified_at", "identified_by")
        update_rows(
            Visitor, columns, [(*(getattr(each, name) for name in columns), each.pk) for each in moved]
        )
        self.due |= follow([each.pk for each in moved])

    def root(self, lead_id: int | None) -> int | None:
        """Return what a lead is by now."""
        if lead_id is None or lead_id not in self.knowledge.leads:
            return lead_id
        return self.knowledge.root(lead_id)

    def finish(self) -> None:
        """Have the accounts looked at again of which anything changed, and void those that nobody belongs to."""
        if self.left:
            merging.follow(self.target.values(), account_ids=self.left)
            companies.void_left(self.left, at=self.at)
        due.mark_due(account_ids=self.due | self.left, at=self.at)


class Elsewhere:
    """What keys lead to of which nothing new was said."""

    def __init__(self, keys: Collection[str]) -> None:
        self.knowledge = knowing.load(keys)
        edges = [*keeping.edges_by("left", keys), *keeping.edges_by("right", keys)] if keys else []
        self.since = people.known_since(keys, edges, self.knowledge.known_at())

    def lead_of(self, node: str) -> int | None:
        """Return the lead that a key leads to."""
        owner = self.knowledge.owners.get(node)
        return owner.lead_id if owner else None


def follow(visitor_ids: Iterable[int]) -> set[int]:
    """Have the events of visitors be of the visitors' leads; return the accounts they were of and are of."""
    found: set[int] = set()
    ids = sorted(visitor_ids)
    visitor = Visitor.objects.filter(pk=OuterRef("visitor_id"))
    lead = visitor.values(now=Coalesce("lead__merged_into_id", "lead_id"))[:1]
    account = visitor.values(now=Coalesce("lead__merged_into__account_id", "lead__account_id"))[:1]
    for start in range(0, len(ids), 5_000):
        events = Event.objects.filter(visitor_id__in=ids[start : start + 5_000])
        accounts = events.exclude(account=None).order_by().values_list("account_id", flat=True).distinct()
        found |= set(accounts)
        events.update(lead_id=Subquery(lead), account_id=Subquery(account))
        found |= set(accounts.all())
    return {each for each in found if each is not None}
